"""The mistakes that the project set out to find, each in several spellings, and the right forms beside them."""

from __future__ import annotations

import textwrap

import pytest

from torchlint import lint, registry
from torchlint.source import Source

HEADER = """
import random
import torch
import torch as th
import torch.nn as nn
import torch.nn.functional as F
from torch.nn import CrossEntropyLoss as CE, Softmax
from torch.utils.data import DataLoader, Dataset, IterableDataset
import torch.utils.data as data
"""


def codes(program: str) -> set[str]:
    """The rules that report something; those that are off by default are run too."""
    report = lint.check(Source("program.py", HEADER + textwrap.dedent(program)), {r.code for r in registry.rules()})
    assert not report.error
    assert not report.failures
    return {finding.code for finding in report.findings}


NET = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.act = {layer}

    def forward(self, x):
        x = self.fc(x)
        return {returned}
"""


def net(returned: str, layer: str = "nn.Identity()") -> str:
    return NET.format(returned=returned, layer=layer)


FOUND = {
    "S1": (
        "TLT102",
        [
            net("F.log_softmax(x, dim=1)") + "def step(x, y):\n    return F.cross_entropy(Net()(x), y)\n",
            net("self.act(x)", "nn.LogSoftmax(dim=1)")
            + "class Trainer:\n    def __init__(self):\n        self.net = Net()\n        self.loss = nn.CrossEntropyLoss()\n"
            "    def step(self, x, y):\n        out = self.net(x)\n        return self.loss(out, y)\n",
            "def step(x, y):\n    logp = x.log_softmax(1)\n    return CE()(logp, y)\n",
            "def step(x, y):\n    return F.cross_entropy(torch.log_softmax(x, 1), y, label_smoothing=0.1)\n",
            net("F.log_softmax(input=x, dim=-1)")
            + "def train(model, loader, criterion):\n    for x, y in loader:\n        criterion(model(x), y).backward()\ndef main(loader):\n    criterion = nn.CrossEntropyLoss().to('cuda')\n    model = Net().to('cuda')\n    train(model, loader, criterion)\n",
            "class Head(nn.Sequential):\n    def __init__(self):\n        super().__init__(nn.Linear(4, 3), nn.LogSoftmax(dim=1))\ndef step(x, y):\n    return nn.functional.cross_entropy(input=Head()(x), target=y)\n",
            net("self.act(x)", "nn.LogSoftmax(-1)")
            + "@torch.compile\ndef step(model, x, y):\n    return CE(reduction='none')(model(x), y).mean()\ndef main(x, y):\n    return step(Net(), x, y)\n",
        ],
    ),
    "S3": (
        "TLT101",
        [
            "def step(x, y):\n    return F.cross_entropy(F.softmax(x, dim=1), y)\n",
            "criterion = nn.CrossEntropyLoss()\ndef step(x, y):\n    p = x.softmax(-1)\n    return criterion(p, y)\n",
            net("self.act(x)", "Softmax(dim=1)")
            + "def step(x, y):\n    net = Net().cuda()\n    return CE()(net(x), y)\n",
            net("(torch.sigmoid(x), F.softmax(x, 1))")
            + "def step(x, y):\n    validity, label = Net()(x)\n    return F.cross_entropy(label, y)\n",
            "model = nn.Sequential(nn.Linear(4, 3), nn.Softmax(dim=1))\nloss = CE()\n"
            "def step(x, y):\n    return loss(model(x), y)\n",
            "def step(x, y):\n    return F.cross_entropy(target=y, input=th.softmax(x, dim=1).clone())\n",
            net("{'probs': F.softmax(x, -1), 'x': x}")
            + "def step(x, y):\n    out = Net()(x)\n    return F.cross_entropy(out['probs'], y)\n",
            "def step(head, x, y):\n    p = nn.Softmax(1)(head(x))\n    p = p.squeeze(1)\n    loss = CE(label_smoothing=0.1)\n    return loss(p, y)\n",
            "def step(x, y):\n    if x.dim() > 2:\n        p = F.softmax(x.flatten(1), 1)\n    else:\n        p = x.softmax(1)\n    return F.cross_entropy(p, y)\n",
        ],
    ),
    "S4 probabilities": (
        "TLT104",
        [
            "def step(x, y):\n    return F.nll_loss(F.softmax(x, 1), y)\n",
            "def step(x, y):\n    p = x.softmax(1)\n    return nn.NLLLoss()(p, y)\n",
            net("self.act(x)", "nn.Softmax(1)") + "def step(x, y):\n    return F.nll_loss(Net()(x), y)\n",
            "def step(x, y):\n    loss_fn = F.nll_loss\n    return loss_fn(th.softmax(x, -1), y)\n",
            "class L(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.sm = Softmax(dim=1)\n        self.nll = nn.NLLLoss()\n    def forward(self, x, y):\n        return self.nll(self.sm(x), y)\n",
            "def step(x, y):\n    return nn.NLLLoss(reduction='sum')(input=F.softmax(x, 1), target=y)\n",
        ],
    ),
    "S4 logits": (
        "TLT103",
        [
            net("x") + "def step(x, y):\n    return F.nll_loss(Net()(x), y)\n",
            "def step(x, w, y):\n    logits = F.linear(x, w)\n    return F.nll_loss(logits, y)\n",
            "head = nn.Linear(4, 3)\ncriterion = nn.NLLLoss()\ndef step(x, y):\n    return criterion(head(x), y)\n",
            net("self.act(x)", "nn.Linear(3, 3, bias=False)")
            + "def step(x, y):\n    m = nn.DataParallel(Net())\n    return F.nll_loss(m(x), y)\n",
            "def step(x, y):\n    conv = nn.Conv2d(3, 5, 1)\n    return nn.NLLLoss(ignore_index=255)(conv(x), y)\n",
        ],
    ),
    "S5": (
        "TLT105",
        [
            "def step(x, y):\n    return F.nll_loss(F.log_softmax(x, 1), y)\n",
            "def step(x, y):\n    logp = x.log_softmax(dim=1)\n    return F.nll_loss(logp, y, reduction='sum')\n",
            "def step(x, y):\n    return nn.NLLLoss()(nn.LogSoftmax(1)(x), y)\n",
        ],
    ),
    "S6": (
        "TLT108",
        [
            "def predict(logits, T):\n    return F.softmax(logits / T, -1).argmax(-1)\n",
            "def predict(x):\n    p = torch.softmax(x, dim=1)\n    return torch.argmax(p, dim=1)\n",
            "def predict(x):\n    _, label = nn.Softmax(dim=1)(x).max(1)\n    return label\n",
            "def predict(x):\n    return F.softmax(x, dim=1).topk(1, dim=1).indices\n",
            "def predict(model, x):\n    return torch.softmax(model(x), dim=-1).max(dim=-1).indices\n",
            "def predict(model, x):\n    p = nn.LogSoftmax(dim=1)(model(x))\n    return p.data.max(1, keepdim=True)[1]\n",
            "def predict(model, x):\n    p = F.softmax(model(x), dim=1)\n    _, idx = torch.topk(p, 5, dim=1)\n    return idx\n",
        ],
    ),
    "S7": (
        "TLT201",
        [
            "def softmax(x):\n    return torch.exp(x) / torch.sum(torch.exp(x))\n",
            "def softmax(x):\n    e = torch.exp(x)\n    return e / torch.sum(e)\n",
            "def softmax(x):\n    return x.exp() / x.exp().sum(dim=1, keepdim=True)\n",
            "def softmax(x):\n    num = th.exp(x)\n    den = num.sum(-1, keepdim=True)\n    return num / den\n",
            "def softmax(x):\n    return torch.div(torch.exp(x), torch.exp(x).sum(dim=1, keepdim=True))\n",
            "def softmax(x):\n    e = x.exp()\n    return e / e.sum(1)[:, None]\n",
            "def softmax(x):\n    e = torch.exp(x)\n    e /= e.sum(1, keepdim=True)\n    return e\n",
            "def softmax(x):\n    e = torch.exp(x)\n    return e / torch.sum(e, dim=1).unsqueeze(1)\n",
        ],
    ),
    "S8 log": (
        "TLT202",
        [
            "def f(x):\n    return torch.log(F.softmax(x, 1))\n",
            "def f(x):\n    p = x.softmax(1)\n    return p.log()\n",
            "act = nn.Softmax(dim=1)\ndef f(x):\n    return torch.log(act(x))\n",
            "def f(x):\n    return F.softmax(x, dim=-1).log().mean()\n",
            net("self.act(x)", "nn.Softmax(1)") + "def f(x):\n    return torch.log(Net()(x))\n",
            "def f(x):\n    p = torch.softmax(x, 0)\n    return torch.log(input=p)\n",
        ],
    ),
    "S8 loss": (
        "TLT110",
        [
            "def loss(logits, labels):\n    return -torch.sum(labels * torch.log(torch.softmax(logits, -1)), -1).mean()\n",
            "def loss(x, t):\n    logp = F.log_softmax(x, dim=1)\n    return -(t * logp).sum(dim=1).mean()\n",
            "def loss(x, y):\n    logp = x.log_softmax(1)\n    return -logp[torch.arange(len(y)), y].mean()\n",
            "def loss(logits, labels):\n    return -(labels * F.softmax(logits, dim=1).log()).sum(1).mean()\n",
            "def loss(x, t):\n    return torch.mean(torch.sum(-t * F.log_softmax(x, -1), -1))\n",
            "def loss(x, y):\n    logp = F.log_softmax(x, 1)\n    return -torch.gather(logp, 1, y.view(-1, 1)).mean()\n",
            "def loss(x, y):\n    logp = F.log_softmax(x, 1)\n    return -logp[range(x.size(0)), y].mean()\n",
            "def loss(x, t):\n    return torch.sum(t * F.log_softmax(x, 1), dim=1).mean().neg()\n",
        ],
    ),
    "S9": (
        "TLT209",
        [
            "def f(x: torch.Tensor, y: torch.Tensor):\n    return x * y / y\n",
            "def f():\n    y = torch.rand(3)\n    x = torch.ones(3)\n    return (x * y) / y\n",
            "def f(x: torch.Tensor, y: torch.Tensor):\n    return torch.div(torch.mul(x, y), y)\n",
            "def f(x: torch.Tensor, y: torch.Tensor):\n    return x / y * y\n",
            "def f(x: torch.Tensor, y: torch.Tensor):\n    z = x * y\n    return z / y\n",
            "def f(x: torch.Tensor, y: torch.Tensor):\n    return y * x / y\n",
        ],
    ),
    "S11": (
        "TLT302",
        [
            "a = torch.tensor([[1.], [2.]])\nb = torch.tensor([1., 2.])\nc = torch.sum(a + b)\n",
            "def f():\n    a, b = torch.zeros(5, 1), torch.ones(5)\n    return (a - b).mean()\n",
            "def f(n):\n    return F.mse_loss(torch.zeros(8, 1), torch.zeros(8))\n",
            "def f():\n    a = torch.rand(7, 1)\n    b = torch.rand(7)\n    return torch.mean(torch.abs(a - b))\n",
            "def f():\n    pred = nn.Linear(3, 1)(torch.rand(8, 3))\n    return nn.MSELoss()(pred, torch.rand(8))\n",
            "def f():\n    pred = nn.Linear(3, 1)(torch.rand(8, 3))\n    y = torch.arange(8.)\n    return ((pred - y) ** 2).sum()\n",
        ],
    ),
    "S12 of indices": (
        "TLT309",
        [
            "def f(mask):\n    return torch.nonzero(mask).squeeze()\n",
            "def f(mask):\n    idx = mask.nonzero()\n    return idx.squeeze()\n",
            "def f(mask):\n    return torch.squeeze(torch.nonzero(mask))\n",
            "def f(mask):\n    return (mask == 1).nonzero().squeeze()\n",
            "def f(mask):\n    return torch.squeeze(input=torch.nonzero(mask))\n",
            "def f(mask):\n    return torch.argwhere(mask).squeeze()\n",
        ],
    ),
    "S12": (
        "TLT304",
        [
            "def f(x, y):\n    return F.binary_cross_entropy_with_logits(x.squeeze(), y)\n",
            "def f(x, y):\n    p = torch.squeeze(x)\n    return nn.BCEWithLogitsLoss()(p, y.float())\n",
            "def f(x, y):\n    return F.cross_entropy(x, y.squeeze())\n",
            "def f(x):\n    rows = F.relu(x).squeeze()\n    return rows.softmax(dim=1)\n",
            "class Net(nn.Module):\n    def forward(self, x):\n        return torch.exp(x).squeeze().unsqueeze(1)\n",
        ],
    ),
    "S13": (
        "TLT401",
        [
            "x = torch.rand(500, 10)\nz = torch.zeros(10)\nfor i in range(500):\n    z += x[i]\n",
            "def f():\n    x = torch.rand(500, 10)\n    z = torch.zeros(10)\n    for i in range(x.size(0)):\n        z = z + x[i]\n    return z\n",
            "def f(x: torch.Tensor):\n    total = 0\n    for i in range(len(x)):\n        total += x[i]\n    return total\n",
            "def f(x: torch.Tensor):\n    z = torch.zeros_like(x[0])\n    for i in range(0, len(x)):\n        z += x[i]\n    return z\n",
            "def f():\n    x = torch.randn(100, 5)\n    z = 0.\n    for i in range(x.shape[0]):\n        z = x[i] + z\n    return z\n",
            "def f():\n    x = torch.randn(100, 5)\n    z = torch.zeros(5)\n    for i in range(100):\n        z.add_(x[i])\n    return z\n",
            "def f():\n    x = torch.randn(100, 5)\n    z = torch.zeros(5)\n    for i in range(100):\n        z = torch.add(z, x[i, :])\n    return z\n",
        ],
    ),
    "S14": (
        "TLT401",
        [
            "x = torch.rand(500, 10)\nz = torch.zeros(10)\nfor row in torch.unbind(x):\n    z += row\n",
            "def f(x: torch.Tensor):\n    z = 0\n    for row in x.unbind(0):\n        z = z + row\n    return z\n",
            "def f(x: torch.Tensor):\n    z = 0\n    for row in x:\n        z += row\n    return z\n",
            "def f(x: torch.Tensor):\n    z = 0\n    for i, row in enumerate(x):\n        z += row\n    return z\n",
            "def f(x: torch.Tensor):\n    z = 0\n    for row in torch.unbind(x, dim=1):\n        z = z + row\n    return z\n",
        ],
    ),
    "S15": (
        "TLT404",
        [
            "def gather(t: torch.Tensor, idx: torch.Tensor):\n    out = []\n    for i in range(t.size(0)):\n        out += [t[i][idx[i]]]\n    return torch.stack(out)\n",
            "def gather(t: torch.Tensor, idx: torch.Tensor):\n    out = []\n    for i in range(len(t)):\n        out.append(t[i, idx[i]])\n    return torch.stack(out)\n",
            "@torch.jit.script\ndef gather(t: torch.Tensor, idx: torch.Tensor):\n    out = []\n    for i in range(t.shape[0]):\n        out += [t[i][idx[i]]]\n    return torch.stack(out, dim=0)\n",
            "def gather(t: torch.Tensor, idx: torch.Tensor):\n    out = [t[i][idx[i]] for i in range(len(t))]\n    return torch.stack(out)\n",
            "def gather(t: torch.Tensor, idx: torch.Tensor):\n    return torch.stack([t[i, idx[i]] for i in range(t.size(0))], dim=0)\n",
        ],
    ),
    "S14 body that is no sum": (
        "TLT402",
        [
            "def f(x: torch.Tensor, h):\n    for i in range(x.size(0)):\n        h = g(x[i], h)\n    return h\n",
            "def f(h):\n    x = torch.rand(500, 10)\n    for i in range(len(x)):\n        h = g(h, x[i] * i)\n    return h\n",
            "def f(h):\n    x = torch.rand(5, 10)\n    for t in range(x.shape[1]):\n        h = g(h, x[:, t])\n    return h\n",
        ],
    ),
    "S15 offsets": (
        "TLT410",
        [
            "def gather(t: torch.Tensor, idx):\n    n, m = t.shape[:2]\n    offset = (torch.arange(n).cuda() * m)[:, None]\n    return t.reshape(n * m, -1)[idx + offset]\n",
            "def gather(t: torch.Tensor, idx):\n    rows = torch.arange(t.size(0)).to(t.device)\n    return t[rows, idx]\n",
            "def gather(t: torch.Tensor, idx):\n    rows = th.arange(len(t)).view(-1, 1)\n    rows = rows.to('cuda')\n    return t[rows, idx]\n",
        ],
    ),
    "S17": (
        "TLT307",
        [
            "def f():\n    x = torch.rand(3)\n    return x[(x > 0.2) and (x < 0.8)]\n",
            "def f(x: torch.Tensor):\n    m = torch.ones(3, dtype=torch.bool)\n    return not m\n",
            "def f():\n    x = torch.rand(3)\n    return torch.where(x > 1 or x < -1, x, 0)\n",
            "def f():\n    x = torch.rand(3)\n    while not x:\n        pass\n",
            "def f():\n    x = torch.rand(3, 3)\n    return 0 < x < 1\n",
            "def f():\n    x = torch.randn(5)\n    y = torch.randn(5)\n    keep = x > 0 and y > 0\n    return x[keep]\n",
            "def f():\n    x = torch.randn(5)\n    return x[not torch.isnan(x)]\n",
        ],
    ),
    "S18": (
        "TLT503",
        [
            "class D(Dataset):\n    def __init__(path, pattern):\n        self.paths = [path]\n    def __len__(self):\n        return 1\n    def __getitem__(self, i):\n        return self.paths[i]\n",
            "class D(torch.utils.data.Dataset):\n    def __init__(root):\n        self.root = root\n    def __len__(self):\n        return 1\n    def __getitem__(self, i):\n        return self.root\n",
            "class D(data.Dataset):\n    def __init__(self):\n        self.n = 3\n    def __len__():\n        return self.n\n    def __getitem__(self, i):\n        return i\n",
            "class D(Dataset):\n    def __init__(root, transform=None):\n        super().__init__()\n        self.root = root\n    def __len__(self):\n        return 1\n    def __getitem__(self, i):\n        return self.root\n",
            "class D(Dataset):\n    def __init__(self):\n        self.n = 3\n    def __len__(self):\n        return 3\n    def __getitem__(idx):\n        return self.n + idx\n",
            "class N(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.fc = nn.Linear(2, 2)\n    def forward(x):\n        return self.fc(x)\n",
        ],
    ),
    "S19 name": (
        "TLT501",
        [
            "class D(Dataset):\n    def __len__(self):\n        return 3\n    def __item__(self, i):\n        return i\n",
            "class D(torch.utils.data.Dataset):\n    def __len__(self):\n        return 3\n    def __getitem(self, i):\n        return i\n",
            "class D(data.Dataset):\n    def __length__(self):\n        return 3\n    def __getitem__(self, i):\n        return i\n",
            "class D(Dataset):\n    def __len__(self):\n        return 3\n    def __get_item__(self, i):\n        return i\n",
            "class D(Dataset):\n    def __len(self):\n        return 3\n    def __getitem__(self, i):\n        return i\n",
            "class D(Dataset):\n    def __len__(self):\n        return 3\n    def getitem(self, i):\n        return i\n",
            "class D(Dataset):\n    def __size__(self):\n        return 3\n    def __getitem__(self, i):\n        return i\n",
            "class D(Dataset):\n    def __len__(self):\n        return 3\n    def get_item(self, i):\n        return i\n",
            "class D(Dataset):\n    def __len__(self):\n        return 3\n    def __getitem_(self, i):\n        return i\n",
        ],
    ),
    "S19 index": (
        "TLT502",
        [
            "class D(Dataset):\n    def __len__(self):\n        return 3\n    def __getitem__(self):\n        return 1\n",
            "class D(data.Dataset):\n    def __len__(self):\n        return 3\n    def __getitem__(self, i, j):\n        return i + j\n",
            "class D(torch.utils.data.Dataset):\n    def __len__(self, n):\n        return n\n    def __getitem__(self, i):\n        return i\n",
            "class D(Dataset):\n    def __len__():\n        return 3\n    def __getitem__(self):\n        return 1\n",
            "class B(Dataset):\n    def __len__(self):\n        return 3\nclass D(B):\n    def __getitem__(self):\n        return 1\n",
            "class D(IterableDataset):\n    def __iter__(self, epoch):\n        yield epoch\n",
        ],
    ),
    "S20": (
        "TLT505",
        [
            "class D(Dataset):\n    def __init__(self, p):\n        self.paths = [p]\n    def __len__(self):\n        return len(paths)\n    def __getitem__(self, i):\n        return self.paths[i]\n",
            "class D(data.Dataset):\n    def __init__(self, p):\n        self.items = [p]\n    def __len__(self):\n        return 1\n    def __getitem__(self, i):\n        return items[i]\n",
            "class D(torch.utils.data.Dataset):\n    def __init__(self, p):\n        self.root = p\n    def __len__(self):\n        return 1\n    def __getitem__(self, i):\n        return open(root + str(i))\n",
            "class D(Dataset):\n    def __init__(self, p):\n        self.transform = p\n    def __len__(self):\n        return 1\n    def __getitem__(self, i):\n        x = i\n        if transform:\n            x = self.transform(x)\n        return x\n",
            "class D(Dataset):\n    def __init__(self, p):\n        self.df = p\n        self.n = len(df)\n    def __len__(self):\n        return self.n\n    def __getitem__(self, i):\n        return self.df[i]\n",
            "class D(Dataset):\n    def __init__(self, p):\n        self.labels = p\n    def __len__(self):\n        return len(self.labels)\n    def __getitem__(self, i):\n        return torch.tensor(labels[i])\n",
        ],
    ),
    "S21": (
        "TLT507",
        [
            "class D(Dataset):\n    def __init__(self, p):\n        self.paths = p\n    def __len__(self):\n        return len(self.paths)\n    def __getitem__(self, index):\n        return random.choice(self.paths)\n",
            "class D(data.Dataset):\n    def __init__(self, p):\n        self.p = p\n    def __len__(self):\n        return len(self.p)\n    def __getitem__(self, idx):\n        return self.p[0]\n",
            "class D(torch.utils.data.Dataset):\n    def __init__(self, p):\n        self.p = p\n    def __len__(self):\n        return len(self.p)\n    def __getitem__(self, i):\n        return self.p[torch.randint(len(self.p), (1,)).item()]\n",
            "class D(Dataset):\n    def __init__(self, p):\n        self.p = p\n    def __len__(self):\n        return len(self.p)\n    def __getitem__(self, idx):\n        a, b = random.sample(self.p, 2)\n        return a, b\n",
            "class D(Dataset):\n    def __init__(self, p):\n        self.p = p\n    def __len__(self):\n        return len(self.p)\n    def __getitem__(self, idx):\n        idx = random.randrange(len(self.p))\n        return self.p[idx]\n",
        ],
    ),
    "S22": (
        "TLT506",
        [
            "class D(IterableDataset):\n    def __init__(self, p):\n        self.p = p\n    def __iter__(self):\n        for q in self.p:\n            yield q\nloader = DataLoader(D([1]), num_workers=4)\n",
            "class D(data.IterableDataset):\n    def __init__(self, p):\n        self.p = p\n    def __iter__(self):\n        return iter(self.p)\ndef main():\n    d = D([1])\n    return data.DataLoader(d, batch_size=2, num_workers=2)\n",
            "class D(torch.utils.data.IterableDataset):\n    def __iter__(self):\n        yield from range(3)\ndef main():\n    return torch.utils.data.DataLoader(dataset=D(), num_workers=8)\n",
            "class D(IterableDataset):\n    def __init__(self, p):\n        self.p = p\n    def __iter__(self):\n        for q in open(self.p):\n            yield q\ndef main(args):\n    kw = {'num_workers': 4, 'batch_size': 2}\n    return DataLoader(D('x'), **kw)\n",
            "class B(IterableDataset):\n    def __iter__(self):\n        yield from range(9)\nclass D(B):\n    pass\nloader = DataLoader(D(), num_workers=3, batch_size=None)\n",
        ],
    ),
    "S25": (
        "TLT708",
        [
            "x = torch.tensor(torch.randn(3), requires_grad=True)\n",
            "def f():\n    y = torch.zeros(3)\n    return torch.tensor(y)\n",
            "def f(x: torch.Tensor):\n    return th.tensor(F.relu(x), requires_grad=True)\n",
            "def f(a: torch.Tensor):\n    return torch.tensor(a.clone(), dtype=torch.float32)\n",
            "def f(model, x):\n    loss = F.mse_loss(model(x), x)\n    loss = torch.tensor(loss, requires_grad=True)\n    loss.backward()\n",
            "def f():\n    w = torch.tensor(data=torch.zeros(3), requires_grad=True)\n    return w\n",
        ],
    ),
    "S26": (
        "TLT810",
        [
            "def f(x):\n    return torch.reduce_max(x)\n",
            "def f(x):\n    return th.reduce_max(x, 1)\n",
            "from torch import reduce_max\ndef f(x):\n    return reduce_max(x)\n",
            "def f(x):\n    return torch.expand_dims(x, 0)\n",
            "def f(x):\n    return torch.reduce_sum(x, axis=1)\n",
            "def f(x):\n    return torch.reduce_mean(torch.rand(3))\n",
        ],
    ),
    "S27 init": (
        "TLT601",
        [
            "class N(nn.Module):\n    def __init__(self):\n        self.fc = nn.Linear(2, 2)\n    def forward(self, x):\n        return self.fc(x)\n",
            "class N(torch.nn.Module):\n    def __init__(self, n):\n        self.n = n\n        self.fc = nn.Linear(n, n)\n    def forward(self, x):\n        return self.fc(x)\n",
            "class N(nn.Module):\n    def __init__(self):\n        super().__init__\n        self.fc = nn.Linear(2, 2)\n    def forward(self, x):\n        return self.fc(x)\n",
            "class N(nn.Module):\n    def __init__(self):\n        self.w = nn.Parameter(torch.zeros(2))\n        self.act = nn.ReLU()\n    def forward(self, x):\n        return x * self.w\n",
            "class B(nn.Module):\n    pass\nclass N(B):\n    def __init__(self):\n        self.fc = nn.Linear(2, 2)\n    def forward(self, x):\n        return self.fc(x)\n",
            "class N(nn.Module):\n    def __init__(self):\n        self.fc = nn.Linear(2, 2)\n        super().__init__()\n    def forward(self, x):\n        return self.fc(x)\n",
        ],
    ),
    "S27 tensor": (
        "TLT603",
        [
            "class N(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.m = torch.tensor([0.5, 0.2])\n    def forward(self, x):\n        return x - self.m\n",
            "class N(nn.Module):\n    def __init__(self, n):\n        super().__init__()\n        self.w = torch.randn(n, 3, requires_grad=True)\n    def forward(self, x):\n        return x @ self.w\n",
            "class N(nn.Module):\n    def __init__(self, n):\n        super().__init__()\n        mask = th.ones(n, n).tril()\n        self.mask = mask\n    def forward(self, x):\n        return self.f(x)\n    def f(self, x):\n        return x * self.mask\n",
        ],
    ),
    "S27 list": (
        "TLT602",
        [
            "class N(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.fcs = [nn.Linear(2, 2), nn.Linear(2, 2)]\n    def forward(self, x):\n        return self.fcs[0](x)\n",
            "class N(nn.Module):\n    def __init__(self, n):\n        super().__init__()\n        self.fcs = [nn.Linear(2, 2) for _ in range(n)]\n    def forward(self, x):\n        for f in self.fcs:\n            x = f(x)\n        return x\n",
            "class N(nn.Module):\n    def __init__(self):\n        super(N, self).__init__()\n        self.heads = {'a': nn.Linear(2, 2)}\n    def forward(self, x):\n        return self.heads['a'](x)\n",
            "class N(nn.Module):\n    def __init__(self):\n        super().__init__()\n        layers = []\n        for i in range(3):\n            layers.append(nn.Linear(2, 2))\n        self.layers = layers\n    def forward(self, x):\n        for l in self.layers:\n            x = l(x)\n        return x\n",
            "class N(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.fcs = [nn.Linear(2, 2)] + [nn.Linear(2, 2) for _ in range(3)]\n    def forward(self, x):\n        for f in self.fcs:\n            x = f(x)\n        return x\n",
            "class N(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.heads = {k: nn.Linear(2, 2) for k in 'ab'}\n    def forward(self, x):\n        return self.heads['a'](x)\n",
            "class N(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.heads = {}\n        for k in 'ab':\n            self.heads[k] = nn.Linear(2, 2)\n    def forward(self, x):\n        return self.heads['a'](x)\n",
            "class N(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.fcs = list()\n        self.fcs += [nn.Linear(2, 2)]\n    def forward(self, x):\n        return self.fcs[0](x)\n",
            "class N(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.fcs = list(nn.Linear(2, 2) for _ in range(3))\n    def forward(self, x):\n        return self.fcs[0](x)\n",
        ],
    ),
    "S28": (
        "TLT701",
        [
            "def train(loader):\n    net = nn.Linear(2, 2)\n    opt = torch.optim.SGD(net.parameters(), lr=0.1)\n    for x, y in loader:\n        loss = F.mse_loss(net(x), y)\n        loss.backward()\n        opt.step()\n",
            "net = nn.Linear(2, 2)\nopt = torch.optim.Adam(net.parameters())\nfor epoch in range(9):\n    loss = net(torch.rand(3, 2)).pow(2).mean()\n    loss.backward()\n    opt.step()\n",
            "class T:\n    def __init__(self, net):\n        self.net = net\n        self.opt = torch.optim.AdamW(net.parameters())\n    def run(self, loader):\n        for x in loader:\n            self.net(x).sum().backward()\n            self.opt.step()\n",
            "def train(model, loader, args):\n    opt = getattr(torch.optim, 'Adam')(model.parameters(), lr=args.lr)\n    for x, y in loader:\n        loss = F.mse_loss(model(x), y)\n        loss.backward()\n        opt.step()\n",
            "def train(model, loader):\n    opt = torch.optim.SGD(params=model.parameters(), lr=0.1)\n    it = iter(loader)\n    while True:\n        x, y = next(it)\n        F.mse_loss(model(x), y).backward()\n        nn.utils.clip_grad_norm_(model.parameters(), 1)\n        opt.step()\n",
            "def make(m):\n    return torch.optim.Adam(m.parameters())\ndef train(model, loader):\n    opt = make(model)\n    for i, b in enumerate(loader):\n        loss = model(b).mean()\n        loss.backward()\n        opt.step()\n        print(loss.item())\n",
        ],
    ),
    "S29": (
        "TLT711",
        [
            "x = torch.ones(2, requires_grad=True)\ny = x * 2\ny.sum().backward()\nprint(y.grad)\n",
            "def f():\n    w = torch.rand(3, requires_grad=True)\n    h = torch.exp(w)\n    h.sum().backward()\n    return h.grad\n",
            "def f():\n    w = torch.rand(3, requires_grad=True).to('cuda')\n    (w * w).sum().backward()\n    return w.grad\n",
            "x = torch.ones(2, requires_grad=True)\nz = (x ** 2).sum()\nz.backward()\nprint(z.grad)\n",
            "def f():\n    w = torch.rand(3).requires_grad_()\n    h = w.sigmoid()\n    h.sum().backward()\n    return h.grad\n",
            "def f():\n    w = torch.rand(3, requires_grad=True).float().cuda()\n    (w * w).sum().backward()\n    return w.grad\n",
        ],
    ),
    "S30": (
        "TLT802",
        [
            "@torch.jit.script\ndef f(x):\n    return x + 1\n",
            "net = torch.jit.script(nn.Linear(2, 2))\n",
            "def f(net):\n    return th.jit.script(net)\n",
        ],
    ),
}


@pytest.mark.parametrize(
    ("code", "program"),
    [
        pytest.param(code, program, id=f"{name}-{n}")
        for name, (code, programs) in FOUND.items()
        for n, program in enumerate(programs)
    ],
)
def test_the_mistake_is_found(code: str, program: str) -> None:
    assert code in codes(program)


QUIET = {
    "logits and cross entropy": net("x") + "def step(x, y):\n    return F.cross_entropy(Net()(x), y)\n",
    "attention": "def f(q, k, v):\n    w = F.softmax(q @ k.transpose(-2, -1), dim=-1)\n    return w @ v\n",
    "inference": "def predict(net, x):\n    with torch.no_grad():\n        return F.softmax(net(x), dim=1)\n",
    "indices of a split": "def f(g):\n    return torch.nonzero(g.ndata['train_mask'], as_tuple=False).squeeze()\n",
    "soft targets": "def f(x, z):\n    return F.cross_entropy(x, F.softmax(z, 1))\n",
    "scalar losses": "def f(x, y, net):\n    loss = F.mse_loss(net(x), y)\n    loss.backward()\n    return loss.item()\n",
    "layers": "class N(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.ls = nn.ModuleList([nn.Linear(2, 2)])\n    def forward(self, x):\n        for i in range(len(self.ls)):\n            x = self.ls[i](x)\n        return x\n",
    "stable softmax": "def f(x):\n    m = x.max(dim=1, keepdim=True).values\n    return torch.logsumexp(x - m, dim=1)\n",
    "shards": "class D(IterableDataset):\n    def __init__(self, tars):\n        self.tars = tars\n    def __iter__(self):\n        info = torch.utils.data.get_worker_info()\n        yield self.tars[info.id]\nloader = DataLoader(D([1]), num_workers=4)\n",
    "other element": net("(F.softmax(x, 1), x)") + "def step(x, y):\n    p, logits = Net()(x)\n    return F.cross_entropy(logits, y), p\n",
    "own functions": "def softmax(x, d):\n    return x\ndef f(x, y):\n    return F.cross_entropy(softmax(x, 1), y)\n",
    "unknown criterion": "def f(criterion, x, y):\n    return criterion(F.softmax(x, 1), y)\n",
    "conditional": net("x if self.training else F.softmax(x, 1)") + "def step(x, y):\n    return F.cross_entropy(Net()(x), y)\n",
}  # fmt: skip


@pytest.mark.parametrize("program", [pytest.param(program, id=name) for name, program in QUIET.items()])
def test_the_right_form_stays_silent(program: str) -> None:
    default = {info.code for info in registry.rules() if info.default}
    assert not codes(program) & default


def test_log_softmax_with_nll_loss_is_only_offered_as_one_call() -> None:
    program = net("F.log_softmax(x, dim=1)") + "def step(x, y):\n    return F.nll_loss(Net()(x), y)\n"
    assert not codes(program) & {info.code for info in registry.rules() if info.default}
