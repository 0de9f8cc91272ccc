"""Rules of installed packages, which the entry points of the group `torchlint.rules` name."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hang_guard import HANG_GUARD
from rule_projects import concise, found, project, rule, run, write

BOTH = [("of_torch.py", "TLT202"), ("program.py", "ACM101")]
PLAIN = "[tool.torchlint]\n"


def package(site: Path, name: str, point: str, files: dict[str, str]) -> None:
    """Install a package: its files, and metadata with an entry point."""
    for path, text in files.items():
        write(site / path, text)
    points = f"[console_scripts]\nx = a:b\n\n[torchlint.rules]\n# ours\n{point}\n\n[other]\nz = nowhere:at_all\n"
    write(site / f"{name}-1.0.dist-info" / "entry_points.txt", points)


FORMS = {
    "package": ("acme = acme_lint.rules", {"acme_lint/__init__.py": "", "acme_lint/rules/__init__.py": "",
                "acme_lint/rules/_helper.py": "1 / 0\n", "acme_lint/rules/old_load.py": rule()}),
    "module": ("acme = acme_lint.old_load", {"acme_lint/__init__.py": "", "acme_lint/old_load.py": rule()}),
    "class": ("acme = old_load:OldLoad [extra]", {"old_load.py": rule() + "\n\nclass Other(OldLoad):\n    pass\n"}),
}  # fmt: skip


@pytest.fixture
def site(tmp_path: Path) -> Path:
    package(tmp_path / "site", "acme_lint", *FORMS["package"])
    return tmp_path / "site"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("options", [("-j1",), ("-j2", "--no-cache")])
def test_rules_of_an_installed_package_find_with_all_others(
    form: str, options: tuple[str, ...], tmp_path: Path
) -> None:
    package(tmp_path / "site", "acme_lint", *FORMS[form])
    folder = project(tmp_path / "acme", configuration=PLAIN)
    for _ in range(2):  # the second time from the cache, if there is one
        done = concise(folder, *options, PYTHONPATH=str(tmp_path / "site"))
        assert (done.returncode, found(done), done.stderr) == (1, BOTH, "")


def test_a_changed_package_is_asked_again(site: Path, tmp_path: Path) -> None:
    folder = project(tmp_path / "acme", configuration=PLAIN)
    assert found(concise(folder, PYTHONPATH=str(site))) == BOTH
    write(site / "acme_lint" / "rules" / "old_load.py", rule().replace("acme.load", "acme.read_all"))
    assert found(concise(folder, PYTHONPATH=str(site))) == BOTH[:1]


@pytest.mark.parametrize(
    ("point", "said"),
    [
        ("acme = acme_lint_that_is_not_there", "the entry point 'acme' of torchlint.rules leads nowhere"),
        (
            "acme = acme_lint.rules.old_load:Nothing",
            "'Nothing' in it is not a class that derives from",
        ),
        ("acme = json", "leads nowhere|must define one rule"),
    ],
)
def test_what_leads_to_no_rule_is_one_line_and_the_others_go_on(
    point: str, said: str, site: Path, tmp_path: Path
) -> None:
    package(site, "broken_lint", point, {})
    folder = project(tmp_path / "acme", configuration=PLAIN)
    done = concise(folder, PYTHONPATH=str(site))
    assert found(done) == BOTH
    assert done.returncode == 2
    assert all(": error: " in line for line in done.stderr.splitlines())
    assert any(text in done.stderr for text in said.split("|"))


def test_two_packages_with_one_code_are_told(site: Path, tmp_path: Path) -> None:
    package(site, "other_lint", "other = other_load", {"other_load.py": rule()})
    folder = project(tmp_path / "acme", configuration=PLAIN)
    done = concise(folder, PYTHONPATH=str(site))
    assert (done.returncode, found(done)) == (2, BOTH)
    assert "other_load.py: error: its code ACM101 is taken by a rule of " in done.stderr


def test_a_folder_cannot_take_the_code_of_a_package(site: Path, tmp_path: Path) -> None:
    folder = project(tmp_path / "acme")
    done = concise(folder, "--allow-local-rules", PYTHONPATH=str(site))
    assert (done.returncode, found(done)) == (2, BOTH)
    assert "its code ACM101 is taken by a rule of " in done.stderr


def test_metadata_in_the_working_directory_is_not_installed(tmp_path: Path) -> None:
    folder = project(tmp_path, configuration=PLAIN)
    package(folder, "acme_lint", *FORMS["class"])
    assert found(concise(folder, "program.py")) == []


def test_without_such_packages_nothing_of_it_is_imported(tmp_path: Path) -> None:
    folder = project(tmp_path, configuration=PLAIN)
    code = (
        "import sys\nfrom torchlint.cli import main\nmain(['check', '--no-cache', '.'])\n"
        "print(*sorted(name for name in sys.modules if 'own_rules' in name or name == 'importlib.metadata'))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=HANG_GUARD)
    expected = ["torchlint.own_rules", "torchlint.own_rules.entry_points", "torchlint.settings.own_rules"]
    assert done.stdout.splitlines()[-1].split() == expected


# flake8


def flake8(folder: Path, *arguments: str, **more: str) -> list[str]:
    """The files and codes that flake8 reports, of ours and of rules of somebody's own."""
    done = run(folder, "--isolated", *arguments, ".", module="flake8", **more)
    assert done.stderr == ""
    lines = [line.split(":", 3) for line in done.stdout.splitlines()]
    kept = [(path, rest.split()[0]) for path, _, _, rest in lines if rest.split()[0][:3] in ("TLT", "ACM")]
    return sorted(f"{Path(path).name} {code}" for path, code in kept)


