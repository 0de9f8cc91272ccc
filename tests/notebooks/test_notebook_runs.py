"""Notebooks and Markdown on the command line: what is checked, written and reported."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from notebook_files import code, markdown, notebook
from test_cli import torchlint

CELLS = ("import torch\n%cd a", "x = 1\ntorch.bad(x)\nx", code("é = torch.risky(1)", listed=False))
# Rows of the file: those of the list of strings, and the one row of a single string.
BAD_ROW, RISKY_ROW = 27, 36


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("n.ipynb").write_bytes(notebook(markdown("# Title"), *CELLS))
    return tmp_path


def report(name: str, *arguments: str) -> str:
    result = torchlint("--output-format", name, *arguments, "n.ipynb")
    assert (result.code, result.err) == (1, "")
    return result.out


def lines(name: str) -> list[str]:
    return report(name).splitlines()


def test_the_rows_of_this_module_are_those_of_the_file() -> None:
    written = Path("n.ipynb").read_text(encoding="utf-8").splitlines()
    assert written[BAD_ROW - 1] == '    "torch.bad(x)\\n",'
    assert written[RISKY_ROW - 1] == '   "source": "é = torch.risky(1)"'


def test_concise_says_cell_row_and_column() -> None:
    assert lines("concise")[:2] == [
        "n.ipynb:cell 3:2:1: TLT101 [*] `torch.bad` is [red]bad[/red]",
        "n.ipynb:cell 4:1:5: TLT102 `torch.risky` is [red]risky[/red]",
    ]


def test_grouped_says_cell_row_and_column() -> None:
    assert lines("grouped")[:3] == [
        "n.ipynb:",
        "  cell 3:2:1 error   TLT101 [*] `torch.bad` is [red]bad[/red]",
        "  cell 4:1:5 warning TLT102 `torch.risky` is [red]risky[/red]",
    ]


def test_full_shows_the_cell_as_it_is_written() -> None:
    Path("n.ipynb").write_bytes(notebook("a = 1", "%matplotlib inline\ntorch.bad(1)\n!ls", "b = 2"))
    assert "\n".join(lines("full")).startswith(
        """\
TLT101 [*] error: `torch.bad` is [red]bad[/red]
 --> n.ipynb:cell 2:2:1
  |
1 | %matplotlib inline
2 | torch.bad(1)
  | ^^^^^^^^^
3 | !ls
  |
help: Use `torch.good`
 ::: cell 2
  |
1 | %matplotlib inline
  - torch.bad(1)
2 + torch.good(1)
3 | !ls
  |
