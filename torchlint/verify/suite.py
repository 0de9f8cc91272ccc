"""All that there is to verify: the pairs of the installed rules and the programs in their fixtures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from torchlint import registry
from torchlint.claims import Claim, Pair
from torchlint.digests import pair_digest
from torchlint.own_rules import rule_folder
from torchlint.selectors import advice, covered
from torchlint.verify.fixture_programs import INPUTS, verify_programs
from torchlint.verify.fixtures import FIXTURES, fixtures, root_of
from torchlint.verify.judge.unit_verdict import verify_pair
from torchlint.verify.pair_needs import found_needs
from torchlint.verify.report.row import Row, fill, put_speed
from torchlint.verify.run.speed import measure


class UnknownRuleError(Exception):
    """No installed rule has this code or name; the message is one line and says what to write instead."""


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to verify, in a form that a worker in another process understands.

    `index` is the place of a pair; `path` the fixture of a program, relative to the fixtures of its rule and that
    rule's neighbours. `rules` is the folder of the rule where it is not torchlint's own.
    """

    kind: str
    code: str
    device: str = "cpu"
    tier: str = "fast"
    index: int = 0
    path: str = ""
    rules: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def label(self) -> str:
        return f"{self.code} {self.path or f'pair {self.index}'} on {self.device}"


def tasks(codes: Sequence[str], devices: Sequence[str], tier: str, folder: str = "") -> Iterator[Task]:
    """Pairs and programs of the rules with these codes, prefixes of codes or names, of all rules if there are none: of
    those in a folder that is used, or else of torchlint's own.

    Raises `UnknownRuleError`.
    """
    for code in codes:
        if not covered(code):
            raise UnknownRuleError(f"unknown rule {code!r}{advice(code)}")
    wanted = {info.code for code in codes for info in covered(code)}
    for device in devices:
        for info in registry.in_folder(folder) if folder else registry.built_in():
            if codes and info.code not in wanted:
                continue
            for index in range(len(_pairs(info.code))):
                yield Task("pair", info.code, device, tier, index=index, rules=folder)
            # Programs make their own tensors, which are on the CPU.
            for path in fixtures(info.code) if device == "cpu" else ():
                relative = str(path.relative_to(root_of(info)))
                yield Task("program", info.code, device, tier, path=relative, rules=folder)


def _pairs(code: str) -> tuple[Pair, ...]:
    return tuple(getattr(registry.load(code), "pairs", ()))


def claims(code: str) -> tuple[Claim, ...]:
    """What the rule's author says of its fixes: of its pairs, or of a check as a whole."""
    rule = registry.load(code)
    own = getattr(rule, "claim", None)
    found = [pair.claim for pair in _pairs(code)]
    return tuple([*found, own] if own is not None else found)


def execute(task: Task) -> list[Row]:
    """Do a task here, in this process. A program task gives one row per function."""
    if task.rules:
        registry.ask_folders([registry.read_folder(task.rules)])
    rule = registry.load(task.code)
    if task.kind == "pair":
        pair = _pairs(task.code)[task.index]
        row = Row(task.code, rule.name(), "pair", pair.before.__name__, "", index=task.index)
        row.digest = pair_digest(pair)
        result = verify_pair(pair, task.device, task.tier)
        fill(row, result, pair.claim)
        if task.device == "cpu" and result.unit is not None:
            row.needs = found_needs(result.unit)
        if task.tier == "full" and result.unit is not None:
            put_speed(row, measure(result.unit, task.device), task.device)
        return [row]
    # The fixes of a rule with pairs rest on these.
    inputs = INPUTS if task.tier == "full" and not _pairs(task.code) else 0
    root = Path(task.rules) / rule_folder.FIXTURES if task.rules else FIXTURES
    path, stated = root / task.path, claims(task.code)
    return verify_programs(task.code, rule.name(), path, stated, task.device, task.tier, inputs)
