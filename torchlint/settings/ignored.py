"""Lines of a `.gitignore` file to regular expressions, as git reads them.

Each gap that a `*` or `**` leaves is tried once: what stands between two of them is taken where it comes first, and
never looked for again (`(?>..)`). Nothing is lost by that: whatever follows a gap and fits later fits there too. So a
line like `*a*a*a*b` costs a look at each character, where a plain translation would try each way to share them out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_STARS = "*"
_SLASH = "/"
_TOKEN = re.compile(r"\\(?P<escaped>.)|(?P<stars>\*+)|(?P<one>\?)|(?P<open>\[)|(?P<literal>[^\\])", re.DOTALL)
_POSIX = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": " \\t",
    "cntrl": "\\x00-\\x1f\\x7f",
    "digit": "0-9",
    "graph": "\\x21-\\x7e",
    "lower": "a-z",
    "print": "\\x20-\\x7e",
    "punct": "\\x21-\\x2f\\x3a-\\x40\\x5b-\\x60\\x7b-\\x7e",
    "space": "\\s",
    "upper": "A-Z",
    "xdigit": "0-9a-fA-F",
}
# A component of a path as tokens: regular expressions for one character each, and `_STARS`.
_Component = list[str]


class _Line(NamedTuple):
    """What a line says: to leave out or, after `!`, to keep; directories only; by name or by path."""

    keeps: bool
    directories: bool
    by_name: bool
    expression: str


class Group(NamedTuple):
    """Lines that follow each other and say the same, to keep or to leave out, as regular expressions over the names
    and paths of all entries and of directories."""

    keeps: bool
    names: re.Pattern[str] | None
    paths: re.Pattern[str] | None
    directory_names: re.Pattern[str] | None
    directory_paths: re.Pattern[str] | None

    def matches(self, path: str, *, is_directory: bool) -> bool:
        """Whether a line is about a path, which is relative to the directory of the file."""
        name = path.rpartition("/")[2]
        if _fits(self.names, name) or _fits(self.paths, path):
            return True
        return is_directory and (_fits(self.directory_names, name) or _fits(self.directory_paths, path))


def groups(lines: Iterable[str]) -> list[Group]:
    """What the lines of a file say, those that follow each other and say the same in one. Comments, blank lines and
    what is not a pattern say nothing."""
    runs: list[list[_Line]] = []
    for line in filter(None, map(_read, lines)):
        if runs and runs[-1][0].keeps == line.keeps:
            runs[-1].append(line)
        else:
            runs.append([line])
    return [_group(run) for run in runs]


def _group(run: list[_Line]) -> Group:
    kinds = [(directories, by_name) for directories in (False, True) for by_name in (True, False)]
    return Group(run[0].keeps, *(_any_of(line for line in run if line[1:3] == kind) for kind in kinds))


def _any_of(lines: Iterable[_Line]) -> re.Pattern[str] | None:
    expressions = dict.fromkeys(line.expression for line in lines)
    return re.compile("|".join(expressions), re.DOTALL) if expressions else None


def _fits(pattern: re.Pattern[str] | None, text: str) -> bool:
    return pattern is not None and pattern.fullmatch(text) is not None


def _read(line: str) -> _Line | None:
    """One line, or None if it says nothing."""
    text = _without_spaces(line)
    if text.startswith("#"):
        return None
    keeps = text.startswith("!")
    text = text[keeps:]
    directories = text.endswith("/")
    text = text.removesuffix("/")
    by_name = "/" not in text
    tokens = _tokens(text.removeprefix("/"))
    if not tokens:
        return None
    if by_name:
        return _Line(keeps, directories, True, _component(tokens))
    return _Line(keeps, directories, False, _path(_split(tokens)))


def _without_spaces(line: str) -> str:
    """The line without the spaces at its end, except one behind a backslash."""
    stripped = line.rstrip(" ")
    escapes = len(stripped) - len(stripped.rstrip("\\"))
    return stripped + " " if escapes % 2 and len(stripped) < len(line) else stripped


def _tokens(text: str) -> _Component | None:
    """Regular expressions for one character each, `_STARS` and `_SLASH`; None if the text is not a pattern."""
    tokens: list[str] = []
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            return None  # a backslash at the end
        position = found.end()
        match found.lastgroup:
            case "stars":
                tokens.append(_STARS * len(found["stars"]))
            case "one":
                tokens.append("[^/]")
            case "open":
                members, position = _class(text, position)
                if not members:
                    return None
                tokens.append(members)
            case "literal" if found["literal"] == "/":
                tokens.append(_SLASH)
            case kind:
                tokens.append(re.escape(found[kind or "literal"]))
    return tokens


def _class(text: str, position: int) -> tuple[str, int]:
    """The regular expression for a bracket expression, whose `[` stands before this position, and where it ends; an
    empty one if it does not end."""
    inverted = text[position : position + 1] in ("!", "^")
    position += inverted
    members: list[str] = []
    first = True
    while position < len(text) and (first or text[position] != "]"):
        first = False
        if text.startswith("[:", position):
            end = text.find(":]", position)
            if end < 0 or text[position + 2 : end] not in _POSIX:
                return "", position
            members.append(_POSIX[text[position + 2 : end]])
            position = end + 2
            continue
        low, position = _character(text, position)
        if low:
            members.append(re.escape(low))  # also where it begins a range that is none, such as `z-a`
        if text[position : position + 1] == "-" and text[position + 1 : position + 2] not in ("", "]"):
            high, position = _character(text, position + 1)
            members += [f"{re.escape(low)}-{re.escape(high)}"] if low <= high else []
    if position >= len(text):
        return "", position
    if not members:
        return ("[^/]" if inverted else "(?!)"), position + 1
    return f"(?!/)[{'^' * inverted}{''.join(members)}]", position + 1


def _character(text: str, position: int) -> tuple[str, int]:
    """A character of a bracket expression, perhaps behind a backslash, and the position after it."""
    position += text[position] == "\\"
    return text[position : position + 1], position + 1


def _split(tokens: list[str]) -> list[_Component]:
    components: list[_Component] = [[]]
    for token in tokens:
        if token == _SLASH:
            components.append([])
        else:
            components[-1].append(token)
    return components


def _component(tokens: _Component) -> str:
    """The regular expression for one component of a path."""
    head, *rest = _pieces(tokens)
    if not rest:
        return head
    *between, last = rest
    return "".join([head, *(f"(?>[^/]*?{piece})" for piece in between), f"[^/]*{last}"])


def _pieces(tokens: _Component) -> Iterator[str]:
    """What stands between the stars of a component."""
    piece: list[str] = []
    for token in tokens:
        if token.startswith(_STARS):
            yield "".join(piece)
            piece = []
        else:
            piece.append(token)
    yield "".join(piece)


def _path(components: list[_Component]) -> str:
    """The regular expression for a path; a component of stars, two or more, stands for any number of directories."""
    runs: list[list[str]] = [[]]
    for component in components:
        if len(component) == 1 and component[0].startswith(_STARS * 2):
            runs.append([])
        else:
            runs[-1].append(_component(component))
    head, *rest = runs
    parts = ["".join(f"{component}/" for component in head)]
    if not rest:
        return parts[0].removesuffix("/")
    *between, last = rest
    parts += [f"(?>(?:.*?/)??{'/'.join(run)}/)" for run in between if run]
    parts.append(f"(?:.*/)?{'/'.join(last)}" if last else ".+")
    return "".join(parts)
