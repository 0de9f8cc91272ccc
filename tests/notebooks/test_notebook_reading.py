"""Notebooks as programs: which cells, what of them is Python, and where everything stands."""

from __future__ import annotations

import ast
import json
import re
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notebook_files import code, markdown, notebook, read

from torchlint import lint
from torchlint.finding import Location, Place
from torchlint.notebooks.cell_program import program_of
from torchlint.notebooks.magics import masked
from torchlint.notebooks.markdown import read_markdown
from torchlint.notebooks.notebook import read_notebook
from torchlint.source import SourceError

CELLS = st.text("ab =(\\'\"%!?#\t\f é🔥\u2028{\n\r", max_size=30)


def test_the_code_cells_are_one_program_in_their_order() -> None:
    source = read(markdown("import os"), "import torch", code("x = 1\ny = 2\n", listed=False), code(""))
    assert source.text == "import torch\nx = 1\ny = 2\n\n\n"
    assert [source.place(Location(row, 3)) for row in (1, 2, 3, 4, 5)] == [
        Place(2, 1, 3),
        Place(3, 1, 3),
        Place(3, 2, 3),
        Place(3, 3, 3),
        Place(4, 1, 3),
    ]


def test_notebooks_of_nbformat_3_are_read() -> None:
    cells = [
        {"cell_type": "heading", "level": 1, "source": ["x"]},
        {"cell_type": "code", "input": ["a = 1\n", "b = 2"], "language": "python", "outputs": []},
        {"cell_type": "code", "input": "puts 1", "language": "ruby", "outputs": []},
        {"cell_type": "code", "input": "c = 3", "language": "python", "outputs": []},
    ]
    values = {"metadata": {"name": ""}, "nbformat": 3, "worksheets": [{"cells": cells[:3]}, {"cells": cells[3:]}]}
    source = read_notebook("n.ipynb", json.dumps(values).encode())
    assert source.text == "a = 1\nb = 2\nc = 3\n"
    assert str(source.place(Location(2, 1))) == "cell 2:2:1"


@pytest.mark.parametrize(
    "metadata",
    [
        {"kernelspec": {"display_name": "R", "language": "R", "name": "ir"}},
        {"language_info": {"name": "julia"}},
        {"kernelspec": {"display_name": "R", "name": "ir"}},
    ],
)
def test_notebooks_in_other_languages_have_no_program(metadata: dict[str, object]) -> None:
    assert read("x <- c(1, 2)", metadata=metadata).text == ""


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"kernelspec": {"display_name": "my env", "name": "conda-env-torch"}},
        {"kernelspec": {"display_name": "PySpark", "language": "python", "name": "pysparkkernel"}},
        {"widgets": {"a": [1.5] * 3}, "language_info": {"name": "ipython", "version": "3"}},
    ],
)
def test_notebooks_in_python_are_told_by_their_language_not_by_the_name_of_their_kernel(
    metadata: dict[str, object],
) -> None:
    assert read("x = 1", metadata=metadata).text == "x = 1\n"


def test_a_cell_of_another_language_is_left_out() -> None:
    other = code("SELECT 1", metadata={"vscode": {"languageId": "sql"}})
    assert read(other, code("x = 1", metadata={"vscode": {"languageId": "python"}})).text == "x = 1\n"


def test_an_empty_notebook_has_an_empty_program() -> None:
    source = read()
    assert (source.text, list(source.rows_around(1)), source.place(Location(1, 1))) == ("", [1], Place(None, 1, 1))


@pytest.mark.parametrize("at", [1, 40, 90, -40, -2])
def test_a_notebook_that_breaks_off_is_an_error_of_one_line(at: int) -> None:
    said = r"^is not a whole notebook: its JSON breaks off on line \d+; save or download it again$"
    with pytest.raises(SourceError, match=said):
        read_notebook("n.ipynb", notebook("import torch\n", code('x = "a"'))[:at])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "the file is empty"),
        (b" \n", "the file is empty"),
        (b"[]", "its JSON is wrong on line 1: `{` is missing"),
        (b"import torch\n", "its JSON is wrong on line 1: `{` is missing"),
        (b"{}", "its JSON has neither `cells` nor `worksheets`"),
        (b'{"cells": 1}', "its JSON has neither `cells` nor `worksheets`"),
        (b'{"cells": []}\n{}', "its JSON is wrong on line 2: something follows its end"),
        (b'{"cells": [{"cell_type": "code",\n"source": 1}]}', "the source of its cell 1 is not a text"),
        (b'{"cells": [{"source": ["a\n"]}]}', "its JSON is wrong on line 1: invalid control character at"),
        (b'{"cells": [{"source": [1]}]}', "its JSON is wrong on line 1: a string is missing"),
        (b'{"cells" []}', "its JSON is wrong on line 1: `:` is missing"),
    ],
)
def test_a_file_that_is_no_notebook_is_an_error_that_says_why(data: bytes, said: str) -> None:
    with pytest.raises(SourceError) as error:
        read_notebook("n.ipynb", data)
    assert str(error.value) == f"is not a notebook: {said}"


