"""A fix cut out of its file: what is run, what becomes an input, what both versions have to share. Needs no torch."""

from __future__ import annotations

import re

import pytest

from torchlint.finding import Edit
from torchlint.source import Source
from torchlint.torch_facts import ops, signatures
from torchlint.verify.instance.change import File, NotExtractableError
from torchlint.verify.instance.context import Context
from torchlint.verify.instance.extract import Candidate, candidates
from torchlint.verify.instance.normalise import facts_of, key, normalised
from torchlint.verify.instance.whitelist import LAYERS, METHODS, NotAllowedError, check, is_function

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n\n"


def extracted(code: str, *changes: tuple[str, str], head: str = HEAD) -> list[Candidate]:
    """The pairs for a program in which some texts, each of which occurs once, are replaced."""
    text = head + code
    edits = []
    for old, new in changes:
        assert text.count(old) == 1, old
        start = text.index(old)
        edits.append(Edit(start, start + len(old), new))
    file = File(Source("net.py", text))
    found = candidates(file.change(edits), Context(file))
    return [candidate if candidate.difference else normalised(candidate) for candidate in found]


def body(text: str) -> str:
    return text.partition("\n")[2].strip()


LOG = "def f(x):\n    return torch.log(torch.softmax(x, dim=1))\n"
LOG_CHANGE = ("torch.log(torch.softmax(x, dim=1))", "torch.log_softmax(x, dim=1)")


def test_an_expression_is_a_pair_of_its_own() -> None:
    first = extracted(LOG, LOG_CHANGE)[0]
    assert body(first.before) == "return torch.log(torch.softmax(h0, dim=1))"
    assert body(first.after) == "return torch.log_softmax(h0, dim=1)"
    assert [hole.text for hole in first.holes] == ["x"]


def test_other_names_and_imports_give_the_same_pair() -> None:
    other = extracted(
        "def g(scores, batch):\n    return th.log(th.softmax(scores, dim=1))\n",
        ("th.log(th.softmax(scores, dim=1))", "th.log_softmax(scores, dim=1)"),
        head="import torch as th\n",
    )[0]
    first = extracted(LOG, LOG_CHANGE)[0]
    assert (other.before, other.after) == (first.before, first.after)


def test_the_digest_covers_texts_facts_torch_and_device() -> None:
    pair = extracted(LOG, LOG_CHANGE)[0]
    request: dict[str, object] = {"before": pair.before, "holes": [facts_of(hole) for hole in pair.holes]}
    digests = {
        key(request, "2.13.0", "cpu"),
        key(request, "2.12.0", "cpu"),
        key(request, "2.13.0", "cuda"),
        key({**request, "before": pair.after}, "2.13.0", "cpu"),
        key({**request, "holes": []}, "2.13.0", "cpu"),
    }
    assert len(digests) == 5
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in digests)


def test_what_is_not_torch_becomes_an_input() -> None:
    code = "def f(self, batch, k):\n    return (torch.exp(self.net(batch['x']) / cfg.t) - 1) * k[0]\n"
    old = "torch.exp(self.net(batch['x']) / cfg.t) - 1"
    first = extracted(code, (old, "torch.expm1(self.net(batch['x']) / cfg.t)"))[0]
    assert body(first.before) == "return torch.exp(h0 / h1) - 1"
    assert [(hole.text, hole.opaque) for hole in first.holes] == [("self.net(batch['x'])", True), ("cfg.t", False)]


def test_constants_and_layers_are_seen_through() -> None:
    code = (
        "EPS = 1e-6\n\nclass N(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.act = nn.Softmax(dim=1)\n\n    def forward(self, x):\n"
        "        return torch.log(self.act(x) + EPS)\n"
    )
    first = extracted(code, ("torch.log(self.act(x) + EPS)", "torch.log(self.act(x).clamp(min=EPS))"))[0]
    assert body(first.before) == "return torch.nn.Softmax(dim=1)(h0) + 1e-06"
    assert body(first.after) == "return torch.nn.Softmax(dim=1)(h0).clamp(min=1e-06)"


def test_a_parameter_is_no_constant_though_its_callers_agree() -> None:
    code = "def f(x, dim):\n    return torch.log(torch.softmax(x, dim))\n\nf(y, 1)\n"
    first = extracted(code, ("torch.log(torch.softmax(x, dim))", "torch.log_softmax(x, dim)"))[0]
    assert [hole.text for hole in first.holes] == ["x", "dim"]
    assert first.holes[1].kinds[0] == "dim"


