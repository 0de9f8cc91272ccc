"""The fixtures of rules: programs, and the digest of those that fixing changes."""

from __future__ import annotations

from pathlib import Path

import torchlint
from torchlint import registry
from torchlint.digests import program_digest
from torchlint.golden_diffs import difference as difference
from torchlint.golden_diffs import fixed as fixed
from torchlint.golden_diffs import golden as golden
from torchlint.golden_diffs import patched as patched
from torchlint.golden_diffs import read as read
from torchlint.golden_diffs import write_golden as write_golden
from torchlint.own_rules import rule_folder
from torchlint.registry import RuleInfo

FIXTURES = Path(torchlint.__file__).parent.parent / "fixtures"


def root_of(info: RuleInfo) -> Path:
    """The folder with the fixtures of a rule and of its neighbours: that of the checkout, or one beside the rule."""
    return Path(info.file).parent / rule_folder.FIXTURES if info.file else FIXTURES


def fixtures(code: str) -> list[Path]:
    """The fixtures of a rule that have a golden, in order. KeyError for an unknown code."""
    info = registry.info_of(code)
    if info is None:
        raise KeyError(code)
    folder = root_of(info) / info.name.replace("-", "_")
    return [path for path in sorted(folder.glob("*.py")) if golden(path).exists()] if folder.is_dir() else []


def fixture_digest(code: str) -> str:
    """The digest that all program certificates of a rule share: over its fixtures and what fixing makes of them."""
    # In text mode, as the certificates were made: any line end is a line feed.
    return program_digest(_universal(text) for path in fixtures(code) for text in (read(path), fixed(path)))


def _universal(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
