"""Where the tree under test is."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FIXTURES = ROOT / "fixtures"
# The command line over rules that are easy to trigger, run as a script.
RIG = ROOT / "tests" / "commands" / "cli_rig.py"