def test_what_is_no_utf_8_is_an_error() -> None:
    with pytest.raises(SourceError, match="cannot be decoded as utf-8"):
        read_notebook("n.ipynb", b'{"cells": ["\xff"]}')


def test_outputs_are_passed_over_whatever_they_hold() -> None:
    outputs = [{"data": {"image/png": 'A]}\\"' * 9, "x": [[{"source": ["no"]}], 1.5e3, None, "\\"]}}]
    source = read(code("x = 1", outputs=outputs), code("y = 2", metadata={"a": "}]"}))
    assert source.text == "x = 1\ny = 2\n"


def test_outputs_are_not_decoded() -> None:
    # No JSON, but only a program that decodes the outputs can know.
    data = notebook(code("x = 1", outputs=["HERE"])).replace(b'"HERE"', b"[1,, nonsense]")
    assert read_notebook("n.ipynb", data).text == "x = 1\n"


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("%matplotlib inline\nx = 1", "__________________\nx = 1"),
        ("if x:\n    !pip install {a}\n    %cd b", "if x:\n    ________________\n    _____"),
        ("files = !ls -l\ny = %sx ls\nd['a'] = !b", "files = ______\ny = ______\nd['a'] = __"),
        ("!ls \\\n  -l\nx = 1", "_____\n    \nx = 1"),
        ("?torch\ntorch.nn??\nx.a?;\n%time?", "______\n__________\n_____\n______"),
        ("%time loss = f(x)\nx = 1", "_____;loss = f(x)\nx = 1"),
        ("%time for x in y: z", "___________________"),
        ("%timeit -n 3 f(x)", "_________________"),
        ("/f 1\n,f a b\n;f a", "____\n______\n____"),
        ("%%time\nx = 1", "      \nx = 1"),
        ("\n%%capture out\nx = 1", "\n             \nx = 1"),
        ("%%bash\nls -l", "      \n     "),
        ("%%writefile a.py\nimport torch", "                \n            "),
        ("!ls\r\nx = 1\r%cd a\rz = 2", "___\r\nx = 1\r_____\rz = 2"),
        ("\f%cd a\nx = 1", "\f_____\nx = 1"),
        ("pip install torch\nx = 1", "_________________\nx = 1"),
        ("  x = 1\n  y = 2", "       \n       "),
    ],
)
def test_magics_become_python_of_the_same_length(written: str, read_as: str) -> None:
    found = program_of(written)
    assert (found.text, found.broken) == (read_as, None)


@pytest.mark.parametrize(
    "text",
    [
        "s = '''\n%d of\n!not\nwhat?\n'''\n",
        "x = (a\n  % b)\nx %= 2\ny = x % 3\n",
        "x = a \\\n  % b\n",
        "print(f'{x!r} {y=!r}?')\n# %matplotlib, why?\n",
        "a != b\nx = {1: '?'}\n",
        'd = """a""" """\n!b"""\n',
        "x = 'it\\'s'\n(\n'\\\n!a')\n",
    ],
)
def test_python_is_never_taken_for_a_magic(text: str) -> None:
    ast.parse(text)
    assert masked(text).text == text


@given(CELLS)
def test_masking_keeps_the_length_and_the_line_ends(text: str) -> None:
    for found in (masked(text).text, program_of(text).text):
        assert len(found) == len(text)
        assert [(at, sign) for at, sign in enumerate(found) if sign in "\r\n"] == [
            (at, sign) for at, sign in enumerate(text) if sign in "\r\n"
        ]


@given(st.lists(CELLS, max_size=4))
def test_the_program_of_any_cells_parses(cells: list[str]) -> None:
    source = read(*cells)
    assert len(source.text) == len(source.display)
    ast.parse(source.text)


