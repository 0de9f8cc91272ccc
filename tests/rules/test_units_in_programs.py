"""Mistakes that rules see because units are carried: through methods, tables, helpers and a few operations.

Lines end with the code that is found there; nothing is found in the others.
"""

from __future__ import annotations

import re

import pytest
from linted import found

SCORES = """
import torch
import torch.nn as nn
import torch.nn.functional as F


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 5)
        self.temperature = 2.0

    def probabilities(self, x):
        return F.softmax(self.fc(x), dim=-1)

    def log_probabilities(self, x):
        return torch.log(self.probabilities(x) + 1e-8)

    def masked_and_gathered(self, x, y, mask, rows):
        probs = self.probabilities(x).masked_fill(mask, 0.0)
        return F.cross_entropy(probs[rows], y)  # TLT101

    def through_a_table(self, x, y):
        out = {"scores": self.log_probabilities(x)}
        return F.cross_entropy(out["scores"].exp(), y)  # TLT101

    def of_several_labels(self, x, y):
        return F.cross_entropy(torch.sigmoid(self.fc(x)), y)  # TLT101

    def cooled(self, x, y):
        return F.nll_loss(self.fc(x) / self.temperature, y)  # TLT103

    def rectified(self, x, y):
        return F.nll_loss(F.dropout(F.relu(self.fc(x)), training=self.training), y)  # TLT103

    def no_logarithm(self, x, y):
        return F.nll_loss(self.log_probabilities(x).exp().clamp(min=1e-6), y)  # TLT104

    def complement(self, x, y):
        return F.binary_cross_entropy_with_logits(1 - torch.sigmoid(self.fc(x)), y)  # TLT106

    def ensemble(self, x, y):
        both = torch.stack([self.probabilities(x), self.probabilities(-x)])
        return F.binary_cross_entropy_with_logits(both.mean(dim=0), y)  # TLT106

    def after_dropout(self, x, y):
        return F.cross_entropy(F.dropout(F.relu(self.fc(x)), training=self.training), y)  # TLT109

    def divergence(self, x, t):
        return F.kl_div(self.log_probabilities(x).exp(), F.softmax(t, 1), reduction="batchmean")  # TLT111

    def two_heads(self, x, y):
        return F.binary_cross_entropy(self.fc(x) + self.fc(-x), y)  # TLT118

    def logarithms(self, x, y):
        return F.binary_cross_entropy(self.log_probabilities(x), y)  # TLT118

    def mean_divergence(self, x, t):
        return F.kl_div(self.log_probabilities(x), F.softmax(t, 1))  # TLT119

    def near_misses(self, x, y):
        z = self.fc(x)
        return (
            F.cross_entropy(self.log_probabilities(x) / 2, y),
            F.cross_entropy(self.probabilities(x) * 20, y),
            F.nll_loss(self.log_probabilities(x), y),
            F.nll_loss(z - z.logsumexp(1, keepdim=True), y),
            F.binary_cross_entropy(torch.clamp(z, 0, 1), y),
            F.binary_cross_entropy(F.relu6(z + 3) / 6, y),
            F.binary_cross_entropy(1 - self.probabilities(x), y),
        )
"""
MASKS = """
import torch
import torch.nn as nn
import torch.nn.functional as F

PAD = 0


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.attend = nn.MultiheadAttention(16, 2, batch_first=True)
        self.register_buffer("causal", torch.tril(torch.ones(8, 8)).bool())

    def padding(self, ids):
        return (ids == PAD).long()

    def forward(self, x, ids):
        keep = 1 - self.padding(ids)
        drop = (1 - keep).bool()
        both = self.causal & keep.bool()[:, None, :]
        masks = {"pad": keep == 1}
        a, _ = self.attend(x, x, x, key_padding_mask=keep.bool())  # TLT120
        b, _ = self.attend(x, x, x, key_padding_mask=masks["pad"])  # TLT120
        c, _ = self.attend(x, x, x, attn_mask=both)  # TLT120
        d = F.scaled_dot_product_attention(x, x, x, attn_mask=drop[:, None, None])  # TLT120
        e = F.scaled_dot_product_attention(x, x, x, attn_mask=torch.logical_or(~self.causal, drop))  # TLT120
        f, _ = self.attend(x, x, x, key_padding_mask=drop)
        g = F.scaled_dot_product_attention(x, x, x, attn_mask=both)
        return a, b, c, d, e, f, g
"""
MEANS = """
import torch.nn as nn
import torch.nn.functional as F


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(16, 2)
        self.each = nn.CrossEntropyLoss(reduction="none")

    def loss(self, x, y):
        out = self.fc(x)
        return {"loss": self.each(out, y).mean() + 0.1 * F.mse_loss(out, x)}


def of_a_method(loader):
    net, total = Net(), 0.0
    for x, y in loader:
        total += float(net.loss(x, y)["loss"])
    return total / len(loader.dataset)  # TLT727


def near_miss_times_a_number(loader):
    net, total = Net(), 0.0
    for x, y in loader:
        total += net.loss(x, y)["loss"].item() * 64
    return total / len(loader.dataset)


def near_miss_sum(loader):
    net, total = Net(), 0.0
    for x, y in loader:
        total += net.each(net.fc(x), y).sum().item()
    return total / len(loader.dataset)
"""
LAYOUTS = """
import torch
import torch.nn as nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(8, 16)
        self.norm, self.fc = nn.LayerNorm(16), nn.Linear(16, 4)

    def encode(self, x):
        out, _ = self.lstm(x)
        return torch.tanh(self.norm(out))

    def forward(self, x):
        return self.fc(self.encode(x))[:, -1]  # TLT613

    def near_miss_turned(self, x):
        out, _ = self.lstm(x)
        return self.fc(torch.relu(out).transpose(0, 1))[:, -1]


class Mixed(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(8, 16, batch_first=True)
        self.attend = nn.MultiheadAttention(16, 2)
        self.right = nn.MultiheadAttention(16, 2, batch_first=True)

    def forward(self, x):
        out, _ = self.lstm(x)
        a, _ = self.attend(out, out, out)  # TLT613
        b, _ = self.right(out, out, out)
        turned = out.transpose(0, 1)
        c, _ = self.attend(turned, turned, turned)
        return a, b, c
"""
SHIFTS = """
import torch
from transformers import AutoModelForCausalLM


def split(ids):
    return ids[..., :-1], ids[..., 1:].long()


def of_a_helper(ids, mask):
    model = AutoModelForCausalLM.from_pretrained("gpt2")
    x, labels = split(ids)
    return model(input_ids=x, labels=labels, attention_mask=mask).loss  # TLT122


def in_its_own_table(ids):
    model = AutoModelForCausalLM.from_pretrained("gpt2")
    batch = dict(input_ids=ids[:, :-1], labels=ids[:, 1:])
    return model(**batch).loss  # TLT122


def near_miss_both_without_the_last(ids):
    model = AutoModelForCausalLM.from_pretrained("gpt2")
    batch = dict(input_ids=ids[:, :-1], labels=ids[:, :-1])
    return model(**batch).loss
"""
WEIGHTS = """
import copy

import torch
import torch.nn.functional as F
from torch import nn, optim


def snapshot(model):
    return {name: tensor.detach() for name, tensor in model.state_dict().items()}


def of_a_helper(loader, val):
    model = nn.Linear(4, 1)
    optimizer, best = optim.SGD(model.parameters(), lr=0.1), 0.0
    for x, y in loader:
        optimizer.zero_grad()
        F.mse_loss(model(x), y).backward()
        optimizer.step()
        score = val(model)
        if score > best:
            best = score
            weights = snapshot(model)  # TLT721
    model.load_state_dict(weights)


def of_a_name(model, loader, val):
    optimizer, best = optim.SGD(model.parameters(), lr=0.1), 0.0
    for x, y in loader:
        optimizer.zero_grad()
        F.mse_loss(model(x), y).backward()
        optimizer.step()
        state, score = dict(model.state_dict()), val(model)
        if score > best:
            best = score
            weights = state  # TLT721
    torch.save(weights, "best.pt")


def near_miss_copied(loader, val):
    model = nn.Linear(4, 1)
    optimizer, best = optim.SGD(model.parameters(), lr=0.1), 0.0
    for x, y in loader:
        optimizer.zero_grad()
        F.mse_loss(model(x), y).backward()
        optimizer.step()
        score = val(model)
        if score > best:
            best = score
            weights = copy.deepcopy(snapshot(model))
            other = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model.load_state_dict(weights)
    model.load_state_dict(other)
"""


@pytest.mark.parametrize("program", [SCORES, MASKS, MEANS, LAYOUTS, SHIFTS, WEIGHTS])
def test_units_are_followed_through_a_program(program: str) -> None:
    lines = enumerate(program.splitlines(), 1)
    marked = [(row, code) for row, line in lines for code in re.findall(r"# (TLT\d+)", line)]
    codes = {code for _, code in marked}
    assert sorted((finding.location.row, finding.code) for finding in found(program, *codes)) == marked
