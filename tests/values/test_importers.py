"""What a function is given is looked up in the files of the project that import it."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

import pytest

from torchlint import lint
from torchlint.finding import Finding
from torchlint.source import Source

TRAIN = """import torch
def fit(model, criterion, x, y, mode="train"):
    if mode == "eval":
        return None
    loss = criterion(model(x), y)
    loss.backward()
    return loss
"""
NET = """
import torch.nn as nn
import torch.nn.functional as F

class Net(nn.Module):
    def forward(self, x):
        return F.softmax(x, dim=1)
"""
MAIN = """
import torch.nn as nn
{imports}

def main(x, y):
    net = Net()
    {call}
"""
IN_SCOPE = "{}(net, nn.CrossEntropyLoss(), x, y)"


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))


def found(path: Path, code: str = "TLT101") -> list[Finding]:
    source = Source.from_bytes(str(path), path.read_bytes())
    report, opened = (lint.check(source, {code}, gates=gates) for gates in (True, False))
    assert not report.failures
    assert report.findings == opened.findings
    return report.findings


@pytest.mark.parametrize(
    ("engine", "main", "imports", "called"),
    [
        ("engine.py", "main.py", "from engine import fit\nfrom net import Net", "fit"),
        ("engine.py", "main.py", "from engine import fit as train\nfrom net import Net", "train"),
        ("engine.py", "main.py", "from engine import *\nfrom net import Net", "fit"),
        ("engine.py", "main.py", "import engine\nfrom net import Net", "engine.fit"),
        ("engine.py", "main.py", "import engine as e\nfrom net import Net", "e.fit"),
        ("pkg/engine.py", "main.py", "from pkg.engine import fit\nfrom net import Net", "fit"),
        ("pkg/engine.py", "main.py", "import pkg.engine\nfrom net import Net", "pkg.engine.fit"),
        ("pkg/engine.py", "main.py", "from pkg import engine\nfrom net import Net", "engine.fit"),
        ("pkg/engine.py", "main.py", "from pkg import fit\nfrom net import Net", "fit"),
        ("pkg/engine.py", "main.py", "import pkg\nfrom net import Net", "pkg.fit"),
        ("pkg/engine.py", "pkg/main.py", "from .engine import fit\nfrom .net import Net", "fit"),
        ("pkg/engine.py", "pkg/main.py", "from . import engine\nfrom .net import Net", "engine.fit"),
        ("pkg/sub/engine.py", "pkg/main.py", "from .sub import engine as e\nfrom .net import Net", "e.fit"),
        ("pkg/engine.py", "tools/main.py", "from pkg.engine import fit\nfrom pkg.net import Net", "fit"),
        ("src/pkg/engine.py", "tools/main.py", "from pkg.engine import fit\nfrom pkg.net import Net", "fit"),
        ("engine.py", "deep/down/main.py", "from engine import fit\nfrom net import Net", "fit"),
    ],
)
def test_what_another_file_passes_is_seen(tmp_path: Path, engine: str, main: str, imports: str, called: str) -> None:
    write(
        tmp_path,
        {
            "setup.py": "",
            "pkg/__init__.py": "from .engine import fit\n",
            "src/pkg/__init__.py": "",
            "net.py": NET,
            "pkg/net.py": NET,
            "src/pkg/net.py": NET,
            engine: TRAIN,
            main: MAIN.format(imports=imports, call=IN_SCOPE.format(called)),
        },
    )
    if engine.startswith("src"):
        for path in (tmp_path / "pkg").iterdir():
            path.unlink()
        (tmp_path / "pkg").rmdir()
    assert [finding.location.row for finding in found(tmp_path / engine)] == [5]


@pytest.mark.parametrize(
    ("imports", "call"),
    [
        ("from engine import fit\nfrom net import Net", "fit(net, nn.NLLLoss(), x, y)"),
        ("from engine import fit\nfrom net import Net", "fit(*net)"),
        ("from engine import fit\nfrom net import Net", "fit(net, nn.CrossEntropyLoss(), x, y); hand(fit)"),
        (
            "from engine import fit\nfrom net import Net",
            "fit(net, nn.CrossEntropyLoss(), x, y); fit(net, other(), x, y)",
        ),
        (
            "from engine import fit\nfrom net import Net",
            "fit(net, nn.CrossEntropyLoss(), x, y); fit(y, nn.NLLLoss(), x, y)",
        ),
        ("from elsewhere import fit\nfrom net import Net", IN_SCOPE.format("fit")),
        ("from other import fit\nfrom net import Net", IN_SCOPE.format("fit")),
        ("import other as engine\nfrom net import Net", IN_SCOPE.format("engine.fit")),
    ],
)
def test_what_not_all_files_agree_on_is_not_known(tmp_path: Path, imports: str, call: str) -> None:
    main = MAIN.format(imports=imports, call=call)
    write(tmp_path, {"setup.py": "", "net.py": NET, "engine.py": TRAIN, "other.py": TRAIN, "main.py": main})
    assert found(tmp_path / "engine.py") == []


def test_a_caller_that_says_otherwise_keeps_a_finding_from_being_certain(tmp_path: Path) -> None:
    imports = "from engine import fit\nfrom net import Net"
    write(
        tmp_path,
        {
            "setup.py": "",
            "net.py": NET,
            "engine.py": TRAIN,
            "main.py": MAIN.format(imports=imports, call=IN_SCOPE.format("fit")),
            "again.py": MAIN.format(imports=imports, call="fit(nn.Linear(2, 2), nn.CrossEntropyLoss(), x, y)"),
        },
    )
    assert found(tmp_path / "engine.py") == []


def test_tests_are_no_callers_to_learn_from(tmp_path: Path) -> None:
    imports = "from engine import fit\nfrom net import Net"
    write(
        tmp_path,
        {
            "setup.py": "",
            "net.py": NET,
            "engine.py": TRAIN,
            "main.py": MAIN.format(imports=imports, call=IN_SCOPE.format("fit")),
            "tests/test_engine.py": MAIN.format(imports=imports, call="fit(nn.Linear(2, 2), nn.MSELoss(), x, y)"),
        },
    )
    assert len(found(tmp_path / "engine.py")) == 1


def test_a_literal_of_another_file_decides_no_test(tmp_path: Path) -> None:
    call = "fit(net, nn.CrossEntropyLoss(), x, y, 'eval')"
    main = MAIN.format(imports="from engine import fit\nfrom net import Net", call=call)
    write(tmp_path, {"setup.py": "", "net.py": NET, "engine.py": TRAIN, "main.py": main})
    assert len(found(tmp_path / "engine.py")) == 1


def test_what_a_class_is_made_with_elsewhere_is_seen_in_its_methods(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "setup.py": "",
            "net.py": NET,
            "trainer.py": """
                import torch

                class Trainer:
                    def __init__(self, model, criterion):
                        self.model = model
                        self.criterion = criterion

                    def step(self, x, y):
                        loss = self.criterion(self.model(x), y)
                        loss.backward()
            """,
            "main.py": MAIN.format(
                imports="from trainer import Trainer\nfrom net import Net",
                call="trainer = Trainer(net, criterion=nn.CrossEntropyLoss())",
            ),
        },
    )
    assert [finding.location.row for finding in found(tmp_path / "trainer.py")] == [10]


def test_the_output_of_a_model_reaches_a_loss_of_another_file(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "setup.py": "",
            "models.py": NET
            + """
