"""What a release is made of: versions that agree, and bytes that depend on the commit alone."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from checkout import ROOT

from tools import release


@pytest.fixture
def project(tmp_path: Path) -> Callable[[str, str], Path]:
    def made(changes: str, citation: str) -> Path:
        (tmp_path / "CHANGELOG.md").write_text(changes, encoding="utf-8")
        (tmp_path / "CITATION.cff").write_text(citation, encoding="utf-8")
        return tmp_path

    return made


RELEASED = "# Changelog\n\n## [Unreleased]\n\n## [1.2.0] - 2026-11-27\n\n- New.\n\n## [1.1.0] - 2026-01-01\n"
PENDING = RELEASED.replace("[Unreleased]\n", "[Unreleased]\n\n- More.\n")


def test_texts_that_agree_are_fine(project: Callable[[str, str], Path]) -> None:
    assert release.of_texts(project(RELEASED, "version: 1.2.0\n"), "1.2.0") == []


@pytest.mark.parametrize(
    ("changes", "citation", "said"),
    [
        (RELEASED, "version: 1.1.0\n", "CITATION.cff: the version is 1.1.0, not 1.2.0."),
        (RELEASED, "title: x\n", "CITATION.cff: the version is missing, not 1.2.0."),
        (PENDING, "version: 1.2.0\n", "there are changes under Unreleased"),
        ("# Changelog\n", "version: 1.2.0\n", "the newest version with a date is none"),
        (RELEASED.replace("1.2.0", "1.3.0"), "version: 1.2.0\n", "is 1.3.0; the package says 1.2.0"),
    ],
)
def test_texts_that_disagree_keep_a_release_back(
    changes: str, citation: str, said: str, project: Callable[[str, str], Path]
) -> None:
    (problem,) = release.of_texts(project(changes, citation), "1.2.0")
    assert said in problem


def _archive(names: list[str], owner: str, time: int) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size, member.uname, member.mtime = len(name), owner, time
            archive.addfile(member, io.BytesIO(name.encode()))
    return packed.getvalue()


def test_an_archive_depends_on_its_files_alone() -> None:
    one = release.settled(_archive(["a.py", "b.py"], "here", 5), 1000)
    other = release.settled(_archive(["b.py", "a.py"], "there", 7), 1000)
    assert one == other
    with tarfile.open(fileobj=io.BytesIO(one)) as archive:
        assert archive.getnames() == ["a.py", "b.py"]
        held = archive.extractfile("b.py")
        assert held is not None
        assert held.read() == b"b.py"


def test_the_version_is_that_of_the_package() -> None:
    import torchlint

    assert release.version_of(ROOT) == torchlint.__version__


def test_the_citation_names_the_version() -> None:
    assert not [line for line in release.of_texts(ROOT, release.version_of(ROOT)) if "CITATION" in line]
