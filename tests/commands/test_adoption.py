"""Old code: baselines, lines changed since a revision, comments that silence what is there."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from command_line import BAD, BROKEN, MIXED, Result, process, torchlint
from hang_guard import HANG_GUARD
from notebook_files import code, notebook, sources

pytestmark = pytest.mark.usefixtures("directory")

BASELINE = "torchlint-baseline.json"


def write(name: str, text: str) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_bytes(text.encode())


def git(*arguments: str) -> None:
    settings = ("-c", "user.email=a@b.c", "-c", "user.name=n", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *settings, *arguments], check=True, capture_output=True, timeout=HANG_GUARD)


def commit(**files: str) -> None:
    if not Path(".git").exists():
        git("init", "-q")
    for name, text in files.items():
        write(f"{name}.py", text)
    git("add", "-A")
    git("commit", "-q", "--allow-empty", "-m", "all")


def recorded() -> dict[str, dict[str, int]]:
    table = json.loads(Path(BASELINE).read_text())
    return {name: {code: entry["count"] for code, entry in rules.items()} for name, rules in table.items()}


def lines(result: Result) -> list[str]:
    return [" ".join(line.split()[:2]) for line in result.out.splitlines() if ": TLT" in line]


def concise(*arguments: str, stdin: bytes = b"") -> list[str]:
    return lines(torchlint("--output-format=concise", *arguments, stdin=stdin))


# Baselines


def test_what_is_recorded_is_not_reported_and_what_is_new_is() -> None:
    write("src/a.py", MIXED)
    write("b.py", BAD)
    done = process("baseline")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[0] == f"Recorded 4 findings in 2 files in {BASELINE}."
    assert recorded() == {"b.py": {"TLT101": 1}, "src/a.py": {"TLT101": 1, "TLT102": 1, "TLT201": 1}}
    known = process("--baseline", BASELINE)
    assert (known.code, known.out, known.err) == (0, "All checks passed!\n", "")
    write("b.py", BAD + "torch.plain(1)\n")
    assert concise("--baseline", BASELINE) == ["b.py:3:1: TLT201"]
    # Which of two is the new one nobody can tell.
    write("b.py", BAD + "torch.bad(2)\n")
    assert concise("--baseline", BASELINE) == ["b.py:2:1: TLT101", "b.py:3:1: TLT101"]


def test_the_file_is_sorted_and_the_same_for_the_same_findings() -> None:
    write("z.py", MIXED)
    write("a/b.py", BAD)
    torchlint("baseline", "z.py")
    torchlint("baseline", "a")
    one = Path(BASELINE).read_bytes()
    torchlint("baseline", ".", "--no-cache", "-j1")
    assert Path(BASELINE).read_bytes() == one
    assert list(recorded()) == ["a/b.py", "z.py"]
    assert one.startswith(b'{\n  "a/b.py": {\n    "TLT101": {\n      "count": 1\n')
    assert one.endswith(b"}\n")


def test_the_configuration_names_the_baseline_and_paths_are_relative_to_it() -> None:
    write("torchlint.toml", 'baseline = "known/old.json"\n')
    write("src/a.py", BAD)
    Path("known").mkdir()
    assert torchlint("baseline").out == "Recorded 1 finding in 1 file in known/old.json.\n"
    assert list(json.loads(Path("known/old.json").read_text())) == ["../src/a.py"]
    assert torchlint("src").code == 0
    assert torchlint("src", "--baseline=").code == 1
    assert concise("-", "--stdin-filename=src/a.py", stdin=BAD.encode()) == []
    assert concise("-", "--stdin-filename=src/b.py", stdin=BAD.encode()) == ["src/b.py:2:1: TLT101"]


def test_what_is_gone_is_told_and_pruned() -> None:
    write("a.py", MIXED)
    write("b.py", BAD)
    torchlint("baseline")
    write("a.py", MIXED.replace("plain", "fine"))
    Path("b.py").unlink()
    checked = torchlint("--baseline", BASELINE)
    assert checked.code == 0
    assert checked.err == (
        f"warning: {BASELINE} records 2 findings that are gone; `torchlint baseline --prune` takes them out\n"
    )
    assert torchlint("--baseline", BASELINE, "--quiet").err == ""
    write("c.py", BAD)
    assert torchlint("baseline", "--prune").out == f"Took 2 findings out of {BASELINE}; 2 left.\n"
    assert recorded() == {"a.py": {"TLT101": 1, "TLT102": 1}}
    assert concise("--baseline", BASELINE) == ["c.py:2:1: TLT101"]


def test_only_what_was_checked_is_replaced() -> None:
    write("a.py", MIXED)
    write("b.py", MIXED)
    torchlint("baseline")
    write("a.py", BAD)
    write("b.py", BAD)
    torchlint("baseline", "a.py", "--select=TLT1")
    assert recorded()["a.py"] == {"TLT101": 1, "TLT201": 1}
    assert recorded()["b.py"] == {"TLT101": 1, "TLT102": 1, "TLT201": 1}
    # Rules that did not run say nothing about what is gone.
    assert "records 3 findings" in torchlint("--baseline", BASELINE).err
    assert torchlint("--baseline", BASELINE, "--select=TLT101").err == ""


def test_a_file_that_cannot_be_checked_keeps_what_is_recorded() -> None:
    write("a.py", BAD)
    torchlint("baseline")
    write("a.py", BROKEN)
    assert torchlint("baseline").code == 2
    assert recorded() == {"a.py": {"TLT101": 1}}
    result = torchlint("--baseline", BASELINE)
    assert (result.code, "invalid-syntax" in result.out) == (2, True)


def test_fixing_leaves_a_baseline_with_too_much() -> None:
    write("a.py", MIXED)
    torchlint("baseline")
    result = torchlint("--baseline", BASELINE, "--fix")
    assert Path("a.py").read_text() == MIXED.replace("bad", "good")
    assert (result.code, "records 1 finding that is gone" in result.err) == (0, True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "expected an object with a key for each file"),
        ('{"a.py": 1}', "expected an object with a key for each rule of 'a.py'"),
        ('{"a.py": {"TLT101": 1}}', "expected {\"count\": N} for 'TLT101' of 'a.py'"),
        ('{"a.py": {"TLT101": {"count": -1}}}', "expected {\"count\": N} for 'TLT101' of 'a.py'"),
        ("{", "Expecting property name"),
        ("[" * 100_000, "recursion"),
    ],
)
def test_a_baseline_that_is_none_is_one_line(text: str, said: str) -> None:
    write("a.py", BAD)
    write("old.json", text)
    wrong = torchlint("--baseline", "old.json")
    assert (wrong.code, wrong.out, wrong.err.count("\n")) == (2, "", 1)
    assert wrong.err.startswith("error: old.json: not a baseline: ")
    assert said in wrong.err


def test_a_baseline_that_is_not_there_says_how_to_make_one() -> None:
    write("a.py", BAD)
    wrong = torchlint("--baseline", "no.json")
    assert (wrong.code, wrong.err) == (2, "error: no.json: no such baseline; `torchlint baseline` makes one\n")
    assert torchlint("baseline", "--prune").code == 2
    assert torchlint("baseline", "--baseline", "no/such/folder.json").code == 2


def test_notebooks_and_the_cache_are_counted_alike() -> None:
    Path("n.ipynb").write_bytes(notebook("import torch\n", "torch.bad(1)\n"))
    for _ in range(2):  # from the cache the second time
        torchlint("baseline")
        assert recorded() == {"n.ipynb": {"TLT101": 1}}
        assert torchlint("--baseline", BASELINE).code == 0


# Lines changed since a revision


def test_only_lines_added_since_a_revision_are_reported() -> None:
    commit(a=BAD, b=BAD, c=BAD + "x = 1\n" * 9)
    write("a.py", BAD + "x = 1\ntorch.plain(1)\n")
    write("new.py", BAD)
    Path("c.py").rename("renamed.py")
    git("add", "-A")
    write("renamed.py", "# first\n" + BAD + "torch.risky(1)\n" + "x = 1\n" * 9)
    done = process("--changed-since", "HEAD", "--output-format=concise")
    assert lines(done) == ["a.py:4:1: TLT201", "new.py:2:1: TLT101", "renamed.py:4:1: TLT102"]
    assert done.code == 1
    git("add", "-A")
    git("commit", "-qm", "more")
    assert torchlint("--changed-since", "HEAD").out == "All checks passed!\n"
    assert len(concise("--changed-since", "HEAD~1")) == 3


def test_files_that_git_does_not_know_are_new() -> None:
    commit(a=BAD)
    write("untracked.py", BAD)
    assert concise("--changed-since=HEAD") == ["untracked.py:2:1: TLT101"]
    write(".gitignore", "untracked.py\n")
    assert concise("--changed-since=HEAD", "untracked.py") == ["untracked.py:2:1: TLT101"]


def test_lines_that_others_added_to_the_branch_since_are_not_ours() -> None:
    commit(a=BAD + "x = 1\n" * 9)
    git("checkout", "-qb", "ours")
    commit(b=BAD)
    git("checkout", "-q", "main")
    commit(a="x = 1\n" * 9)
    git("checkout", "-q", "ours")
    assert concise("--changed-since=main") == ["b.py:2:1: TLT101"]


def test_a_finding_over_several_lines_is_new_if_one_of_them_is() -> None:
    text = "import torch\ntorch.bad(\n    1,\n)\ntorch.rare(1)\n"
    commit(a=text)
    write("a.py", text.replace("    1,", "    2,"))
    # The rig's findings end at the bracket: the line of the argument is another one.
    assert concise("--changed-since=HEAD") == []
    write("a.py", text.replace("bad", "risky"))
    assert concise("--changed-since=HEAD") == ["a.py:2:1: TLT102"]


def test_only_new_lines_are_fixed() -> None:
    commit(a=BAD + "y = 1\n")
    write("a.py", "import os\n" + BAD + "torch.bad(2)\ny = 1\n")
    result = process("--changed-since=HEAD", "--fix")
    assert Path("a.py").read_text() == "import os\n" + BAD + "torch.good(2)\ny = 1\n"
    assert (result.code, result.out) == (0, "Fixed 1 error.\n")
    diff = torchlint("--changed-since=HEAD", "--diff")
    assert (diff.code, diff.out) == (0, "")


def test_what_standard_input_has_is_compared_with_the_revision() -> None:
    commit(a=BAD)
    text = (BAD + "torch.plain(1)\n").encode()
    assert concise("-", "--stdin-filename=a.py", "--changed-since=HEAD", stdin=text) == ["a.py:3:1: TLT201"]
    assert len(concise("-", "--stdin-filename=b.py", "--changed-since=HEAD", stdin=text)) == 2
    fixed = torchlint("-", "--stdin-filename=a.py", "--changed-since=HEAD", "--fix", stdin=BAD.encode())
    assert fixed.out == BAD


def test_cells_of_notebooks_are_compared_by_the_lines_of_the_file() -> None:
    commit()
    Path("n.ipynb").write_bytes(notebook("import torch\n", "torch.bad(1)\n"))
    git("add", "-A")
    git("commit", "-qm", "notebook")
    Path("n.ipynb").write_bytes(notebook("import torch\n", "torch.bad(1)\n", "torch.bad(2)\n"))
    (line,) = torchlint("--changed-since=HEAD", "--output-format=concise").out.splitlines()[:-2]
    assert line.startswith("n.ipynb:cell 3:1:1: TLT101")
    torchlint("--changed-since=HEAD", "--fix")
    assert sources(Path("n.ipynb").read_bytes())[1:] == ["torch.bad(1)\n", "torch.good(2)\n"]


def test_the_cache_knows_the_whole_file_whatever_was_asked() -> None:
    commit(a=BAD)
    write("a.py", BAD + "torch.plain(1)\n")
    assert len(concise("--changed-since=HEAD")) == 1
    assert len(concise()) == 2
    assert len(concise("--changed-since=HEAD")) == 1


def test_names_that_git_quotes_are_found() -> None:
    commit()
    for name in ("caf\u00e9 \u6f22.py", 'quo"te\\.py', "tab\there.py"):
        Path(name).write_text("import torch\n")
    git("add", "-A")
    git("commit", "-qm", "names")
    for name in Path().glob("*.py"):
        name.write_text("import torch\ntorch.bad(1)\n")
    assert len(concise("--changed-since=HEAD")) == 3


def test_a_baseline_counts_what_stands_on_old_lines_too() -> None:
    commit(a=BAD)
    torchlint("baseline")
    write("a.py", BAD + "torch.bad(2)\n")
    assert concise("--changed-since=HEAD", "--baseline", BASELINE) == ["a.py:3:1: TLT101"]


def test_no_repository_and_no_such_revision_are_one_line(directory: Path) -> None:
    write("a.py", BAD)
    outside = process("--changed-since=HEAD", "a.py")
    assert (outside.code, outside.out, outside.err.count("\n")) == (2, "", 1)
    assert outside.err.startswith(f"error: --changed-since: {directory} is not in a git repository")
    commit(a=BAD)
    for revision in ("nope", "--help", "HEAD~7"):
        unknown = process(f"--changed-since={revision}")
        said = f"error: --changed-since: git knows no revision {revision!r} in {directory}\n"
        assert (unknown.code, unknown.out, unknown.err) == (2, "", said)
    missing = process("--changed-since=HEAD", PATH="/nowhere")
    assert (missing.code, missing.err.count("\n"), "git cannot be run" in missing.err) == (2, 1, True)


# Comments that silence what is there


def test_comments_are_added_and_silence_what_is_found() -> None:
    write("a.py", MIXED)
    done = process("--add-noqa", "a.py")
    assert (done.code, done.out) == (0, "")
    assert done.err == "Added 2 comments in 1 file: 3 findings are silenced.\n"
    assert Path("a.py").read_text() == (
        "import torch\ntorch.bad(torch.risky(1))  # noqa: TLT101, TLT102\ntorch.plain(2)  # noqa: TLT201\n"
    )
    again = process("--add-noqa")
    assert (again.code, again.err) == (0, "Added 0 comments in 0 files: 0 findings are silenced.\n")
    assert process("a.py").code == 0


def test_a_reason_is_said() -> None:
    write("a.py", BAD)
    torchlint("--add-noqa=see issue GH12", "a.py")
    assert Path("a.py").read_text().endswith("torch.bad(1)  # noqa: TLT101 - see issue GH12\n")
    assert torchlint("a.py").code == 0
    for reason in ("two\nlines", "a # b"):
        wrong = torchlint(f"--add-noqa={reason}", "a.py")
        assert (wrong.code, wrong.err.count("\n")) == (2, 1)


@pytest.mark.parametrize(
    ("line", "silenced"),
    [
        ("torch.bad(1)  # why", "torch.bad(1)  # why  # noqa: TLT101"),
        ("torch.bad(1)  # noqa: E501", "torch.bad(1)  # noqa: E501, TLT101"),
        ("torch.bad(1)  # noqa:E501 - long", "torch.bad(1)  # noqa:E501, TLT101 - long"),
        ("torch.bad(1)  # NOQA: E501,  # x", "torch.bad(1)  # NOQA: E501, TLT101,  # x"),
        ("torch.bad('#')   ", "torch.bad('#')  # noqa: TLT101   "),
        ("torch.bad('''\n# noqa: E501\n''')", "torch.bad('''\n# noqa: E501\n''')  # torchlint: ignore[TLT101]"),
        ("torch.bad('''\n''')", "torch.bad('''\n''')  # noqa: TLT101"),
        ("x = 1 + \\\n  torch.bad(1)", "x = 1 + \\\n  torch.bad(1)  # noqa: TLT101"),
        ("f(\n  torch.bad(1),\n)", "f(\n  torch.bad(1),  # noqa: TLT101\n)"),
        ("x = torch.bad(1); y = 2\r", "x = torch.bad(1); y = 2  # noqa: TLT101\r"),
    ],
)
def test_a_comment_goes_where_it_silences(line: str, silenced: str) -> None:
    write("a.py", f"import torch\n{line}\n")
    torchlint("--add-noqa")
    assert Path("a.py").read_bytes() == f"import torch\n{silenced}\n".encode()
    assert torchlint().code == 0


def test_comments_are_added_without_a_line_end_in_notebooks_and_to_standard_input() -> None:
    write("a.py", BAD.rstrip())
    Path("n.ipynb").write_bytes(
        notebook("import torch\n%matplotlib inline\n", "torch.bad(1)", code("torch.bad(2)\nx = 1"))
    )
    torchlint("--add-noqa")
    assert Path("a.py").read_text().endswith("torch.bad(1)  # noqa: TLT101")
    cells = sources(Path("n.ipynb").read_bytes())
    assert cells[1:] == ["torch.bad(1)  # noqa: TLT101", "torch.bad(2)  # noqa: TLT101\nx = 1"]
    assert torchlint().code == 0
    written = torchlint("-", "--add-noqa", stdin=BAD.encode())
    assert (written.code, written.out) == (0, BAD.replace("(1)", "(1)  # noqa: TLT101"))


def test_only_new_lines_are_silenced_and_what_a_baseline_knows_is_not() -> None:
    commit(a=BAD)
    write("a.py", BAD + "torch.plain(1)\n")
    torchlint("--add-noqa", "--changed-since=HEAD")
    assert Path("a.py").read_text() == BAD + "torch.plain(1)  # noqa: TLT201\n"
    torchlint("baseline")
    torchlint("--add-noqa", "--baseline", BASELINE)
    assert Path("a.py").read_text().startswith(BAD)


def test_a_broken_file_is_left_alone_and_others_are_not() -> None:
    write("a.py", BROKEN)
    write("b.py", BAD)
    assert torchlint("--add-noqa").code == 2
    assert (Path("a.py").read_text(), "# noqa" in Path("b.py").read_text()) == (BROKEN, True)


@pytest.mark.parametrize("option", ["--fix", "--fix-only", "--diff", "--verify", "--statistics"])
def test_comments_and_fixes_contradict_each_other(option: str) -> None:
    write("a.py", BAD)
    wrong = torchlint("--add-noqa", option)
    said = f"error: --add-noqa and {option} contradict each other: run one after the other\n"
    assert (wrong.code, wrong.err, Path("a.py").read_text()) == (2, said, BAD)
