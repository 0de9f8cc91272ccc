"""Files of the user's that have the names of modules are checked, and never imported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hang_guard import HANG_GUARD

pytest.importorskip("torch")
pytest.importorskip("gmpy2")

CODE = "import torch\n\n\ndef f(x):\n    return torch.log(torch.softmax(x, dim=1))\n"
# What torch and its companions import, or would if it were there, and what torchlint imports.
PACKAGES = ("torch", "opt_einsum", "numpy", "gmpy2", "mpmath", "sympy", "scipy", "triton", "typing_extensions")
STANDARD = ("json", "random", "argparse", "dataclasses", "tempfile", "hashlib", "struct", "libcst", "rich")


def plant(folder: Path, names: Iterable[str]) -> Path:
    """Modules that leave a mark when they are imported, and a program with a fix."""
    marks = folder / "marks"
    marks.mkdir()
    for name in names:
        (folder / f"{name}.py").write_text(f"open({str(marks / name)!r}, 'w').close()\nraise SystemExit('imported')\n")
    (folder / "net.py").write_text(CODE)
    return marks


def validation(folder: Path, **environment: str) -> dict[str, Any]:
    """What `--verify` says of the program's fix when it is run in the folder."""
    command = [sys.executable, "-m", "torchlint", "--isolated", "--no-cache", "--verify", "--output-format=json"]
    done = subprocess.run(
        [*command, "net.py"], cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True
    )
    assert done.returncode == 1, done.stdout + done.stderr
    (finding,) = json.loads(done.stdout)
    found: dict[str, Any] = finding["fix"]["validation"]
    return found


def test_the_working_directory_is_not_imported(tmp_path: Path) -> None:
    marks = plant(tmp_path, (*PACKAGES, *STANDARD))
    assert validation(tmp_path)["status"] == "validated"
    assert list(marks.iterdir()) == []


def test_the_worker_imports_nothing_from_the_python_path(tmp_path: Path) -> None:
    marks = plant(tmp_path, PACKAGES)
    assert validation(tmp_path, PYTHONPATH=str(tmp_path))["status"] == "validated"
    assert list(marks.iterdir()) == []


def test_what_was_installed_elsewhere_is_found_there(tmp_path: Path) -> None:
    """A folder of unpacked wheels on the Python path, and an interpreter that has nothing itself."""
    from torchlint.verify.run import process

    package = tmp_path / "gmpy2"
    package.mkdir()
    (package / "__init__.py").write_text("")
    metadata = tmp_path / "gmpy2-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: gmpy2\nVersion: 1\n")
    code = "from torchlint.verify.run import process\nprint(dict(process._installed())['gmpy2'])"
    told = subprocess.run(
        [sys.executable, "-c", code],
        cwd="/",
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == str(tmp_path.resolve())
    boot = process._BOOT.format(root="", installed=[("no_such_module", "/elsewhere"), ("json", "/nowhere")])
    boot = boot.replace("import torchlint\n", "").partition("from torchlint.verify.worker")[0]
    shown = subprocess.run(
        [sys.executable, "-I", "-c", f"{boot}\nprint(sys.path[-1], '/nowhere' in sys.path)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.split() == ["/elsewhere", "False"]


def test_a_worker_ends_with_its_parent_whatever_it_is_doing() -> None:
    code = """
import time
from torchlint.verify import worker

worker._answer = lambda message: time.sleep(3_600)
worker.main()
"""
    question = json.dumps({"device": "cpu"}).encode()
    done = subprocess.run(
        [sys.executable, "-c", code, "cpu"],
        input=len(question).to_bytes(4, "big") + question,
        capture_output=True,
        timeout=HANG_GUARD,
    )
    assert (done.returncode, done.stderr) == (0, b"")