def loss_fn(outputs, labels):
    return F.cross_entropy(outputs, labels)
""",
            "main.py": """
                import models

                def main(x, y):
                    net = models.Net()
                    outputs = net(x)
                    return models.loss_fn(outputs, y)
            """,
        },
    )
    assert [finding.location.row for finding in found(tmp_path / "models.py")] == [10]


def test_a_model_that_a_script_builds_is_seen_from_the_script(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "setup.py": "",
            "src/pkg/__init__.py": "",
            "src/pkg/models.py": NET,
            "scripts/main.py": """
                import torch.nn as nn
                from pkg.models import Net

                def main(x, y):
                    return nn.CrossEntropyLoss()(Net()(x), y)
            """,
        },
    )
    assert len(found(tmp_path / "scripts" / "main.py")) == 1


def test_files_that_import_each_other_are_no_error(tmp_path: Path) -> None:
    main = MAIN.format(imports="from engine import fit\nfrom net import Net", call=IN_SCOPE.format("fit"))
    write(
        tmp_path,
        {
            "setup.py": "",
            "net.py": f"import main\n{NET}",
            "engine.py": f"from main import main\n{TRAIN}",
            "main.py": main,
        },
    )
    assert len(found(tmp_path / "engine.py")) == 1


def test_text_that_is_not_saved_has_the_callers_of_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    main = MAIN.format(imports="from engine import fit\nfrom net import Net", call=IN_SCOPE.format("fit"))
    write(tmp_path, {"setup.py": "", "net.py": NET, "main.py": main, "engine.py": "def fit(*args): ..."})
    monkeypatch.chdir(tmp_path)
    report = lint.check(Source.from_bytes("engine.py", TRAIN.encode()), {"TLT101"})
    assert [finding.code for finding in report.findings] == ["TLT101"]


def notebook(*cells: str) -> str:
    written = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": cell.splitlines(True)}
        for cell in cells
    ]
    return json.dumps({"cells": written, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)


def test_what_a_notebook_passes_is_seen(tmp_path: Path) -> None:
    cells = (
        "%matplotlib inline\nimport torch.nn as nn\nfrom engine import (\n    fit,\n)",
        "from net import Net\nnet = Net()",
        "fit(net, nn.CrossEntropyLoss(), x, y)",
    )
    write(tmp_path, {"setup.py": "", "engine.py": TRAIN, "net.py": NET})
    (tmp_path / "try.ipynb").write_text(notebook(*cells))
    assert [finding.location.row for finding in found(tmp_path / "engine.py")] == [5]


def test_a_notebook_that_passes_something_else_leaves_a_parameter_unknown(tmp_path: Path) -> None:
    write(tmp_path, {"setup.py": "", "engine.py": TRAIN, "net.py": NET})
    write(
        tmp_path,
        {"main.py": MAIN.format(imports="from engine import fit\nfrom net import Net", call=IN_SCOPE.format("fit"))},
    )
    (tmp_path / "try.ipynb").write_text(notebook("from engine import fit", "fit(model, other_loss, x, y)"))
    assert found(tmp_path / "engine.py") == []


def test_a_notebook_that_is_none_is_no_caller(tmp_path: Path) -> None:
    write(tmp_path, {"setup.py": "", "engine.py": TRAIN, "net.py": NET})
    (tmp_path / "broken.ipynb").write_text('"from engine import fit",')
    assert found(tmp_path / "engine.py") == []
