"""Diffs of files: what they say leads from the old bytes to the new ones."""

from __future__ import annotations

import difflib
import re

from hypothesis import given
from hypothesis import strategies as st

from torchlint.running.diff import unified_diff
from torchlint.source import Source

LINES = st.lists(st.sampled_from([b"a\n", b"b\n", b"\xc3\xa9\r\n", b"\r\n", b"\n"]), max_size=24)
_HEAD = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@\n")


def applied(old: list[bytes], diff: bytes) -> bytes:
    """What `patch` makes of it, without any leniency."""
    parts: list[bytes] = []
    at = 0
    hunks = re.split(rb"(?m)^(?=@@)", diff)
    assert hunks[0] in (b"", b"--- a/f\n+++ b/f\n")
    for hunk in hunks[1:]:
        head, *lines = re.findall(rb"[^\n]*\n", re.sub(rb"\n\\ No newline[^\n]*\n", b"\0\n", hunk))
        place = _HEAD.fullmatch(head)
        assert place is not None
        start, removed, _, added = (int(number or 1) for number in place.groups())
        start -= removed > 0
        parts += old[at:start]
        body = [line.removesuffix(b"\0\n") for line in lines]
        assert old[start : start + removed] == [line[1:] for line in body if line[:1] in b" -"]
        new = [line[1:] for line in body if line[:1] in b" +"]
        assert len(new) == added
        parts += new
        at = start + removed
    return b"".join([*parts, *old[at:]])


@given(LINES, LINES, LINES, LINES, st.booleans())
def test_a_diff_leads_to_the_new_file(
    head: list[bytes], old: list[bytes], new: list[bytes], tail: list[bytes], ends: bool
) -> None:
    before = [*head, *old, *tail]
    after = b"".join([*head, *new, *tail])
    after = after if ends else after[:-1]
    assert applied(before, unified_diff(Source.from_bytes("f", b"".join(before)), after)) == after


def test_a_change_of_one_line_is_what_difflib_makes_of_it() -> None:
    lines = [f"{number}\n" for number in range(40)]
    changed = [*lines[:20], "x\n", *lines[21:]]
    found = unified_diff(Source("f", "", original="".join(lines).encode()), "".join(changed).encode())
    assert found.decode() == "".join(difflib.unified_diff(lines, changed, "a/f", "b/f"))


def test_no_change_is_no_diff() -> None:
    assert unified_diff(Source.from_bytes("f", b"a\n"), b"a\n") == b""