def test_calls_keep_their_number_and_their_order() -> None:
    code = "def f(a, b):\n    return a.draw() - b.draw()\n"
    swapped = extracted(code, ("a.draw() - b.draw()", "-(b.draw() - a.draw())"))
    assert all("the order of calls changes" in candidate.problem for candidate in swapped)
    twice = extracted(code, ("a.draw() - b.draw()", "a.draw() - b.draw() + 0 * a.draw()"))
    assert all("calls change that cannot be run" in candidate.problem for candidate in twice)
    same = extracted(code, ("a.draw() - b.draw()", "-(-a.draw() + b.draw())"))
    assert same[0].problem == ""


def test_the_same_call_twice_is_two_inputs() -> None:
    code = "def f(model, x):\n    return torch.exp(model(x)) - model(x)\n"
    first = extracted(code, ("torch.exp(model(x)) - model(x)", "-(model(x) - torch.exp(model(x)))"))[0]
    assert body(first.before) == "return torch.exp(h0) - h1"
    assert body(first.after) == "return -(h0 - torch.exp(h1))"


def test_a_call_that_is_made_sometimes_is_not_one_that_is_made_always() -> None:
    code = "def f(flag, x):\n    return x if flag else x.load()\n"
    found = extracted(code, ("x if flag else x.load()", "x.load() if not flag else x"))
    assert any("calls change that cannot be run" in candidate.problem for candidate in found)
    assert not any(candidate.problem == "" for candidate in found)


DELETED = "def f(x, log):\n    p = torch.softmax(x, dim=1)\n    q = p.argmax(1)\n    {}\n    return q\n"


def test_names_that_are_read_later_are_results() -> None:
    change = ("p = torch.softmax(x, dim=1)", "p = x")
    statements = [candidate for candidate in extracted(DELETED.format("log(q)"), change) if "use" in candidate.region]
    assert body(statements[0].before).splitlines()[-1].strip() == "return v1"
    later = extracted(DELETED.format("log(p)"), change)
    # `p` is given to a call: both versions must give it the same.
    assert "s0 = v0" in [line.strip() for line in later[-1].before.splitlines()]


def test_a_name_that_is_lost_is_a_difference() -> None:
    code = "def f(x, log):\n    p = torch.softmax(x, dim=1)\n    log(x)\n    return p + 1\n"
    found = extracted(code, ("p = torch.softmax(x, dim=1)", "pass"))
    assert any("`p` is read later and is not defined any more" in candidate.difference for candidate in found)


def test_a_value_carried_by_a_loop_is_a_result() -> None:
    code = "def f(xs):\n    t = 0\n    for x in xs:\n        t = t + torch.exp(x) - 1\n    return t\n"
    found = extracted(code, ("t + torch.exp(x) - 1", "t + torch.expm1(x)"))
    assert body(found[-1].after).splitlines()[-1].strip() == "return v0"


def test_what_the_new_code_reads_is_followed_back() -> None:
    code = "def f(log_p, y):\n    p = torch.exp(log_p)\n    q = 1 - p\n    return p * q * y\n"
    first = extracted(code, ("1 - p", "-torch.expm1(log_p)"))[0]
    assert "v0 = torch.exp(h0)" in first.before
    assert body(first.after).splitlines()[-1].strip() == "return -torch.expm1(h0)"


def test_a_definition_behind_another_assignment_is_not_followed() -> None:
    code = "def f(x, k):\n    p = torch.exp(x)\n    if k:\n        x = x + 1\n    q = 1 - p\n    return q\n"
    found = extracted(code, ("1 - p", "-torch.expm1(x)"))
    assert found
    for candidate in found:
        assert "torch.exp(h" not in candidate.before
        assert "which the old code does not" in candidate.problem


def test_what_only_the_old_code_reads_is_followed_back_too() -> None:
    code = "def f(x, k):\n    n = x.norm(dim=-1, keepdim=True)\n    return x / n / k\n"
    first, second = extracted(code, ("x / n", "F.normalize(x, dim=-1)"))[:2]
    assert "v0 = h0.norm(dim=-1, keepdim=True)" in first.before
    assert first.apart == ()
    assert second.apart == ("n",)
    # A parameter depends on nothing.
    assert extracted(code, ("x / n / k", "x / n"))[0].apart == ()


def test_a_loop_is_run_as_a_whole() -> None:
    code = (
        "def f(x):\n    out = torch.zeros(x.size(1))\n    for i in range(len(x)):\n        out = out + x[i]\n"
        "    return out\n"
    )
    old = "out = torch.zeros(x.size(1))\n    for i in range(len(x)):\n        out = out + x[i]"
    first = extracted(code, (old, "out = x.sum(0)"))[0]
    assert "for v1 in range(len(h0)):" in first.before
    assert "v0 = h0.sum(0)" in first.after


