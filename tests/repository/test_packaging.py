"""What is installed is what stands in the tree."""

from __future__ import annotations

import configparser
import re
import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from checkout import ROOT

pytestmark = pytest.mark.xdist_group("packaging")

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def wheel(built_wheel: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(built_wheel)


def information(wheel: zipfile.ZipFile, name: str) -> str:
    (path,) = (path for path in wheel.namelist() if path.endswith(f".dist-info/{name}"))
    return wheel.read(path).decode()


def test_the_wheel_holds_the_tree(wheel: zipfile.ZipFile) -> None:
    ours = [path for path in (ROOT / "torchlint").rglob("*") if path.suffix in (".py", ".json", ".typed")]
    expected = {path.relative_to(ROOT).as_posix() for path in ours}
    expected |= {f"torchlint/{path.relative_to(ROOT).as_posix()}" for path in (ROOT / "rules").rglob("*.py")}
    assert {name for name in wheel.namelist() if ".dist-info/" not in name} == expected
    assert "torchlint/py.typed" in expected


def test_the_wheel_stays_small(built_wheel: Path) -> None:
    """Nine tenths of it is Python: each file is packed by itself, and the tables to a tenth of their size."""
    assert built_wheel.stat().st_size < 1_500_000


def test_every_package_is_listed() -> None:
    """setuptools cannot find packages through the mapping of `rules`: they are listed by hand."""
    found = {".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "torchlint").rglob("*.py")}
    found.add("torchlint.rules")
    assert set(PYPROJECT["tool"]["setuptools"]["packages"]) == found


def test_only_torchlint_is_importable(wheel: zipfile.ZipFile) -> None:
    assert information(wheel, "top_level.txt").split() == ["torchlint"]


def test_the_programs_are_declared(wheel: zipfile.ZipFile) -> None:
    parser = configparser.ConfigParser()
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(information(wheel, "entry_points.txt"))
    assert parser["console_scripts"]["torchlint"] == "torchlint.cli:script"
    assert parser["flake8.extension"]["TLT"] == "torchlint.flake8_plugin:Plugin"


def test_the_metadata_is_complete(wheel: zipfile.ZipFile) -> None:
    metadata = Parser().parsestr(information(wheel, "METADATA"))
    assert metadata["Name"] == "torchlint"
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert information(wheel, "licenses/LICENSE") == (ROOT / "LICENSE").read_text(encoding="utf-8")
    needed = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert {line.split(">")[0] for line in needed} == {"libcst", "rich"}


def test_every_tool_of_development_is_pinned() -> None:
    """constraints.txt decides what a clean machine installs: an unpinned tool breaks the tests when it likes."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {line.partition("==")[0].replace("_", "-").lower() for line in lines if "==" in line}
    project = PYPROJECT["project"]
    extras = project["optional-dependencies"]
    wanted = [
        *project["dependencies"],
        *extras["flake8"],
        *extras["lsp"],
        *extras["verify"],
        *extras["docs"],
        *extras["dev"],
    ]
    names = {re.split("[>=]", name)[0].lower() for name in wanted if not name.startswith("torchlint[")}
    assert names <= pinned
