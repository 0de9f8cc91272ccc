"""Fixes of notebooks: the strings that change, and not a byte besides."""

from __future__ import annotations

import json
import textwrap
from codecs import BOM_UTF8

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from notebook_files import code, markdown, notebook, read, sources

from torchlint.finding import Applicability, Edit, Finding, Fix, Location, Severity
from torchlint.fixing import leftovers
from torchlint.notebooks.document import code_cells
from torchlint.notebooks.notebook import Notebook, read_notebook

TEXTS = st.text('ab\t\f é🔥\u2028"\\/\n\r<', max_size=20)


@st.composite
def files(draw: st.DrawFn) -> bytes:
    cells = [
        code(
            draw(TEXTS),
            listed=draw(st.booleans()),
            metadata={"b": 1, "a": [1.50, 1e5]},
            outputs=[{"text": draw(TEXTS)}],
        )
        for _ in range(draw(st.integers(1, 3)))
    ]
    layout = {"ensure_ascii": draw(st.booleans()), "indent": draw(st.sampled_from([None, 1, 4, "\t"]))}
    data = notebook(markdown(draw(TEXTS)), *cells, **layout)
    data = data.rstrip(b"\n") if draw(st.booleans()) else data
    data = data.replace(b"\n", b"\r\n") if draw(st.booleans()) else data
    return BOM_UTF8 + data if draw(st.booleans()) else data


@given(files())
def test_a_notebook_comes_back_byte_for_byte(data: bytes) -> None:
    source = read_notebook("n.ipynb", data)
    assert source.to_bytes() == data
    assert source.edited([]).to_bytes() == data


@given(files(), st.data())
def test_an_edit_changes_the_text_of_its_cell_and_nothing_else_of_the_file(data: bytes, drawn: st.DataObject) -> None:
    source = read_notebook("n.ipynb", data)
    before = json.loads(data.decode("utf-8-sig"))
    number = drawn.draw(st.integers(1, len(before["cells"]) - 1))
    text = "".join(before["cells"][number]["source"])
    assume(before["cells"][number]["source"] != [])  # no rule has anything to say of an empty cell
    start = drawn.draw(st.integers(0, len(text)))
    end = drawn.draw(st.integers(start, len(text)))
    content = drawn.draw(TEXTS)
    shift = sum(len("".join(cell["source"])) + 1 for cell in before["cells"][1:number])
    written = source.edited([Edit(shift + start, shift + end, content)]).to_bytes()
    after = json.loads(written.decode("utf-8-sig"))
    assert "".join(after["cells"][number].pop("source")) == text[:start] + content + text[end:]
    before["cells"][number].pop("source")
    assert after == before
    assert written.startswith(BOM_UTF8) == data.startswith(BOM_UTF8)
    assert written.endswith(b"\n") == data.endswith(b"\n")
    # All that stands before and after the cell's source is as it was.
    file = data.decode("utf-8-sig")
    cell = code_cells(file)[number - 1]
    assert written.decode("utf-8-sig").startswith(file[: cell.start])
    assert written.decode("utf-8-sig").endswith(file[cell.end :])


def replaced(source: Notebook, old: str, new: str) -> bytes:
    start = source.text.index(old)
    return source.edited([Edit(start, start + len(old), new)]).to_bytes()


def test_only_the_changed_characters_of_a_string_are_written_anew() -> None:
    data = (
        rb'{"cells": [ {"source" :["# \u003c\/\u00e9\n" , "old(\u0022a\u0022)\n","z"],"cell_type":"code"}],"x": 1.50}'
    )
    assert replaced(read_notebook("n.ipynb", data), "old(", "new(é, ") == data.replace(b"old(", b"new(\xc3\xa9, ")


def test_a_string_that_is_all_escapes_gets_escapes() -> None:
    data = rb'{"cells": [{"source": "# \u00e9\nold(1)","cell_type":"code"}]}'
    assert replaced(read_notebook("n.ipynb", data), "old(", "new('ü', ") == data.replace(b"old(", rb"new('\u00fc', ")


def test_added_lines_are_strings_like_their_neighbours() -> None:
    data = b'{"cells": [{"source": [\n   "a = 1\\n",\n   "b = 2"\n  ], "cell_type": "code"}]}'
    source = read_notebook("n.ipynb", data)
    after = source.edited([Edit(6, 6, "c = 3\nd = 4\n")]).to_bytes()
    assert after == data.replace(b'"b', b'"c = 3\\n",\n   "d = 4\\n",\n   "b')
    assert source.edited([Edit(0, 6, "")]).to_bytes() == data.replace(b'"a = 1\\n",\n   ', b"")
    assert source.edited([Edit(0, 11, "")]).to_bytes() == b'{"cells": [{"source": [], "cell_type": "code"}]}'


