"""What namespaces, dataclasses, parsed command lines and tables of models hold."""

from __future__ import annotations

from textwrap import dedent

import pytest

from torchlint import lint
from torchlint.finding import Finding
from torchlint.source import Source

HEAD = """
import argparse
import dataclasses
from dataclasses import dataclass, field
from types import SimpleNamespace

import torch
import torch.nn as nn

class Net(nn.Module):
    def forward(self, x):
        return torch.softmax(x, 1)

class Other(nn.Module):
    def forward(self, x):
        return x.softmax(1)

class Logits(nn.Module):
    def forward(self, x):
        return x

ce = nn.CrossEntropyLoss()
"""


def found(program: str, code: str) -> list[Finding]:
    source = Source("program.py", HEAD + dedent(program))
    report, opened = (lint.check(source, {code}, gates=gates) for gates in (True, False))
    assert not report.error
    assert not report.failures
    assert report.findings == opened.findings
    return report.findings


@pytest.mark.parametrize(
    "program",
    [
        """
        settings = SimpleNamespace(model=Net(), criterion=nn.CrossEntropyLoss())

        def step(x, y):
            return settings.criterion(settings.model(x), y)
        """,
        """
        def step(x, y):
            settings = argparse.Namespace(model=Net(), criterion=nn.CrossEntropyLoss())
            return settings.criterion(settings.model(x), y)
        """,
        """
        @dataclass
        class Settings:
            model: nn.Module
            criterion: nn.Module = nn.CrossEntropyLoss()

        def step(x, y):
            settings = Settings(Net())
            return settings.criterion(settings.model(x), y)
        """,
        """
        @dataclasses.dataclass(frozen=True)
        class Settings:
            criterion: nn.Module = field(default_factory=nn.CrossEntropyLoss)
            model: nn.Module = field(default_factory=Logits)

        def step(x, y):
            settings = Settings(model=Net())
            return settings.criterion(settings.model(x), y)
        """,
        """
        MODELS = {"net": Net, "other": Other}

        def step(x, y, name):
            return ce(MODELS.get(name)()(x), y)
        """,
        """
        def losses(x, y):
            models = [Net(), Other()]
            return [ce(model(x), y) for model in models]
        """,
        """
        def losses(x, y):
            for name, model in zip("ab", (Net(), Other())):
                ce(model(x), y).backward()
        """,
    ],
)
def test_what_settings_and_tables_hold_is_seen(program: str) -> None:
    assert len(found(program, "TLT101")) == 1


@pytest.mark.parametrize(
    "program",
    [
        """
        settings = SimpleNamespace(model=Net(), criterion=nn.CrossEntropyLoss())
        settings.model = nn.Linear(2, 2)

        def step(x, y):
            return settings.criterion(settings.model(x), y)
        """,
        """
        def step(x, y, more):
            settings = SimpleNamespace(model=Net(), **more)
            return ce(settings.model(x), y)
        """,
        """
        @dataclass
        class Settings:
            model: nn.Module = field(default_factory=Net)

        def step(x, y, settings: Settings):
            return ce(settings.model(x), y)
        """,
        """
        class Settings:
            model: nn.Module = nn.Linear(2, 2)

            def __init__(self, model):
                self.model = model

        def step(x, y):
            return ce(Settings(Logits()).model(x), y)
        """,
        """
        MODELS = {"net": Net, "other": Logits}

        def step(x, y, name):
            return ce(MODELS.get(name)()(x), y)
        """,
        """
        def step(x, y, name):
            return ce({"net": Net}.get(name, Logits)()(x), y)
        """,
        """
        def losses(x, y):
            return [ce(model(x), y) for model in [Net(), Logits()]]
        """,
    ],
)
def test_what_may_be_something_else_is_not_known(program: str) -> None:
    assert found(program, "TLT101") == []


COMMAND_LINE = """
def options():
    parser = argparse.ArgumentParser()
    parser.add_argument({option})
    return parser.parse_args()

def step(x):
    options_given = options()
    target = torch.full((3,), options_given.real_label)
    if options_given.real_label == 0:
        return None
    return nn.BCELoss()(torch.sigmoid(x), target)
"""


@pytest.mark.parametrize(
    ("option", "count"),
    [
        ("'--real-label', type=int, default=1", 1),
        ("'-r', '--real_label', type=int, default=0", 1),
        ("'-r', dest='real_label', default=1", 1),
        ("'--real_label', action='store_true'", 1),
        ("'--real_label', type=float, default=1.0", 0),
        ("'--real_label', type=int", 0),
        ("'--fake_label', type=int, default=1", 0),
    ],
)
def test_the_default_of_an_option_is_evidence_and_decides_no_test(option: str, count: int) -> None:
    assert len(found(COMMAND_LINE.format(option=option), "TLT115")) == count
