"""The walls between the parts, as docs/architecture.md draws them."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from checkout import ROOT
from hang_guard import HANG_GUARD

FINDING = "import torch\n\n\ndef f(x):\n    return torch.log(torch.softmax(x, dim=1))\n"
NO_FINDING = "import torch\n\n\ndef f(x, y):\n    return torch.softmax(x, dim=1) * torch.log(y)\n"
NO_TORCH = "import os\n\nprint(os.name)\n"
# What the way of a file never needs: torch itself, half a second of LibCST that nobody asked for, the human reporter.
NEVER = frozenset({"torch", "numpy", "libcst.matchers", "libcst.codemod", "torchlint.verify", "flake8"})
NEVER |= {"pygls", "lsprotocol", "torchlint.server"}
# What only an option or a command needs.
ON_REQUEST = frozenset(
    {
        *("torchlint.running.baseline", "torchlint.running.git_changes", "torchlint.running.changed_rows"),
        *("torchlint.commands.config_keys", "torchlint.commands.noqa", "torchlint.commands.watch", "watchfiles"),
        *("torchlint.settings.key_rows", "torchlint.silencing", "torchlint.unused_comments"),
    }
)
HUMAN = frozenset({"rich", "torchlint.reporters.full"})


def modules_after(*arguments: str, cwd: Path, status: int) -> set[str]:
    """The modules that the command line has imported when it ends."""
    code = (
        "import sys\n"
        "from torchlint.cli import main\n"
        "try:\n"
        "    status = main(sys.argv[1:])\n"
        "except SystemExit as end:\n"
        "    status = end.code\n"
        "print('MODULES', status or 0, *sorted(sys.modules), file=sys.stderr)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=cwd, capture_output=True, text=True, timeout=HANG_GUARD
    )
    assert "Traceback" not in result.stderr, result.stderr
    line = next(line for line in result.stderr.splitlines() if line.startswith("MODULES "))
    _, reached, *modules = line.split()
    assert int(reached) == status, result.stdout + result.stderr
    return set(modules)


def checked(tmp_path: Path, code: str, *options: str, status: int) -> set[str]:
    (tmp_path / "program.py").write_text(code)
    return modules_after("check", "--no-cache", "--isolated", *options, "program.py", cwd=tmp_path, status=status)


def test_a_file_without_torch_is_not_even_parsed(tmp_path: Path) -> None:
    modules = checked(tmp_path, NO_TORCH, "--output-format=concise", status=0)
    assert "torchlint.cli" in modules
    assert modules & (NEVER | HUMAN | {"libcst", "torchlint.syntax.module"}) == set()


def test_a_file_without_findings_loads_no_concrete_syntax(tmp_path: Path) -> None:
    modules = checked(tmp_path, NO_FINDING, "--output-format=concise", status=0)
    assert modules & (NEVER | HUMAN | {"libcst"}) == set()


@pytest.mark.parametrize("form", ["concise", "json", "html"])
def test_a_finding_for_programs_loads_nothing_for_humans(tmp_path: Path, form: str) -> None:
    modules = checked(tmp_path, FINDING, f"--output-format={form}", status=1)
    assert modules & (NEVER | HUMAN | ON_REQUEST) == set()


def test_a_finding_for_humans_loads_no_torch(tmp_path: Path) -> None:
    modules = checked(tmp_path, FINDING, "--output-format=full", status=1)
    assert "torchlint.reporters.full" in modules
    assert modules & NEVER == set()


def test_fixing_loads_no_torch(tmp_path: Path) -> None:
    modules = checked(tmp_path, FINDING, "--fix", "--unsafe-fixes", "--output-format=concise", status=0)
    assert modules & (NEVER | HUMAN) == set()
    assert "log_softmax" in (tmp_path / "program.py").read_text()


def test_the_index_of_the_rules_is_up_to_date() -> None:
    """Without it every start imports all rules to make it anew."""
    result = subprocess.run(
        [sys.executable, "-c", "from torchlint.registry import render_index; print(render_index(), end='')"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=HANG_GUARD,
        check=True,
    )
    stored = (ROOT / "torchlint" / "data" / "rules.json").read_text(encoding="utf-8")
    assert result.stdout == stored, "run `python -m torchlint.registry`"


def test_the_version_is_said_without_the_engine(tmp_path: Path) -> None:
    modules = modules_after("--version", cwd=tmp_path, status=0)
    assert modules & (NEVER | HUMAN | {"libcst", "ast", "torchlint.lint", "torchlint.settings.config"}) == set()


def test_only_the_rules_whose_words_occur_are_imported(tmp_path: Path) -> None:
    modules = checked(tmp_path, FINDING, "--output-format=concise", status=1)
    rules = {name for name in modules if name.startswith("torchlint.rules.") and "._" not in name}
    written = [path for path in (ROOT / "rules").glob("*.py") if not path.name.startswith("_")]
    assert "torchlint.rules.log_of_softmax" in rules
    assert len(rules) <= len(written) / 2


def test_a_rule_imports_only_the_vocabulary_that_it_uses() -> None:
    code = (
        "import sys, torchlint.rules.log_of_softmax\n"
        "print(*sorted(name for name in sys.modules if name.startswith('torchlint.vocabulary.')))\n"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=HANG_GUARD)
    assert result.returncode == 0, result.stderr
    written = [path for path in (ROOT / "torchlint" / "vocabulary").glob("*.py") if path.name != "__init__.py"]
    assert len(result.stdout.split()) <= len(written) / 4, result.stdout


def test_the_contracts_hold() -> None:
    """`[tool.importlinter]` in pyproject.toml: who may import whom, function-level imports included."""
    result = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=HANG_GUARD,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert re.search(r"[1-9]\d* kept, 0 broken", result.stdout), result.stdout


def modules_of(*folders: str) -> Iterator[tuple[Path, ast.Module]]:
    for folder in folders:
        yield from parsed(folder)


@cache
def parsed(folder: str) -> list[tuple[Path, ast.Module]]:
    # Demonstrations are programs, not modules.
    files = sorted(path for path in (ROOT / folder).rglob("*.py") if "demonstrations" not in path.parts)
    return [(path, ast.parse(path.read_text(encoding="utf-8"))) for path in files]


def imports_of(tree: ast.Module) -> Iterator[str]:
    """Every module that a file imports at any depth, dotted; relative ones begin with a dot."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = "." * node.level + (node.module or "")
            yield from (origin, *(f"{origin}.{alias.name}" for alias in node.names))


