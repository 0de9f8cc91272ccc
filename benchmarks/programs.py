"""Generated programs of any size and shape, made of what training scripts are made of: layers, losses, loops."""

from __future__ import annotations

from collections.abc import Callable, Iterator

_HEAD = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n"

_MODEL = """

class Net{n}(nn.Module):
    def __init__(self, width={width}, classes=10):
        super().__init__()
        self.first = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)
        self.drop = nn.Dropout(0.1)
        self.last = nn.Linear(width, classes)

    def forward(self, x):
        h = F.relu(self.norm(self.first(x)))
        weights = torch.softmax(h / 8.0, dim=-1)
        h = self.drop(weights * h) + x
        return self.last(h)


def train{n}(loader, epochs, device="cpu"):
    model = Net{n}().to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    history = []
    for epoch in range(epochs):
        total = 0.0
        for x, y in loader:
            optimizer.zero_grad()
            scores = model(x.to(device))
            loss = criterion(scores, y) + 1e-4 * scores.pow(2).mean()
            loss.backward()
            optimizer.step()
            total += loss.item()
        history.append(total)
    return model, history
"""
# A second training loop that leans on the first: names lead from function to function through the whole file.
_FOLLOWER = """

def tune{n}(loader, model=None):
    model = model or train{before}(loader, 1)[0]
    for x, y in loader:
        scores = model(x)
        log_probabilities = F.log_softmax(scores, dim=1)
        yield F.nll_loss(log_probabilities, y), tune{before}(loader, model)
"""

_OPERATIONS = ("relu", "sigmoid", "tanh", "exp", "abs", "square")


def count_lines(text: str) -> int:
    return text.count("\n")


def models(lines: int, *, linked: bool = False, first: int = 0) -> str:
    """A file of about so many lines: models, each with its training loop; `linked`: each of them leads to the next."""
    parts = [_HEAD]
    held, number = count_lines(_HEAD), first
    while held < lines:
        part = _MODEL.format(n=number, width=8 + number % 8)
        if linked:
            part += _FOLLOWER.format(n=number, before=max(number - 1, 0))
        parts.append(part)
        held += count_lines(part)
        number += 1
    return "".join(parts)


_PLAIN = """

def read{n}(path, limit={width}):
    found = {{}}
    with open(path, encoding="utf-8") as stream:
        for row, line in enumerate(stream):
            key, _, value = line.partition("=")
            if row > limit and not value:
                break
            found.setdefault(key.strip(), []).append(value.strip() or None)
    return {{key: values[0] if len(values) == 1 else values for key, values in found.items()}}
"""


