"""The tool that migrates copies of repositories says what does not hold afterwards, and changes no original."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools import compare_torchfix, migrate_corpus

BEFORE = b"import torch\n\nx = torch.ger(a, b)  # outer\ny = 1\n"


def faults(after: bytes, *touched: int) -> list[str]:
    return list(migrate_corpus.faults("program.py", BEFORE, after, set(touched)))


def test_a_file_that_is_as_it_should_be_has_no_fault() -> None:
    assert faults(BEFORE.replace(b"ger", b"outer"), 3) == []


@pytest.mark.parametrize(
    ("after", "fault"),
    [
        (BEFORE.replace(b"a, b)", b"a, b"), "it does not compile"),
        (BEFORE.replace(b"  # outer", b""), "a comment is gone or moved"),
        (BEFORE.replace(b"y = 1", b"y = 2"), "row 4 is changed, and no fix edits it"),
        (BEFORE.replace(b"\n", b"\r\n"), "row 1 is changed, and no fix edits it"),
        (BEFORE + b"z = 1\n", "row 5 is changed, and no fix edits it"),
    ],
)
def test_what_does_not_hold_is_said(after: bytes, fault: str) -> None:
    assert fault in faults(after, 3)


def test_imports_that_are_left_without_a_use_may_go() -> None:
    before = b"import torch\nfrom torch import ger\n\nx = ger(a, b)\n"
    after = b"import torch\n\nx = torch.outer(a, b)\n"
    assert list(migrate_corpus.faults("program.py", before, after, {4})) == []


def test_cells_of_notebooks_are_looked_at_one_by_one() -> None:
    def notebook(*sources: str) -> bytes:
        return json.dumps({"cells": [{"cell_type": "code", "source": [source]} for source in sources]}).encode()

    before = notebook("x = 1  # one", "y = 2")
    assert list(migrate_corpus.faults("a.ipynb", before, notebook("x = 3  # one", "y = 2"), set())) == []
    assert list(migrate_corpus.faults("a.ipynb", before, notebook("x = 3", "y = 2"), set()))
    assert list(migrate_corpus.faults("a.ipynb", before, notebook("x = 1  # one"), set())) == ["it has other cells"]


def test_a_folder_is_migrated_in_copies(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    program = folder / "program.py"
    program.write_text("import torch\n\nx = torch.ger(a, b)  # outer\ny = torch.solve(b, a)[0]\n")
    original = program.read_bytes()
    safe, everything = migrate_corpus.migrated(folder, ["--select", "TLT8"])
    assert (safe.findings, safe.fixable, safe.changed, safe.left) == (2, 1, 1, 1)
    assert (everything.findings, everything.fixable, everything.changed, everything.left) == (2, 2, 1, 0)
    assert safe.faults == everything.faults == []
    assert program.read_bytes() == original


def test_what_torchfix_expects_is_read_from_the_lists_beside_its_programs(tmp_path: Path) -> None:
    checker = tmp_path / "numbers" / "checker"
    checker.mkdir(parents=True)
    (checker / "log.py").write_text("import torch\n")
    (checker / "log.txt").write_text("3:5 TOR106 Use another one.\n4:1 TOR107 Use yet another one.\n")
    assert list(compare_torchfix.expected(tmp_path)) == [
        ("numbers/checker/log.py", 3, "TOR106"),
        ("numbers/checker/log.py", 4, "TOR107"),
    ]
