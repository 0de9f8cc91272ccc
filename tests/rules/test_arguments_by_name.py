"""Arguments by their names: a rule sees what a call gives, whether it stands at its place or behind its keyword."""

from __future__ import annotations

import pytest

from tests.linted import found

SCALED = """
    import torch
    from torch.nn.utils import clip_grad_norm_

    def train(model, optimizer, batches):
        scaler = torch.amp.GradScaler()
        for x in batches:
            optimizer.zero_grad()
            scaler.scale(model(x).sum()).backward()
            {clip}
            scaler.step({given})
            {update}
"""


@pytest.mark.parametrize("given", ["optimizer", "optimizer=optimizer"])
def test_a_scaler_that_is_never_updated(given: str) -> None:
    program = SCALED.format(clip="pass", given=given, update="pass")
    assert [finding.code for finding in found(program, "TLT725")] == ["TLT725"]
    assert not found(SCALED.format(clip="pass", given=given, update="scaler.update()"), "TLT725")


@pytest.mark.parametrize("given", ["optimizer", "optimizer=optimizer"])
def test_clipping_of_scaled_gradients(given: str) -> None:
    program = SCALED.format(clip="clip_grad_norm_(model.parameters(), 1.0)", given=given, update="scaler.update()")
    assert [finding.code for finding in found(program, "TLT713")] == ["TLT713"]


@pytest.mark.parametrize("given", ["model.parameters(), 1.0", "max_norm=1.0, parameters=model.parameters()"])
def test_clipping_after_the_step_of_its_model_alone(given: str) -> None:
    program = """
        import torch
        from torch.nn.utils import clip_grad_norm_

        def train(batches):
            net, model = torch.nn.Linear(3, 4), torch.nn.Linear(3, 4)
            optimizer = torch.optim.SGD({trained}.parameters(), 0.1)
            for x in batches:
                model({trained}(x)).sum().backward()
                optimizer.step()
                clip_grad_norm_({given})
                optimizer.zero_grad()
    """
    assert [finding.code for finding in found(program.format(trained="model", given=given), "TLT720")] == ["TLT720"]
    assert not found(program.format(trained="net", given=given), "TLT720")


@pytest.mark.parametrize(
    ("given", "fixed"),
    [("weight, False", True), ("weight, size_average=False", True), ("*rest, size_average=False", False)],
)
def test_an_old_reduction(given: str, fixed: bool) -> None:
    program = "import torch.nn as nn\n\ndef make(weight, rest):\n    return nn.CrossEntropyLoss(" + given + ")\n"
    (finding,) = found(program, "TLT805")
    assert (finding.fix is not None) is fixed


def test_what_stars_bring_is_not_an_old_reduction() -> None:
    assert not found("import torch.nn as nn\n\ndef make(rest):\n    return nn.MSELoss(*rest)\n", "TLT805")
