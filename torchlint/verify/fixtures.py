"""The fixtures of a checkout: programs, what fixing makes of them, and their digest."""

from __future__ import annotations

from pathlib import Path

import torchlint
from torchlint import registry
from torchlint.digests import program_digest

FIXTURES = Path(torchlint.__file__).parent.parent / "fixtures"


def fixtures(code: str) -> list[Path]:
    """The fixtures of a rule that have a golden, in order."""
    folder = FIXTURES / registry.load(code).name().replace("-", "_")
    files = sorted(folder.glob("*.py")) if folder.is_dir() else []
    return [path for path in files if not path.name.endswith(".fixed.py") and golden(path).exists()]


def golden(path: Path) -> Path:
    return path.with_name(f"{path.stem}.fixed.py")


def fixture_digest(code: str) -> str:
    """The digest that all program certificates of a rule share: over its fixtures and goldens."""
    paths = [text for path in fixtures(code) for text in (path, golden(path))]
    return program_digest(path.read_text(encoding="utf-8") for path in paths)
