"""Comments that are meant to silence findings and do not, or silence more than they say.

A comment in plain words that mentions the linter is none of them: what counts is that it is written as one would write
a command, in our syntax with a slip, in that of another tool, or for rules that do not exist.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from torchlint.selectors import advice, covered, intended, is_known, letters_of_codes, named
from torchlint.source import Source
from torchlint.suppress import NOQA, OURS, comments_of

_TOOL = re.compile(r"#\s*torch[-_ ]?lint\b(?P<rest>[^#\r\n]*)", re.IGNORECASE)
_COMMAND = re.compile(
    r"\s*(?P<mark>[:=.,-]*)\s*(?P<word>(?:file\s+ignore|[a-z]+(?:[-_][a-z]+)*)(?!\w)|)(?P<open>\s*[\[(=:]*)(?P<rules>.*)",
    re.IGNORECASE,
)
_LIKE_OURS = re.compile(r"#\s*(?P<tool>[A-Za-z][\w-]*)\s*:\s*(?P<kind>(?:file-)?ignore)\[(?P<rules>[^\]]*)\]")
_ITEM = re.compile(r"[^\s,;\[\]()=:]+")
_AFTER_NOQA = re.compile(r"\s*[:=\[(-]*\s*(?P<item>[A-Za-z][\w-]*)")
_WORD = re.compile(r"\w*")
# What our commands are called, as people misremember them, and what other tools have in their place.
_NEAR = ("ignore", "file-ignore", "ignore-file", "ignore-line", "ignore-next-line")
_ELSEWHERE = frozenset(
    {
        *("allow", "disable", "disable-file", "disable-line", "disable-next", "disable-next-line", "expect"),
        *("no-lint", "nolint", "noqa", "off", "silence", "skip", "skip-file", "suppress"),
    }
)
_OPPOSITE = frozenset({"enable", "on", "select", "warn"})
# Below this, what difflib calls close are other words.
_ALIKE = 0.75
_TOOL_ALIKE = 0.8
_SHOWN = 60


class Mistake(NamedTuple):
    """A part of a comment, by offsets into the text, and what is wrong with it in one line."""

    start: int
    end: int
    message: str


def mistakes(source: Source, rows: Iterable[int]) -> Iterator[Mistake]:
    """What is wrong with the suppression comments on these rows of a file. Only a suspicious text is tokenized."""
    found = [mistake for row in rows for mistake in _in_line(source, row)]
    comments = comments_of(source) if found else {}
    for mistake in found:
        row, column = source.location(mistake.start)
        if row in comments and comments[row] < column:
            yield mistake


def _in_line(source: Source, row: int) -> Iterator[Mistake]:
    line, start = source.line(row), source.line_starts[row - 1]
    for mistake in (*_of_ours(line), *_of_others(line), *_of_noqa(line)):
        yield Mistake(mistake.start + start, mistake.end + start, mistake.message)


def _of_ours(line: str) -> Iterator[Mistake]:
    """Comments that name this linter."""
    for comment in _TOOL.finditer(line):
        ours = OURS.match(line, comment.start())
        if ours is not None:
            yield from _of_brackets(ours)
            continue
        command = _COMMAND.match(comment["rest"])
        if command is not None and _is_attempt(command):
            rules = command["word"] if named(command["word"]) else command["rules"]
            yield _rewritten(line, comment.start(), comment.end(), command["word"], rules)


def _of_brackets(comment: re.Match[str]) -> Iterator[Mistake]:
    """Rules that do not exist, in a comment of the right form."""
    start = comment.start("rules")
    items = [item for item in re.finditer(r"[^,]+", comment["rules"]) if item[0].strip()]
    if not items:
        message = f"`{comment[0]}` silences nothing: the brackets are empty; put the codes or names of rules into them"
        yield Mistake(comment.start(), comment.end(), message)
    for item in items:
        word = item[0].strip()
        if is_known(word):
            continue
        at = start + item.start() + item[0].index(word)
        several = all(map(covered, re.split(r"[\s;]+", word)))
        yield Mistake(at, at + len(word), _unknown(word, "; separate rules with commas" if several else ""))


def _is_attempt(command: re.Match[str]) -> bool:
    """Whether what follows the name of the linter is written as a command rather than as a sentence."""
    word = re.sub(r"[\s_]+", "-", command["word"].lower())
    has_colon, opens = ":" in command["mark"], command["open"].strip()
    items = _ITEM.findall(command["rules"])
    names_rule = bool(items) and _is_rule(items[0])
    if not word:
        return has_colon and (opens.startswith("[") or (names_rule and len(items) == 1))
    if named(word):
        return has_colon and not items
    if _is_near(word):
        return has_colon or bool(opens) or names_rule or not items
    if word in _ELSEWHERE:
        return bool(opens) or names_rule or not items
    return has_colon and opens[:1] in ("[", "=") and names_rule and word not in _OPPOSITE


def _is_near(word: str) -> bool:
    # Start-up: only a comment that is mistyped needs it.
    import difflib

    return bool(difflib.get_close_matches(word, _NEAR, n=1, cutoff=_ALIKE))


def _is_rule(word: str) -> bool:
    """Whether a word names a rule, maybe with a slip; a mere word of English does not."""
    return bool(covered(word) or intended(word)) or _has_our_letters(word)


def _has_our_letters(word: str) -> bool:
    """Whether a word begins as our codes do and goes on with a digit."""
    return any(re.match(rf"{letters}\d", word, re.IGNORECASE) for letters in letters_of_codes())


def _of_others(line: str) -> Iterator[Mistake]:
    """`ignore[..]` for one of our rules behind a name that is nearly that of this linter."""
    for comment in _LIKE_OURS.finditer(line):
        if _TOOL.match(comment[0]) or not any(map(_is_rule, _ITEM.findall(comment["rules"]))):
            continue
        # Start-up: only a comment that is mistyped needs it.
        import difflib

        if difflib.get_close_matches(comment["tool"].lower(), ["torchlint"], n=1, cutoff=_TOOL_ALIKE):
            yield _rewritten(line, comment.start(), comment.end(), comment["kind"], comment["rules"])


def _rewritten(line: str, start: int, end: int, word: str, rules: str) -> Mistake:
    """A comment that does nothing, with the one that was meant."""
    written = line[start:end].rstrip()
    kind = "file-ignore" if "file" in word.lower() else "ignore"
    names = [item if covered(item) else intended(item) for item in _ITEM.findall(rules)]
    meant = ", ".join(filter(None, names))
    what = f"`# torchlint: {kind}[{meant or 'CODE'}]`"
    where = "" if meant else ", with the code or the name of a rule, or ALL"
    return Mistake(start, start + len(written), f"`{_short(written)}` silences nothing; write {what}{where}")


def _of_noqa(line: str) -> Iterator[Mistake]:
    """`# noqa` with our codes or names in a form that flake8, and so we, read as something else."""
    comment = NOQA.search(line)
    if comment is None:
        return
    if comment["codes"] is None:
        yield from _of_blanket(line, comment)
        return
    # A code that goes on with letters is read as a shorter one.
    end = _WORD.match(line, comment.end()) if comment["codes"][-1:].isalnum() else None
    codes = line[comment.start("codes") : end.end() if end else comment.end()]
    for item in re.finditer(r"[^\s,]+", codes):
        code = item[0]
        if not _has_our_letters(code) or (code.isupper() and covered(code)):
            continue
        start = comment.start("codes") + item.start()
        yield Mistake(start, start + len(code), _wrong_code(code))


def _wrong_code(code: str) -> str:
    if covered(code):
        return f"{_short(code)!r} silences nothing: `noqa` reads codes in capitals only; write {code.upper()!r}"
    return _unknown(code)


def _unknown(word: str, why: str = "") -> str:
    return f"{_short(word)!r} names no rule, so nothing is silenced by it{why or advice(word)}"


def _of_blanket(line: str, comment: re.Match[str]) -> Iterator[Mistake]:
    """`# noqa: TLT` or `# noqa: some-name`, which silence everything."""
    after = _AFTER_NOQA.match(line, comment.end())
    if after is None:
        return
    item = after["item"]
    rule = named(item) or ("-" in item and named(intended(item))) or None
    if rule is None and not _has_our_letters(item) and item.upper() not in letters_of_codes():
        return
    meant = rule.code if rule else intended(item) or "CODE"
    where = "" if meant != "CODE" else ", with the full code of a rule"
    written = line[comment.start() : after.end()]
    message = f"`{_short(written)}` silences everything on this line: it names no code; write `# noqa: {meant}`{where}"
    yield Mistake(comment.start(), after.end(), message)


def _short(text: str) -> str:
    """What is quoted from a file, on one line and not too long."""
    text = " ".join(text.split())
    text = "".join(character if character.isprintable() else "\ufffd" for character in text)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}.."
