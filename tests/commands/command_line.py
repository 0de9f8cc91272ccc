"""Runs of the command line over the rules of `cli_rig.py`, in this process or one of their own."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import cli_rig
import pytest
from checkout import RIG
from hang_guard import HANG_GUARD

from torchlint.cli import main

BAD = "import torch\ntorch.bad(1)\n"
MIXED = "import torch\ntorch.bad(torch.risky(1))\ntorch.plain(2)\n"
CLEAN = "import torch\n"
BROKEN = "import torch\nx = (\n"


class Result:
    def __init__(self, code: int, out: bytes, err: bytes) -> None:
        self.code = code
        self.raw = out
        self.out = out.decode(errors="surrogateescape")
        self.err = err.decode(errors="surrogateescape")
        assert "Traceback" not in self.err, self.err


def torchlint(*arguments: str | bytes, stdin: bytes = b"", **environment: str) -> Result:
    """The command as `main` runs it; in a process of its own where it starts others."""
    words = [os.fsdecode(argument) for argument in arguments]
    if any(word.startswith(("-j", "--jobs")) for word in words):
        return process(*arguments, stdin=stdin, **environment)
    encoding = environment.get("PYTHONIOENCODING", "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        cli_rig.patched(patch.setattr)
        for name in ("NO_COLOR", "FORCE_COLOR"):
            patch.delenv(name, raising=False)
        for name, value in environment.items():
            patch.setenv(name, value)
        streams = [io.TextIOWrapper(io.BytesIO(data), encoding) for data in (stdin, b"", b"")]
        for name, stream in zip(("stdin", "stdout", "stderr"), streams, strict=True):
            patch.setattr(sys, name, stream)
        try:
            code = main(words)
        except SystemExit as end:  # of argparse
            code = int(str(end.code))
        for stream in streams[1:]:
            stream.flush()
        return Result(code, *(stream.buffer.getvalue() for stream in streams[1:]))


def process(*arguments: str | bytes, stdin: bytes = b"", **environment: str) -> Result:
    """The same in a process of its own, which costs half a second."""
    clean = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR")}
    done = subprocess.run(
        [sys.executable, str(RIG), *arguments],
        input=stdin,
        capture_output=True,
        timeout=HANG_GUARD,
        env={**clean, **environment},
    )
    return Result(done.returncode, done.stdout, done.stderr)
