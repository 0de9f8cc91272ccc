"""Options for people at a terminal, and that none is without a word and without a test."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path
from threading import Timer
from types import SimpleNamespace

import pytest
from checkout import RIG, ROOT
from command_line import BAD, CLEAN, MIXED, process, torchlint
from hang_guard import HANG_GUARD
from pseudo_terminal import on_terminal, typed

from tools.make_reference_pages import parsers
from torchlint.cli import main
from torchlint.command_table import COMMANDS
from torchlint.commands import instances

pytestmark = pytest.mark.usefixtures("directory")


def write(**files: str) -> None:
    for name, text in files.items():
        Path(f"{name}.py").write_text(text)


# Quiet and verbose


@pytest.mark.parametrize("option", ["-q", "--quiet"])
def test_quiet_runs_print_findings_and_errors_only(option: str) -> None:
    write(a=MIXED)
    Path("torchlint.toml").write_text('extend-select = ["TLT3"]\n')
    loud, quiet = (torchlint("--output-format=concise", *options, "a.py", "no.py") for options in ([], [option]))
    assert quiet.code == loud.code == 2
    assert quiet.out == "".join(line for line in loud.out.splitlines(keepends=True) if line.startswith("a.py"))
    assert quiet.err == "no.py: error: no such file or directory\n"
    assert torchlint(option, "--diff", "a.py").err == ""
    Path("a.py").unlink()
    nothing = process(option)
    assert (nothing.code, nothing.out, nothing.err) == (0, "", "")


@pytest.mark.parametrize("option", ["-v", "--verbose"])
def test_verbose_runs_say_what_was_read_and_known(option: str, directory: Path) -> None:
    write(a=MIXED, b=CLEAN)
    Path("torchlint.toml").write_text('ignore = ["TLT201"]\n')
    first, second = torchlint(option), torchlint(option)
    assert first.err.splitlines() == [
        f"configuration: {directory / 'torchlint.toml'}",
        "rules: 2",
        f"cache: {directory / '.torchlint_cache'}",
        "files: 2 checked, 0 of them known from the cache",
    ]
    assert second.err.splitlines()[3] == "files: 2 checked, 2 of them known from the cache"
    assert first.out == second.out == torchlint().out
    isolated = torchlint(option, "--isolated", "--no-cache").err.splitlines()
    assert (isolated[0], isolated[2]) == ("configuration: none", "cache: not used")


# Watching


def watched(*options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-u", str(RIG), "--watch", "--output-format=concise", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@contextmanager
def guarded(run: subprocess.Popen[str]) -> Iterator[None]:
    """End a process that says nothing any more, so that nobody waits for its next line."""
    timer = Timer(HANG_GUARD, run.kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        run.kill()


def test_watching_checks_again_after_a_change_until_it_is_interrupted(interruptible: None) -> None:
    write(a=BAD)
    with watched() as run, guarded(run):
        assert run.stdout is not None
        assert run.stderr is not None
        assert run.stderr.readline() == "Watching for changes; Ctrl-C ends it.\n"
        assert run.stdout.readline().startswith("a.py:2:1: TLT101")
        write(a=BAD.replace("bad", "plain"))
        # What a write looks like to the system may be several changes.
        seen = next(line for line in iter(run.stdout.readline, "") if "TLT201" in line)
        assert seen.startswith("a.py:2:1: TLT201")
        Path("torchlint.toml").write_text("fix = 1\n")
        assert "error: torchlint.toml:1: fix: expected true or false" in next(
            line for line in iter(run.stderr.readline, "") if "error" in line
        )
        run.send_signal(signal.SIGINT)
        assert run.wait(HANG_GUARD) == 130
        assert run.stderr.read() in ("", "Watching for changes; Ctrl-C ends it.\n")


def test_watching_without_watchfiles_is_one_line() -> None:
    write(a=BAD)
    code = (
        "import sys; sys.modules['watchfiles'] = None; from torchlint.cli import main; sys.exit(main(['-w', 'a.py']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=HANG_GUARD)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: --watch needs watchfiles: pip install 'torchlint[watch]'\n"
    assert torchlint("--watch", "-", stdin=BAD.encode()).err == "error: --watch: standard input does not change\n"


# Completion


@cache
def script_for(shell: str) -> str:
    return torchlint("generate-shell-completion", shell).out


def completed(words: list[str]) -> list[str]:
    """What bash offers for the last of these words."""
    script = script_for("bash")
    typed = " ".join(f"'{word}'" for word in words)
    program = (
        f"{script}\nCOMP_WORDS=({typed}); COMP_CWORD={len(words) - 1}\n_torchlint\nprintf '%s\\n' \"${{COMPREPLY[@]}}\""
    )
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, timeout=HANG_GUARD)
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.skipif(shutil.which("bash") is None, reason="the script is for bash")
def test_bash_completes_commands_options_values_and_files() -> None:
    write(rules=CLEAN)
    assert completed(["torchlint", "ru"]) == ["rule", "rules.py"]
    assert completed(["torchlint", "--chang"]) == ["--changed-since"]
    assert completed(["torchlint", "check", "--add"]) == ["--add-noqa"]
    assert completed(["torchlint", "--output-format", "js"]) == ["json", "json-lines"]
    assert completed(["torchlint", "rule", "--output-format", ""]) == ["text", "json", "markdown"]
    assert completed(["torchlint", "baseline", "--pr"]) == ["--prune"]
    assert completed(["torchlint", "check", "r"]) == ["rules.py"]


WANTED = [
    (["ru"], "rule"),
    (["--chang"], "--changed-since"),
    (["check", "--add-n"], "--add-noqa"),
    (["a.py", "--output-format", "sar"], "sarif"),
    (["baseline", "--pr"], "--prune"),
    (["progr"], "program.py"),
]


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
@pytest.mark.parametrize(("words", "offered"), WANTED)
def test_fish_completes_them_too(words: list[str], offered: str, directory: Path) -> None:
    write(program=CLEAN)
    (directory / "torchlint.fish").write_text(script_for("fish"))
    asked = f"source torchlint.fish; complete -C 'torchlint {' '.join(words)}'"
    done = subprocess.run(["fish", "--no-config", "-c", asked], capture_output=True, text=True, timeout=HANG_GUARD)
    assert offered in [line.partition("\t")[0] for line in done.stdout.splitlines()], done.stderr


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
@pytest.mark.parametrize(("words", "offered"), WANTED)
def test_zsh_completes_from_the_first_time_on(words: list[str], offered: str, directory: Path) -> None:
    write(program=CLEAN)
    (directory / "functions").mkdir()
    (directory / "functions" / "_torchlint").write_text(script_for("zsh"))
    begin = "fpath=($PWD/functions $fpath); autoload -Uz compinit; compinit -u -d $PWD/known; PS1=ready:"
    last = words[-1]
    with typed("zsh", "-f", "-i") as (type_, seen):
        type_(f"{begin}\n")
        seen("\rready:")
        type_(f"torchlint {' '.join(words)}\t")
        seen(f"torchlint {' '.join([*words[:-1], offered])}" if offered.startswith(last) else offered)


def test_other_shells_get_the_same_commands_and_options() -> None:
    zsh = script_for("zsh")
    assert zsh.startswith("#compdef torchlint\n")
    assert script_for("bash").rstrip() in zsh
    fish = script_for("fish").splitlines()
    for command in COMMANDS:
        assert any(f"-a {command} " in line for line in fish), command
    (line,) = (
        line for line in fish if "-l color" in line and "rule" not in line.partition("'")[2].partition("'")[0][:32]
    )
    assert "-x -a 'auto always never'" in line
    assert all(line.count("'") % 2 == 0 or "\\'" in line for line in fish)
    assert torchlint("generate-shell-completion", "tcsh").code == 2


# Terminals


def widths(text: str) -> list[int]:
    plain = re.sub(r"\x1b\]8;[^\x1b]*\x1b\\|\x1b\[[\d;]*m", "", text)
    wide = ("W", "F")
    return [sum(1 + (unicodedata.east_asian_width(c) in wide) for c in line) for line in plain.splitlines()]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_into_80_columns(command: str) -> None:
    assert max(widths(torchlint(command, "--help").out)) < 80


def test_help_is_as_wide_on_a_terminal_of_80_columns() -> None:
    assert on_terminal("check", "--help") == torchlint("check", "--help").out


@pytest.mark.parametrize("arguments", [["rule", "TLT101"], ["config", "select"], ["--show-settings"]])
def test_pages_fit_into_80_columns_or_are_not_wrapped_within_words(arguments: list[str]) -> None:
    write(a=MIXED)
    shown = on_terminal(*arguments, columns=100)
    assert max(widths(shown)) <= 100


def test_a_terminal_and_a_pipe_get_the_same_words() -> None:
    write(a=MIXED)
    for form in ("full", "concise", "grouped"):
        piped = torchlint("a.py", f"--output-format={form}").out
        assert on_terminal("a.py", f"--output-format={form}", NO_COLOR="1") == piped
        assert on_terminal("a.py", f"--output-format={form}", TERM="dumb") == piped
        assert "\x1b[" in on_terminal("a.py", f"--output-format={form}")
        assert "\x1b" not in piped
    # Programs read these, also from a terminal.
    for form in ("json", "github", "azure", "sarif"):
        assert "\x1b" not in on_terminal("a.py", f"--output-format={form}", "--color=always")


def test_lines_of_source_are_not_broken_at_the_width_of_a_terminal() -> None:
    write(a=f"import torch\ntorch.bad('{'x' * 200}')\n")
    plain = torchlint("a.py").out
    assert on_terminal("a.py", columns=40, NO_COLOR="1") == plain
    assert max(widths(on_terminal("a.py", columns=40))) == max(widths(plain))


# Every option


def options() -> Iterator[tuple[str, str]]:
    for command, parser in parsers():
        for action in parser._actions:
            yield from ((command, option) for option in action.option_strings if option.startswith("--"))


def test_every_option_says_what_it_does() -> None:
    for command, parser in parsers():
        for action in parser._actions:
            assert action.help, (command, action.dest)


def test_every_option_is_documented() -> None:
    pages = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md"))
    for command, option in options():
        section = pages.partition(f"## `torchlint {command}`")[2].partition("\n## ")[0]
        assert f"`{option}`" in section, (command, option)


def test_every_option_is_tried_by_some_test() -> None:
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py")]
    text = "\n".join(texts)
    untried = {option for _, option in options() if not re.search(rf"{option}(?![\w-])", text)}
    # `--no-..` is the other half of an option that is tried.
    assert untried == set()


# Options that are tried nowhere else


def test_only_some_rules_are_fixed_on_request() -> None:
    write(a=BAD + "torch.risky(1)\n")
    torchlint("--fix", "--unsafe-fixes", "--unfixable=TLT101")
    assert Path("a.py").read_text() == BAD + "torch.good(1)\n"
    write(a=BAD + "torch.risky(1)\n")
    torchlint("--fix", "--unsafe-fixes", "--fixable=bad-call")
    assert Path("a.py").read_text() == BAD.replace("bad", "good") + "torch.risky(1)\n"


def test_what_git_ignores_is_checked_on_request() -> None:
    write(a=BAD)
    Path(".git").mkdir()
    Path(".gitignore").write_text("a.py\n")
    assert [torchlint(*option).code for option in ([], ["--respect-gitignore"], ["--no-respect-gitignore"])] == [
        0,
        0,
        1,
    ]


def test_findings_go_to_a_file_by_the_long_option_too() -> None:
    write(a=BAD)
    assert torchlint("--output-format=concise", "--output-file=out.txt").out == ""
    assert Path("out.txt").read_text().startswith("a.py:2:1: TLT101")


@pytest.mark.parametrize(
    ("option", "tier"), [("--verify", "fast"), ("--verify=fast", "fast"), ("--verify=full", "full")]
)
def test_fixes_are_verified_in_one_tier_or_the_other(option: str, tier: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []

    def opened(wanted: str, device: str, folder: Path | None) -> object:
        asked.append((wanted, device))
        return nullcontext(SimpleNamespace(records=[], judge=lambda source, finding: finding))

    monkeypatch.setattr(instances, "opened", opened)
    write(a=BAD)
    assert torchlint(option, "--device=mps", "a.py").code == 1
    assert asked == [(tier, "mps")]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--shapes", "relu", "--calls", "2"], "1 operations, 2 calls: "),
        (["TLT202", "--budget", "0", "--reproduce"], "tasks were not begun within 0 s, of TLT202"),
    ],
)
def test_the_harness_takes_its_options(options: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", *options]) == 0
    assert said in "".join(capsys.readouterr())


def test_the_server_takes_the_flag_that_clients_give_and_ends_with_its_client() -> None:
    plain, flagged = process("server"), process("server", "--stdio")
    assert (plain.code, plain.out) == (flagged.code, flagged.out) == (1, "")
