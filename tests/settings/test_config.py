"""Settings: where they are found, what they mean, and what is said of mistakes in them."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from fake_rules import fake

from torchlint import registry
from torchlint.finding import SEVERITIES, Finding, Location
from torchlint.settings.config import Configuration, Overrides, Settings, find_settings
from torchlint.settings.config_table import ConfigError

RULES = [
    fake("TLT101", "bad-call"),
    fake("TLT102", "risky-call"),
    fake("TLT201", "plain-call"),
    fake("TLT301", "rare-call", default=False),
]
ALL = {rule.code for rule in RULES}


@pytest.fixture(autouse=True)
def rules(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(registry, "rules", lambda: RULES)
    monkeypatch.chdir(tmp_path)


def write(path: str, text: str) -> Path:
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def settings(text: str, **overrides: object) -> Settings:
    write("pyproject.toml", f"[tool.torchlint]\n{text}\n")
    return find_settings("a.py", Overrides(table={key.replace("_", "-"): value for key, value in overrides.items()}))


def test_rules_are_on_by_default_or_not() -> None:
    assert find_settings("a.py").codes == {"TLT101", "TLT102", "TLT201"}


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ('select = ["TLT101"]', {"TLT101"}),
        ('select = ["TLT1"]', {"TLT101", "TLT102"}),
        ('select = ["rare-call"]', {"TLT301"}),
        ('select = ["ALL"]', ALL),
        ("select = []", set()),
        ('ignore = ["TLT1"]', {"TLT201"}),
        ('ignore = ["bad-call"]', {"TLT102", "TLT201"}),
        ('select = ["TLT"]', ALL - {"TLT301"}),
        ('select = ["TLT1", "TLT3"]', {"TLT101", "TLT102"}),
        ('select = ["TLT301"]', {"TLT301"}),
        ('select = ["all"]', ALL),
        ('select = ["tlt1"]\nignore = ["Risky-Call"]', {"TLT101"}),
        ('extend-select = ["TLT3"]', ALL - {"TLT301"}),
        ('extend-select = ["TLT301"]', ALL),
        ('extend-select = ["rare-call"]\nignore = ["TLT301"]', ALL - {"TLT301"}),
        ('extend-select = ["TLT301"]\nignore = ["TLT3"]', ALL),
        ('select = ["ALL"]\nignore = ["TLT3"]', ALL - {"TLT301"}),
        ('extend-ignore = ["TLT2"]', {"TLT101", "TLT102"}),
        ('select = ["TLT1"]\nignore = ["TLT101"]', {"TLT102"}),
        ('select = ["TLT101"]\nignore = ["TLT1"]', {"TLT101"}),
        ('select = ["TLT1"]\nignore = ["TLT1"]', set()),
        ('select = ["ALL"]\nignore = ["TLT"]\nextend-select = ["TLT2"]', {"TLT201"}),
        ('select = ["TLT1"]\nignore = ["risky-call"]', {"TLT101"}),
    ],
)
def test_what_selectors_turn_on_and_off(text: str, codes: set[str]) -> None:
    assert settings(text).codes == codes


@pytest.mark.parametrize(
    ("overrides", "codes"),
    [
        ({"select": ["TLT2"]}, {"TLT201"}),
        ({"ignore": ["TLT1"]}, {"TLT301"}),
        ({"extend_select": ["TLT102"]}, {"TLT101", "TLT102", "TLT301"}),
        ({"extend_select": ["TLT"]}, {"TLT101", "TLT102", "TLT201", "TLT301"}),
        ({"select": ["TLT"]}, {"TLT101", "TLT102", "TLT201"}),
        ({"select": ["TLT1"], "ignore": ["TLT102"]}, {"TLT101"}),
    ],
)
def test_the_command_line_comes_after_the_file(overrides: dict[str, object], codes: set[str]) -> None:
    assert settings('select = ["TLT1", "TLT301"]\nignore = ["TLT102"]', **overrides).codes == codes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("selct = []", "pyproject.toml:2: unknown key 'selct' in [tool.torchlint]; did you mean 'select'?"),
        ("zzz = 1", "pyproject.toml:2: unknown key 'zzz' in [tool.torchlint]"),
        ('select = ["TLT1O1"]', "pyproject.toml:2: select: unknown rule selector 'TLT1O1'; did you mean 'TLT101'?"),
        ('ignore = ["tlt2O1"]', "pyproject.toml:2: ignore: unknown rule selector 'tlt2O1'; did you mean 'TLT201'?"),
        ('select = ["bad-cal"]', "pyproject.toml:2: select: unknown rule selector 'bad-cal'; did you mean 'bad-call'?"),
        ('select = [""]', "pyproject.toml:2: select: unknown rule selector ''"),
        ('select = "TLT1"', "pyproject.toml:2: select: expected a list of strings, found 'TLT1'"),
        ("exclude = [1]", "pyproject.toml:2: exclude: expected a list of strings, found [1]"),
        ('exclude = ["[z-a]"]', "pyproject.toml:2: exclude: bad file pattern '[z-a]': bad character range z-a"),
        ('exclude = ["a", "b[c"]', "pyproject.toml:2: exclude: bad file pattern 'b[c': a `[` without its `]`"),
        ('extend-exclude = ["a[!"]', "pyproject.toml:2: extend-exclude: bad file pattern 'a[!': a `[` without its `]`"),
        ('extend-exclude = ["[]"]', "pyproject.toml:2: extend-exclude: bad file pattern '[]'"),
        ('exclude = ["' + "[" * 20_000 + '"]', "a `[` without its `]`; write `[[]` for the character itself"),
        ('exclude = [""]', "pyproject.toml:2: exclude: bad file pattern '': it is empty"),
        ('per-file-ignores = { "[a" = ["TLT1"] }', "pyproject.toml:2: per-file-ignores: bad file pattern '[a'"),
        ('min-severity = "warn"', "min-severity: expected info, warning or error, found 'warn'"),
        ("min-severity = 1", "min-severity: expected info, warning or error, found a value of type int"),
        ("per-file-ignores = []", "pyproject.toml:2: per-file-ignores: expected a table from file patterns"),
        ('per-file-ignores = { "a.py" = ["X1"] }', "pyproject.toml:2: per-file-ignores: unknown rule selector 'X1'"),
        ('respect-gitignore = "no"', "pyproject.toml:2: respect-gitignore: expected true or false, found 'no'"),
        ('output-format = "concice"', "output-format: unknown output format 'concice'; did you mean 'concise'?"),
        ("extend = 1", "pyproject.toml:2: extend: expected the path of a TOML file, found 1"),
        ('extend = "no.toml"', "no.toml: no such file, or no [tool.torchlint] in it"),
        ('extend = "pyproject.toml"', "pyproject.toml: extends itself"),
        ("select = [", "pyproject.toml: not valid TOML: "),
    ],
)
def test_a_mistake_is_one_line_that_names_the_file(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        settings(text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_mistake_on_the_command_line_names_the_option() -> None:
    with pytest.raises(ConfigError, match=r"^--extend-ignore: unknown rule selector 'TLT9'"):
        settings("", extend_ignore=["TLT9"])


def test_a_table_that_is_none_is_a_mistake() -> None:
    write("pyproject.toml", "[tool]\ntorchlint = 3\n")
    with pytest.raises(ConfigError, match=r"^pyproject\.toml: \[tool\.torchlint\] is not a table"):
        find_settings("a.py")


def test_the_nearest_file_with_a_table_wins_and_nothing_is_merged() -> None:
    write("pyproject.toml", '[tool.torchlint]\nselect = ["TLT1"]\nexclude = ["x"]\n')
    write("inner/pyproject.toml", '[tool.torchlint]\nignore = ["TLT1"]\n')
    write("inner/deep/pyproject.toml", "[tool.other]\nname = 'torchlint'\n")
    write("other/pyproject.toml", "this is [ not toml\n")
    assert find_settings("a.py").codes == {"TLT101", "TLT102"}
    assert find_settings("inner/deep/not/there.py").codes == {"TLT201"}
    assert "build" in find_settings("inner/deep/a.py").exclude
    assert find_settings("other/a.py").codes == {"TLT101", "TLT102"}


def test_one_configuration_serves_several_directories() -> None:
    write("one/pyproject.toml", '[tool.torchlint]\nselect = ["TLT1"]\n')
    write("two/pyproject.toml", '[tool.torchlint]\nselect = ["TLT2"]\n')
    configuration = Configuration()
    found = [configuration.settings_for(path).codes for path in ("one/a/b.py", "two/b.py", "c.py", "one/c.py")]
    assert found == [{"TLT101", "TLT102"}, {"TLT201"}, {"TLT101", "TLT102", "TLT201"}, {"TLT101", "TLT102"}]


def test_extending_overrides_key_by_key_and_paths_stay_relative_to_their_file() -> None:
    write("base/torchlint.toml", 'extend-select = ["TLT301"]\nextend-exclude = ["gen/*"]\noutput-format = "json"\n')
    write("pyproject.toml", '[tool.torchlint]\nextend = "base/torchlint.toml"\nignore = ["TLT1"]\n')
    found = find_settings("a.py")
    assert found.codes == {"TLT201", "TLT301"}
    assert found.output_format == "json"
    assert found.excludes("base/gen/a.py")
    assert not found.excludes("gen/a.py")


def test_a_named_file_replaces_the_search_and_isolated_reads_none() -> None:
    write("pyproject.toml", '[tool.torchlint]\nselect = ["TLT1"]\n')
    write("other.toml", '[tool.torchlint]\nselect = ["TLT301"]\n')
    assert find_settings("a.py", Overrides(config="other.toml")).codes == {"TLT301"}
    assert find_settings("a.py", Overrides(isolated=True)).codes == {"TLT101", "TLT102", "TLT201"}
    with pytest.raises(ConfigError, match=r"^no\.toml: no such file"):
        find_settings("a.py", Overrides(config="no.toml"))


def test_inline_toml_wins_over_the_file() -> None:
    write("pyproject.toml", '[tool.torchlint]\nselect = ["TLT1"]\n')
    assert find_settings("a.py", Overrides(inline=('select = ["TLT2"]',))).codes == {"TLT201"}
    with pytest.raises(ConfigError, match=r"^--config: not valid TOML"):
        find_settings("a.py", Overrides(inline=("select = [",)))
    with pytest.raises(ConfigError, match=r"^--config: unknown key 'selct'"):
        find_settings("a.py", Overrides(inline=("selct = []",)))


@pytest.mark.parametrize(
    ("pattern", "ignored", "kept"),
    [
        ("tests/**", ["tests/a.py", "tests/b/c.py"], ["a.py", "src/tests/a.py"]),
        ("tests/*.py", ["tests/a.py", "tests/b/c.py"], ["tests/a.pyi"]),
        ("**/conf.py", ["conf.py", "a/conf.py", "a/b/conf.py"], ["xconf.py"]),
        ("conf.py", ["conf.py", "a/b/conf.py"], ["conf.pyi"]),
        ("*_pb2.py", ["a_pb2.py", "x/y_pb2.py"], ["a_pb2.pyx"]),
        ("./a.py", ["a.py"], ["b.py"]),
        ("test_?.py", ["test_1.py"], ["test_12.py"]),
        ("test_[!ab].py", ["test_c.py"], ["test_a.py"]),
        ("a+b (1).py", ["a+b (1).py"], ["aab (1).py"]),
    ],
)
def test_per_file_ignores(pattern: str, ignored: list[str], kept: list[str]) -> None:
    found = settings(f'per-file-ignores = {{ "{pattern}" = ["TLT1"] }}')
    assert [path for path in ignored + kept if found.codes_for(path) == {"TLT201"}] == ignored
    assert [path for path in ignored + kept if found.codes_for(str(Path(path).absolute())) == {"TLT201"}] == ignored


def test_all_matching_patterns_count() -> None:
    found = settings('[tool.torchlint.per-file-ignores]\n"a.py" = ["TLT1"]\n"*.py" = ["plain-call"]')
    assert found.codes_for("a.py") == set()
    assert found.codes_for("b.py") == {"TLT101", "TLT102"}


def test_exclude_replaces_and_extend_exclude_adds() -> None:
    assert find_settings("a.py").excludes("x/node_modules/y/a.py")
    found = settings('exclude = ["gen"]\nextend-exclude = ["src/*_old.py"]', extend_exclude=["more/**"])
    excluded = ["gen/a.py", "x/gen/y/a.py", "src/a_old.py", "more/b.py"]
    assert [p for p in [*excluded, "node_modules/a.py", "a_old.py", "gen.py"] if found.excludes(p)] == excluded


def test_a_prefix_leaves_out_all_rules_under_it_in_some_files() -> None:
    found = settings('select = ["ALL"]\nper-file-ignores = { "a.py" = ["tlt3"], "b.py" = ["all"] }')
    assert [found.codes_for(path) for path in ("a.py", "b.py", "c.py")] == [ALL - {"TLT301"}, set(), ALL]


def test_a_selector_without_effect_is_told_once() -> None:
    write("pyproject.toml", '[tool.torchlint]\nextend-select = ["TLT3", "TLT1"]\nignore = ["TLT3"]\n')
    configuration = Configuration()
    assert configuration.warnings == []
    for path in ("a.py", "b.py", "sub/c.py"):
        configuration.settings_for(path)
    assert configuration.warnings == [
        "pyproject.toml:2: extend-select: 'TLT3' turns nothing on: all rules under it are off by default; "
        "name them in full: TLT301"
    ]


def test_brackets_in_patterns_are_written_as_a_set() -> None:
    found = settings('exclude = ["[[]a[]].py", "[]x].py"]')
    assert [path for path in ("[a].py", "a.py", "].py", "x.py") if found.excludes(path)] == ["[a].py", "].py", "x.py"]


@pytest.mark.parametrize(
    ("least", "reported"),
    [(None, ["info", "warning", "error"]), ("warning", ["warning", "error"]), ("error", ["error"])],
)
def test_findings_are_reported_from_a_severity_on(least: str | None, reported: list[str]) -> None:
    place = Location(1, 1)
    found = settings(f'min-severity = "{least}"' if least else "")
    findings = [Finding("TLT101", "bad-call", "bad", severity, place, place) for severity in SEVERITIES]
    assert [finding.severity for finding in findings if found.reports(finding)] == reported
    assert settings('min-severity = "error"', min_severity="info").min_severity == "info"


def test_fixes_by_rule() -> None:
    found = settings('unfixable = ["TLT1"]\nextend-safe-fixes = ["TLT2"]\nextend-unsafe-fixes = ["bad-call"]')
    assert [sorted(codes) for codes in (found.fixable, found.safe, found.unsafe)] == [
        ["TLT201", "TLT301"],
        ["TLT201"],
        ["TLT101"],
    ]
    assert settings('fixable = ["TLT1"]').fixable == {"TLT101", "TLT102"}


def test_settings_travel_to_other_processes() -> None:
    found = settings('per-file-ignores = { "a.py" = ["TLT1"] }')
    assert pickle.loads(pickle.dumps(found)).codes_for("a.py") == {"TLT201"}