def test_the_edited_notebook_is_the_one_that_is_read_again() -> None:
    source = read("import torch\n%cd a", "x = old(1)\nx", "%%time\ny = old(2)")
    after = source.edited([Edit(at, at + 3, "brandnew") for at in (23, 43)])
    again = read_notebook("n.ipynb", after.to_bytes())
    assert sources(after.to_bytes()) == ["import torch\n%cd a", "x = brandnew(1)\nx", "%%time\ny = brandnew(2)"]
    assert (after.text, after.display, after.shown) == (again.text, again.display, again.shown)


def confined(source: Notebook, edit: Edit, near: int = 0) -> Finding:
    fix = Fix("Use the other", Applicability.SAFE, (edit,))
    place = source.location(near)
    return source.confined(Finding("TLT101", "a-rule", "It is wrong", Severity.ERROR, place, place, fix))


def fixed(source: Notebook, edit: Edit, near: int = 0) -> list[str]:
    found = confined(source, edit, near)
    assert found.fix is not None
    return list(sources(source.edited(found.fix.edits).to_bytes()))


def test_a_line_after_the_last_one_of_a_cell_stays_in_this_cell() -> None:
    source = read("import torch", "%%time\nx = 1", "y = 2")
    line = Edit(13, 13, "import numpy\n")
    assert fixed(source, line) == ["import torch\nimport numpy", "%%time\nx = 1", "y = 2"]
    assert fixed(source, line, near=26) == ["import torch\nimport numpy", "%%time\nx = 1", "y = 2"]


def test_a_line_before_the_first_one_of_the_cell_of_a_finding_stays_there() -> None:
    source = read("import torch", "x = 1")
    assert fixed(source, Edit(13, 13, "y = 2\n"), near=13) == ["import torch", "y = 2\nx = 1"]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_last_line_of_a_cell_goes_with_the_line_end_before_it(newline: str) -> None:
    source = read(code(f"import torch{newline}import os", listed=False), "x = 1")
    start = source.text.index("import os")
    assert fixed(source, Edit(start, start + 10, "")) == ["import torch", "x = 1"]


@pytest.mark.parametrize(
    "edit",
    [
        Edit(3, 20, "x"),  # two cells
        Edit(18, 20, ""),  # the line feed between them
        Edit(0, 4, ""),  # a magic
        Edit(4, 4, "y"),  # within it
        Edit(20, 20, "import os\n"),  # before a cell magic
        Edit(24, 24, "x"),  # within it
    ],
)
def test_a_fix_that_cannot_stay_in_a_cell_is_withheld(edit: Edit) -> None:
    source = read("%cd some_folder\nx=1", "%%time\ny = 2")
    found = confined(source, edit, near=30)
    assert (found.fix, found.help) == (None, "Use the other")
    assert found.unfixed == "it would reach over the border of a cell, or into a magic; make it by hand"


def test_an_import_that_only_a_magic_or_a_broken_cell_uses_stays() -> None:
    used = ["%timeit ger(a, b)", "x = = ger(a)"]
    for cell in ["y = 1", *used]:
        before = read("from torch import ger\nimport torch", "x = ger(a, b)", cell)
        after = read("from torch import ger\nimport torch", "x = torch.outer(a, b)", cell)
        assert bool(leftovers.edits(before.text, after)) == (cell not in used)


def test_a_fix_may_not_break_a_cell() -> None:
    from torchlint.fixing import edits

    source = read("import torch", "x = bad(1)")

    def lint(text: Notebook) -> list[Finding]:
        at = text.text.find("bad")
        fix = Fix("Break it", Applicability.SAFE, (Edit(at, at + 3, "("),))
        place = Location(2, 5)
        return [Finding("TLT101", "a-rule", "It is wrong", Severity.ERROR, place, place, fix)] if at >= 0 else []

    result = edits.fix(source, lint, lambda finding: True)  # type: ignore[arg-type]
    assert (result.source, result.error) == (source, "the fix of TLT101 leaves a file that does not parse")


def test_texts_are_dedented_blocks_too() -> None:
    program = textwrap.dedent(
        """\
        def f(x):
            # é
            return old(x)
        """
    )
    data = notebook(program, code(program, listed=False))
    source = read_notebook("n.ipynb", data)
    starts = [at for at in range(len(source.text)) if source.text.startswith("old", at)]
    assert source.edited([Edit(at, at + 3, "new") for at in starts]).to_bytes() == data.replace(b"old", b"new")
