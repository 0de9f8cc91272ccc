"""Small projects with rules of their own, and torchlint run in them as people run it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from hang_guard import HANG_GUARD

RULE = '''"""A call of acme.load.

## What it does
Finds `acme.load`.
"""

from collections.abc import Iterator

from torchlint.rule import BoundCall, Check, Frame, Problem


class OldLoad(Check):
    code = "%CODE%"
    message = "`acme.load` is slow: use `acme.open`"
    about_torch = False
    calls = ("acme.load",)

    def check_call(self, call: BoundCall, frame: Frame) -> Iterator[Problem]:
        yield Problem(call.node)
'''
PROGRAM = """import acme


def read(path):
    return acme.load(path)
"""
OF_TORCH = """import torch


def f(x):
    return torch.log(torch.softmax(x, -1))
"""
CONFIGURATION = '[tool.torchlint]\nlocal-rules = ["lint_rules/"]\n'


def rule(code: str = "ACM101") -> str:
    """The text of a rule that finds calls of `acme.load`."""
    return RULE.replace("%CODE%", code)


def project(folder: Path, *, rules: dict[str, str] | None = None, configuration: str = CONFIGURATION) -> Path:
    """A project with a program that has a finding of a rule of its own, and one with a finding of torchlint's."""
    write(folder / "pyproject.toml", configuration)
    write(folder / "program.py", PROGRAM)
    write(folder / "of_torch.py", OF_TORCH)
    for name, text in ({"old_load.py": rule()} if rules is None else rules).items():
        write(folder / "lint_rules" / name, text)
    return folder


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def run(folder: Path, *arguments: str, module: str = "torchlint", text: str = "", **more: str) -> Finished:
    """A run of a module in a folder, without a configuration of the user's unless `XDG_CONFIG_HOME` says where."""
    environment = {"XDG_CONFIG_HOME": str(folder / "no configuration"), **more}
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        input=text,
        capture_output=True,
        encoding="utf-8",
        timeout=HANG_GUARD,
        env={**os.environ, **environment},
    )


Finished = subprocess.CompletedProcess[str]


def concise(folder: Path, *arguments: str, **more: str) -> Finished:
    """`torchlint check` with a line for each finding."""
    return run(folder, "check", "--output-format=concise", *arguments, **more)


def found(done: Finished) -> list[tuple[str, str]]:
    """The file and code of each finding in concise output."""
    lines = [line.split(":", 3) for line in done.stdout.splitlines() if line.count(":") >= 3]
    return sorted((path, rest.split()[0]) for path, _, _, rest in lines)
