"""Units of values: what numbers stand for, wherever they went since."""

from __future__ import annotations

from enum import Enum

import pytest
from evaluated_programs import value_of

from torchlint.values import units
from torchlint.values.units import Averages, Layouts, Masks, Scores, Shifts
from torchlint.values.units.unit_family import Family
from torchlint.values.value import Value

HEADER = """
import copy
import torch
import torch.nn as nn
import torch.nn.functional as F

fc = nn.Linear(8, 5)
lstm = nn.LSTM(8, 8)
first = nn.LSTM(8, 8, batch_first=True)
encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2), 2)
logits, probs, chance = fc(x), fc(x).softmax(-1), torch.sigmoid(fc(x))
keep = ids != pad
causal = torch.tril(torch.ones(5, 5)).bool()


def probabilities(x):
    return F.softmax(fc(x), dim=-1)


def loss(x, y):
    return {"loss": F.cross_entropy(fc(x), y, reduction="none").mean()}


def either(flag, x):
    if flag:
        return F.softmax(fc(x), -1)
    return F.log_softmax(fc(x), -1)
"""


def value(expression: str) -> Value:
    return value_of(f"{HEADER}made = {expression}\n")


def unit_of(family: Family[Enum], expression: str) -> Enum | None:
    return family.of(value(expression))