def test_flake8_runs_rules_of_installed_packages(site: Path, tmp_path: Path) -> None:
    folder = project(tmp_path / "acme", configuration=PLAIN)
    expected = [" ".join(each) for each in BOTH]
    assert flake8(folder, PYTHONPATH=str(site)) == expected
    assert flake8(folder, "-j1", "--select=ACM", PYTHONPATH=str(site)) == expected[1:]
    assert flake8(folder, "--extend-ignore=ACM", PYTHONPATH=str(site)) == expected[:1]


def test_flake8_says_which_package_cannot_be_used(site: Path, tmp_path: Path) -> None:
    package(site, "broken_lint", "acme = nowhere", {})
    folder = project(tmp_path / "acme", configuration=PLAIN)
    done = run(folder, "--isolated", "-j1", ".", module="flake8", PYTHONPATH=str(site))
    assert done.stdout.count("TLT000") == 1
    assert "the entry point 'acme' of torchlint.rules leads nowhere" in done.stdout
    assert "ACM101" in done.stdout


def test_flake8_runs_no_folder_of_a_project_by_itself(tmp_path: Path) -> None:
    folder = project(tmp_path / "acme", rules={"old_load.py": "raise SystemExit\n" + rule()})
    write(folder / "pyproject.toml", '[tool.torchlint]\nlocal-rules = ["lint_rules"]\nextend-select = ["ACM101"]\n')
    assert flake8(folder) == ["of_torch.py TLT202"]


def test_flake8_runs_what_the_user_s_own_configuration_allows(tmp_path: Path) -> None:
    folder, home = project(tmp_path / "acme"), tmp_path / "home"
    write(home / "torchlint" / "config.toml", f"allow-local-rules = [{json.dumps(str(folder))}]\n")
    assert flake8(folder, XDG_CONFIG_HOME=str(home)) == ["of_torch.py TLT202", "program.py ACM101"]


def test_flake8_finds_renamed_names_in_files_without_torch(tmp_path: Path) -> None:
    folder = project(tmp_path, configuration='[tool.torchlint]\nrenames = { "acme.load" = "acme.open" }\n')
    assert flake8(folder) == ["of_torch.py TLT202", "program.py TLT816"]
