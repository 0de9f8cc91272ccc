"""The Python blocks of a Markdown file as one program, each at its own place: all other text is blank."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torchlint.finding import Finding
from torchlint.notebooks.cell_program import Program, program_of
from torchlint.notebooks.magics import blanked
from torchlint.source import Source, line_starts

# A block that is indented, as in a list, has no place in a program without being moved.
_BLOCK = re.compile(
    r"^(?P<fence>`{3,}|~{3,})[ \t]*\{?[ \t]*(?:python3?|py)\b[^\r\n`]*(?:\r\n|\r|\n)"
    r"(?P<text>.*?)^(?P=fence)[`~]*[ \t]*$",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)


class Markdown(Source):
    """A Markdown file. Blocks that do not parse are left out: what they show is often no whole program."""

    def confined(self, finding: Finding) -> Finding:
        if finding.fix is None:
            return finding
        said = "Markdown is only checked, never fixed"
        return finding._replace(fix=None, help=finding.help or finding.fix.title, unfixed=said)


def read_markdown(path: str, data: bytes) -> Source:
    """The Markdown that a file holds. Raises `SourceError`."""
    file = Source.from_bytes(path, data)
    source = Markdown(path, file.text, file.encoding, data)
    parts: list[str] = []
    shown: set[tuple[int, int]] = set()
    at = 0
    for start, program in _programs(file.text):
        parts += blanked(file.text[at:start]), program.text
        at = start + len(program.text)
        row = len(line_starts(file.text[:start]))
        shown.update((row + line - 1, column) for line, column in program.expressions)
    source.text = "".join([*parts, blanked(file.text[at:])])
    source.shown = frozenset(shown)
    return source


def _programs(text: str) -> Iterator[tuple[int, Program]]:
    for block in _BLOCK.finditer(text):
        yield block.start("text"), program_of(block["text"])
