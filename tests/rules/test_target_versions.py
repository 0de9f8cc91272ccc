"""What is reported and offered depends on the versions of torch that the code is for."""

from __future__ import annotations

import importlib
import textwrap
from typing import Any

import pytest

from torchlint import lint, registry
from torchlint.finding import Finding
from torchlint.source import Source
from torchlint.torch_range import CURRENT, parse_range, version_of

_TABLES = {"api_deprecated": "DEPRECATED", "api_removed": "REMOVED", "api_amp": "AMP", "api_internal": "INTERNAL"}
TABLE: list[Any] = [
    row
    for module, name in _TABLES.items()
    for row in getattr(importlib.import_module(f"torchlint.vocabulary.{module}"), name)
]
_DEFAULTS = importlib.import_module("torchlint.vocabulary.api_defaults")
OFFERED = [*TABLE, *_DEFAULTS.LOAD, *_DEFAULTS.CHECKPOINT, *_DEFAULTS.ACCELERATOR]
standing = importlib.import_module("torchlint.vocabulary.api_versions").standing


def found(program: str, target: str, *codes: str) -> list[Finding]:
    asked = codes or [info.code for info in registry.rules() if info.code.startswith("TLT8")]
    report = lint.check(
        Source("program.py", textwrap.dedent(program)), asked, target=parse_range(target) if target else CURRENT
    )
    assert not report.error
    assert not report.failures
    return report.findings


def severities(program: str, target: str) -> list[str]:
    return [str(finding.severity) for finding in found(program, target)]


SOLVE = "import torch\n\nx = torch.solve(b, a)[0]\n"


@pytest.mark.parametrize(
    ("target", "expected"),
    [("", ["error"]), (">=1.9", ["error"]), (">=1.9,<1.12", ["warning"]), (">=1.8,<1.9", []), ("<=1.12", ["error"])],
)
def test_a_removed_name_is_an_error_where_the_newest_torch_lacks_it(target: str, expected: list[str]) -> None:
    assert severities(SOLVE, target) == expected


def test_what_still_works_is_not_said_to_raise() -> None:
    (finding,) = found(SOLVE, ">=1.9,<1.12")
    assert "raises" not in finding.message
    assert "deprecated" in finding.message
    assert finding.fix is not None


def test_what_the_oldest_torch_has_no_other_name_for_is_said_only_if_it_raises() -> None:
    (finding,) = found("import torch\n\nx = torch.solve(b, a)[0]\n", ">=1.7")
    assert finding.fix is None
    assert "torch 1.9" in finding.message
    assert "linalg" not in finding.message
    assert found("import torch\n\nq = torch.qr(a)\n", ">=1.8") == []
    assert len(found("import torch\n\nq = torch.qr(a)\n", ">=1.9")) == 1


AUTOCAST = "import torch\n\nwith torch.cuda.amp.autocast():\n    pass\n"


@pytest.mark.parametrize(
    ("target", "count"), [("", 1), (">=1.12", 1), (">=1.11", 0), (">=1.12,<2.4", 0), (">=1.12,<=2.4", 1)]
)
def test_a_name_that_is_deprecated_later_is_as_good_as_any(target: str, count: int) -> None:
    assert len(found(AUTOCAST, target)) == count


@pytest.mark.parametrize(
    ("program", "target", "count"),
    [
        ("import torchvision\n\nnet = torchvision.models.resnet18(pretrained=True)\n", ">=1.11", 0),
        ("import torchvision\n\nnet = torchvision.models.resnet18(pretrained=True)\n", ">=1.12", 1),
        ("import torch\n\nloss = torch.nn.MSELoss(size_average=False)\n", ">=0.4", 0),
        ("import torch\n\nloss = torch.nn.MSELoss(size_average=False)\n", ">=1.0", 1),
        ("from torch.utils.data import DataLoader\n\nx = iter(DataLoader(data)).next()\n", ">=1.9,<1.13", 0),
        ("from torch.utils.data import DataLoader\n\nx = iter(DataLoader(data)).next()\n", ">=1.9", 1),
    ],
)
def test_rules_on_old_names_of_their_own_follow_the_target(program: str, target: str, count: int) -> None:
    # Files without torch in an import are checked too.
    assert len(found(program, target)) == count


CHECKPOINTS = """
from torch.utils.checkpoint import checkpoint, checkpoint_sequential

x = checkpoint(block, x)
y = checkpoint_sequential(blocks, 2, x)
"""


@pytest.mark.parametrize(("target", "count"), [(">=1.10", 0), (">=1.13", 1), (">=2.0", 2)])
def test_a_keyword_is_suggested_where_each_torch_has_it(target: str, count: int) -> None:
    assert len(found(CHECKPOINTS, target, "TLT808")) == count


def test_a_foreign_name_fails_everywhere_but_its_fix_may_not_be_there() -> None:
    program = "import torch\n\nx = torch.reduce_max(y, axis=1)\n"
    (finding,) = found(program, ">=1.7")
    assert finding.fix is not None
    (finding,) = found(program, ">=1.6")
    assert finding.fix is None
    assert "torch 1.7" in finding.message


def test_fixes_of_other_rules_keep_to_names_that_the_oldest_torch_has() -> None:
    program = """\
        import torch


        def f(x: torch.Tensor):
            return x.exp().sum(dim=1).log()
    """
    (offered,) = found(program, "", "TLT204")
    assert offered.fix is not None
    (kept,) = found(program, ">=0.4.1", "TLT204")
    assert kept.fix is not None
    (without,) = found(program, ">=0.4", "TLT204")
    assert without.fix is None
    assert "0.4.1" in without.unfixed


@pytest.mark.parametrize("floor", ["1.13", "1.9", "2.0", "2.4"])
def test_nothing_is_offered_that_the_oldest_torch_lacks(floor: str) -> None:
    target = parse_range(f">={floor}")
    offered = [
        row for row in OFFERED if (stands := standing(row, target)) is not None and not stands.is_stuck and row.lowest
    ]
    assert offered
    assert all(version_of(row.lowest) <= version_of(floor) for row in offered)
    newer = [row for row in OFFERED if row.lowest and version_of(row.lowest) > version_of(floor)]
    assert newer
    for row in newer:
        stands = standing(row, target)
        assert stands is None or (stands.is_removed and stands.is_stuck)


@pytest.mark.parametrize("row", [row for row in TABLE if row.new.startswith("torch.")], ids=lambda row: row.old)
def test_what_is_suggested_has_a_first_version(row: Any) -> None:
    assert row.lowest