note: verified on 12 inputs on cpu
"""
    )


def test_json_has_the_cell_and_places_in_it() -> None:
    first, second = json.loads(report("json"))
    assert (first["cell"], first["location"], first["noqa_row"]) == (3, {"row": 2, "column": 1}, 2)
    assert first["end_location"] == {"row": 2, "column": 10}
    assert first["fix"]["edits"] == [
        {"content": "good", "location": {"row": 2, "column": 7}, "end_location": {"row": 2, "column": 10}, "cell": 3}
    ]
    assert (second["cell"], second["location"]) == (4, {"row": 1, "column": 5})


def test_json_lines_are_the_same_objects() -> None:
    assert [json.loads(line) for line in lines("json-lines")] == json.loads(report("json"))


def test_json_of_related_places_has_their_cell() -> None:
    Path("n.ipynb").write_bytes(notebook("a = 1", "torch.rare(1)"))
    (found,) = json.loads(report("json", "--extend-select=TLT301"))
    assert (found["related"][0]["cell"], found["related"][0]["location"]) == (2, {"row": 1, "column": 1})


def test_json_of_files_has_no_cell() -> None:
    Path("a.py").write_text("import torch\ntorch.bad(1)\n")
    (found,) = json.loads(torchlint("--output-format=json", "a.py").out)
    assert found["cell"] is None
    assert "cell" not in found["fix"]["edits"][0]


def test_github_has_the_line_of_the_file_and_says_the_cell() -> None:
    assert lines("github")[0] == (
        f"::error title=torchlint (TLT101),file=n.ipynb,line={BAD_ROW},col=6,endLine={BAD_ROW},endColumn=15"
        "::n.ipynb:cell 3:2:1: TLT101 `torch.bad` is [red]bad[/red]"
    )


def test_gitlab_has_the_line_of_the_file() -> None:
    positions = [issue["location"]["positions"]["begin"] for issue in json.loads(report("gitlab"))]
    assert positions == [{"line": BAD_ROW, "column": 6}, {"line": RISKY_ROW, "column": 19}]


def test_pylint_has_the_line_of_the_file() -> None:
    assert lines("pylint")[0] == f"n.ipynb:{BAD_ROW}: [TLT101] `torch.bad` is [red]bad[/red]"


def test_junit_has_the_line_of_the_file_and_says_the_cell() -> None:
    case = ElementTree.fromstring(report("junit")).findall(".//testcase")[0]
    said = "cell 3, line 2, col 1, `torch.bad` is [red]bad[/red]"
    assert case.findtext("failure") == f"{said}\nat n.ipynb:{BAD_ROW}:6"


def test_rdjson_has_places_of_the_file_and_suggests_nothing_that_would_not_be_json() -> None:
    first, second = json.loads(report("rdjson"))["diagnostics"]
    assert first["location"]["range"]["start"] == {"line": BAD_ROW, "column": 6}
    assert first["suggestions"] == []
    assert first["message"] == (
        "cell 3, line 2: `torch.bad` is [red]bad[/red]\n"
        "Safe fix in the cell of a notebook, which is not the text of the file (`torchlint --fix` applies it): "
        "Use `torch.good`"
    )
    # Columns are bytes there, and `é` is two.
    assert second["location"]["range"]["start"] == {"line": RISKY_ROW, "column": 20}


def test_sarif_has_places_of_the_file_and_the_cell() -> None:
    first, _ = json.loads(report("sarif"))["runs"][0]["results"]
    (place,) = first["locations"]
    assert place["physicalLocation"]["region"] == {
        "startLine": BAD_ROW,
        "startColumn": 6,
        "endLine": BAD_ROW,
        "endColumn": 15,
    }
    assert place["logicalLocations"] == [{"fullyQualifiedName": "cell 3:2:1"}]
    assert "fixes" not in first
    assert first["message"]["text"].startswith("cell 3, line 2: `torch.bad`")


def test_comments_silence_findings_in_cells() -> None:
    Path("n.ipynb").write_bytes(
        notebook(
            "torch.bad(1)  # noqa: TLT101\ntorch.bad(2)  # noqa: TLT102",
            "torch.bad(3)  # torchlint: ignore[TLT101]",
            "# torchlint: file-ignore[TLT201]\ntorch.plain(1)",
        )
    )
    assert lines("concise")[0] == "n.ipynb:cell 1:2:1: TLT101 [*] `torch.bad` is [red]bad[/red]"
    assert lines("concise")[1] == "Found 1 error."


def test_a_broken_cell_is_a_finding_and_the_others_are_checked_and_fixed() -> None:
    cells = ("import torch", "def f(:\n    pass", "torch.bad(1)")
    Path("n.ipynb").write_bytes(notebook(*cells))
    result = torchlint("--output-format=concise", "n.ipynb")
    assert result.code == 2
    assert result.out.splitlines()[:2] == [
        "n.ipynb:cell 2:1:7: invalid-syntax cannot be parsed: invalid syntax",
        "n.ipynb:cell 3:1:1: TLT101 [*] `torch.bad` is [red]bad[/red]",
    ]
    assert torchlint("--diff", "n.ipynb").err.startswith("n.ipynb:cell 2:1: error: cannot be parsed")
    assert torchlint("--fix", "n.ipynb").code == 2
    assert Path("n.ipynb").read_bytes() == notebook(*cells[:2], "torch.good(1)")


def test_a_broken_cell_is_a_finding_in_a_notebook_without_torch_too() -> None:
    Path("n.ipynb").write_bytes(notebook("x = 1", "!ls\nx = (\n"))
    result = torchlint("--output-format=concise", "n.ipynb")
    assert (result.code, result.out.splitlines()[0][:35]) == (2, "n.ipynb:cell 2:2:5: invalid-syntax ")


def test_what_breaks_off_is_one_line_and_exit_code_2() -> None:
    Path("n.ipynb").write_bytes(notebook(*CELLS)[:-80])
    result = torchlint("n.ipynb")
    said = "n.ipynb: error: is not a whole notebook: its JSON breaks off on line 33; save or download it again\n"
    assert (result.code, result.out, result.err) == (2, "", said)


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b""])
def test_fix_changes_the_strings_with_findings_only(newline: bytes) -> None:
    before = notebook(*CELLS, indent=4, ensure_ascii=True).replace(b"null", b"1.50").rstrip() + newline
    Path("n.ipynb").write_bytes(before)
    assert torchlint("--fix", "--unsafe-fixes", "n.ipynb").code == 0
    after = Path("n.ipynb").read_bytes()
    assert after == before.replace(b"torch.bad", b"torch.good").replace(b"torch.risky", b"torch.good")


def test_what_is_left_after_a_fix_is_reported_where_it_is_then() -> None:
    Path("n.ipynb").write_bytes(notebook(code("torch.bad(torch.plain(1))", listed=False)))
    (found,) = json.loads(report("gitlab", "--fix"))
    row = found["location"]["positions"]["begin"]
    assert Path("n.ipynb").read_text().split("\n")[row["line"] - 1][row["column"] - 1 :].startswith("torch.plain")


def test_diff_is_one_of_the_file_that_git_applies(directory: Path) -> None:
    before = Path("n.ipynb").read_bytes()
    result = torchlint("--diff", "n.ipynb")
    assert (result.code, result.err) == (1, "Would fix 1 error.\n")
    assert '-    "torch.bad(x)\\n",\n+    "torch.good(x)\\n",\n' in result.out
    subprocess.run(["git", "apply"], input=result.raw, cwd=directory, check=True)
    assert Path("n.ipynb").read_bytes() == before.replace(b"torch.bad", b"torch.good")


def test_standard_input_is_a_notebook_by_its_name() -> None:
    data = notebook(*CELLS)
    result = torchlint("-", "--stdin-filename", "x.IPYNB", "--output-format=concise", stdin=data)
    assert result.out.startswith("x.IPYNB:cell 2:2:1: TLT101")
    fixed = torchlint("-", "--stdin-filename", "x.ipynb", "--fix", stdin=data)
    assert fixed.raw == data.replace(b"torch.bad", b"torch.good")
    clean = notebook("x = 1")
    assert torchlint("-", "--stdin-filename", "x.ipynb", "--fix", stdin=clean).raw == clean


def test_the_cache_remembers_notebooks() -> None:
    first = [torchlint("--output-format", name, "n.ipynb").out for name in ("json", "gitlab", "full")]
    assert Path(".torchlint_cache/findings.json").exists()
    assert [torchlint("--output-format", name, "n.ipynb").out for name in ("json", "gitlab", "full")] == first


def test_notebooks_go_through_processes() -> None:
    Path("m.ipynb").write_bytes(notebook("torch.bad(1)"))
    result = torchlint("--jobs=2", "--no-cache", "--output-format=gitlab", "m.ipynb", "n.ipynb")
    assert [issue["location"]["path"] for issue in json.loads(result.out)] == ["m.ipynb", "n.ipynb", "n.ipynb"]


def test_folders_are_searched_for_notebooks() -> None:
    Path("d").mkdir()
    Path("d/a.ipynb").write_bytes(notebook("torch.bad(1)"))
    Path("d/b.md").write_text("```python\ntorch.bad(1)\n```\n")
    Path(".ipynb_checkpoints").mkdir()
    Path(".ipynb_checkpoints/c.ipynb").write_bytes(notebook("torch.bad(1)"))
    shown = torchlint("--show-files").out.splitlines()
    assert [Path(path).name for path in shown] == ["a.ipynb", "n.ipynb"]


def test_a_notebook_in_another_language_is_clean() -> None:
    Path("n.ipynb").write_bytes(notebook("library(torch)\nx <- torch.bad(", metadata={"language_info": {"name": "R"}}))
    assert torchlint("n.ipynb").code == 0


MARKDOWN = """\
# Title

