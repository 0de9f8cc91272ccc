"""Rules in a folder of a project: where they run, who allows it, and what is said of those that cannot."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rule_projects import CONFIGURATION, OF_TORCH, PROGRAM, concise, found, project, rule, run, write

ALLOWED = "--allow-local-rules"
BOTH = [("of_torch.py", "TLT202"), ("program.py", "ACM101")]
NOTE = "note: the rules in lint_rules were not run, because a repository may not decide that its own code runs"
RAN = "print('it runs')\n"


@pytest.mark.parametrize("options", [("-j1",), ("-j2",), ("--no-cache",)])
def test_rules_of_a_folder_find_with_all_others(options: tuple[str, ...], tmp_path: Path) -> None:
    project(tmp_path)
    for _ in range(2):  # the second time from the cache, if there is one
        done = concise(tmp_path, ALLOWED, *options)
        assert (done.returncode, found(done), done.stderr) == (1, BOTH, "")


def test_they_find_without_gates_what_they_find_with_them(tmp_path: Path) -> None:
    project(tmp_path)
    code = (
        "from pathlib import Path\n"
        "from torchlint import lint, registry\n"
        "from torchlint.source import Source\n"
        "registry.read_folder(str(Path('lint_rules').resolve()))\n"
        "source = Source.from_bytes('program.py', Path('program.py').read_bytes())\n"
        "print([len(lint.check(source, {'ACM101'}, gates=gates).findings) for gates in (True, False)])\n"
    )
    write(tmp_path / "both.py", code)
    assert run(tmp_path, module="both").stdout == "[1, 1]\n"


def test_nobody_runs_them_unasked(tmp_path: Path) -> None:
    project(tmp_path, rules={"old_load.py": RAN + rule()})
    done = concise(tmp_path, "--no-cache")
    assert (done.returncode, found(done)) == (1, BOTH[:1])
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(NOTE)
    assert "--allow-local-rules" in done.stderr
    assert "it runs" not in done.stdout + done.stderr
    assert concise(tmp_path, "--no-cache", "-q").stderr == ""


@pytest.mark.parametrize("form", ["json", "sarif", "junit", "github"])
def test_the_note_is_in_no_output_for_programs(form: str, tmp_path: Path) -> None:
    project(tmp_path)
    done = run(tmp_path, "check", f"--output-format={form}")
    assert "were not run" not in done.stdout
    assert done.stderr.startswith(NOTE)


def test_what_a_rule_prints_spoils_no_output(tmp_path: Path) -> None:
    project(tmp_path, rules={"old_load.py": RAN + rule()})
    done = run(tmp_path, "check", "--output-format=json", ALLOWED)
    assert {each["code"] for each in json.loads(done.stdout)} == {"TLT202", "ACM101"}
    assert "it runs" in done.stderr


@pytest.mark.parametrize(
    ("allowed", "runs"),
    [
        ("true", True),
        ("false", False),
        ('["{folder}"]', True),
        ('["{folder}/lint_rules"]', True),
        ('["{folder}/lint"]', False),
        ('["/nowhere"]', False),
        ("[]", False),
    ],
)
def test_the_user_s_own_configuration_allows_them(allowed: str, runs: bool, tmp_path: Path) -> None:
    folder, home = project(tmp_path / "acme"), tmp_path / "home"
    write(home / "torchlint" / "config.toml", f"allow-local-rules = {allowed.format(folder=folder.as_posix())}\n")
    done = concise(folder, "--no-cache", XDG_CONFIG_HOME=str(home))
    assert found(done) == (BOTH if runs else BOTH[:1])
    assert done.stderr.startswith(NOTE) is not runs


def test_a_configuration_of_the_user_s_within_the_project_allows_nothing(tmp_path: Path) -> None:
    project(tmp_path)
    write(tmp_path / ".config" / "torchlint" / "config.toml", "allow-local-rules = true\n")
    done = concise(tmp_path, "--no-cache", XDG_CONFIG_HOME=str(tmp_path / ".config"))
    assert found(done) == BOTH[:1]


def test_the_project_cannot_allow_them_itself(tmp_path: Path) -> None:
    project(tmp_path, configuration=f"{CONFIGURATION}allow-local-rules = true\n")
    done = concise(tmp_path)
    assert done.returncode == 2
    assert "unknown key 'allow-local-rules' in [tool.torchlint]" in done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("allow-local-rules = 1\n", "expected true, false or a list of folders"),
        ('allow-local-rules = ["work"]\n', "'work' is not an absolute path, nor does it begin with ~"),
        ("select = []\n", "unknown key 'select': the user's own file has only 'allow-local-rules'"),
        ("=", "not valid TOML"),
    ],
)
def test_a_mistake_in_the_user_s_configuration_is_one_line(text: str, said: str, tmp_path: Path) -> None:
    folder, home = project(tmp_path / "acme"), tmp_path / "home"
    write(home / "torchlint" / "config.toml", text)
    done = concise(folder, XDG_CONFIG_HOME=str(home))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert said in done.stderr


@pytest.mark.parametrize("place", ["select", "extend-select", "ignore", "unfixable", "severity", "per-file-ignores"])
@pytest.mark.parametrize("word", ["ACM101", "ACM", "acm1", "old-load"])
def test_naming_rules_that_are_not_run_is_no_mistake(place: str, word: str, tmp_path: Path) -> None:
    value = {"severity": f'{{ "{word}" = "info" }}', "per-file-ignores": f'{{ "a.py" = ["{word}"] }}'}
    project(tmp_path, configuration=f"{CONFIGURATION}{place} = {value.get(place, f'[{word!r}]')}\n")
    done = concise(tmp_path, "program.py")
    assert (done.returncode, done.stdout) == (0, "All checks passed!\n")
    assert done.stderr.count("\n") == 1


def test_a_comment_for_a_rule_that_is_not_run_is_no_mistake(tmp_path: Path) -> None:
    project(tmp_path)
    write(tmp_path / "of_torch.py", "import torch\n\nx = torch.ones(3)  # torchlint: ignore[ACM101, old-load]\n")
    assert found(concise(tmp_path)) == []
    write(tmp_path / "of_torch.py", "import torch\n\nx = torch.ones(3)  # torchlint: ignore[ACM999]\n")
    assert found(concise(tmp_path)) == [("of_torch.py", "TLT901")]


@pytest.mark.parametrize(
    ("configuration", "codes"),
    [
        ('select = ["ACM"]', ["ACM101"]),
        ('select = ["old-load"]', ["ACM101"]),
        ('select = ["TLT"]', ["TLT202"]),
        ('ignore = ["ACM1"]', ["TLT202"]),
        ('select = ["ALL"]\nignore = ["TLT"]', ["ACM101"]),
        ('per-file-ignores = { "program.py" = ["old-load"] }', ["TLT202"]),
        ('severity = { "ACM" = "info" }\nmin-severity = "warning"', ["TLT202"]),
    ],
)
def test_they_are_selected_as_all_others_are(configuration: str, codes: list[str], tmp_path: Path) -> None:
    project(tmp_path, configuration=f"{CONFIGURATION}{configuration}\n")
    assert [code for _, code in found(concise(tmp_path, ALLOWED))] == codes


@pytest.mark.parametrize("comment", ["# noqa", "# noqa: ACM101", "# noqa: ACM", "# torchlint: ignore[old-load]"])
def test_comments_silence_them(comment: str, tmp_path: Path) -> None:
    project(tmp_path)
    write(tmp_path / "program.py", PROGRAM.rstrip() + f"  {comment}\n")
    assert found(concise(tmp_path, ALLOWED)) == BOTH[:1]


def test_comments_are_written_for_them(tmp_path: Path) -> None:
    project(tmp_path)
    assert run(tmp_path, "check", ALLOWED, "--add-noqa", "program.py").returncode == 0
    assert (tmp_path / "program.py").read_text().endswith("acme.load(path)  # noqa: ACM101\n")
    assert found(concise(tmp_path, ALLOWED)) == BOTH[:1]


def test_a_baseline_knows_them(tmp_path: Path) -> None:
    project(tmp_path)
    assert run(tmp_path, "baseline", ALLOWED).returncode == 0
    assert found(concise(tmp_path, ALLOWED, "--baseline=torchlint-baseline.json")) == []
    write(tmp_path / "program.py", PROGRAM + PROGRAM.replace("def read", "def again"))
    assert set(found(concise(tmp_path, ALLOWED, "--baseline=torchlint-baseline.json"))) == set(BOTH[1:])


def test_standard_input_and_notebooks_are_checked_too(tmp_path: Path) -> None:
    project(tmp_path)
    done = run(tmp_path, "check", ALLOWED, "--output-format=concise", "--stdin-filename=new.py", "-", text=PROGRAM)
    assert found(done) == [("new.py", "ACM101")]
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    notebook = {"cells": [{**cell, "source": PROGRAM.splitlines(True)}], "metadata": {}, "nbformat": 4}
    write(tmp_path / "study.ipynb", json.dumps({**notebook, "nbformat_minor": 5}))
    assert "ACM101" in concise(tmp_path, ALLOWED, "study.ipynb").stdout


def test_machine_formats_and_pages_have_them(tmp_path: Path) -> None:
    project(tmp_path)
    sarif = json.loads(run(tmp_path, "check", ALLOWED, "--output-format=sarif", "program.py").stdout)
    (described,) = sarif["runs"][0]["tool"]["driver"]["rules"]
    assert (described["id"], "helpUri" in described) == ("ACM101", False)
    (finding,) = json.loads(run(tmp_path, "check", ALLOWED, "--output-format=json", "program.py").stdout)
    assert (finding["code"], finding["name"], finding["url"]) == ("ACM101", "old-load", None)
    counts = run(tmp_path, "check", ALLOWED, "--statistics").stdout
    assert "ACM101" in counts
    page = run(tmp_path, "rule", "ACM101", ALLOWED)
    assert page.stdout.startswith("# old-load (ACM101)\n")
    assert "lint_rules/old_load.py" in page.stdout.replace("\\", "/")
    assert "ACM101  old-load" in run(tmp_path, "rule", "ACM", ALLOWED).stdout
    refused = run(tmp_path, "rule", "old-load")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.endswith("error: old-load is a rule in a folder of this project that was not read\n")


BROKEN = {
    "it_raises.py": ("import acme_that_is_not_there\n", "it cannot be imported: ModuleNotFoundError: No module named"),
    "it_ends.py": ("raise SystemExit(3)\n", "it cannot be imported: SystemExit: 3"),
    "it_is_no_python.py": ("def (\n", "it does not parse: line 1: invalid syntax"),
    "no_rule.py": ("x = 1\n", "it must define one rule, not 0"),
    "two_rules.py": (rule("ACM102") + "\n\nclass Other(OldLoad):\n    pass\n", "it must define one rule, not 2"),
    "taken_code.py": (rule("TLT202"), "codes with TLT are torchlint's own: choose other letters for TLT202"),
    "odd_code.py": (rule("acme-1"), "is not two or three capital letters and three digits, such as 'ACM101'"),
    "same_code.py": (rule(), "its code ACM101 is taken by a rule of"),
    "log_of_softmax.py": (rule("ACM103"), "its name log-of-softmax is taken by a rule of torchlint itself"),
    "load.py": (rule("ACM104"), "'load' is one word: name the pattern in two or more, as in old_call.py"),
    "no-module.py": (rule("ACM105"), "its name is not one of a module"),
    "no_message.py": (rule("ACM106").replace("    message = ", "    text = "), "needs `message`, a text"),
    "a_text_of_words.py": (
        rule("ACM107").replace('("acme.load",)', '("acme.load")'), "`calls` of OldLoad must be a tuple of texts"
    ),
    "unknown_ops.py": (
        rule("ACM108").replace("calls =", 'ops = ("sofmax",)\n    calls ='),
        "`ops` of OldLoad names 'sofmax', an operation that torchlint does not know",
    ),
    "nothing_to_ask.py": (
        rule("ACM109").replace("check_call", "check_cal"),
        "the class OldLoad has none of the methods `check_..`, so it would find nothing",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_is_no_rule_is_one_line_and_the_others_go_on(name: str, tmp_path: Path) -> None:
    text, said = BROKEN[name]
    project(tmp_path, rules={"old_load.py": rule(), name: text})
    done = concise(tmp_path, ALLOWED)
    assert (done.returncode, found(done)) == (2, BOTH)
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"lint_rules/{name}: error: ".replace("/", "\\" if "\\" in str(tmp_path) else "/"))
    assert said in done.stderr


def test_a_rule_that_crashes_names_its_file_and_the_others_go_on(tmp_path: Path) -> None:
    crashing = rule("ACM102").replace("yield Problem(call.node)", "yield Problem(call.nod)")
    project(tmp_path, rules={"old_load.py": rule(), "new_load.py": crashing})
    done = concise(tmp_path, ALLOWED)
    assert (done.returncode, found(done)) == (2, BOTH)
    assert "rule ACM102 of " in done.stderr
    assert "new_load.py crashed: AttributeError: " in done.stderr
    assert "a crash is a mistake in that rule" in done.stderr


def test_a_folder_that_is_not_there_is_a_mistake_of_the_configuration(tmp_path: Path) -> None:
    project(tmp_path, rules={})
    done = concise(tmp_path, ALLOWED)
    assert (done.returncode, done.stderr) == (
        2,
        "error: pyproject.toml:2: local-rules: lint_rules: no such file or directory\n",
    )


@pytest.mark.parametrize("value", ["true", '"lint_rules"', "[1]", '[""]'])
def test_a_value_of_the_wrong_kind_names_the_row(value: str, tmp_path: Path) -> None:
    project(tmp_path, configuration=f"[tool.torchlint]\nlocal-rules = {value}\n")
    done = concise(tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: pyproject.toml:2: local-rules: expected ")


def test_a_changed_rule_is_asked_again(tmp_path: Path) -> None:
    project(tmp_path)
    assert found(concise(tmp_path, ALLOWED)) == BOTH
    write(tmp_path / "lint_rules" / "old_load.py", rule("ACM102"))  # of the same length
    assert found(concise(tmp_path, ALLOWED)) == [BOTH[0], ("program.py", "ACM102")]
    write(tmp_path / "lint_rules" / "old_load.py", rule("ACM102").replace("acme.load", "acme.lead"))
    assert found(concise(tmp_path, ALLOWED)) == BOTH[:1]
    assert found(concise(tmp_path)) == BOTH[:1]


def test_a_changed_helper_is_another_rule_and_nothing_is_left_behind(tmp_path: Path) -> None:
    using = "from ._names import NAMES\n" + rule().replace('("acme.load",)', "NAMES")
    project(tmp_path, rules={"old_load.py": using, "_names.py": 'NAMES = ("acme.load",)\n'})
    assert found(concise(tmp_path, ALLOWED)) == BOTH
    write(tmp_path / "lint_rules" / "_names.py", 'NAMES = ("acme.lead",)\n')
    assert found(concise(tmp_path, ALLOWED)) == BOTH[:1]
    assert sorted(path.name for path in (tmp_path / "lint_rules").iterdir()) == ["_names.py", "old_load.py"]


def test_rules_and_programs_beside_them_are_checked_only_where_they_are_named(tmp_path: Path) -> None:
    project(tmp_path)
    case = write(tmp_path / "lint_rules" / "fixtures" / "old_load" / "case.py", OF_TORCH)
    write(tmp_path / "lint_rules" / "_helper.py", OF_TORCH)
    for options in ((), (ALLOWED,)):
        assert {path for path, _ in found(concise(tmp_path, *options))} <= {"of_torch.py", "program.py"}
    assert [code for _, code in found(concise(tmp_path, str(case)))] == ["TLT202"]


@pytest.mark.parametrize("jobs", ["-j1", "-j2"])
def test_each_project_has_its_own_rules(jobs: str, tmp_path: Path) -> None:
    """Two checkouts have one code for two rules, and a third one has none."""
    project(tmp_path / "one")
    reads = rule().replace("acme.load", "acme.read")
    project(tmp_path / "two", rules={"old_load.py": reads, "new_load.py": rule("NEW101")})
    project(tmp_path / "three", configuration='[tool.torchlint]\nselect = ["ALL"]\n')
    write(tmp_path / "one" / "reading.py", PROGRAM.replace("load", "read"))
    write(tmp_path / "two" / "reading.py", PROGRAM.replace("load", "read"))
    done = concise(tmp_path, ALLOWED, jobs)
    own = [(path.replace("\\", "/"), code) for path, code in found(done) if not code.startswith("TLT")]
    assert own == [("one/program.py", "ACM101"), ("two/program.py", "NEW101"), ("two/reading.py", "ACM101")]
    assert done.stderr == ""
    sarif = json.loads(run(tmp_path, "check", ALLOWED, jobs, "--output-format=sarif").stdout)
    described = {each["id"]: each for each in sarif["runs"][0]["tool"]["driver"]["rules"]}
    assert all("help" in described[code] for code in ("ACM101", "NEW101", "TLT202"))


def test_a_rule_is_about_torch_unless_it_says_otherwise(tmp_path: Path) -> None:
    project(tmp_path, rules={"old_load.py": rule().replace("    about_torch = False\n", "")})
    assert found(concise(tmp_path, ALLOWED)) == BOTH[:1]
    write(tmp_path / "program.py", "import torch\n" + PROGRAM)
    assert found(concise(tmp_path, ALLOWED)) == BOTH


@pytest.mark.parametrize(
    "line",
    ["from acme import load", "from acme import load as read_it", "import acme as a", "from . import load"],
)
def test_calls_are_found_under_all_names_that_imports_give(line: str, tmp_path: Path) -> None:
    project(tmp_path)
    write(tmp_path / "acme" / "__init__.py", "def load(path): ...\n")
    called = {"import acme as a": "a.load", "from acme import load as read_it": "read_it"}.get(line, "load")
    # A loss makes torchlint follow imports into the files of the project.
    text = f"{line}\nimport torch.nn.functional as F\n\n\ndef f(x, y):\n    return F.mse_loss({called}(x), y)\n"
    write(tmp_path / "acme" / "user.py", text)
    write(tmp_path / "acme" / "near_miss.py", text.replace("def f(x, y)", f"def f(x, y, {called.split('.')[0]})"))
    assert "ACM101" in [code for path, code in found(concise(tmp_path, ALLOWED)) if path.endswith("user.py")]
    assert [code for path, code in found(concise(tmp_path, ALLOWED)) if path.endswith("near_miss.py")] == []


def test_settings_show_the_folders(tmp_path: Path) -> None:
    project(tmp_path)
    shown = json.loads(run(tmp_path, "check", ALLOWED, "--show-settings", "--output-format=json").stdout)
    assert shown["local-rules"] == [str((tmp_path / "lint_rules").resolve())]
    assert "ACM101" in shown["rules"]
    assert json.loads(run(tmp_path, "check", "--show-settings", "--output-format=json").stdout)["local-rules"] == []
