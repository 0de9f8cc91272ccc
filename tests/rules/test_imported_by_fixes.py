"""Fixes that write the name of a module, and locals of that name."""

from __future__ import annotations

from textwrap import dedent

import pytest

from torchlint import lint
from torchlint.source import Source

STACKED = """\
    from torch import randn, tensor


    def pair(torch):
        return tensor([randn(3), randn(3)]), torch
"""
COPIED = """\
    import torch.nn.functional as F
    from torch import optim


    def train(model, loader, val, copy):
        optimizer = optim.SGD(model.parameters(), lr=0.1)
        best = copy
        for x, y in loader:
            optimizer.zero_grad()
            F.mse_loss(model(x), y).backward()
            optimizer.step()
            score = val(model)
            if score > best:
                best = score
                weights = model.state_dict()
        model.load_state_dict(weights)
        return model
"""


@pytest.mark.parametrize(("code", "program", "local"), [("TLT733", STACKED, "torch"), ("TLT721", COPIED, "copy")])
def test_a_fix_is_withheld_where_a_local_has_the_name_of_its_module(code: str, program: str, local: str) -> None:
    (finding,) = lint.check(Source("program.py", dedent(program)), [code]).findings
    assert finding.fix is None
    assert finding.unfixed == f"the name `{local}` is taken"
