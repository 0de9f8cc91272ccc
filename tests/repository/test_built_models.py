"""The comparison of known shapes with those of built models, on three models of a package that is written here."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
import torch

from benchmarks.built_models import Comparison
from benchmarks.recorded_shapes import Recorder, recording

MODELS = dedent(
    """\
    import torch
    from torch import nn


    class Attention(nn.Module):
        def __init__(self, dim, heads=2):
            super().__init__()
            self.heads = heads
            self.qkv = nn.Linear(dim, dim * 3)

        def forward(self, x):
            B, N, C = x.shape
            q, k, v = self.qkv(x).reshape(B, N, 3, self.heads, C // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
            weights = (q @ k.transpose(-2, -1)).softmax(-1)
            return (weights @ v).transpose(1, 2).reshape(B, N, C)


    class Net(nn.Module):
        def __init__(self, width, depth=2, norm=nn.BatchNorm2d):
            super().__init__()
            self.stem = nn.Sequential(nn.Conv2d(3, width, 4, stride=4), norm(width), nn.ReLU())
            self.blocks = nn.ModuleList([Attention(width) for _ in range(depth)])
            self.head = nn.Linear(width, 10)

        def forward(self, x):
            x = self.stem(x).flatten(2).transpose(1, 2)
            for block in self.blocks:
                x = x + block(x)
            return self.head(x.mean(dim=1))


    class Encoder(nn.Module):
        def __init__(self, size):
            super().__init__()
            self.table = nn.Embedding(100, size)
            self.rnn = nn.LSTM(size, size * 2, batch_first=True)

        def forward(self, words):
            out, (h, c) = self.rnn(self.table(words))
            return out[:, -1]
    """
)
CONFIGURED = dedent(
    """\
    from torch import nn


    class TinyConfig:
        def __init__(self):
            self.width = 8
            self.inner = {"out": 3}
            self.made = object()


    class Configured(nn.Module):
        def __init__(self, config, *args, **kwargs):
            super().__init__()
            self.fc = nn.Linear(config.width, *args, **kwargs)
            self.out = nn.Linear(args[0], config.inner["out"])
            self.made = config.made

        def forward(self, x):
            return self.out(self.fc(x))

        def unknown(self, x):
            return self.made(x)
    """
)
LIAR = dedent(
    """\
    from torch import nn

    class Liar(nn.Module):
        def forward(self, x):  # shape: (B, 3)
            return x + 1
    """
)


@pytest.fixture
def recorder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    package = tmp_path / "tiny_models"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "models.py").write_text(MODELS)
    (package / "liar.py").write_text(LIAR)
    (package / "configured.py").write_text(CONFIGURED)
    monkeypatch.syspath_prepend(str(tmp_path))
    with recording(["tiny_models"]) as recorder:
        yield recorder
    for name in [name for name in sys.modules if name.startswith("tiny_models")]:
        del sys.modules[name]


@pytest.mark.parametrize("alone", [False, True])
def test_what_is_known_of_models_is_what_they_have(recorder: Recorder, alone: bool) -> None:
    models = importlib.import_module("tiny_models.models")
    comparison = Comparison(recorder, alone)
    with torch.device("meta"):
        runs = [
            ("net", models.Net(8), torch.rand(2, 3, 16, 16)),
            ("wide", models.Net(12, 1, torch.nn.InstanceNorm2d), torch.rand(1, 3, 8, 8)),
            ("encoder", models.Encoder(6), torch.zeros(2, 5, dtype=torch.long)),
        ]
        for name, model, given in runs:
            recorder.calls.clear()
            model(given)
            comparison.compare(name)
    assert comparison.wrong == []
    share = comparison.counts["known"] / comparison.counts.total()
    assert share > (0.4 if alone else 0.7), comparison.counts


def test_a_shape_that_a_model_does_not_have_is_wrong(recorder: Recorder) -> None:
    liar = importlib.import_module("tiny_models.liar").Liar()
    comparison = Comparison(recorder, True)
    liar(torch.zeros(2, 4))
    comparison.compare("liar")
    assert [str(wrong.known) for wrong in comparison.wrong] == ["(B, 3)"]


def test_settings_are_passed_as_a_namespace_and_what_is_left_has_a_reason(recorder: Recorder) -> None:
    configured = importlib.import_module("tiny_models.configured")
    comparison = Comparison(recorder, False)
    config = configured.TinyConfig()
    config.made = torch.nn.Identity()
    model = configured.Configured(config, 6, bias=False)
    model(torch.zeros(2, 8))
    comparison.compare("configured")
    assert comparison.counts == {"known": 2}
    recorder.calls.clear()
    comparison.clear()
    model.unknown(torch.zeros(2, 8))
    comparison.compare("configured")
    assert comparison.counts == {"unknown": 1}
    assert [*comparison.reasons] == ["call of unknown value"]


def test_functions_are_compiled_again_after_recording() -> None:
    before = list(sys.meta_path)
    with recording([]):
        assert torch.jit.script(torch.nn.functional.relu6) is torch.nn.functional.relu6
    assert isinstance(torch.jit.script(torch.nn.functional.relu6), torch.jit.ScriptFunction)
    assert sys.meta_path == before
