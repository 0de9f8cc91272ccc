"""The GitHub Action: what its steps run, and that GitHub can read it, the workflow of the site and the recipes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from checkout import ROOT
from hang_guard import HANG_GUARD

from torchlint import __version__

pytestmark = pytest.mark.xdist_group("packaging")

ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
SITE = ROOT / ".github" / "workflows" / "site.yml"
CI_PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
INSTALL, RUN = (step for step in ACTION["runs"]["steps"] if "run" in step)
FINDING = "import torch\n\n\ndef f(x):\n    return torch.log(torch.softmax(x, dim=1))\n"


class Runner:
    """What a runner of GitHub does with the steps of the action that are scripts."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        self._folder = folder
        self._known = {
            "steps.python.outputs.python-path": sys.executable,
            "runner.temp": str(folder),
            # pip takes a wheel where it takes a folder, and needs not build it.
            "github.action_path": str(wheel),
        }

    def run(self, step: dict[str, Any], cwd: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
        values = {name: row["default"] for name, row in ACTION["inputs"].items()} | {
            name.replace("_", "-"): text for name, text in inputs.items()
        }
        known = self._known | {f"inputs.{name}": text for name, text in values.items()}
        given = {
            name: re.sub(r"\$\{\{ (\S+) \}\}", lambda found: known[found[1]], text)
            for name, text in step["env"].items()
        }
        script = self._folder / "step.sh"
        script.write_text(step["run"], encoding="utf-8")
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=cwd,
            env=os.environ | given,
            capture_output=True,
            text=True,
            timeout=HANG_GUARD,
        )


@pytest.fixture(scope="module")
def runner(built_wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """A runner on which the action has been installed."""
    folder = tmp_path_factory.mktemp("runner")
    found = Runner(folder, built_wheel)
    done = found.run(INSTALL, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == f"torchlint {__version__}\n"
    return found


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("src", "my code"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "net.py").write_text(FINDING, encoding="utf-8")
    return tmp_path


def test_findings_are_annotations_and_fail_the_job(runner: Runner, project: Path) -> None:
    done = runner.run(RUN, project)
    assert done.returncode == 1
    assert [line.partition(",line=")[0] for line in done.stdout.splitlines() if line.startswith("::")] == [
        "::warning title=torchlint (TLT202),file=my code/net.py",
        "::warning title=torchlint (TLT202),file=src/net.py",
    ]


def test_paths_and_options_are_words_as_a_shell_reads_them(runner: Runner, project: Path) -> None:
    done = runner.run(RUN, project, paths="'my code'", args="--severity 'TLT202:error' --exit-zero")
    assert done.returncode == 0, done.stderr
    assert "::error title=torchlint (TLT202),file=my code/net.py" in done.stdout
    assert "src/net.py" not in done.stdout


@pytest.mark.parametrize("words", ["$(touch ran)", "; touch ran", "`touch ran`", "--exit-zero'"])
def test_nothing_but_torchlint_is_run(runner: Runner, project: Path, words: str) -> None:
    assert runner.run(RUN, project, paths=words, args=words, changed_since=words).returncode != 0
    assert not (project / "ran").exists()


def test_findings_go_to_a_file_for_code_scanning(runner: Runner, project: Path) -> None:
    done = runner.run(
        RUN, project, output_format="sarif", output_file="torchlint.sarif", args="--exit-zero", paths="src"
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert '"ruleId": "TLT202"' in (project / "torchlint.sarif").read_text(encoding="utf-8")


def test_only_what_is_new_is_reported(runner: Runner, project: Path) -> None:
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
    for arguments in (["init", "-q"], ["add", "src"], ["commit", "-qm", "begin"]):
        subprocess.run(["git", *identity, *arguments], cwd=project, check=True, timeout=HANG_GUARD)
    assert runner.run(RUN, project, changed_since="HEAD", paths="src").returncode == 0
    assert "my code" in runner.run(RUN, project, changed_since="HEAD").stdout


def test_a_release_is_asked_for_by_its_version(runner: Runner, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    done = runner.run(INSTALL, project, version="0.0.0.dev0")
    assert done.returncode != 0
    assert "torchlint==0.0.0.dev0" in done.stderr


def test_inputs_are_variables_and_never_text_of_a_script() -> None:
    for step in (INSTALL, RUN):
        assert "${{" not in step["run"]
    used = {name for step in ACTION["runs"]["steps"] for name in re.findall(r"inputs\.([\w-]+)", str(step))}
    assert used == set(ACTION["inputs"])


def test_recipes_give_the_action_inputs_that_it_has() -> None:
    recipes = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", CI_PAGE, re.DOTALL)]
    given = [step.get("with", {}) for step in steps(recipes) if step.get("uses", "").startswith("torchlint/torchlint@")]
    assert len(given) == 3
    assert {name for names in given for name in names} <= set(ACTION["inputs"])


def steps(part: object) -> Iterator[dict[str, Any]]:
    """The steps in a workflow, or in a part of one."""
    for each in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        if isinstance(each, dict) and ("uses" in each or "run" in each):
            yield each
        yield from steps(each)


def test_the_site_is_published_as_contributing_says_that_it_is_made() -> None:
    said = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    commands = [step["run"] for step in steps(yaml.safe_load(SITE.read_text(encoding="utf-8"))) if "run" in step]
    assert len(commands) == 2
    assert all(command in said for command in commands)


@pytest.mark.skipif(find_spec("check_jsonschema") is None, reason="check-jsonschema is not installed")
def test_github_can_read_the_action_and_the_workflows(tmp_path: Path) -> None:
    complete = [block for block in re.findall(r"```yaml\n(.*?)```", CI_PAGE, re.DOTALL) if block.startswith("name:")]
    (tmp_path / "recipe.yml").write_text(complete[0], encoding="utf-8")
    for schema, paths in (("actions", [ROOT / "action.yml"]), ("workflows", [SITE, tmp_path / "recipe.yml"])):
        command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.github-{schema}"]
        done = subprocess.run([*command, *map(str, paths)], capture_output=True, encoding="utf-8", timeout=HANG_GUARD)
        assert done.returncode == 0, done.stdout
