"""Comments that silence findings: `# noqa` as flake8 reads it, and `# torchlint: ignore[TLT101]`."""

from __future__ import annotations

import io
import itertools
import re
import tokenize
from collections.abc import Iterator
from typing import NamedTuple

from torchlint import registry
from torchlint.finding import Finding
from torchlint.kept import kept
from torchlint.selectors import is_everything
from torchlint.source import Source

# As in flake8 7.x. A code is letters and digits: with anything else after it, noqa silences the whole line.
NOQA = re.compile(r"# noqa(?::\s?(?P<codes>(?:[A-Z]+[0-9]+[,\s]*)+))?", re.IGNORECASE)
_NOQA_FILE = re.compile(r"\s*# flake8[:=]\s*noqa", re.IGNORECASE)
# What stands in the brackets of ours, and in a list of codes.
_RULE = re.compile(r"[^\s,](?:[^,]*[^\s,])?")
_CODE = re.compile(r"[^\s,]+")
OURS = re.compile(r"#\s*torchlint:\s*(?P<kind>ignore|file-ignore)\[(?P<rules>[^\]]*)\]")


class Item(NamedTuple):
    """A code, prefix or name in a comment, by offsets into the text."""

    text: str
    start: int
    end: int


class Directive(NamedTuple):
    """A comment that names rules: `noqa`, `ignore` or `file-ignore`, what it names, the rows that it is about (all of
    them for `file-ignore`), and where it begins and the whole comment ends, by offsets into the text."""

    kind: str
    items: tuple[Item, ...]
    rows: range
    start: int
    end: int

    def covers(self, row: int) -> bool:
        """Whether it is about a finding on this row."""
        return self.kind == "file-ignore" or row in self.rows

    def names(self, item: Item, finding: Finding) -> bool:
        """Whether one of its items stands for the rule of a finding."""
        return finding.code.startswith(item.text) if self.kind == "noqa" else _names(item.text, finding)