def test_nobody_imports_the_slow_parts_of_libcst() -> None:
    """import-linter knows other people's packages only as a whole."""
    for path, tree in modules_of("torchlint", "rules"):
        slow = {name for name in imports_of(tree) if name.startswith(("libcst.matchers", "libcst.codemod"))}
        assert not slow, path


def test_rules_are_imported_by_nobody_by_name() -> None:
    """Type checkers know the folder as `rules`, so an import of `torchlint.rules.x` would only work installed."""
    for path, tree in modules_of("torchlint", "rules", "tools", "benchmarks"):
        assert not [name for name in imports_of(tree) if name.startswith(("torchlint.rules", "rules"))], path


def test_no_module_is_long() -> None:
    files = [path for path, _ in modules_of("torchlint", "rules", "tools", "benchmarks")]
    lengths = {path.relative_to(ROOT).as_posix(): path.read_bytes().count(b"\n") for path in files}
    assert {path: length for path, length in lengths.items() if length > 400} == {}


CLOCKS = {"perf_counter", "perf_counter_ns", "process_time", "process_time_ns", "thread_time", "thread_time_ns"}


def limits_of(tree: ast.Module) -> Iterator[str]:
    """Where a test reads a clock for how long something takes, or gives it a number of seconds."""
    for node in ast.walk(tree):
        name = getattr(node, "attr", "") or getattr(node, "id", "") or getattr(node, "name", "")
        if name in CLOCKS:
            yield name
        if isinstance(node, ast.keyword) and node.arg in ("timeout", "deadline"):
            number = node.value.value if isinstance(node.value, ast.Constant) else None
            if number is not None:
                yield f"{node.arg}={number}"


def test_no_test_says_how_long_anything_takes() -> None:
    """A test that waits for another process waits for `HANG_GUARD` seconds; what is fast is for benchmarks to say."""
    for path, tree in modules_of("tests"):
        assert list(limits_of(tree)) == [], path


@pytest.mark.parametrize(
    "line",
    [
        "run(timeout=60)",
        "a = time.perf_counter()",
        "from time import process_time",
        "@settings(deadline=200)\ndef f(): ...",
    ],
)
def test_a_limit_is_recognised(line: str) -> None:
    assert list(limits_of(ast.parse(line)))
    assert not list(limits_of(ast.parse("run(timeout=HANG_GUARD)\nsettings(deadline=None)\ntime.monotonic()")))


def texts_of(tree: ast.Module) -> Iterator[str]:
    """The string constants of a module that are not documentation."""
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.value


def test_torchlint_names_no_rule() -> None:
    """A rule is a file in rules/ and nothing else; help texts may use a code as an example. TLT000 is none."""
    for path, tree in modules_of("torchlint"):
        if path.name in ("cli.py", "arguments.py"):
            continue
        named = [text for text in texts_of(tree) if re.search(r"\bTLT(?!000)\d{3}\b", text)]
        assert not named, path


def test_few_rules_have_private_helpers() -> None:
    """What two rules need is vocabulary, what one needs stands in it unless it is long."""
    helpers = [path.name for path in (ROOT / "rules").glob("_*.py") if path.name != "__init__.py"]
    assert len(helpers) <= 6, helpers


@pytest.mark.parametrize("folders", [("torchlint", "rules", "tools", "benchmarks"), ("tests",)])
def test_no_two_modules_have_the_same_name(folders: tuple[str, ...]) -> None:
    """A name that says what a module is about is said once; packages have `__init__` and `__main__` in common, folders
    of tests `conftest`. The demonstration of a rule is a program beside it and has its name."""
    modules = [path for path, _ in modules_of(*folders) if path.parent.name != "demonstrations"]
    names = [path.stem for path in modules if not path.stem.startswith("__") and path.stem != "conftest"]
    assert [name for name in names if names.count(name) > 1] == []