def test_writes_in_place_are_seen() -> None:
    code = "def f(x, y):\n    x[0] = y.exp() - 1\n"
    found = extracted(code, ("x[0] = y.exp() - 1", "x[0] = y.expm1()"))
    statements = found[-1]
    assert body(statements.before).splitlines()[-1].strip() == "return h0"


@pytest.mark.parametrize(
    ("code", "old", "new", "reason"),
    [
        ("def f(x):\n    return x\n", "def f(x):", "@torch.no_grad()\ndef f(x):", "definition as a whole"),
        ("x = 1\n", "import torch.nn as nn\n", "import torch.nn as nn\ny = 2\n", "between statements"),
    ],
)
def test_what_cannot_be_cut_out_says_why(code: str, old: str, new: str, reason: str) -> None:
    with pytest.raises(NotExtractableError, match=reason):
        extracted(code, (old, new))


@pytest.mark.parametrize(
    "expression",
    [
        "__import__('os').system('true')",
        "open('x')",
        "torch.load('x')",
        "torch.ops.aten.add(h0, h0)",
        "h0.__class__",
        "h0.numpy()",
        "torch.zeros(1099511627776)",
        "(lambda: h0)()",
        "eval('h0')",
        "h0.register_hook(print)",
        "torch.nn.functional.F",
        "[h0 for __builtins__ in h0]",
        "f'{h0}'",
        "math.factorial(100000)",
    ],
)
def test_nothing_but_pure_operations_runs(expression: str) -> None:
    import ast

    with pytest.raises(NotAllowedError):
        check(ast.parse(f"def before(h0):\n    return {expression}\n"))


def test_a_local_layer_is_called_as_what_it_is_in_each_version() -> None:
    code = "def f(x, y):\n    loss = nn.BCELoss()\n    return loss(torch.sigmoid(x), y)\n"
    found = extracted(code, ("nn.BCELoss()", "nn.BCEWithLogitsLoss()"), ("torch.sigmoid(x)", "x"))[0]
    assert "v0 = torch.nn.BCELoss()\n    return v0(torch.sigmoid(h0), h1)" in found.before
    assert "v0 = torch.nn.BCEWithLogitsLoss()\n    return v0(h0, h1)" in found.after
    assert found.holes[1].kinds[0] == "binary"


def test_names_of_other_functions_and_globals_are_results() -> None:
    code = "def f(x):\n    global total\n    total = torch.exp(x) - 1\n    return x\n"
    assert "return v0" in extracted(code, ("torch.exp(x) - 1", "torch.expm1(x)"))[-1].before
    code = "def f(x):\n    p = torch.exp(x) - 1\n    def g():\n        return p\n    return g\n"
    assert "return (h1, v0, s0)" in extracted(code, ("torch.exp(x) - 1", "torch.expm1(x)"))[-1].before


def test_a_device_is_that_of_the_run() -> None:
    code = "def f(x, device):\n    return torch.exp(x.to(device)) - torch.ones(3, device=device)\n"
    old = "torch.exp(x.to(device)) - torch.ones(3, device=device)"
    first = extracted(code, (old, "torch.expm1(x.to(device))"))[0]
    assert body(first.before) == "return torch.exp(h0.to(DEVICE)) - torch.ones(3, device=DEVICE)"


@pytest.mark.parametrize("name", ["gcd", "linalg.eigvals", "zeta", "conv3d", "cat", "nn.init.zeros_"])
def test_what_the_table_calls_pure_may_run(name: str) -> None:
    assert name in ops.that(pure=True)
    assert all(map(is_function, filter(_is_run, signatures.qualnames(name))))


def test_nothing_else_may_run() -> None:
    kept_away = ops.everything() - (ops.that(pure=True) - ops.that(blank=True))
    assert {"load", "register_hook", "empty", "cuda"} <= kept_away
    spellings = [qualname for name in kept_away for qualname in signatures.qualnames(name)]
    assert not [qualname for qualname in spellings if is_function(qualname)]
    assert METHODS.isdisjoint(qualname.removeprefix("torch.Tensor.") for qualname in spellings)


def test_layers_that_learn_or_draw_are_inputs() -> None:
    assert {"Softmax", "MaxPool2d", "Identity"} <= LAYERS
    assert LAYERS.isdisjoint({"Linear", "BatchNorm1d", "Dropout", "Sequential", "RReLU"})


def _is_run(qualname: str) -> bool:
    return not qualname.startswith(("torch.Tensor.", "torch.fft."))
