"""All that there is to verify: the pairs of the installed rules and the programs in their fixtures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torchlint
from torchlint import registry
from torchlint.claims import Claim, Pair
from torchlint.digests import pair_digest, program_digest
from torchlint.verify.row import Row, fill, put_speed
from torchlint.verify.runner import verify_pair
from torchlint.verify.speed import measure

FIXTURES = Path(torchlint.__file__).parent.parent / "fixtures"


class UnknownRuleError(Exception):
    """No installed rule has this code or name."""


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to verify, in a form that a worker in another process understands.

    `index` is the place of a pair; `path` the fixture of a program, relative to the fixtures of the checkout.
    """

    kind: str
    code: str
    device: str = "cpu"
    tier: str = "fast"
    index: int = 0
    path: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def label(self) -> str:
        return f"{self.code} {self.path or f'pair {self.index}'} on {self.device}"


def tasks(codes: Sequence[str], devices: Sequence[str], tier: str) -> Iterator[Task]:
    """Pairs and programs of the rules with these codes or names, of all rules if there are none.

    Raises `UnknownRuleError`.
    """
    infos = registry.rules()
    known = {info.code for info in infos} | {info.name for info in infos}
    for code in codes:
        if code not in known:
            raise UnknownRuleError(code)
    for device in devices:
        for info in infos:
            if codes and info.code not in codes and info.name not in codes:
                continue
            for index in range(len(_pairs(info.code))):
                yield Task("pair", info.code, device, tier, index=index)
            # Programs make their own tensors, which are on the CPU.
            for path in fixtures(info.code) if device == "cpu" else ():
                yield Task("program", info.code, device, tier, path=str(path.relative_to(FIXTURES)))


def _pairs(code: str) -> tuple[Pair, ...]:
    return tuple(getattr(registry.load(code), "pairs", ()))


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


def claims(code: str) -> tuple[Claim, ...]:
    """What the rule's author says of its fixes: of its pairs, or of a check as a whole."""
    rule = registry.load(code)
    own = getattr(rule, "claim", None)
    found = [pair.claim for pair in _pairs(code)]
    return tuple([*found, own] if own is not None else found)


def execute(task: Task) -> list[Row]:
    """Do a task here, in this process. A program task gives one row per function."""
    rule = registry.load(task.code)
    if task.kind == "pair":
        pair = _pairs(task.code)[task.index]
        row = Row(task.code, rule.name(), "pair", pair.before.__name__, "", index=task.index)
        row.digest = pair_digest(pair)
        result = verify_pair(pair, task.device, task.tier)
        fill(row, result, pair.claim)
        if task.tier == "full" and result.unit is not None:
            put_speed(row, measure(result.unit, task.device), task.device)
        return [row]
    from torchlint.verify.program import INPUTS, verify_programs

    # The fixes of a rule with pairs rest on these.
    inputs = INPUTS if task.tier == "full" and not _pairs(task.code) else 0
    path, stated = FIXTURES / task.path, claims(task.code)
    return verify_programs(task.code, rule.name(), path, stated, task.device, task.tier, inputs)
