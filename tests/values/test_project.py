"""Values are followed into the project's own files, and no further."""

from __future__ import annotations

from pathlib import Path

import pytest

from torchlint import lint, registry
from torchlint.finding import Finding
from torchlint.source import Source

NET = """
import torch.nn as nn
import torch.nn.functional as F

class Net(nn.Module):
    def forward(self, x):
        return F.softmax(x, dim=1)

def log_probabilities(x):
    return F.log_softmax(x, dim=1)
"""
TRAIN = """
import torch
import torch.nn.functional as F
{imports}

def train(x, y):
    value = torch.log({call})
    return F.cross_entropy(x, y), value
"""


def check(path: Path) -> list[Finding]:
    report = lint.check(Source.from_bytes(str(path), path.read_bytes()), {info.code for info in registry.rules()})
    assert not report.failures
    return [finding for finding in report.findings if finding.code == "TLT202"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    package = tmp_path / "pkg"
    (package / "models").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "models" / "__init__.py").write_text("from .net import Net\n")
    (package / "models" / "net.py").write_text(NET)
    (tmp_path / "net.py").write_text(NET)
    return tmp_path


@pytest.mark.parametrize(
    ("place", "imports", "call"),
    [
        ("train.py", "from net import Net", "Net()(x)"),
        ("train.py", "import net", "net.Net()(x)"),
        ("train.py", "import net as n", "n.Net().cuda()(x)"),
        ("train.py", "from pkg.models.net import Net as N", "N()(x)"),
        ("train.py", "import pkg.models.net", "pkg.models.net.Net()(x)"),
        ("train.py", "from pkg.models import Net", "Net()(x)"),
        ("pkg/train.py", "from .models import Net", "Net()(x)"),
        ("pkg/train.py", "from . import models", "models.Net()(x)"),
        ("pkg/train.py", "from pkg.models.net import Net", "Net()(x)"),
        ("pkg/models/train.py", "from ..models.net import Net", "Net()(x)"),
    ],
)
def test_a_model_of_another_file_is_seen_through(project: Path, place: str, imports: str, call: str) -> None:
    path = project / place
    path.write_text(TRAIN.format(imports=imports, call=call))
    assert [finding.location.row for finding in check(path)] == [7]


@pytest.mark.parametrize(
    ("imports", "call"),
    [
        ("from net import log_probabilities", "log_probabilities(x)"),
        ("from elsewhere import Net", "Net()(x)"),
        ("from .net import Missing", "Missing()(x)"),
        ("from net import *", "Net()(x)"),
        ("try:\n    from net import Net\nexcept ImportError:\n    Net = None", "Net()(x)"),
    ],
)
def test_what_is_not_known_stays_silent(project: Path, imports: str, call: str) -> None:
    path = project / "train.py"
    path.write_text(TRAIN.format(imports=imports, call=call))
    assert check(path) == []


def test_a_broken_or_circular_import_is_no_error(project: Path) -> None:
    (project / "net.py").write_text("from train import train\nclass Net(:\n")
    (project / "ring.py").write_text("from train import train\nfrom ring import Net\n")
    for name in ("net", "ring"):
        path = project / "train.py"
        path.write_text(TRAIN.format(imports=f"from {name} import Net", call="Net()(x)"))
        assert check(path) == []


DERIVED = """
import torch.nn as nn
import torch.nn.functional as F
from base import Base, Plain

class Net(Base):
    def forward(self, x):
        return self.act(x)

class Quiet(Plain):
    def forward(self, x):
        return self.act(x)

def train(x, y):
    value = {model}()(x).log()
    return F.cross_entropy(x, y), value
"""
BASE = """
import torch.nn as nn

class Base(nn.Module):
    def __init__(self):
        super().__init__()
        self.act = nn.Softmax(dim=1)

class Plain(nn.Module):
    def __init__(self, act):
        super().__init__()
        self.act = act
"""


@pytest.mark.parametrize(("model", "found"), [("Net", 1), ("Quiet", 0)])
def test_a_base_of_another_file_is_seen_through(tmp_path: Path, model: str, found: int) -> None:
    (tmp_path / "base.py").write_text(BASE)
    path = tmp_path / "train.py"
    path.write_text(DERIVED.format(model=model))
    assert len(check(path)) == found


@pytest.mark.parametrize("name", ["unsaved.py", "-"])
def test_text_that_is_on_no_disk_keeps_its_findings_beside_what_it_imports(
    project: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    text = TRAIN.format(imports="from net import Net", call="F.softmax(x, 1)")
    path = name if name == "-" else str(project / name)
    report = lint.check(Source.from_bytes(path, text.encode()), {"TLT202"})
    assert report.failures == []
    assert [finding.code for finding in report.findings] == ["TLT202"]


HEAD = """
import torch.nn as nn

class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.act = nn.Softmax(dim=1)

    def forward(self, x):
        return self.act(x)
"""
REPLACING = """
import torch
import torch.nn as nn
from head import Head

class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = Head()
        self.head.{replaced} = nn.Identity()

    def forward(self, x, y):
        return torch.log(self.head(x)), nn.CrossEntropyLoss()(x, y)
"""


@pytest.mark.parametrize(("replaced", "found"), [("name", 1), ("act", 0)])
def test_a_layer_of_another_file_s_class_that_is_replaced_here_is_not_known(
    tmp_path: Path, replaced: str, found: int
) -> None:
    (tmp_path / "head.py").write_text(HEAD)
    path = tmp_path / "train.py"
    path.write_text(REPLACING.format(replaced=replaced))
    assert len(check(path)) == found


CRITERION = """
import torch.nn as nn

def build_criterion(name):
    if name == "ce":
        return nn.CrossEntropyLoss()
    raise ValueError(name)
"""
LOOP = """
import torch
from criteria import build_criterion
from net import Net

def train(loader):
    model = Net()
    criterion = build_criterion("ce")
    for x, y in loader:
        {loss}.backward()
"""


@pytest.mark.parametrize(("loss", "rows"), [("criterion(model(x), y)", [10]), ("criterion(x, y)", [])])
def test_a_criterion_of_another_file_is_known(project: Path, loss: str, rows: list[int]) -> None:
    (project / "criteria.py").write_text(CRITERION)
    path = project / "train.py"
    path.write_text(LOOP.format(loss=loss))
    report = lint.check(Source.from_bytes(str(path), path.read_bytes()), {info.code for info in registry.rules()})
    assert [finding.location.row for finding in report.findings if finding.code == "TLT101"] == rows
