"""The command line as users run it, over the rules of `cli_rig.py`."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import RIG
from command_line import BAD, BROKEN, CLEAN, MIXED, process, torchlint
from hang_guard import HANG_GUARD

from torchlint.formats import FORMATS

pytestmark = pytest.mark.usefixtures("directory")


def concise(*arguments: str) -> list[str]:
    result = torchlint("--output-format=concise", *arguments)
    return [line for line in result.out.splitlines() if "TLT" in line]


def write(**files: str) -> None:
    for name, text in files.items():
        Path(f"{name}.py").write_bytes(text.encode())


def test_the_module_runs_and_knows_its_version() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "torchlint", "--version"], capture_output=True, text=True, timeout=HANG_GUARD
    )
    assert (done.returncode, done.stdout.split()[0]) == (0, "torchlint")


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [
        (["--no-cache"], b""),
        (["a.py", "--output-format=json", "--no-cache"], b""),
        (["--diff", "--unsafe-fixes"], b""),
        (["-", "--fix"], MIXED.encode()),
        (["--help"], b""),
        (["--select"], b""),
        (["lint"], b""),
        (["no.py"], b""),
        (["rule", "TLT1"], b""),
    ],
)
def test_a_process_of_its_own_says_and_does_the_same(arguments: list[str], stdin: bytes) -> None:
    write(a=MIXED, b=BROKEN)
    one, other = (run(*arguments, stdin=stdin, PYTHONIOENCODING="ascii") for run in (torchlint, process))
    assert (one.code, one.raw, one.err) == (other.code, other.raw, other.err)


def test_start_up_imports_little() -> None:
    heavy = {"libcst", "rich", "torch", "multiprocessing", "json", "tomllib", "dataclasses"}
    code = f"import sys, torchlint.cli; sys.exit(str({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=HANG_GUARD)
    assert done.stderr.strip() == "set()"


def test_clean_files_pass() -> None:
    write(a=CLEAN, b="import os\n")
    result = torchlint()
    assert (result.code, result.out, result.err) == (0, "All checks passed!\n", "")


def test_findings_exit_with_1_and_are_counted() -> None:
    write(a=MIXED)
    result = torchlint("check", ".", "--no-cache", "--output-format", "concise")
    assert result.code == 1
    assert result.out.splitlines() == [
        "a.py:2:1: TLT101 [*] `torch.bad` is [red]bad[/red]",
        "a.py:2:11: TLT102 `torch.risky` is [red]risky[/red]",
        "a.py:3:1: TLT201 `torch.plain` is [red]plain[/red]",
        "Found 1 error, 1 warning and 1 info.",
        "[*] 1 fixable with `--fix` (1 unsafe fix available with `--fix --unsafe-fixes`).",
    ]
    assert torchlint("--exit-zero", "a.py").code == 0


def test_a_directory_with_the_name_of_a_command_is_written_with_a_dot() -> None:
    Path("rule").mkdir()
    Path("rule/a.py").write_text(BAD)
    assert len(concise("./rule")) == 1


def test_full_is_the_default_and_colour_is_on_request() -> None:
    write(a=BAD)
    plain = torchlint("a.py")
    assert plain.out.startswith("TLT101 [*] error: `torch.bad` is [red]bad[/red]\n --> a.py:2:1\n  |\n")
    assert "\x1b" not in plain.out
    for colored in (torchlint("a.py", "--color=always", NO_COLOR="1"), torchlint("a.py", FORCE_COLOR="1")):
        assert "\x1b[" in colored.out
    assert torchlint("a.py", FORCE_COLOR="1", NO_COLOR="1").out == plain.out
    assert torchlint("a.py", "--color=never", FORCE_COLOR="1").out == plain.out


def test_the_output_format_comes_from_option_environment_or_file() -> None:
    write(a=BAD)
    Path("pyproject.toml").write_text('[tool.torchlint]\noutput-format = "json"\n')
    assert json.loads(torchlint("a.py").out)[0]["code"] == "TLT101"
    assert torchlint("a.py", TORCHLINT_OUTPUT_FORMAT="concise").out.startswith("a.py:2:1: TLT101")
    assert torchlint("a.py", "--output-format=full", TORCHLINT_OUTPUT_FORMAT="concise").out.startswith("TLT101")
    wrong = torchlint("a.py", TORCHLINT_OUTPUT_FORMAT="jsn")
    assert (wrong.code, wrong.out) == (2, "")
    assert wrong.err == "error: unknown output format 'jsn' in TORCHLINT_OUTPUT_FORMAT; did you mean 'json'?\n"


def test_findings_go_to_a_file_on_request() -> None:
    write(a=BAD)
    result = torchlint("a.py", "--output-format=json", "-o", "out.json")
    assert (result.code, result.out) == (1, "")
    assert len(json.loads(Path("out.json").read_text())) == 1
    missing = torchlint("a.py", "-o", "no/out")
    assert (missing.code, missing.err) == (2, "error: no/out: no such file or directory\n")


def test_statistics_count_by_rule() -> None:
    write(a=MIXED, b=BAD)
    assert torchlint("--statistics").out.splitlines()[:3] == [
        "2\tTLT101\t[*] bad-call\terror",
        "1\tTLT102\t[ ] risky-call\twarning",
        "1\tTLT201\t[ ] plain-call\tinfo",
    ]
    counts = json.loads(torchlint("--statistics", "--output-format=json").out)
    first = {"code": "TLT101", "name": "bad-call", "severity": "error", "count": 2, "fixable_count": 2}
    assert counts[0] == first


def test_statistics_and_fixes_begin_with_the_most_serious() -> None:
    write(a="import torch\n" + "torch.plain(1)\n" * 3 + "torch.risky(1)\n" * 2 + "torch.bad(1)\n")
    codes = [line.split("\t")[1] for line in torchlint("--statistics").out.splitlines()[:3]]
    assert codes == ["TLT101", "TLT102", "TLT201"]
    assert torchlint().out.index("TLT201") < torchlint().out.index("TLT101"), "findings stay in the order of lines"


def test_totals_name_what_there_is_of_each_severity() -> None:
    write(a="import torch\ntorch.risky(1)\ntorch.risky(2)\n")
    assert "\nFound 2 warnings.\n" in torchlint().out
    write(a=MIXED)
    assert "\nFound 1 error, 1 warning and 1 info.\n" in torchlint().out


def test_the_last_line_names_the_command_that_explains_the_first_finding() -> None:
    write(a="import torch\ntorch.plain(1)\ntorch.bad(1)\n")
    assert torchlint().out.splitlines()[-1] == "For more about TLT201: torchlint rule TLT201"
    # One line for each finding is read by programs as well.
    assert "For more" not in torchlint("--output-format=concise").out
    write(a=CLEAN)
    assert torchlint().out == "All checks passed!\n"


def test_formats_of_one_line_are_coloured_on_request() -> None:
    write(a=MIXED)
    for form in ("concise", "grouped"):
        colored = torchlint(f"--output-format={form}", "--color=always").out
        assert [f"\x1b[1;{code}m" in colored for code in (31, 33, 34)] == [True, True, True]
        assert re.sub(r"\x1b\[[\d;]*m", "", colored) == torchlint(f"--output-format={form}").out


def test_rules_are_selected() -> None:
    write(a=MIXED + "torch.rare(1)\n")
    assert len(concise("--select=TLT1,plain-call", "--ignore=TLT102", "--extend-select", "TLT301")) == 3
    assert concise("--select=ALL", "--extend-ignore=TLT1,TLT2")[0].startswith("a.py:4:1: TLT301 `torch.rare`")
    assert concise("--select=tlt1", "--ignore=Risky-Call") == ["a.py:2:1: TLT101 [*] `torch.bad` is [red]bad[/red]"]
    wrong = torchlint("--select=TLT9")
    assert (wrong.code, wrong.out) == (2, "")
    assert wrong.err == "error: --select: unknown rule selector 'TLT9'; `torchlint rule TLT` lists all rules\n"


def test_a_prefix_turns_on_no_rule_that_is_off_by_default() -> None:
    write(a=MIXED + "torch.rare(1)\n")
    assert concise("--select=TLT") == concise()
    assert len(concise("--select=TLT,TLT301")) == len(concise("--select=TLT,rare-call")) == len(concise()) + 1
    nothing = torchlint("--select=TLT3")
    assert (nothing.code, nothing.out) == (0, "All checks passed!\n")
    assert nothing.err == (
        "warning: --select: 'TLT3' turns nothing on: all rules under it are off by default; name them in full: TLT301\n"
    )
    Path("pyproject.toml").write_text(
        '[tool.torchlint]\nselect = ["ALL"]\n[tool.torchlint.per-file-ignores]\n"a.py" = ["TLT3"]\n'
    )
    assert len(concise()) == 3


def test_the_least_severity_decides_what_is_reported_fixed_and_said_by_the_exit_code() -> None:
    write(a=MIXED)  # an error, a warning and an info
    counts = {least: len(concise("--min-severity", least)) for least in ("info", "warning", "error")}
    assert counts == {"info": 3, "warning": 2, "error": 1}
    write(a=CLEAN + "torch.plain(2)\n")
    assert [torchlint("--min-severity", least).code for least in ("info", "warning")] == [1, 0]
    Path("pyproject.toml").write_text('[tool.torchlint]\nmin-severity = "error"\n')
    assert [torchlint(*options).code for options in ([], ["--min-severity=info"], [])] == [0, 1, 0]
    write(a=MIXED)
    assert torchlint("--fix", "--unsafe-fixes").code == 0
    assert Path("a.py").read_text() == MIXED.replace("bad", "good")
    wrong = torchlint("--min-severity", "warn")
    assert (wrong.code, wrong.out) == (2, "")
    assert "invalid choice: 'warn'" in wrong.err
    assert "info" in wrong.err


@pytest.mark.parametrize("option", ["--exclude", "--extend-exclude", "--extend-include"])
def test_a_bad_file_pattern_is_an_error_of_one_line(option: str) -> None:
    write(a=BAD)
    wrong = torchlint(option, "b,[a", "a.py")
    assert (wrong.code, wrong.out) == (2, "")
    assert wrong.err == (
        f"error: {option}: bad file pattern '[a': a `[` without its `]`; write `[[]` for the character itself\n"
    )


def test_configuration_mistakes_exit_with_2_and_name_the_file() -> None:
    write(a=BAD)
    Path("pyproject.toml").write_text("[tool.torchlint]\nselct = []\n")
    wrong = torchlint("a.py")
    assert (wrong.code, wrong.out) == (2, "")
    assert wrong.err == "error: pyproject.toml:2: unknown key 'selct' in [tool.torchlint]; did you mean 'select'?\n"
    others = (["--isolated"], ["--config", "pyproject.toml"], ["--isolated", "--config", 'ignore = ["TLT1"]'])
    assert [torchlint("a.py", *options).code for options in others] == [1, 2, 0]


def test_per_file_ignores_and_suppressions_apply() -> None:
    write(a=BAD, b="import torch\ntorch.bad(1)  # noqa: TLT101\n", c="# torchlint: file-ignore[TLT1]\n" + BAD)
    Path("pyproject.toml").write_text('[tool.torchlint.per-file-ignores]\n"a.py" = ["TLT1"]\n')
    assert torchlint().code == 0
    assert concise("--isolated") == ["a.py:2:1: TLT101 [*] `torch.bad` is [red]bad[/red]"]


def test_fix_applies_safe_fixes_only() -> None:
    write(a=MIXED)
    result = torchlint("--fix", "--output-format=concise")
    assert Path("a.py").read_text() == MIXED.replace("bad", "good")
    assert result.code == 1
    assert result.out.splitlines()[-2:] == [
        "Found 1 error, 1 warning and 1 info (1 fixed, 2 remaining).",
        "1 unsafe fix available with `--fix --unsafe-fixes`.",
    ]


def test_fix_applies_unsafe_fixes_on_request_and_exits_clean() -> None:
    write(a=MIXED.replace("torch.plain(2)\n", ""))
    result = torchlint("--fix", "--unsafe-fixes", "--show-fixes")
    assert Path("a.py").read_text() == "import torch\ntorch.good(torch.good(1))\n"
    assert result.code == 0
    assert result.out == (
        "Fixed 1 error and 1 warning:\n- a.py:\n    1 × TLT101 (bad-call)\n    1 × TLT102 (risky-call)\n\n"
        "Fixed 1 error and 1 warning.\n"
    )


def test_unsafe_fixes_alone_change_nothing() -> None:
    write(a=MIXED)
    assert "[*] 2 fixable with `--fix`." in torchlint("--unsafe-fixes").out
    assert Path("a.py").read_text() == MIXED


def test_exit_codes_after_fixing() -> None:
    for options, code in ((["--fix-only"], 0), (["--fix-only", "--exit-non-zero-on-fix"], 1), (["--fix", "-e"], 0)):
        write(a=MIXED)
        assert torchlint(*options).code == code
        assert Path("a.py").read_text() != MIXED
    write(a=MIXED)
    assert torchlint("--fix-only").out == "Fixed 1 error.\n"
    write(a=BAD)
    assert torchlint("--fix", "--exit-non-zero-on-fix").code == 1
    assert torchlint("--fix", "--exit-non-zero-on-fix").code == 0


def test_the_configuration_decides_what_is_fixed() -> None:
    write(a=MIXED)
    Path("pyproject.toml").write_text('[tool.torchlint]\nunfixable = ["TLT101"]\nextend-safe-fixes = ["risky-call"]\n')
    entries = json.loads(torchlint("--output-format=json").out)
    assert [entry["fix"] and entry["fix"]["applicability"] for entry in entries] == [None, "safe", None]
    assert entries[1]["fix"]["verification"] == "declared safe by the configuration; verified on 12 inputs on cpu"
    torchlint("--fix")
    assert Path("a.py").read_text() == MIXED.replace("risky", "good")
    Path("pyproject.toml").write_text('[tool.torchlint]\nextend-unsafe-fixes = ["TLT101"]\n')
    assert torchlint("--diff").out == ""
    assert torchlint("--diff", "--unsafe-fixes").out != ""


def test_a_suppressed_finding_is_not_fixed() -> None:
    write(a="import torch\ntorch.bad(1)  # noqa\n")
    assert torchlint("--fix").out == "All checks passed!\n"
    assert "bad" in Path("a.py").read_text()


def test_a_fixed_file_keeps_its_mode_line_ends_and_encoding() -> None:
    Path("a.py").write_bytes("# coding: latin-1\r\n# é\r\nimport torch\r\ntorch.bad(1)\r\n".encode("latin-1"))
    Path("a.py").chmod(0o751)
    assert torchlint("--fix").code == 0
    assert Path("a.py").read_bytes().endswith(b"# \xe9\r\nimport torch\r\ntorch.good(1)\r\n")
    assert Path("a.py").stat().st_mode & 0o777 == 0o751


def test_diff_changes_nothing_and_git_applies_it() -> None:
    Path("sub dir").mkdir()
    Path("sub dir/a.py").write_bytes(
        "# coding: latin-1\n# é\nimport torch\nx = '''\r\n--- x\n'''\ntorch.bad(1)".encode("latin-1")
    )
    Path("b.py").write_bytes(BAD.replace("\n", "\r\n").encode())
    result = torchlint("--diff", "--output-format=json")
    assert (result.code, result.err) == (1, "Would fix 2 errors.\n")
    assert b"bad" in Path("b.py").read_bytes()
    subprocess.run(["git", "apply", "-"], input=result.raw, check=True, timeout=HANG_GUARD)
    assert (
        Path("sub dir/a.py")
        .read_bytes()
        .endswith("é\nimport torch\nx = '''\r\n--- x\n'''\ntorch.good(1)".encode("latin-1"))
    )
    assert Path("b.py").read_bytes() == b"import torch\r\ntorch.good(1)\r\n"
    again = torchlint("--diff")
    assert (again.code, again.raw, again.err) == (0, b"", "Would fix 0 errors.\n")


def test_standard_input_is_named_by_an_option() -> None:
    Path("pyproject.toml").write_text('[tool.torchlint.per-file-ignores]\n"sub/*" = ["TLT101"]\n')
    result = torchlint("-", "--output-format=concise", stdin=MIXED.encode())
    assert result.out.startswith("-:2:1: TLT101")
    assert (result.code, result.err) == (1, "")
    for option in ("--stdin-filename", "--stdin-display-name"):
        named = torchlint("--output-format=concise", option, "sub/new.py", "-", stdin=MIXED.encode())
        assert named.out.startswith("sub/new.py:2:11: TLT102")
    excluded = torchlint("-", "--force-exclude", "--stdin-filename=build/a.py", "--fix", stdin=BAD.encode())
    assert (excluded.code, excluded.out) == (0, BAD)
    assert torchlint("-", "a.py").code == 2


def test_standard_input_is_fixed_to_standard_output() -> None:
    data = MIXED.replace("\n", "\r\n").encode("utf-8-sig")
    result = torchlint("-", "--fix", "--output-format=concise", stdin=data)
    assert result.raw == data.replace(b"bad", b"good")
    assert "-:2:12: TLT102" in result.err
    assert result.code == 1
    clean = torchlint("-", "--fix", stdin=b"import os\n")
    assert (clean.code, clean.out) == (0, "import os\n")
    broken = torchlint("-", "--fix", stdin=BROKEN.encode())
    assert (broken.code, broken.out) == (2, BROKEN)
    diff = torchlint("-", "--diff", "--stdin-filename=x.py", stdin=BAD.encode())
    assert diff.out.startswith("--- a/x.py\n+++ b/x.py\n")


def test_one_bad_file_does_not_cost_the_others_their_findings() -> None:
    write(a=BAD, b=BROKEN, c=BAD, d=CLEAN + "torch.panic()\n", e=BAD + "torch.boom()\n", g="# coding: nonsense\n" + BAD)
    Path("f.py").write_bytes(b"import torch\n'\xff'\n")
    Path("link.py").symlink_to("nowhere.py")
    result = torchlint(".", "no.py", "link.py", "--output-format=concise")
    assert result.code == 2
    assert [line.split(":")[0] for line in result.out.splitlines() if "TLT101" in line] == ["a.py", "c.py", "e.py"]
    lines = result.err.splitlines()
    assert [line.partition(": ")[0] for line in lines] == ["no.py", "d.py", "e.py", "f.py", "g.py", "link.py", "note"]
    assert lines[0] == "no.py: error: no such file or directory"
    assert lines[1] == "d.py: error: internal error: RecursionError: too deep"
    assert lines[2] == "e.py: rule TLT201 crashed: ZeroDivisionError: division by zero"
    assert lines[3].startswith("f.py: error: cannot be decoded as utf-8")
    assert lines[5] == "link.py: error: no such file or directory"
    assert "b.py:2:5: invalid-syntax cannot be parsed: '(' was never closed" in result.out
    assert "All checks passed" not in torchlint("b.py").out


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads and writes everything")
def test_files_that_cannot_be_read_or_written_are_one_line() -> None:
    write(a=BAD)
    Path("a.py").chmod(0)
    unreadable = torchlint("a.py")
    assert (unreadable.code, unreadable.err) == (2, "a.py: error: permission denied\n")
    Path("a.py").chmod(0o644)
    Path().chmod(0o555)
    unwritable = torchlint("a.py", "--fix")
    Path().chmod(0o755)
    assert (unwritable.code, unwritable.err) == (2, "a.py: error: permission denied\n")


def test_a_directory_that_holds_nothing_is_a_warning() -> None:
    result = torchlint()
    assert (result.code, result.err) == (0, "warning: no Python files or notebooks found under the given paths\n")


def test_several_processes_report_what_one_reports() -> None:
    write(**{f"f{number:03}": MIXED if number % 3 else BROKEN for number in range(60)})
    one, many = (torchlint("-j", jobs, "--output-format=json") for jobs in ("1", "3"))
    assert (one.code, one.out, one.err) == (many.code, many.out, many.err)
    assert len(json.loads(one.out)) == 140
    assert torchlint("-j", "0").code == 2


def test_a_process_that_dies_costs_only_its_own_file() -> None:
    write(**{f"f{number:02}": BAD if number != 20 else "import torch\ntorch.die()\n" for number in range(40)})
    result = torchlint("-j", "2", "--output-format=concise")
    assert result.code == 2
    assert result.out.count("TLT101") == 39
    assert result.err == "f20.py: error: internal error: the process that checked this file died\n"


def test_a_process_that_is_killed_once_costs_nothing() -> None:
    write(**{f"f{number:02}": BAD if number != 20 else BAD + "torch.die_once()\n" for number in range(40)})
    result = torchlint("-j", "2", "--output-format=concise")
    assert (result.code, result.out.count("TLT101"), result.err) == (1, 40, "")


def test_a_reader_that_leaves_is_no_error() -> None:
    write(a=CLEAN + "torch.bad(1)\n" * 5_000)  # more than a pipe holds
    command = f"{sys.executable} {RIG} --output-format=concise a.py | head -n 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=HANG_GUARD)
    assert done.stdout.startswith("a.py:2:1: TLT101")
    assert done.stderr == ""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow only Unicode")
@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "ascii"])
def test_no_name_and_no_terminal_makes_it_fail(form: str, encoding: str) -> None:
    with open(b"caf\xe9.py", "wb") as file:
        file.write("import torch\ntorch.bad('漢字')\n".encode())
    run = process if (form, encoding) == ("full", "ascii") else torchlint
    result = run(b"caf\xe9.py", f"--output-format={form}", PYTHONIOENCODING=encoding)
    assert (result.code, result.err) == (1, "")
    assert "udce9.py" in result.out or form == "sarif"


def test_settings_are_shown_for_people_and_as_json() -> None:
    write(a=BAD)
    Path("pyproject.toml").write_text('[tool.torchlint]\nselect = ["TLT1"]\nunfixable = ["TLT2"]\n')
    lines = torchlint("--show-settings").out.splitlines()
    assert lines[:5] == [
        "file: a.py",
        f"configuration: {Path.cwd() / 'pyproject.toml'}",
        "rules: 2 of 4",
        "    TLT101 bad-call",
        "    TLT102 risky-call",
    ]
    assert "min-severity: info" in lines
    assert lines[lines.index("fixable:") + 1] == "    TLT101, TLT102, TLT301"
    assert max(map(len, lines[2:])) <= 100
    shown = torchlint("--show-settings", "--output-format=json")
    values = json.loads(shown.out)
    assert (shown.code, values["file"], values["rules"]) == (0, "a.py", ["TLT101", "TLT102"])
    assert values["configuration"] == str(Path.cwd() / "pyproject.toml")
    assert (values["fixable"], values["respect-gitignore"]) == (["TLT101", "TLT102", "TLT301"], True)
    assert json.loads(torchlint("--show-settings", "--isolated", "--output-format=json").out)["configuration"] is None
    assert "node_modules" in values["exclude"]


def test_files_are_shown() -> None:
    write(a=BAD)
    files = torchlint("--show-files")
    assert (files.code, files.out) == (0, f"{Path.cwd() / 'a.py'}\n")


def test_rules_are_explained_by_code_and_name() -> None:
    page = torchlint("rule", "TLT101")
    assert page.out.startswith(
        "# bad-call (TLT101)\n\n"
        "Severity error, on by default, since 0.1. Fix: Use `torch.good`. What to do: Call `torch.good`.\n"
    )
    assert torchlint("rule", "bad-call", "--output-format=markdown").out == page.out
    assert torchlint("rule", "tlt101").out == torchlint("rule", "Bad-Call").out == page.out
    assert torchlint("rule", "--all").out.count("## What it does") == 4
    assert "[bold]calls[/bold]" in torchlint("rule", "TLT101", "--color=always").out
    entry = json.loads(torchlint("rule", "rare-call", "--output-format=json").out)
    assert (entry["code"], entry["default"], entry["severity"]) == ("TLT301", False, "warning")
    assert len(json.loads(torchlint("rule", "--all", "--output-format=json").out)) == 4
    wrong = torchlint("rule", "bad-cal")
    assert (wrong.code, wrong.err) == (2, "error: unknown rule 'bad-cal'; did you mean 'bad-call'?\n")
    foreign = torchlint("rule", "E501")
    assert (foreign.code, foreign.out) == (2, "")
    assert foreign.err == (
        "error: unknown rule 'E501'; torchlint's codes begin with TLT: `torchlint rule TLT` lists them\n"
    )
    assert torchlint("rule").code == 2


def test_the_beginning_of_codes_lists_their_rules() -> None:
    listing = torchlint("rule", "tlt1")
    assert listing.code == 0
    assert [line.split()[:3] for line in listing.out.splitlines()[:2]] == [
        ["TLT101", "bad-call", "on"],
        ["TLT102", "risky-call", "on"],
    ]
    assert "TLT201" not in listing.out
    assert torchlint("rule", "TLT3").out.splitlines()[0].split()[:3] == ["TLT301", "rare-call", "off"]
    entries = json.loads(torchlint("rule", "TLT1", "--output-format=json").out)
    assert [entry["code"] for entry in entries] == ["TLT101", "TLT102"]
    rows = torchlint("rule", "TLT2", "--output-format=markdown").out.splitlines()
    assert rows[2] == "| TLT201 | plain-call | on | A plain call. |"


def test_the_version_is_a_command_too() -> None:
    said = torchlint("--version")
    assert said.out.startswith("torchlint ")
    for arguments in (["version"], ["-V"], ["check", "-V"]):
        result = torchlint(*arguments)
        assert (result.code, result.out, result.err) == (0, said.out, "")
    values = json.loads(torchlint("version", "--output-format=json").out)
    assert values == {"version": said.out.split()[1]}


def test_help_is_a_command_too() -> None:
    assert torchlint("help").out == torchlint("--help").out
    assert torchlint("help", "rule").out == torchlint("rule", "--help").out
    assert torchlint("help", "ruel").err == (
        "error: ruel: no such command, file or directory; did you mean `torchlint rule`?\n"
    )


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("rules", "rule"),
        ("lint", "check"),
        ("verfy", "verify"),
        ("versoin", "version"),
        ("chekc", "check"),
        ("Clean", "clean"),
        ("explain", "rule"),
        ("settings", "check --show-settings"),
        ("fix", "check --fix"),
    ],
)
def test_a_word_that_is_no_path_and_nearly_a_command_is_told_apart(word: str, meant: str) -> None:
    write(a=BAD)
    wrong = torchlint(word, "a.py")
    assert (wrong.code, wrong.out) == (2, "")
    assert wrong.err == f"error: {word}: no such command, file or directory; did you mean `torchlint {meant}`?\n"


def test_a_path_is_a_path_however_it_is_called() -> None:
    for name in ("rules", "lint"):
        Path(name).mkdir()
        Path(name, "a.py").write_text(BAD)
        assert len(concise(name)) == 1
    for missing in ("src", "rules2", "lint.py", "./lnt", "test"):
        assert torchlint(missing).err == f"{Path(missing)}: error: no such file or directory\n"
    assert torchlint("check", "verfy").err == "verfy: error: no such file or directory\n"


def test_verify_without_torch_is_one_line() -> None:
    code = (
        "import sys; sys.modules['torch'] = None; sys.modules['torchlint.verify.command'] = None\n"
        "import types; module = types.ModuleType('torchlint.verify.command')\n"
        "module.add_arguments = lambda parser: None\n"
        "def run(arguments):\n    import torch\n"
        "module.run = run; sys.modules['torchlint.verify.command'] = module\n"
        "from torchlint.cli import main; sys.exit(main(['verify']))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=HANG_GUARD)
    assert done.returncode == 2
    assert done.stderr == "error: `torchlint verify` needs torch: pip install 'torchlint[verify]'\n"
