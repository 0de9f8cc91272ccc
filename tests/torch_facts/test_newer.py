"""Whatever name of torch a fix writes, it is known since when torch has it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from checkout import ROOT

from torchlint.torch_facts.newer import SINCE, first_lacking
from torchlint.torch_range import CURRENT, parse_range, version_of

torch = pytest.importorskip("torch")
_WORD = re.compile(r"[A-Za-z_]\w*")
# Names that torch 1.0 has, and words of the programs that are names of torch by chance.
_OLD = frozenset(
    {
        *("BCEWithLogitsLoss", "CrossEntropyLoss", "LogSoftmax", "ModuleDict", "ModuleList", "ParameterList", "arange"),
        *(
            "backends",
            "backward",
            "bilinear",
            "binary_cross_entropy_with_logits",
            "clip_grad_norm_",
            "clone",
            "constant_",
            "cpu",
        ),
        *("cross_entropy", "detach", "device", "dim", "dtype", "expm1", "eye_", "float", "forward", "functional"),
        *("index_add_", "item", "kaiming_uniform_", "keepdim", "log1p", "log_softmax", "logsigmoid", "long"),
        *(
            "mean",
            "mode",
            "nn",
            "orthogonal_",
            "requires_grad",
            "requires_grad_",
            "round",
            "scatter_",
            "sigmoid",
            "size",
        ),
        *("float32", "get_default_dtype", "int64"),
        *("softmax", "softplus", "stack", "std", "sum", "tensor", "threshold", "to", "unsqueeze", "var", "view"),
        *("xavier_normal_", "F", "complete", "index", "cholesky", "svd", "qr", "eig", "solve", "max", "argmax"),
    }
)


def _written(golden: Path) -> set[str]:
    """The words in the lines that a fix adds and does not take over."""
    added: set[str] = set()
    removed: set[str] = set()
    for line in golden.read_text().splitlines():
        if line.startswith(("+++", "---")):
            continue
        words = set(_WORD.findall(line[1:]))
        added |= words if line.startswith("+") else set()
        removed |= words if line.startswith("-") else set()
    return added - removed


def _is_of_torch(word: str) -> bool:
    homes = (torch, torch.Tensor, torch.linalg, torch.nn, torch.nn.functional, torch.nn.init, torch.nn.utils)
    return not word.startswith("__") and any(hasattr(home, word) for home in homes)


def test_each_name_that_a_fix_writes_has_a_first_version() -> None:
    written = {word for golden in ROOT.glob("fixtures/*/*.fixed.diff") for word in _written(golden)}
    undecided = {word for word in written if _is_of_torch(word)} - SINCE.keys() - _OLD
    assert undecided == set()


@pytest.mark.parametrize("name", sorted(SINCE))
def test_a_first_version_is_one(name: str) -> None:
    assert version_of(SINCE[name]) < (3, 0, 0)
    assert name not in _OLD


def test_only_what_is_new_in_the_text_counts() -> None:
    target = parse_range(">=1.6")
    assert first_lacking(["x.amax(1)"], ["x.max(1)[0]"], target) == ("amax", "1.7")
    assert first_lacking(["x.amax(1) + y"], ["x.amax(1) * y"], target) is None
    assert first_lacking(["x.amax(1)"], ["x.max(1)[0]"], CURRENT) is None
    assert first_lacking(["x.amax(1)"], ["x.max(1)[0]"], parse_range(">=1.7")) is None