def plain(lines: int, first: int = 0) -> str:
    """A file of about so many lines that has nothing to do with torch."""
    parts = ["import json\n"]
    for number in range(first, first + max(lines // count_lines(_PLAIN), 1)):
        parts.append(_PLAIN.format(n=number, width=number % 50))
    return "".join(parts)


def package(files: int) -> Iterator[tuple[str, str]]:
    """Name and text of the files of a package: each holds a model, a loop, and a loss on a model of the file before."""
    for number in range(files):
        before = max(number - 1, 0)
        head = f"{_HEAD}\nfrom .net{before:05} import Net{before} as Other\n"
        use = "\n\ndef loss_of_other(x, y):\n    return F.cross_entropy(Other()(x), y)\n"
        yield f"net{number:05}.py", head + _MODEL.format(n=number, width=16) + use


def nested_statements(depth: int, lines: int) -> str:
    """Functions whose loops, branches and `with` blocks lie `depth` deep, a tensor operation on each level."""
    return _repeated(lines, lambda number: _nested_block(number, depth))


def _nested_block(number: int, depth: int) -> str:
    out = [f"\n\ndef nested{number}(x, y, flag):\n"]
    for level in range(depth):
        indent = "    " * (level + 1)
        header = (f"for i{level} in range(3):", f"if flag > {level}:", "with torch.no_grad():")[(level + number) % 3]
        out.append(f"{indent}x = torch.{_OPERATIONS[level % 6]}(x) + y\n{indent}{header}\n")
    out.append("    " * (depth + 1) + "y = F.softmax(x, dim=-1)\n    return x, y\n")
    return "".join(out)


def nested_calls(depth: int, lines: int) -> str:
    """Functions that return an expression of `depth` calls inside of each other, one on each line."""

    def block(number: int) -> str:
        closed = "        )\n" * depth
        opened = "".join(f"        torch.{_OPERATIONS[level % 6]}(\n" for level in range(depth))
        return f"\n\ndef calls{number}(x):\n    return (\n{opened}        x\n{closed}    )\n"

    return _repeated(lines, block)


def chained_calls(depth: int, lines: int) -> str:
    """Functions that return a chain of `depth` method calls, one on each line."""

    def block(number: int) -> str:
        links = "".join(f"        .{_OPERATIONS[level % 6]}()\n" for level in range(depth))
        return f"\n\ndef chain{number}(x: torch.Tensor):\n    return (\n        x\n{links}    )\n"

    return _repeated(lines, block)


def nested_functions(depth: int, lines: int) -> str:
    """Functions defined inside of functions, `depth` deep, each of which uses a tensor of the one around it."""

    def block(number: int) -> str:
        out = ["\n"]
        for level in range(depth):
            indent = "    " * level
            outer = f"h{level - 1}" if level else "x"
            out.append(
                f"{indent}def closure{number}_{level}(x):\n{indent}    h{level} = torch.softmax({outer}, dim=0)\n"
            )
        out += [f"{'    ' * level}    return h{level} * x\n" for level in reversed(range(depth))]
        return "".join(out)

    return _repeated(lines, block)


def _repeated(lines: int, block: Callable[[int], str]) -> str:
    parts = [_HEAD]
    held, number = count_lines(_HEAD), 0
    while held < lines:
        parts.append(block(number))
        held += count_lines(parts[-1])
        number += 1
    return "".join(parts)


def hard(scale: float = 1.0) -> Iterator[tuple[str, str]]:
    """What no one writes by hand and generators do: a title and a text each, `scale` times as large as by default."""

    def much(count: int) -> int:
        return max(2, round(count * scale))

    yield f"{much(20_000):,} lines", models(much(20_000))
    yield f"{much(20_000):,} lines, all linked", models(much(20_000), linked=True)
    yield f"chain of {much(1_600):,} calls", chained_calls(much(1_600), 4)
    yield f"sum of {much(1_600):,} tensors", _HEAD + f"y = {' + '.join(['torch.exp(x)'] * much(1_600))}\n"
    yield f"calls nested {much(500)} deep", f"{_HEAD}y = {'torch.relu(' * much(500)}x{')' * much(500)}\n"
    yield f"unary nested {much(500)} deep", f"{_HEAD}y = torch.relu({'-' * much(500)}x)\n"
    yield f"class of {much(3_000):,} methods", _many_methods(much(3_000))
    yield f"{much(5_000):,} branches of one elif", _elif(much(5_000))
    yield f"{much(5_000):,} ifs in a row", _ifs(much(5_000))
    yield f"{much(10_000):,} assignments of one name", _assignments(much(10_000))
    yield f"{much(10_000):,} of one name in a module", _HEAD + "x = torch.exp(x)\n" * much(10_000)
    yield f"dict of {much(50_000):,} entries", _dictionary(much(50_000))
    yield f"{much(5_000):,} layers in a Sequential", _sequential(much(5_000))
    yield f"{much(2_000):,} callers of one function", _callers(much(2_000))
    yield f"line of {much(1_000_000):,} characters", f"{_HEAD}x = torch.log('{'a' * much(1_000_000)}')\n"


def _many_methods(count: int) -> str:
    parts = [_HEAD, "\n\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"]
    parts += [f"        self.layer{n} = nn.Linear(8, 8)\n" for n in range(count)]
    for n in range(count):
        inner = f"self.step{n - 1}(x)" if n else "x"
        parts.append(f"\n    def step{n}(self, x):\n        return torch.softmax(self.layer{n}({inner}), dim=1)\n")
    return "".join((*parts, f"\n    def forward(self, x):\n        return self.step{count - 1}(x)\n"))


def _elif(count: int) -> str:
    branches = "".join(f"    elif n == {n}:\n        x = torch.softmax(x, dim={n % 3})\n" for n in range(count))
    return f"{_HEAD}\n\ndef f(x, n):\n    if n < 0:\n        x = x.exp()\n{branches}    return x.log()\n"


def _ifs(count: int) -> str:
    branches = "".join(f"    if n == {n}:\n        x = torch.softmax(x, dim={n % 3})\n" for n in range(count))
    return f"{_HEAD}\n\ndef f(x, n):\n{branches}    return x.log()\n"


def _assignments(count: int) -> str:
    body = "".join(f"    x = torch.{_OPERATIONS[n % 6]}(x)\n" for n in range(count))
    return f"{_HEAD}\n\ndef f(x):\n{body}    return torch.log(torch.softmax(x, dim=0))\n"


def _dictionary(count: int) -> str:
    entries = "".join(f"    'layer{n}.weight': ({n}, torch.float32, 1e-{n % 9}),\n" for n in range(count))
    return f"{_HEAD}\nSHAPES = {{\n{entries}}}\n\n\ndef f(x):\n    return torch.log(torch.softmax(x, dim=0))\n"


def _sequential(count: int) -> str:
    layers = "".join("    nn.Linear(8, 8),\n    nn.ReLU(),\n" for _ in range(count // 2))
    return f"{_HEAD}\nnet = nn.Sequential(\n{layers})\n\n\ndef loss(x, y):\n    return F.cross_entropy(net(x), y)\n"


def _callers(count: int) -> str:
    shared = "\n\ndef activate(x, dim=0):\n    return torch.softmax(x, dim=dim)\n"
    callers = "".join(f"\n\ndef use{n}(x):\n    return torch.log(activate(x, {n % 3}))\n" for n in range(count))
    return _HEAD + shared + callers
