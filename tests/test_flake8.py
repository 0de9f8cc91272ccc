"""The plugin inside the real flake8: every test starts it as a user would."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from hang_guard import HANG_GUARD

from torchlint import flake8_plugin
from torchlint.settings.config_table import FILES

LOG_OF_SOFTMAX = """\
import torch


def f(x):
    return torch.log(torch.softmax(x, dim=1))
"""
# TLT303, reduction-without-dim, is off by default.
REDUCTION = """\
import torch


def f(x: torch.Tensor):
    return torch.randn(3, 4).sum()
"""


def flake8(
    *arguments: str, cwd: Path, stdin: str | None = None, program: tuple[str, ...] = ("-m", "flake8")
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *program, *arguments],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1"},
        timeout=HANG_GUARD,
    )


def ours(result: subprocess.CompletedProcess[str]) -> list[str]:
    """`row:column code` of each of our findings."""
    assert "Traceback" not in result.stderr, result.stderr
    found = []
    for line in result.stdout.splitlines():
        _, row, column, text = line.split(":", 3)
        code = text.split()[0]
        if code.startswith("TLT"):
            found.append(f"{row}:{column} {code}")
    return found


def findings(tmp_path: Path, code: str, *arguments: str) -> list[str]:
    (tmp_path / "program.py").write_text(textwrap.dedent(code), encoding="utf-8", newline="")
    return ours(flake8(*arguments, "program.py", cwd=tmp_path))


def test_a_finding_is_reported_at_the_column_that_editors_show(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(LOG_OF_SOFTMAX)
    result = flake8("program.py", cwd=tmp_path)
    assert result.returncode == 1
    (line,) = result.stdout.splitlines()
    assert line.startswith("program.py:5:12: TLT202 ")
    assert len(line) > len("program.py:5:12: TLT202 ")


def test_columns_count_characters_not_bytes(tmp_path: Path) -> None:
    code = 'import torch\n\n\ndef f(x):\n    return "äöü", torch.log(torch.softmax(x, dim=1))\n'
    assert findings(tmp_path, code) == ["5:19 TLT202"]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\N{ZERO WIDTH NO-BREAK SPACE}"])
def test_line_ends_and_byte_order_marks_do_not_move_findings(tmp_path: Path, newline: str, mark: str) -> None:
    assert findings(tmp_path, mark + LOG_OF_SOFTMAX.replace("\n", newline)) == ["5:12 TLT202"]


def test_a_call_of_several_lines_is_reported_where_it_begins(tmp_path: Path) -> None:
    code = """\
        import torch


        def f(x):
            return [
                torch.log(
                    torch.softmax(
                        x,
                        dim=1,
                    )
                )
            ]
        """
    assert findings(tmp_path, code) == ["6:9 TLT202"]


def test_noqa_on_the_first_line_of_a_call_silences_it(tmp_path: Path) -> None:
    code = """\
        import torch


        def f(x):
            return torch.log({first}
                torch.softmax(x, dim=1)
            ){last}
        """
    assert findings(tmp_path, code.format(first="  # noqa: TLT202", last="")) == []
    assert findings(tmp_path, code.format(first="  # noqa", last="")) == []
    assert findings(tmp_path, code.format(first="", last="  # noqa: TLT202")) == ["5:12 TLT202", "7:16 TLT900"]


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("# noqa: TLT202", []),
        ("# noqa:TLT2", []),
        ("# noqa: E501, TLT202 because it is a test", []),
        ("# noqa: TLT101", ["5:12 TLT202", "5:56 TLT900"]),
        ("# torchlint: ignore[TLT202]", []),
        ("# torchlint: ignore[log-of-softmax]", []),
        ("# torchlint: ignore[TLT101]", ["5:12 TLT202", "5:68 TLT900"]),
    ],
)
def test_comments_silence_the_rules_they_name(tmp_path: Path, comment: str, expected: list[str]) -> None:
    assert findings(tmp_path, LOG_OF_SOFTMAX.rstrip("\n") + f"  {comment}\n") == expected


def test_flake8_itself_looks_after_noqa(tmp_path: Path) -> None:
    code = LOG_OF_SOFTMAX.rstrip("\n") + "  # noqa: TLT202\n"
    assert findings(tmp_path, code, "--disable-noqa") == ["5:12 TLT202"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), []),
        (("--ignore=E1",), []),
        (("--extend-ignore=E1",), []),
        (("--select=TLT2",), []),
        (("--select=TLT",), []),
        (("--select=TLT3",), []),
        (("--select=E,TLT303",), ["5:12 TLT303"]),
        (("--select=TLT,TLT303",), ["5:12 TLT303"]),
        (("--extend-select=TLT3",), []),
        (("--extend-select=TLT303",), ["5:12 TLT303"]),
        (("--extend-select=ALL",), ["5:12 TLT303"]),
        (("--extend-select=TLT303", "--ignore=E1"), ["5:12 TLT303"]),
        (("--extend-select=TLT303", "--extend-ignore=TLT303"), []),
    ],
)
def test_rules_off_by_default_run_only_when_they_are_named_in_full(
    tmp_path: Path, options: tuple[str, ...], expected: list[str]
) -> None:
    assert findings(tmp_path, REDUCTION, *options) == expected


@pytest.mark.parametrize("options", [("--ignore=TLT202",), ("--extend-ignore=TLT2",), ("--select=E,F",)])
def test_rules_on_by_default_can_be_turned_off(tmp_path: Path, options: tuple[str, ...]) -> None:
    assert findings(tmp_path, LOG_OF_SOFTMAX, *options) == []


def test_the_project_configuration_is_read(tmp_path: Path) -> None:
    pyproject = tmp_path / "pyproject.toml"
    pyproject.write_text('[tool.torchlint]\nextend-select = ["TLT303"]\n')
    assert findings(tmp_path, REDUCTION) == ["5:12 TLT303"]
    assert findings(tmp_path, REDUCTION, "--ignore=E1") == ["5:12 TLT303"]
    pyproject.write_text('[tool.torchlint]\nignore = ["TLT202"]\n')
    assert findings(tmp_path, LOG_OF_SOFTMAX) == []
    pyproject.write_text('[tool.torchlint]\nper-file-ignores = {"pro*.py" = ["TLT2"]}\n')
    assert findings(tmp_path, LOG_OF_SOFTMAX) == []


def test_a_prefix_in_flake8s_own_configuration_means_the_rules_on_by_default(tmp_path: Path) -> None:
    (tmp_path / "setup.cfg").write_text("[flake8]\nselect = TLT\n")
    assert findings(tmp_path, REDUCTION) == []
    assert findings(tmp_path, LOG_OF_SOFTMAX) == ["5:12 TLT202"]


def test_the_configuration_says_from_which_severity_on_findings_are_reported(tmp_path: Path) -> None:
    pyproject = tmp_path / "pyproject.toml"
    pyproject.write_text('[tool.torchlint]\nmin-severity = "warning"\n')
    assert findings(tmp_path, LOG_OF_SOFTMAX) == ["5:12 TLT202"]
    pyproject.write_text('[tool.torchlint]\nmin-severity = "error"\n')
    assert findings(tmp_path, LOG_OF_SOFTMAX) == []


@pytest.mark.parametrize("comment", ["# torchlint: ignore", "# torchlint: ignore[TLT2O2]", "# noqa: TLT2O2"])
def test_a_mistyped_suppression_is_reported_beside_what_it_does_not_silence(tmp_path: Path, comment: str) -> None:
    found = findings(tmp_path, LOG_OF_SOFTMAX.rstrip("\n") + f"  {comment}\n")
    assert [line.split()[1] for line in found] == ["TLT202", "TLT901"]


def test_another_configuration_can_be_named(tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / "pyproject.toml"
    other.parent.mkdir()
    other.write_text('[tool.torchlint]\nextend-select = ["TLT303"]\n')
    assert findings(tmp_path, REDUCTION, "--torchlint-config=elsewhere/pyproject.toml") == ["5:12 TLT303"]
    (tmp_path / "setup.cfg").write_text("[flake8]\ntorchlint-config = elsewhere/pyproject.toml\n")
    assert findings(tmp_path, REDUCTION) == ["5:12 TLT303"]


def test_the_torch_that_the_code_is_for_can_be_named(tmp_path: Path) -> None:
    program = "import torch\n\nq = torch.qr(a)\n"
    assert findings(tmp_path, program) == ["3:5 TLT802"]
    assert findings(tmp_path, program, "--torchlint-target-torch=>=1.7") == []
    (tmp_path / "setup.cfg").write_text("[flake8]\ntorchlint-target-torch = >=1.7\n")
    assert findings(tmp_path, program) == []
    (tmp_path / "setup.cfg").write_text("[options]\ninstall_requires = torch>=1.7\n")
    assert findings(tmp_path, program) == []


@pytest.mark.parametrize("option", [(), ("--torchlint-config=pyproject.toml",)])
def test_a_wrong_configuration_is_one_clear_line(tmp_path: Path, option: tuple[str, ...]) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.torchlint]\nselekt = ["TLT1"]\n')
    (tmp_path / "program.py").write_text(LOG_OF_SOFTMAX)
    result = flake8(*option, "program.py", cwd=tmp_path)
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert "selekt" in result.stdout + result.stderr


def test_a_wrong_range_of_torch_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(LOG_OF_SOFTMAX)
    result = flake8("--torchlint-target-torch=2.3", "program.py", cwd=tmp_path)
    assert result.returncode == 1
    assert "did you mean '>=2.3'?" in result.stdout + result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("name", "expected"),
    [(None, "stdin:5:12: TLT202 "), ("package/net.py", "package/net.py:5:12: TLT202 ")],
)
def test_text_from_an_editor_is_checked(tmp_path: Path, name: str | None, expected: str) -> None:
    options = [f"--stdin-display-name={name}"] if name else []
    result = flake8(*options, "-", cwd=tmp_path, stdin=LOG_OF_SOFTMAX)
    assert result.stdout.startswith(expected)
    assert result.returncode == 1


def test_text_from_an_editor_follows_the_configuration_beside_the_file_it_names(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "pyproject.toml").write_text('[tool.torchlint]\nignore = ["TLT202"]\n')
    result = flake8("--stdin-display-name=package/unsaved.py", "-", cwd=tmp_path, stdin=LOG_OF_SOFTMAX)
    assert ours(result) == []


def test_several_processes_find_the_same(tmp_path: Path) -> None:
    for number in range(6):
        (tmp_path / f"program{number}.py").write_text(LOG_OF_SOFTMAX if number % 2 else REDUCTION)
    one = flake8("-j1", "--extend-select=TLT303", ".", cwd=tmp_path)
    two = flake8("-j2", "--extend-select=TLT303", ".", cwd=tmp_path)
    assert sorted(one.stdout.splitlines()) == sorted(two.stdout.splitlines())
    assert len(ours(two)) == 6


def test_what_other_files_pass_is_seen(tmp_path: Path) -> None:
    (tmp_path / "setup.py").write_text("")
    (tmp_path / "engine.py").write_text(
        "import torch\n\n\ndef fit(model, criterion, x, y):\n    criterion(torch.softmax(model(x), 1), y).backward()\n"
    )
    (tmp_path / "main.py").write_text(
        "import torch.nn as nn\nfrom engine import fit\n\n\ndef main(model, x, y):\n"
        "    fit(model, nn.CrossEntropyLoss(), x, y)\n"
    )
    assert ours(flake8(".", cwd=tmp_path)) == ["5:5 TLT101"]


def test_a_file_that_does_not_parse_is_left_to_flake8(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("import torch\n\n\ndef f(:\n")
    result = flake8("program.py", cwd=tmp_path)
    assert result.stdout.count("E999") == 1
    assert "invalid-syntax" not in result.stdout
    assert ours(result) == []


def driver(tmp_path: Path, patch: str) -> tuple[str, ...]:
    """A program that is flake8 with something of torchlint broken."""
    (tmp_path / "broken.py").write_text(
        "import sys\n" + textwrap.dedent(patch) + "\nfrom flake8.main.cli import main\nsys.exit(main(sys.argv[1:]))\n"
    )
    return (str(tmp_path / "broken.py"),)


def test_a_failing_engine_does_not_stop_flake8(tmp_path: Path) -> None:
    program = driver(
        tmp_path,
        """
        import torchlint.lint

        def check(*arguments, **keywords):
            raise RecursionError("out of stack")

        torchlint.lint.check = check
        """,
    )
    (tmp_path / "program.py").write_text(LOG_OF_SOFTMAX + "import os\n")
    result = flake8("-j1", "--verbose", "program.py", cwd=tmp_path, program=program)
    assert result.returncode == 1
    assert "F401" in result.stdout
    (line,) = [line for line in result.stdout.splitlines() if "TLT" in line]
    assert line.startswith("program.py:0:1: TLT000 internal error: RecursionError: out of stack; ")
    assert "torchlint failed on program.py" in result.stderr


def test_a_crashing_rule_costs_only_its_own_findings(tmp_path: Path) -> None:
    program = driver(
        tmp_path,
        """
        from torchlint import registry

        def crash(*arguments, **keywords):
            raise ZeroDivisionError("a mistake of ours")

        rule = registry.load("TLT301")
        rule.check_op = rule.check_call = crash
        """,
    )
    implicit = LOG_OF_SOFTMAX + "\n\ndef g(x):\n    return torch.nn.functional.softmax(x)\n"
    (tmp_path / "program.py").write_text(implicit)
    assert ours(flake8("program.py", cwd=tmp_path)) == ["5:12 TLT202", "9:12 TLT301"]
    result = flake8("program.py", cwd=tmp_path, program=program)
    assert ours(result) == ["0:1 TLT000", "5:12 TLT202"]
    assert "TLT000 rule TLT301 crashed: ZeroDivisionError: a mistake of ours; " in result.stdout
    assert result.stderr == ""
    shown = flake8("-j1", "-v", "program.py", cwd=tmp_path, program=program)
    assert 'raise ZeroDivisionError("a mistake of ours")' in shown.stderr


@pytest.mark.parametrize(
    ("options", "seen"),
    [
        (("--select=TLT3",), ["0:1 TLT000"]),
        (("--select=E,TLT301",), ["0:1 TLT000"]),
        (("--ignore=TLT",), ["0:1 TLT000"]),
        (("--extend-ignore=TLT0,TLT2",), ["0:1 TLT000"]),
        (("--per-file-ignores=*.py:TLT",), ["0:1 TLT000"]),
        (("--extend-ignore=TLT000,TLT2",), []),
    ],
)
def test_a_crash_is_silenced_by_its_own_code_only(tmp_path: Path, options: tuple[str, ...], seen: list[str]) -> None:
    program = driver(
        tmp_path,
        """
        from torchlint import registry

        def crash(*arguments, **keywords):
            raise ZeroDivisionError("a mistake of ours")

        rule = registry.load("TLT301")
        rule.check_op = rule.check_call = crash
        """,
    )
    implicit = "import torch  # noqa\n\n\ndef g(x):\n    return torch.nn.functional.softmax(x)  # noqa\n"
    (tmp_path / "program.py").write_text(implicit)
    assert ours(flake8(*options, "program.py", cwd=tmp_path, program=program)) == seen


@pytest.mark.parametrize(("files", "spared"), [(7, False), (8, True)])
def test_the_collector_spares_what_stays_once_a_run_is_long(tmp_path: Path, files: int, spared: bool) -> None:
    (tmp_path / "driver.py").write_text(
        "import gc, sys\n"
        "from flake8.main.cli import main\n"
        "main(sys.argv[1:])\n"
        "print(gc.get_freeze_count(), file=sys.stderr)\n"
    )
    folder = tmp_path / "programs"
    folder.mkdir()
    for number in range(files):
        (folder / f"program{number}.py").write_text(LOG_OF_SOFTMAX)
    result = flake8("-j1", "programs", cwd=tmp_path, program=(str(tmp_path / "driver.py"),))
    assert len(ours(result)) == files
    assert (int(result.stderr) > 0) is spared


def test_what_an_editor_parses_is_one_line_per_finding(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(LOG_OF_SOFTMAX)
    result = flake8("--format=%(row)d,%(col)d,%(code).1s,%(code)s:%(text)s", "program.py", cwd=tmp_path)
    assert result.stdout.startswith("5,12,T,TLT202:")
    assert "--fix" not in result.stdout


def imported(tmp_path: Path, code: str) -> set[str]:
    """The modules that flake8 and the plugin have imported after checking a program."""
    (tmp_path / "driver.py").write_text(
        "import sys\n"
        "from flake8.main.cli import main\n"
        "main(sys.argv[1:])\n"
        "print('MODULES', *sorted(sys.modules), file=sys.stderr)\n"
    )
    (tmp_path / "program.py").write_text(code)
    result = flake8("-j1", "program.py", cwd=tmp_path, program=(str(tmp_path / "driver.py"),))
    line = next(line for line in result.stderr.splitlines() if line.startswith("MODULES "))
    return set(line.split()[1:])


def test_a_file_without_torch_imports_nothing_but_the_standard_library(tmp_path: Path) -> None:
    modules = imported(tmp_path, "import os\n\nprint(os.name)\n")
    assert "torchlint.flake8_plugin" in modules
    # Two of few lines, which look for rules of other packages and for what the user allows.
    small = {f"torchlint.own_rules{name}" for name in ("", ".entry_points", ".user_file")}
    assert {name for name in modules if name.startswith("torchlint.")} == {"torchlint.flake8_plugin", *small}
    assert not {name.partition(".")[0] for name in modules} & {"libcst", "torch", "rich", "numpy"}


def test_a_configuration_without_rules_of_its_own_imports_no_more_for_a_file_without_torch(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.torchlint]\nextend-select = ["TLT3"]\n')
    modules = imported(tmp_path, "import os\n\nprint(os.name)\n")
    assert not {name for name in modules if name.startswith(("torchlint.settings", "torchlint.lint"))}
    assert flake8_plugin._CONFIGURATIONS == FILES


@pytest.mark.parametrize("key", ["renames = { 'acme.old' = 'acme.new' }", 'extend = "base.toml"'])
def test_renamed_names_are_found_in_files_without_torch(key: str, tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text("[tool.torchlint]\nrenames = { 'acme.old' = 'acme.new' }\n")
    (tmp_path / "pyproject.toml").write_text(f"[tool.torchlint]\n{key}\n")
    (tmp_path / "program.py").write_text("import acme\n\nprint(acme.old(1))\n")
    assert "TLT816" in flake8("program.py", cwd=tmp_path).stdout


def test_a_file_with_findings_imports_no_heavy_module(tmp_path: Path) -> None:
    modules = imported(tmp_path, LOG_OF_SOFTMAX)
    assert "torchlint.lint" in modules
    assert modules & {"torch", "rich", "libcst", "torchlint.cli", "torchlint.verify"} == set()