@given(st.lists(st.tuples(CELLS, st.booleans()), min_size=1, max_size=4), st.booleans(), st.sampled_from([None, 1, 4]))
def test_each_character_is_found_in_the_file(cells: list[tuple[str, bool]], escapes: bool, indent: int | None) -> None:
    data = notebook(*(code(text, listed=listed) for text, listed in cells), ensure_ascii=escapes, indent=indent)
    source = read_notebook("n.ipynb", data)
    lines = data.decode().split("\n")
    at = 0
    for number, (text, _) in enumerate(cells, 1):
        for character in text:
            location = source.location(at)
            row, column = source.place_in_file(location)
            written = re.match(r"\\u[dD]8..\\u....|\\u....|\\.|.", lines[row - 1][column - 1 :])
            assert written is not None
            assert json.loads(f'"{written[0]}"') == character
            assert source.place(location).cell == number
            at += 1
        at += 1


def test_a_cell_that_does_not_parse_costs_only_itself() -> None:
    source = read("import torch", "def f(:\n    pass", "x = (1,", "2)", "y = 3 \\", "z = 4")
    assert source.text == "import torch\nf=_    \n        \nx=_    \n  \ny=_    \nz = 4\n"
    assert [(part.message, str(source.place(Location(part.row, part.column)))) for part in source.broken] == [
        ("cannot be parsed: invalid syntax", "cell 2:1:7"),
        ("cannot be parsed: '(' was never closed", "cell 3:1:5"),
        ("cannot be parsed: unmatched ')'", "cell 4:1:2"),
        ("cannot be parsed: unexpected EOF while parsing", "cell 5:1:8"),
    ]


def test_what_a_cell_that_does_not_parse_binds_is_unknown_after_it() -> None:
    cells = ["p = torch.softmax(x, 1)", "p = = p.double()", "y = torch.log(p)"]
    assert codes(*cells) == []
    assert codes(*cells[::2]) == [("TLT202", "cell 3:1:5")]


@given(CELLS)
def test_the_names_of_a_broken_cell_are_python(text: str) -> None:
    ast.parse(program_of(f"f(\n{text}").text)


def test_a_cell_may_await() -> None:
    text = "x = await f()\nasync with a as b:\n    pass\nasync for c in d:\n    pass\n"
    assert program_of(text).text == text


def codes(*cells: str) -> list[tuple[str, str]]:
    source = read("import torch\nx = torch.zeros(3, 1)", *cells, "print(x)")
    found = lint.check(source, {"TLT202", "TLT308"}).findings
    return [(finding.code, str(source.place(finding.location))) for finding in found]


def test_names_flow_from_cell_to_cell() -> None:
    assert codes("p = torch.softmax(x, 1)", "y = torch.log(p)") == [("TLT202", "cell 3:1:5")]


@pytest.mark.parametrize(
    "cell",
    [
        "y = 1\nx.squeeze(1)",
        "y = 1\nx.squeeze(1)  # look\n\n",
        "%%timeit\nx.squeeze(1)\ny = 1",
        "%time x.squeeze(1)\ny = 1",
        "get().ast_node_interactivity = 'all'\nx.squeeze(1)\ny = 1",
    ],
)
def test_what_is_shown_is_not_discarded(cell: str) -> None:
    assert codes(cell) == []


@pytest.mark.parametrize(
    "cell", ["x.squeeze(1)\ny = 1", "x.squeeze(1);", "x.squeeze(1) ; # quiet", "%%time\nx.squeeze(1)\ny = 1"]
)
def test_what_is_not_shown_is_discarded(cell: str) -> None:
    assert [code for code, _ in codes(cell)] == ["TLT308"]


def test_what_markdown_shows_is_not_discarded_and_names_flow_from_block_to_block() -> None:
    text = """\
        ```python
        import torch
        x = torch.zeros(3, 1)
        x.squeeze(1)
        print(x)
        ```
        Then `torch.log(x)`:

        ```{python}
        torch.log(torch.softmax(x, 1))
        ```
        """
    source = read_markdown("a.md", textwrap.dedent(text).encode())
    found = lint.check(source, {"TLT202", "TLT308"}).findings
    assert [(finding.code, finding.location) for finding in found] == [("TLT202", Location(10, 1))]
    (finding,) = map(source.confined, found)
    assert (finding.fix, finding.unfixed) == (None, "Markdown is only checked, never fixed")
