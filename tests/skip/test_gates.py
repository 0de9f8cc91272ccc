"""What leaves files, rules and functions alone never changes a finding: seen on timm and on torch's own modules."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

import pytest

from torchlint import lint, registry
from torchlint.skip import Gate
from torchlint.source import Source
from torchlint.syntax.import_index import of_process
from torchlint.syntax.module import Module

CODES = {info.code for info in registry.rules()}


def folder_of(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    assert spec is not None, f"{package} is not installed: the README's test command installs it"
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0])


def files(*folders: Path) -> list[Path]:
    return sorted(path for folder in folders for path in folder.rglob("*.py"))


FIXTURES = files(Path(__file__).parents[2] / "fixtures")

# A finding of a rule that is left alone in the test below.
OTHER = "\n\ndef other(x):\n    return F.softmax(x)\n"

MODULE = "class M(torch.nn.Module):\n    def __init__(self, width):\n        super().__init__()\n"

# Without gates every function is evaluated for every rule, so a third of timm has to do.
TIMM = files(folder_of("timm"))[::3]
TORCH = files(folder_of("torch") / "nn" / "utils", folder_of("torch") / "optim")


@pytest.mark.parametrize("part", range(6))
@pytest.mark.parametrize("tree", [TIMM, TORCH], ids=["timm", "torch"])
def test_findings_are_the_same_with_and_without_gates(tree: list[Path], part: int) -> None:
    for path in tree[part::6]:
        source = Source.from_bytes(str(path), path.read_bytes())
        gated = lint.check(source, CODES, fixes=False, indexes=of_process)
        ungated = lint.check(source, CODES, fixes=False, gates=False, indexes=of_process)
        assert gated.findings == ungated.findings, path
        assert not gated.failures
        assert not ungated.failures


def test_shapes_of_fixtures_are_refused_with_and_without_gates() -> None:
    refused = 0
    for path in FIXTURES:
        source = Source.from_bytes(str(path), path.read_bytes())
        gated = lint.check(source, {"TLT320"}, fixes=False).findings
        assert gated == lint.check(source, {"TLT320"}, fixes=False, gates=False).findings, path
        refused += len(gated)
    assert refused > 20


@pytest.mark.parametrize(
    ("made", "done", "is_refused"),
    [
        ("nn.Linear(3, 16), nn.Linear(8, 2)", "self.two(self.one(x))", True),
        ("nn.Linear(width, 4 * width), nn.Linear(width * 2, width)", "self.two(self.one(x))", True),
        ("nn.Linear(width, width), nn.Linear(width, width)", "torch.zeros(3, 5) @ torch.zeros(3, 5)", True),
        ("nn.Linear(width, width), nn.Linear(width, width)", "self.two(self.one(x))", False),
    ],
)
def test_shapes_are_looked_at_where_sizes_are_numbers(made: str, done: str, is_refused: bool) -> None:
    program = f"import torch\nfrom torch import nn\n\n\n{MODULE}        self.one, self.two = {made}\n"
    source = Source("program.py", f"{program}\n    def forward(self, x):\n        return {done}\n")
    found = lint.check(source, {"TLT320"}, fixes=False).findings
    assert bool(found) == is_refused
    assert found == lint.check(source, {"TLT320"}, fixes=False, gates=False).findings


def test_there_is_something_to_compare() -> None:
    sources = [Source.from_bytes(str(path), path.read_bytes()) for path in TIMM]
    reports = [lint.check(source, CODES, fixes=False, indexes=of_process) for source in sources]
    found = {finding.code for report in reports for finding in report.findings}
    assert len(found) >= 3


@pytest.mark.parametrize(
    "program",
    [
        "from torch.nn import Softmax as SM\nact = SM()\nact(torch.ones(3))\n",
        "from torch.nn import Softmax as soft\nact = soft()\nact(torch.ones(3))\n",
        "from torch.nn import CrossEntropyLoss as ce\ndef f(x: torch.Tensor, y: torch.Tensor):\n    return ce(x, y)\n",
        "def f(m):\n    return torch.zeros(3, dtype=torch.float16).masked_fill(m, -1_000_000.0)\n",
        "from torch.jit import script as compiled\n@compiled\ndef f(x):\n    return x\n",
        "again = torch.expand_dims\ndef f(x):\n    return again(x, 0)\n",
        "from torch import tensor as t\ndef f():\n    return t(torch.ones(3))\n",
        "make = torch.tensor\ncopy = make\ndef f():\n    return copy(torch.ones(3))\n",
        "def f():\n    return torch.randn(3, 1) - torch.sum(torch.randn(3, 1) * torch.randn(3))\n",
        "from torch import sum\ndef f():\n    return sum(torch.randn(3, 1) * torch.randn(3))\n",
        "total = torch.sum\ndef f():\n    return total(torch.randn(3, 1) * torch.randn(3))\n",
        "def f():\n    return (torch.randn(3, 1) * torch.randn(3)).norm(2)\n",
        "th = torch\ndef f():\n    return th.sum(torch.randn(3, 1) * torch.randn(3))\n",
        "from torch import max\ndef f(x):\n    return max(torch.softmax(x, 1), 1).indices\n",
        "import math\nlog = torch.log\ndef f(x):\n    return math.log(2) * log(1 + torch.exp(x))\n",
        "import math\ndef f(x):\n    return math.log(2) * getattr(torch, 'log')(1 + torch.exp(x))\n",
        "def f(k):\n    math = torch\n    return math.log(math.softmax(torch.ones(3, k), 1))\nimport math\n",
        "def f(k):\n    a, b = torch.ones(3), torch.zeros(3)\n    c = a if k else b\n    return not c\n",
        "def f(x: torch.Tensor):\n    x = x[0]\n    return x.bool() or x.any(dim=0)[x > 1 and x > 2]\n",
        "def f(k):\n    top = 1 - 1e-9\n    return torch.sigmoid(torch.ones(k)).clamp(0, top)\n",
        "def f(x: torch.Tensor):\n    rows = []\n    for row in x:\n        rows += [torch.exp(row) * 2]\n"
        "    return torch.stack(rows)\n",
        "def f(x: torch.Tensor, t: torch.Tensor):\n    total = 0\n    for i in range(len(x)):\n"
        "        loss = torch.nn.functional.cross_entropy(x[i], t[i])\n        total += loss\n    return total\n",
        f"{MODULE}        made = torch.nn.Linear(2, 2)\n"
        "        held = []\n        held += [made, torch.nn.Linear(2, 2)]\n        self.layers = held\n",
        f"{MODULE}        self.layers = [*()] + list()\n"
        "        self.layers.extend(torch.nn.Linear(2, 2) for _ in range(3))\n",
        f"{MODULE}        self.width = width\n    def forward(self, x):\n        return x * width\n",
        "from torch.nn import functional as F\ndef make():\n    return F.softmax\n"
        "def f():\n    act = make()\n    return act(torch.ones(3, 1), 1)\n",
        "class M(torch.nn.Module):\n    def __init__(self):\n        self.act = torch.nn.functional.softmax\n"
        "    def forward(self):\n        return self.act(torch.ones(3, 1), dim=1)\n",
        f"{MODULE}        self.act = getattr(torch.nn, 'Softmax')(1)\n"
        "    def forward(self):\n        return self.act(torch.ones(3, 1))\n",
        f"{MODULE}        acts = {{'soft': torch.nn.Softmax}}\n        self.act = acts['soft'](1)\n"
        "    def forward(self):\n        return self.act(torch.ones(3, 1))\n",
        "def g(act):\n    return act(torch.ones(3, 1))\ndef f():\n    return g(torch.nn.Softmax(1))\n",
        "def g(act):\n    return act(torch.ones(3, 1), 1)\ndef f():\n    return g(torch.softmax)\n",
        "def g(act, x):\n    return (act\n        # a comment\n        (torch.softmax(x, 1)))\n"
        "def f(x: torch.Tensor):\n    return g(torch.log, x)\n",
    ],
)
def test_what_a_file_calls_otherwise_is_still_seen(program: str) -> None:
    source = Source("program.py", f"import torch\n{program}")
    gated = lint.check(source, CODES, fixes=False)
    assert gated.findings
    assert gated.findings == lint.check(source, CODES, fixes=False, gates=False).findings


@pytest.mark.parametrize(
    "other",
    [
        "# Softmax, as in the paper\nclass Act(torch.nn.Module):\n    pass\n",
        "def act(x):\n    return torch.softmax(x, 1)\n",
        "class Act(torch.nn.Module):\n    def forward(self, x):\n        return x.softmax(dim=1)\n",
    ],
)
def test_a_function_is_not_evaluated_for_what_another_one_computes(other: str) -> None:
    program = f"{other}class Net(torch.nn.Module):\n    def __init__(self):\n        self.act = Act()\n"
    source = Source(
        "program.py", f"import torch\n{program}    def forward(self, x, f):\n        return self.act(act(f(x)))\n"
    )
    module = Module(source, ast.parse(source.text))
    gate = Gate(module, {"TLT117"}, {})
    (region,) = [each for each in module.regions if each.node is not None and each.node.name == "Net"]
    assert region.functions
    assert not any(gate.on_function(region, function) for function in region.functions)


@pytest.mark.parametrize(
    "program",
    [
        "def f(x: torch.Tensor):\n    return torch.stack([act(row) for row in x])\n",
        "def f(x: torch.Tensor):\n    total = 0\n    for row in x:\n        total += act(row)\n    return total\n",
    ],
)
def test_rows_that_a_function_of_the_file_is_given_are_left_alone(program: str) -> None:
    source = Source("program.py", f"import torch\ndef act(row):\n    return torch.exp(row)\n{program}")
    for gates in (True, False):
        report = lint.check(source, CODES, fixes=False, gates=gates)
        assert not report.failures
        assert not report.findings