class Suppressions:
    """The suppression comments of one file. Nothing is tokenized before a finding asks, nor without such a comment."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def hides(self, finding: Finding) -> bool:
        """Whether any comment silences the finding."""
        return self.ignores(finding) or self._noqa(finding)

    def ignores(self, finding: Finding) -> bool:
        """Whether a `# torchlint:` comment silences the finding; flake8 itself looks after `# noqa`."""
        if "torchlint:" not in self._source.text:
            return False
        in_file, by_row = self._ours
        return any(_names(rule, finding) for rule in (*in_file, *by_row.get(finding.location.row, ())))

    def noqa_row(self, row: int) -> int:
        """The row at whose end `# noqa` silences a finding on this row: the last of a multi-line string."""
        return self._spans.get(row, (row, row))[1]

    def _noqa(self, finding: Finding) -> bool:
        if "noqa" not in self._folded:
            return False
        if self._whole_file:
            return True
        row, column = finding.location
        first, last = self._spans.get(row, (row, row))
        comment = NOQA.search("".join(self._lines[first - 1 : last]))
        if comment is None:
            return False
        if comment["codes"] is None:
            # What is said of this very comment is not among what it silences.
            return comment.start() != sum(map(len, self._lines[first - 1 : row - 1])) + column - 1
        codes = tuple(filter(None, re.split(r"[,\s]", comment["codes"])))
        return finding.code.startswith(codes) or any(alias.startswith(codes) for alias in _aliases(finding.code))

    @kept
    def _folded(self) -> str:
        return self._source.text.lower()

    @kept
    def _lines(self) -> list[str]:
        return _lines_of(self._source)

    @kept
    def _whole_file(self) -> bool:
        # flake8 looks at lines, not at comments: a line of a docstring counts too.
        return "flake8" in self._folded and any(map(_NOQA_FILE.match, self._lines))

    @kept
    def _tokens(self) -> list[tokenize.TokenInfo]:
        return tokens_of(self._source)

    @kept
    def _spans(self) -> dict[int, tuple[int, int]]:
        """First and last row that flake8 searches for `# noqa` on behalf of each row.

        Both differ only over multi-line strings and backslash continuations: a line end inside of brackets counts.
        """
        spans: dict[int, tuple[int, int]] = {}
        first, last = 0, 0
        for token in self._tokens:
            if token.type in (tokenize.ENDMARKER, tokenize.DEDENT):
                continue
            first, last = first or token.start[0], max(last, token.end[0])
            if token.type in (tokenize.NL, tokenize.NEWLINE):
                spans.update(dict.fromkeys(range(first, last + 1), (first, last)))
                first, last = 0, 0
        return spans

    @kept
    def _ours(self) -> tuple[list[str], dict[int, list[str]]]:
        """The rules that `# torchlint:` comments name: for the whole file, and by row."""
        in_file: list[str] = []
        by_row: dict[int, list[str]] = {}
        for directive in self.directives():
            rules = [item.text for item in directive.items]
            if directive.kind == "file-ignore":
                in_file += rules
            elif directive.kind == "ignore":
                for row in directive.rows:
                    by_row.setdefault(row, []).extend(rules)
        return in_file, by_row

    def directives(self) -> Iterator[Directive]:
        """The comments that name rules, in order."""
        for index, token in enumerate(self._tokens):
            if token.type != tokenize.COMMENT:
                continue
            begin = self._source.line_starts[token.start[0] - 1] + token.start[1]
            end = begin + len(token.string)
            for comment in OURS.finditer(token.string):
                items = _items(comment, "rules", _RULE, begin)
                yield Directive(comment["kind"], items, self._rows(index), begin + comment.start(), end)
            noqa = self._effective_noqa(token)
            if noqa is not None and noqa["codes"] is not None:
                first, last = self._spans[token.start[0]]
                items = _items(noqa, "codes", _CODE, begin)
                yield Directive("noqa", items, range(first, last + 1), begin + noqa.start(), end)

    def _effective_noqa(self, token: tokenize.TokenInfo) -> re.Match[str] | None:
        """The `# noqa` in a comment, if it is the one that flake8 reads: the first in the rows that it looks at."""
        first = self._spans[token.start[0]][0]
        before = "".join(self._lines[first - 1 : token.start[0] - 1])
        before += self._lines[token.start[0] - 1][: token.start[1]]
        return None if NOQA.search(before) else NOQA.search(token.string)

    def _rows(self, index: int) -> range:
        """The rows that the comment with this index among the tokens is about."""
        row, column = self._tokens[index].start
        if self._lines[row - 1][:column].strip():
            first, last = self._spans[row]
            return range(first, last + 1)
        after = itertools.islice(self._tokens, index, None)
        return range(row, next((token.end[0] for token in after if token.type == tokenize.NEWLINE), row) + 1)


def _items(comment: re.Match[str], group: str, form: re.Pattern[str], begin: int) -> tuple[Item, ...]:
    at = begin + comment.start(group)
    return tuple(Item(item[0], at + item.start(), at + item.end()) for item in form.finditer(comment[group]))


def comments_of(source: Source) -> dict[int, int]:
    """The 0-based column at which the comment of each row begins; empty for a text that cannot be tokenized."""
    return {token.start[0]: token.start[1] for token in tokens_of(source) if token.type == tokenize.COMMENT}


def _lines_of(source: Source) -> list[str]:
    return list(io.StringIO(source.text, newline=None))


def tokens_of(source: Source) -> list[tokenize.TokenInfo]:
    """The tokens of a text; none of one that cannot be tokenized."""
    try:
        return list(tokenize.generate_tokens(iter(_lines_of(source)).__next__))
    except (tokenize.TokenError, SyntaxError):
        return []


@registry.while_rules_stay
def _aliases(code: str) -> tuple[str, ...]:
    """The codes of another linter for what a rule finds; of our own mistakes there are none."""
    try:
        return getattr(registry.load(code), "aliases", ())
    except KeyError:
        return ()


def _names(rule: str, finding: Finding) -> bool:
    if is_everything(rule) or rule.casefold() == finding.name:
        return True
    return bool(rule) and finding.code.startswith(rule.upper())