Not `torch.bad(1)`.

```python title="a.py"
import torch
torch.bad(1)
```

~~~ py
%cd x
torch.bad(2)  # noqa
torch.plain(3)
~~~

```python
torch.bad(...
```

```console
torch.bad(4)
```
"""


def test_the_python_blocks_of_markdown_that_is_named_are_checked_and_left_alone() -> None:
    Path("README.md").write_text(MARKDOWN)
    result = torchlint("--output-format=concise", "--fix", "README.md")
    assert result.out.splitlines()[:2] == [
        "README.md:7:1: TLT101 `torch.bad` is [red]bad[/red]",
        "README.md:13:1: TLT201 `torch.plain` is [red]plain[/red]",
    ]
    assert Path("README.md").read_text() == MARKDOWN


def test_markdown_in_folders_is_checked_where_the_configuration_includes_it() -> None:
    Path("n.ipynb").unlink()
    Path("docs").mkdir()
    Path("docs/guide.md").write_text(MARKDOWN)
    Path("old.md").write_text(MARKDOWN)
    assert (torchlint().code, torchlint("--extend-include", "docs/*.md").code) == (0, 1)

    Path("pyproject.toml").write_text('[tool.torchlint]\nextend-include = ["*.md"]\nextend-exclude = ["old.md"]\n')
    found = torchlint("--output-format=concise").out.splitlines()[:-1]
    assert {line.partition(":")[0] for line in found if line} == {"docs/guide.md"}


def test_a_run_over_python_files_does_not_import_what_reads_notebooks() -> None:
    Path("a.py").write_text("import torch\ny = torch.log(torch.softmax(x, dim=1))\n")
    program = "import sys\nfrom torchlint.cli import main\nmain(['--no-cache', 'a.py'])\nprint(*sys.modules)\n"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "torchlint.running.sources" in done.stdout
    assert "torchlint.notebooks" not in done.stdout


def test_verify_runs_the_fixes_of_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    from torchlint.cli import main

    before = notebook(
        "import torch\n%cd a",
        "def f(x):\n    return torch.log(torch.softmax(x, dim=1))",
        "%%time\ny = f(torch.zeros(3, 4))\ny",
    )
    Path("n.ipynb").write_bytes(before)
    arguments: list[Any] = ["--fix", "--verify", "--no-cache", "--select=TLT202", "n.ipynb"]
    assert main(arguments) == 0
    changed = before.replace(b"torch.log(torch.softmax(x, dim=1))", b"torch.log_softmax(x, dim=1)")
    assert Path("n.ipynb").read_bytes() == changed
