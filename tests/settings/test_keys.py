"""The keys of the configuration: where they stand, what they do, what a mistake in them says, and their pages."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from command_line import BAD, MIXED, process, torchlint
from hang_guard import HANG_GUARD

from tools.make_reference_pages import pages
from torchlint import registry
from torchlint.commands.config_keys import schema
from torchlint.finding import Severity
from torchlint.settings.config import Configuration, Overrides, find_settings
from torchlint.settings.config_table import ConfigError, Layer
from torchlint.settings.keys import KEYS

pytestmark = pytest.mark.usefixtures("directory")


def write(name: str, text: str) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text)


def concise(*arguments: str, stdin: bytes = b"") -> list[str]:
    result = torchlint("--output-format=concise", *arguments, stdin=stdin)
    return [" ".join(line.split()[:2]) for line in result.out.splitlines() if ": TLT" in line]


# Files


def test_our_own_files_come_before_pyproject_and_the_hidden_one_first() -> None:
    write("pyproject.toml", '[tool.torchlint]\nmin-severity = "info"\n')
    assert find_settings("a.py").min_severity is Severity.INFO
    write("torchlint.toml", 'min-severity = "warning"\n')
    assert find_settings("a.py").min_severity is Severity.WARNING
    write(".torchlint.toml", 'min-severity = "error"\n')
    found = find_settings("a.py")
    assert (found.min_severity, found.file) == (Severity.ERROR, str(Path(".torchlint.toml").absolute()))


def test_the_nearest_file_counts_whatever_it_is_called() -> None:
    write("torchlint.toml", "fix = true\n")
    write("inner/pyproject.toml", "[tool.torchlint]\nunsafe-fixes = true\n")
    write("inner/deep/pyproject.toml", "[tool.other]\n")
    assert find_settings("a.py").fix
    assert find_settings("inner/deep/a.py")[:1] == (str(Path("inner/pyproject.toml").absolute()),)
    assert not find_settings("inner/deep/a.py").fix


def test_the_table_may_stand_in_our_own_file_too() -> None:
    write("torchlint.toml", "[tool.torchlint]\nfix = true\n")
    assert find_settings("a.py").fix


def test_flake8_reads_the_same_file() -> None:
    program = "import torch\n\n\ndef f(x):\n    return torch.log(torch.softmax(x, dim=1))\n"
    write("a.py", program)
    command = [sys.executable, "-m", "flake8", "--isolated", "--select=TLT", "a.py"]
    run = [subprocess.run(command, capture_output=True, text=True, timeout=HANG_GUARD)]
    write("torchlint.toml", 'severity = { log-of-softmax = "info" }\nmin-severity = "warning"\n')
    run.append(subprocess.run(command, capture_output=True, text=True, timeout=HANG_GUARD))
    assert [done.stdout.count("TLT202") for done in run] == [1, 0]


# Rows of mistakes


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ('[tool.torchlint]\n\n# select = []\nselect = "x"\n', 4),
        ('[tool.other]\nselect = "x"\n[tool.torchlint]\nselect = "x"\n', 4),
        ('[tool.torchlint]\nselect = [\n  "TLT1",\n  # no\n  "TLT4444",\n]\n', 5),
        ('[tool.torchlint]\nextend-select = []\nselect = ["no-such"]\n', 3),
        ("[tool.torchlint]\nx = '''\nselect = 1\n'''\n", 2),
        ('[tool]\ntorchlint = { fix = true, select = "x" }\n', 2),
        ('tool.torchlint.fix = true\ntool.torchlint.select = ["no-such"]\n', 2),
        ('[tool.torchlint]\n[tool.torchlint.per-file-ignores]\n"a.py" = ["TLT1"]\n"b.py" = ["no"]\n', 4),
        ("[tool.torchlint]\r\nfix = 1\r\n", 2),
        ('[tool.torchlint]\n"fix" = 1\n', 2),
        ('[tool.torchlint.severity]\nTLT1 = "info"\nTLT2 = "bad"\n', 3),
    ],
)
def test_a_mistake_names_the_row(text: str, row: int) -> None:
    Path("pyproject.toml").write_bytes(text.encode())
    with pytest.raises(ConfigError, match=rf"^pyproject\.toml:{row}: "):
        find_settings("a.py")


def test_the_row_is_that_of_the_file_with_the_mistake() -> None:
    write("base.toml", "\n\nfix = 1\n")
    write("torchlint.toml", 'extend = "base.toml"\n')
    write("a.py", BAD)
    wrong = process("a.py")
    assert (wrong.code, wrong.err) == (2, "error: base.toml:3: fix: expected true or false, found 1\n")
    assert process("a.py", "--config", "base.toml").err == wrong.err
    inline = process("a.py", "--isolated", "--config", "fix = 1")
    assert inline.err == "error: --config: fix: expected true or false, found 1\n"


def test_warnings_name_the_row_too() -> None:
    write("torchlint.toml", 'extend-select = [\n  "TLT101",\n  "TLT3",\n]\n')
    write("a.py", BAD)
    assert torchlint("a.py").err.startswith("warning: torchlint.toml:3: extend-select: 'TLT3' turns nothing on")


# Keys and their options


def test_severities_are_changed_by_rule_and_the_longer_selector_wins() -> None:
    write("a.py", MIXED)
    write("torchlint.toml", 'severity = { TLT1 = "info", bad-call = "warning", TLT201 = "error" }\n')
    told = "Found 1 error, 1 warning and 1 info."
    assert told in torchlint("a.py").out
    assert told in torchlint("a.py").out, "also from the cache"
    assert concise("--min-severity=warning") == ["a.py:2:1: TLT101", "a.py:3:1: TLT201"]
    assert concise("--min-severity=error") == ["a.py:3:1: TLT201"]
    assert torchlint("a.py", "--severity", "TLT2:info,TLT101:info", "--min-severity=warning").code == 0
    assert json.loads(torchlint("--output-format=json").out)[0]["severity"] == "warning"
    assert json.loads(torchlint("--show-settings", "--output-format=json").out)["severity"] == {
        "TLT101": "warning",
        "TLT102": "info",
        "TLT201": "error",
    }
    assert "Found 1 error, 1 warning and 1 info (1 fixed, 2 remaining)." in torchlint("--fix").out


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--severity=TLT1", "expected RULE:LEVEL,.., found 'TLT1'"),
        ("--severity=TLT1:bad", "--severity: expected info, warning or error, found 'bad'"),
        ("--severity=TLT9:info", "--severity: unknown rule selector 'TLT9'"),
        ("--per-file-ignores=a.py", "expected PATTERN:RULE,.., found 'a.py'"),
        ("--per-file-ignores=a.py:X1", "--per-file-ignores: unknown rule selector 'X1'"),
        ("--extend-per-file-ignores=[a:TLT1", "--extend-per-file-ignores: bad file pattern '[a'"),
    ],
)
def test_a_table_on_the_command_line_that_is_none_says_so(option: str, said: str) -> None:
    write("a.py", BAD)
    wrong = torchlint("a.py", option)
    assert (wrong.code, wrong.out) == (2, "")
    assert said in wrong.err


def test_rules_are_ignored_by_file_on_the_command_line() -> None:
    write("tests/a.py", MIXED)
    write("b.py", MIXED)
    write("torchlint.toml", 'per-file-ignores = { "b.py" = ["TLT1"] }\n')
    assert concise("--per-file-ignores=tests/**:TLT1,tests/**:TLT201") == [
        *("b.py:2:1: TLT101", "b.py:2:11: TLT102", "b.py:3:1: TLT201"),
    ]
    assert concise("--extend-per-file-ignores", "tests/*:ALL") == ["b.py:3:1: TLT201"]
    write(
        "torchlint.toml", 'per-file-ignores = { "b.py" = ["ALL"] }\nextend-per-file-ignores = { "a.py" = ["TLT1"] }\n'
    )
    assert concise() == ["tests/a.py:3:1: TLT201"]
    named = concise("-", "--stdin-filename=tests/x.py", "--per-file-ignores=tests/*:TLT1", stdin=MIXED.encode())
    assert named == ["tests/x.py:3:1: TLT201"]


def test_the_configuration_may_fix_and_the_command_line_say_no() -> None:
    write("torchlint.toml", "fix = true\n")
    write("a.py", MIXED)
    assert torchlint("--no-fix").code == 1
    assert Path("a.py").read_text() == MIXED
    torchlint()
    assert Path("a.py").read_text() == MIXED.replace("bad", "good")
    assert torchlint("-", stdin=BAD.encode()).out == BAD.replace("bad", "good")
    write("torchlint.toml", "fix = true\nunsafe-fixes = true\n")
    torchlint("--no-unsafe-fixes")
    assert "risky" in Path("a.py").read_text()
    torchlint()
    assert "risky" not in Path("a.py").read_text()


def test_named_files_are_left_out_by_the_configuration_too() -> None:
    write("build/a.py", BAD)
    assert concise("build/a.py") == ["build/a.py:2:1: TLT101"]
    assert concise("build/a.py", "--force-exclude") == []
    write("torchlint.toml", "force-exclude = true\n")
    assert concise("build/a.py") == []
    assert concise("-", "--stdin-filename=build/a.py", stdin=BAD.encode()) == []
    assert concise("build/a.py", "--no-force-exclude") == ["build/a.py:2:1: TLT101"]


def test_include_replaces_what_is_found_in_folders() -> None:
    for name in ("src/a.py", "src/b.pyx", "tools/c.py", "d.md"):
        write(name, BAD if not name.endswith("md") else f"```python\n{BAD}```\n")
    write("torchlint.toml", 'include = ["src/*.py", "*.pyx"]\n')
    assert concise() == ["src/a.py:2:1: TLT101", "src/b.pyx:2:1: TLT101"]
    assert concise("tools/c.py") == ["tools/c.py:2:1: TLT101"], "a named file is checked"
    assert concise("--include=tools/*") == ["tools/c.py:2:1: TLT101"]
    assert concise("--extend-include=*.md")[0] == "d.md:3:1: TLT101"


@pytest.mark.parametrize("wanted", [">=99", "==0.0.1", "0.0.1", "<0.0.1"])
def test_another_version_may_not_run(wanted: str) -> None:
    write("a.py", BAD)
    write("torchlint.toml", f'not-yet-known = 1\nrequired-version = "{wanted}"\n')
    wrong = torchlint("a.py")
    assert (wrong.code, wrong.out) == (2, "")
    assert wrong.err.startswith("error: torchlint.toml:2: required-version: this is torchlint ")


def test_a_version_that_fits_runs() -> None:
    write("a.py", BAD)
    for wanted in (">=0.0.1", "!=0.0.1", ">=0.0.1,<99"):
        write("torchlint.toml", f'required-version = "{wanted}"\n')
        assert torchlint("a.py").code == 1
    write("torchlint.toml", 'required-version = "new"\n')
    assert torchlint("a.py").code == 2


def test_the_cache_lies_where_the_configuration_says(directory: Path) -> None:
    write("torchlint.toml", 'cache-dir = "build/cache"\n')
    write("a.py", BAD)
    torchlint("a.py")
    assert Path("build/cache/findings.json").exists()
    assert not Path(".torchlint_cache").exists()
    torchlint("a.py", TORCHLINT_CACHE_DIR="other")
    assert Path("other/findings.json").exists()
    torchlint("a.py", "--cache-dir=third")
    assert Path("third/findings.json").exists()
    assert torchlint("clean").out == f"Removed the cache at {directory / 'build/cache'}\n"
    assert torchlint("clean", "--cache-dir=third").code == 0
    assert not Path("third/findings.json").exists()


def test_a_repository_may_not_have_its_cache_written_elsewhere(directory: Path) -> None:
    Path("project").mkdir()
    Path("project/link").symlink_to(directory)
    write("project/a.py", BAD)
    for folder in ("..", str(directory), "link", "~", "link/sub"):
        write("project/torchlint.toml", f'\ncache-dir = "{folder}"\n')
        wrong = torchlint("project/a.py", "--config=project/torchlint.toml")
        assert (wrong.code, "torchlint.toml:2: cache-dir: the folder is not within" in wrong.err) == (2, True)
    assert not Path("findings.json").exists()


# Pages


def test_keys_are_listed_and_explained() -> None:
    assert torchlint("config").out.split() == [*KEYS]
    page = process("config", "severity")
    assert (page.code, page.out.splitlines()[0]) == (0, "severity")
    assert "example: severity = {" in page.out
    assert max(map(len, torchlint("config", "select").out.splitlines())) <= 100
    wrong = torchlint("config", "selct")
    assert (wrong.code, wrong.err) == (2, "error: unknown key 'selct'; did you mean 'select'?\n")
    assert [*json.loads(torchlint("config", "--output-format=json").out)] == [*KEYS]
    assert "### `fix`" in torchlint("config", "fix", "--output-format=markdown").out


def test_every_example_is_valid_and_does_something() -> None:
    plain = find_settings("a.py", Overrides(isolated=True))
    for name, key in KEYS.items():
        table = tomllib.loads(key.example)
        assert [*table] == [name]
        Layer(table, "/", "").validate() if name != "required-version" else None
        if name in ("extend", "required-version", "respect-gitignore"):
            continue
        assert find_settings("a.py", Overrides(table=table, isolated=True)) != plain, name


def test_options_of_keys_exist() -> None:
    text = torchlint("--help").out
    for name, key in KEYS.items():
        if key.flag is None:
            assert f"--{name}" in text, name


VALUES: list[Any] = ["", "x", "a/**", 1, True, [], ["TLT1"], ["log-of-softmax"], ["all", "tlt2"], [1], [[]], [""], {}]
VALUES += [
    {"TLT1": "info"},
    {"TLT1": "bad"},
    {"a": ["TLT1"]},
    {"a": "TLT1"},
    {"": ["TLT1"]},
    "json",
    "error",
    ">=0.0.1",
]


def test_the_schema_says_what_validation_says() -> None:
    validator = jsonschema.Draft202012Validator(schema())
    validator.check_schema(schema())
    # What only the tool can tell: which rules there are, whether a file is there, whether a version is one.
    lenient = {"required-version", "target-torch"}
    accepted = 0
    for name in KEYS:
        for value in VALUES:
            valid = validator.is_valid({name: value})
            accepted += valid
            ours = not KEYS[name].kind.problem(value)
            assert valid == ours or (valid and name in lenient and isinstance(value, str)), (name, value)
    assert accepted > len(KEYS)
    assert not validator.is_valid({"selct": []})
    for key in KEYS.values():
        validator.validate(tomllib.loads(key.example))


def test_the_schema_takes_every_rule_and_no_other_linters_codes() -> None:
    validator = jsonschema.Draft202012Validator(schema())
    words = [word for rule in registry.rules() for word in (rule.code, rule.name, rule.code[:4], rule.code.lower())]
    validator.validate({"select": words})
    assert not any(validator.is_valid({"select": [word]}) for word in ("E501", "TLT1O1", "", "TLT 1", "TLT1011"))


def test_the_pages_are_up_to_date() -> None:
    old = [path.name for path, text in pages().items() if path.read_text(encoding="utf-8") != text]
    assert old == [], "run `python -m tools.make_reference_pages`"


def test_a_configuration_is_read_once_for_all_folders() -> None:
    write("torchlint.toml", "fix = true\n")
    configuration = Configuration()
    assert configuration.settings_for("a/b/c.py") is configuration.settings_for("a/d.py")


def test_the_schema_is_printed() -> None:
    assert json.loads(torchlint("config", "--schema").out) == schema()