@pytest.mark.parametrize(
    ("expression", "unit"),
    [
        ("fc(x)", Scores.LOGITS),
        ("fc(x) / 2 + 1", Scores.LOGITS),
        ("F.dropout(fc(x)) + fc(z)", Scores.LOGITS),
        ("logits.masked_fill(mask, float('-inf'))", Scores.LOGITS),
        ("logits.masked_fill(mask, -1e9)", Scores.LOGITS),
        ("torch.stack([fc(x), fc(z)]).mean(dim=0)", Scores.LOGITS),
        ("F.dropout(F.relu(logits)) * 2", Scores.RECTIFIED),
        ("F.relu(logits) - 1", None),
        ("probabilities(x)[rows].gather(1, y)", Scores.PROBABILITIES),
        ("probabilities(x).masked_fill(mask, 0.0)", Scores.PROBABILITIES),
        ("torch.where(mask, probs, 0.0)", Scores.PROBABILITIES),
        ("torch.where(mask, probs, logits)", None),
        ("probs.clamp(min=1e-6)", Scores.PROBABILITIES),
        ("probs.log()", Scores.LOG_PROBABILITIES),
        ("torch.log(probs + 1e-8)", Scores.LOG_PROBABILITIES),
        ("torch.log(probs + 1.0)", None),
        ("F.log_softmax(x, 1).exp()", Scores.PROBABILITIES),
        ("F.log_softmax(x, 1) / 2", None),
        ("probs * 20", None),
        ("F.softmin(x, dim=1)", Scores.PROBABILITIES),
        ("1 - torch.sigmoid(x)", Scores.CHANCES),
        ("1 - probs", Scores.CHANCES),
        ("F.logsigmoid(x).exp()", Scores.CHANCES),
        ("torch.log(chance)", Scores.LOG_CHANCES),
        ("logits - logits.logsumexp(1, keepdim=True)", None),
        ("torch.clamp(logits, 0, 1)", None),
        ("either(flag, x)", None),
        ("x", None),
    ],
)
def test_scores_are_carried_through_operations(expression: str, unit: Scores | None) -> None:
    assert unit_of(units.scores, expression) is unit  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("expression", "unit"),
    [
        ("keep", Masks.TOKENS),
        ("~keep", Masks.PADDING),
        ("keep.logical_not()[:, None]", Masks.PADDING),
        ("1 - keep.long()", Masks.PADDING),
        ("(1 - keep.long()).bool() == 0", Masks.TOKENS),
        ("keep.t()", Masks.TOKENS),
        ("causal", Masks.PAST),
        ("causal.t()", Masks.PAST_TURNED),
        ("causal & keep[:, None]", Masks.KEPT),
        ("~(causal & keep[:, None])", Masks.DROPPED),
        ("~causal | ~keep", Masks.DROPPED),
        ("causal & ~keep", None),
        ("causal | keep", None),
        ("batch['attention_mask'].bool()", Masks.TOKENS),
        ("mask", None),
    ],
)
def test_masks_are_negated_joined_and_turned(expression: str, unit: Masks | None) -> None:
    assert unit_of(units.masks, expression) is unit  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("expression", "unit"),
    [
        ("F.mse_loss(x, y)", Averages.MEAN),
        ("F.kl_div(x, y, reduction='batchmean')", Averages.MEAN),
        ("F.mse_loss(x, y, reduction='sum').item()", Averages.SUM),
        ("F.mse_loss(x, y, reduction='none')", Averages.EACH),
        ("F.mse_loss(x, y, reduction='none').sum()", Averages.SUM),
        ("F.mse_loss(x, y, reduction='none').mean(1)", None),
        ("float(loss(x, y)['loss'])", Averages.MEAN),
        ("F.mse_loss(x, y) + 0.1 * F.l1_loss(x, y)", Averages.MEAN),
        ("F.mse_loss(x, y) + F.l1_loss(x, y, reduction='sum')", None),
        ("F.mse_loss(x, y) / 4", Averages.MEAN),
        ("F.mse_loss(x, y) * x.size(0)", None),
        ("F.mse_loss(x, y).item() * 64", None),
        ("F.mse_loss(x, y) / 0.1", None),
        ("1 / F.mse_loss(x, y)", None),
        ("F.mse_loss(x, y, size_average=False)", None),
        ("F.mse_loss(x, y, reduction=how)", None),
    ],
)
def test_losses_are_means_sums_or_one_for_each(expression: str, unit: Averages | None) -> None:
    assert unit_of(units.averages, expression) is unit  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("expression", "unit"),
    [
        ("lstm(x)[0]", Layouts.SEQUENCE_FIRST),
        ("torch.tanh(fc(first(x)[0]))", Layouts.BATCH_FIRST),
        ("torch.transpose(first(x)[0], 0, 1)", Layouts.SEQUENCE_FIRST),
        ("torch.permute(first(x)[0], (1, 0, 2))", Layouts.SEQUENCE_FIRST),
        ("torch.transpose(first(x)[0], 1, 2)", None),
        ("first(x)[0][:, -1]", None),
        ("encoder(x)", Layouts.SEQUENCE_FIRST),
        ("nn.TransformerEncoder(layer, 2)(x)", None),
        ("torch.stack([first(x)[0], first(x)[0]])", None),
    ],
)
def test_layouts_follow_the_dims(expression: str, unit: Layouts | None) -> None:
    assert unit_of(units.layouts, expression) is unit  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("expression", "unit"),
    [
        ("ids[:, 1:]", Shifts.WITHOUT_FIRST),
        ("ids[..., :-1].contiguous().long()", Shifts.WITHOUT_LAST),
        ("ids[:, 1:-1]", None),
        ("ids[:, n:]", None),
        ("ids[:, 1:] + 1", None),
        ("ids[:, 1:].t()", None),
    ],
)
def test_shifts_are_slices_of_tokens(expression: str, unit: Shifts | None) -> None:
    assert unit_of(units.shifts, expression) is unit  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("expression", "is_live"),
    [
        ("fc.state_dict()", True),
        ("dict(fc.state_dict())", True),
        ("copy.copy(fc.state_dict().copy())", True),
        ("{name: tensor.detach() for name, tensor in fc.state_dict().items()}", True),
        ("{name: tensor.data for name, tensor in fc.state_dict().items()}", True),
        ("{name: tensor.clone() for name, tensor in fc.state_dict().items()}", False),
        ("{name: other for name, tensor in fc.state_dict().items()}", False),
        ("copy.deepcopy(fc.state_dict())", False),
        ("copy.deepcopy({name: tensor for name, tensor in fc.state_dict().items()})", False),
        ("copy.deepcopy(dict(fc.state_dict()))", False),
        ("copy.deepcopy(fc)", False),
    ],
)
def test_weights_are_live_until_they_are_copied(expression: str, is_live: bool) -> None:
    assert (units.owner_of(value(expression)) is not None) == is_live


def test_what_is_only_moved_is_plain() -> None:
    (moved,) = units.scores.chains(value("probabilities(x).view(-1, 5)[0].detach()"), Scores.PROBABILITIES)
    assert units.is_plain(moved)
    assert units.source(moved).name == "softmax"
    computed = value("probabilities(x).clamp(min=1e-6)")
    assert [units.is_plain(chain) for chain in units.scores.chains(computed, Scores.PROBABILITIES)] == [False]
    assert units.scores.chains(computed, Scores.PROBABILITIES, plain=True) == []


def test_all_paths_have_to_be_of_a_wanted_unit() -> None:
    found = value("either(flag, x)")
    assert units.scores.chains(found, Scores.PROBABILITIES) == []
    assert len(units.scores.chains(found, Scores.PROBABILITIES, Scores.LOG_PROBABILITIES)) == 2


def test_makers_are_spelled_where_a_unit_is() -> None:
    assert {"softmax", "log_softmax"} <= {*units.makers(Scores.PROBABILITIES)}
    assert "sigmoid" not in units.makers(Scores.PROBABILITIES)
