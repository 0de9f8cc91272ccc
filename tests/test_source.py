"""Bytes become text and back without loss, and positions agree with Python's."""

from __future__ import annotations

import ast
from codecs import BOM_UTF8

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torchlint.finding import Location
from torchlint.source import Encoding, Source, SourceError

TEXTS = st.text("ab \n\r\f\v\x1c\u2028é🔥\x85")


@given(TEXTS, st.booleans())
def test_bytes_come_back_as_they_were(text: str, bom: bool) -> None:
    data = (BOM_UTF8 if bom else b"") + text.encode()
    source = Source.from_bytes("a.py", data)
    assert source.text == text
    assert source.original == data
    assert source.to_bytes() == data


@pytest.mark.parametrize(
    ("data", "text", "encoding"),
    [
        (b"", "", Encoding()),
        (b"# -*- coding: latin-1 -*-\n\xe9", "# -*- coding: latin-1 -*-\né", Encoding("iso-8859-1")),
        (b"#!x\n# vim: fileencoding=cp1251\n\xe9", "#!x\n# vim: fileencoding=cp1251\nй", Encoding("cp1251")),
        (BOM_UTF8 + b"# coding: utf-8\n", "# coding: utf-8\n", Encoding("utf-8", True)),
        (b"x\n\n# coding: latin-1\n\xc3\xa9", "x\n\n# coding: latin-1\né", Encoding()),
    ],
)
def test_the_encoding_is_the_one_python_would_use(data: bytes, text: str, encoding: Encoding) -> None:
    source = Source.from_bytes("a.py", data)
    assert (source.text, source.encoding) == (text, encoding)
    assert source.to_bytes() == data


@pytest.mark.parametrize(
    "data",
    [
        b"\xff",
        b"# coding: nonsense\n",
        BOM_UTF8 + b"# coding: latin-1\n",
        b"# coding: rot13\n",
        b"# coding: idna\n\xff",
    ],
)
def test_bytes_that_are_no_text_are_an_error_of_one_line(data: bytes) -> None:
    with pytest.raises(SourceError) as error:
        Source.from_bytes("a.py", data)
    assert "\n" not in str(error.value)


def test_a_character_that_does_not_fit_is_an_error_of_one_line() -> None:
    with pytest.raises(SourceError, match="cannot be encoded as ascii"):
        Source("a.py", "é", Encoding("ascii")).to_bytes()


@given(st.lists(st.sampled_from(["a = 1", "é = '🔥'; b = 2", "\f", "'''\x0b\u2028\x1c'''", ""]), max_size=6), st.data())
def test_offsets_of_nodes_are_those_of_their_text(lines: list[str], data: st.DataObject) -> None:
    text = "".join(line + data.draw(st.sampled_from(["\n", "\r\n", "\r"])) for line in lines)
    source = Source("a.py", text)
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Name | ast.Constant):
            continue
        start = source.offset(node.lineno, node.col_offset)
        end = source.offset(node.end_lineno or 0, node.end_col_offset or 0)
        alone = ast.parse(text[start:end], mode="eval").body
        assert ast.dump(alone).partition(", ctx")[0] == ast.dump(node).partition(", ctx")[0]
        assert source.location(start).row == node.lineno
        assert source.line_starts[node.lineno - 1] + source.location(start).column - 1 == start


@given(TEXTS)
def test_lines_make_up_the_text_and_places_lie_on_them(text: str) -> None:
    source = Source("a.py", text)
    assert "".join(source.line(row) for row in range(1, len(source.line_starts) + 1)) == text
    assert source.line(0) == source.line(len(source.line_starts) + 1) == ""
    for offset in range(len(text)):
        row, column = source.location(offset)
        assert source.line(row)[column - 1] == text[offset]


@pytest.mark.parametrize(
    ("text", "newline"),
    [("", "\n"), ("a", "\n"), ("a\nb\r\n", "\n"), ("a\r\nb\r\nc\n", "\r\n"), ("a\rb\r", "\r"), ("a\fb\u2028", "\n")],
)
def test_the_newline_is_the_one_that_is_used_most(text: str, newline: str) -> None:
    assert Source("a.py", text).newline == newline


def test_the_end_of_a_text_has_a_place() -> None:
    assert Source("a.py", "a\n").location(2) == Location(2, 1)
