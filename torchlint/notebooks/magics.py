"""IPython's own syntax, replaced by Python of the same length, so that every position stays.

`%matplotlib inline` becomes a name of underscores, `files = !ls` an assignment of one; of `%time f(x)` only the magic
itself is replaced. Line ends are kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

# Cell magics whose cell is Python that runs in the notebook's own namespace, and those of them that measure it.
_MEASURING = frozenset({"heat", "memit", "mprun", "prun", "pyinstrument", "scalene", "timeit"})
_PYTHON_CELLS = _MEASURING | {"capture", "debug", "time", "wandb"}

_END = r"(?:\r\n|\r|\n)"
_REST = r"[^\r\n]*"
# Whether a cell may hold any of it: a search of the text is cheaper than reading tokens.
_HINT = re.compile(r"^[ \t\f]*[%!?,;/]|=[ \t]*[%!]|\?[ \t;]*$", re.MULTILINE)
_CELL_MAGIC = re.compile(rf"(?:[ \t]*{_END})*%%(?P<name>\w*){_REST}")
# No line of Python begins with one of these.
_ESCAPE = re.compile(r"[%!?,;/]")
_ASSIGNED = re.compile(r"""(?:[^=#'"%!\r\n]|\[(?:'[^'\r\n]*'|"[^"\r\n]*")\])+=[ \t]*(?=%[^\W\d]|!(?!=))""")
_HELP = re.compile(r"%{0,2}[^\W\d][\w.*]*(?:\[[^\]\r\n]*\])*\?{1,2}[ \t]*;?[ \t]*(?=[\r\n]|\Z)")
# Line magics whose argument is an option or a statement of the notebook. A compound one cannot follow another.
_OF_STATEMENT = re.compile(
    r"%(?:time|prun|memit|pyinstrument)[ \t]+(?=[^\s\-])(?!(?:async|class|def|for|if|match|try|while|with)\b)"
)
# Commands that IPython takes without a percent sign where they are not Python.
_BARE = re.compile(
    r"(?:pip3?|conda|mamba|cd|ls|ll|pwd|cat|cp|mv|mkdir|rmdir|rm|matplotlib|load_ext|autoreload|env|who|whos|run|"
    rf"timeit|time|reset|pinfo)(?:(?=[ \t]+[\w./~$\-*\"'])|(?=[ \t]*(?:{_END}|\Z)))"
)
_INDENT = re.compile(r"[ \t\f]*")
_COMMAND = re.compile(rf"(?:[^\r\n\\]|\\{_END}|\\)*")
_FILLED = re.compile(r"[^\r\n]")
_TOKEN = re.compile(
    r"""(?i:[rbuft]{0,3})(?P<quote>"{3}|'{3}|"|')|\#[^\r\n]*|\\(?:\r\n|\r|\n)"""
    r"""|(?P<end>\r\n|\r|\n)|(?P<open>[\[({])|(?P<close>[\])}])|\w+|.""",
    re.DOTALL,
)
_CLOSING = {
    '"""': re.compile(r'(?:[^\\"]|\\.|"(?!""))*+"""', re.DOTALL),
    "'''": re.compile(r"(?:[^\\']|\\.|'(?!''))*+'''", re.DOTALL),
    '"': re.compile(r'(?:[^\\"\r\n]|\\\r\n|\\.)*+"', re.DOTALL),
    "'": re.compile(r"(?:[^\\'\r\n]|\\\r\n|\\.)*+'", re.DOTALL),
}
# Where on a line, given the offset of its first character, a command begins; None for a line of Python.
_Finder = Callable[[str, int], int | None]


class Masked(NamedTuple):
    """A cell as Python.

    `is_python` is false for a cell of another language. `head` is the offset where its statements may begin: a cell
    magic stands before it. `measured`: its values are thrown away on purpose. `shown`: offsets of statements whose
    values go to a magic.
    """

    text: str
    is_python: bool = True
    head: int = 0
    measured: bool = False
    shown: tuple[int, ...] = ()


def masked(text: str) -> Masked:
    """A cell with its magics, commands for the shell and questions replaced."""
    if _HINT.search(text) is None:
        return Masked(text)
    magic = _CELL_MAGIC.match(text)
    if magic is None:
        return _of_lines(text, Masked(text))
    if magic[0].rstrip().endswith("?"):
        return Masked(blanked(text), head=len(text))
    if magic["name"] not in _PYTHON_CELLS:
        return Masked(blanked(text), is_python=False)
    rest = blanked(text[: magic.end()]) + text[magic.end() :]
    return _of_lines(rest, Masked(rest, head=magic.end(), measured=magic["name"] in _MEASURING))


def without_commands(cell: Masked) -> Masked:
    """The same without what IPython runs only because it is not Python: `pip install torch`."""
    return cell._replace(text=_filled(cell.text, _commands(cell.text, cell.head, _bare)))


def blanked(text: str) -> str:
    """Nothing but spaces and line ends."""
    return _FILLED.sub(" ", text)


def _of_lines(text: str, cell: Masked) -> Masked:
    whole: list[tuple[int, int]] = []
    shown: list[int] = []
    for start, end in _commands(text, cell.head, _magic):
        statement = _OF_STATEMENT.match(text, start)
        if statement is None:
            whole.append((start, end))
        else:
            whole.append((start, statement.end() - 1))
            shown.append(statement.end())
    text = _filled(text, whole)
    for at in shown:
        text = f"{text[: at - 1]};{text[at:]}"
    return cell._replace(text=text, shown=tuple(shown))


def _magic(text: str, start: int) -> int | None:
    if _ESCAPE.match(text, start) or _HELP.match(text, start):
        return start
    assigned = _ASSIGNED.match(text, start)
    return assigned.end() if assigned else None


def _bare(text: str, start: int) -> int | None:
    return start if _BARE.match(text, start) else None


def _commands(text: str, at: int, find: _Finder) -> Iterator[tuple[int, int]]:
    """First and last offset of each command. What stands in brackets or strings is none."""
    while at < len(text):
        indent = _INDENT.match(text, at)
        first = indent.end() if indent else at
        start = find(text, first)
        if start is None:
            at = _end_of_line(text, first)
            continue
        command = _COMMAND.match(text, start)
        end = command.end() if command else len(text)
        yield start, end
        at = end + 1


def _end_of_line(text: str, at: int) -> int:
    """Where the next logical line begins."""
    depth = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        assert token is not None  # it takes any character
        at = token.end()
        if token["quote"]:
            closing = _CLOSING[token["quote"]].match(text, at)
            at = closing.end() if closing else at
        elif token["open"]:
            depth += 1
        elif token["close"]:
            depth = max(depth - 1, 0)
        elif token["end"] and not depth:
            return at
    return at


def _filled(text: str, spans: Iterator[tuple[int, int]] | list[tuple[int, int]]) -> str:
    """The text with these spans replaced by a name, further lines of them by spaces."""
    parts: list[str] = []
    at = 0
    for start, end in spans:
        first = re.search(r"[\r\n]|\Z", text[start:end])
        rest = start + (first.start() if first else 0)
        parts += text[at:start], "_" * (rest - start), blanked(text[rest:end])
        at = end
    return "".join([*parts, text[at:]])
