"""Tests stand where their subject does: a package's in the folder of its name, a module's of the top beside them."""

from __future__ import annotations

from checkout import ROOT

TESTS = ROOT / "tests"
# What concerns the whole checkout, and what the rules report, has no package of torchlint.
OWN = {"repository", "rules"}


def test_every_folder_of_tests_has_the_name_of_a_package() -> None:
    packages = {path.parent.name for path in (ROOT / "torchlint").glob("*/__init__.py")}
    folders = {path.name for path in TESTS.iterdir() if any(path.glob("test_*.py"))}
    assert folders <= packages | OWN


def test_a_test_outside_the_folders_is_about_a_module_outside_the_packages() -> None:
    modules = {path.stem.removesuffix("_plugin") for path in (ROOT / "torchlint").glob("*.py")}
    assert {path.stem.removeprefix("test_") for path in TESTS.glob("test_*.py")} <= modules
