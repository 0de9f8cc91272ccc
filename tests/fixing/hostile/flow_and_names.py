"""A, F, K, M: order and branches, names that mean something else, settings and contexts, old names of torch's API."""

import builtins
import contextlib
import functools
import importlib
import sys
import types

import torch
import torch.nn as nn
import torch.nn.functional as F


# == TLT102 a finally between
def f(x, y):
    x = F.gelu(x)
    try:
        lp = F.log_softmax(x, 1)
    finally:
        x = x * 0
    return F.cross_entropy(lp, y)


# == TLT102 an else of a loop
def f(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)
    for _ in range(0):
        break
    else:
        x = x * 0
    return F.cross_entropy(lp, y)


# == TLT102 a loop that carries
def f(x, y):
    x = F.gelu(x)
    loss = 0
    lp = F.log_softmax(x, 1)
    for _ in range(3):
        loss = loss + F.cross_entropy(lp, y)
        x = x + 1 + x.cumsum(1)
    return loss


# == TLT102 computed before a loop that writes
def f(x, y):
    x = F.gelu(x).detach()
    loss = 0
    lp = F.log_softmax(x, 1)
    for i in range(3):
        loss = loss + F.cross_entropy(lp, y)
        x[:, 0] += 1
    return loss


# == TLT102 a while with a walrus
def f(x, y):
    x = F.gelu(x)
    n = 2
    lp = F.log_softmax(x, 1)
    while (n := n - 1) and (x := x * 2) is not None:
        pass
    return F.cross_entropy(lp, y)


# == TLT102 a name that is deleted
def f(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)
    del x
    return F.cross_entropy(lp, y)


# == TLT102 a name that an except deletes
def f(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)
    try:
        raise ValueError
    except ValueError as x:
        pass
    return F.cross_entropy(lp, y)


# == TLT102 a name that a with binds
def f(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)
    with contextlib.nullcontext(y) as x:
        pass
    return F.cross_entropy(lp, y)


# == TLT102 a name that a match binds
def f(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)
    match (1, 2):
        case (x, _):
            pass
    return F.cross_entropy(lp, y)


# == TLT102 a name that a starred match binds
def f(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)
    match {"a": 1, "b": 2}:
        case {"a": 1, **x}:
            pass
    return F.cross_entropy(lp, y)


# == TLT102 a name that an import binds
def f(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)
    import math as x

    return F.cross_entropy(lp, y)


# == TLT102 a name that a definition binds
def f(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)

    def x():
        pass

    return F.cross_entropy(lp, y)


# == TLT102 a name that a comprehension does not bind
def f(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)
    [x for x in range(3)]
    return F.cross_entropy(lp, y)


# == TLT102 a name that a walrus in a comprehension binds
def f(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)
    [(x := i) for i in range(3)]
    return F.cross_entropy(lp, y)


# == TLT102 a name of an attribute
class Box:
    pass


def f(x, y):
    box = Box()
    box.x = F.gelu(x)
    lp = F.log_softmax(box.x, 1)
    box.x = box.x * 0
    return F.cross_entropy(lp, y)


# == TLT102 an attribute through another name
class Box:
    pass


def f(x, y):
    box = other = Box()
    box.x = F.gelu(x)
    lp = F.log_softmax(box.x, 1)
    other.x = other.x * 0
    return F.cross_entropy(lp, y)


# == TLT102 an attribute by vars
class Box:
    pass


def f(x, y):
    box = Box()
    box.x = F.gelu(x)
    lp = F.log_softmax(box.x, 1)
    vars(box)["x"] = box.x * 0
    return F.cross_entropy(lp, y)


# == TLT102 an attribute by update
class Box:
    pass


def f(x, y):
    box = Box()
    box.x = F.gelu(x)
    lp = F.log_softmax(box.x, 1)
    box.__dict__.update(x=box.x * 0)
    return F.cross_entropy(lp, y)


# == TLT102 an element of a list
def f(x, y):
    xs = [F.gelu(x)]
    lp = F.log_softmax(xs[0], 1)
    xs[0] = xs[0] * 0
    return F.cross_entropy(lp, y)


# == TLT102 an element by another index
def f(x, y):
    xs = [F.gelu(x), 0]
    i = 0
    lp = F.log_softmax(xs[i], 1)
    i = -1
    xs[-2] = x * 0
    return F.cross_entropy(lp, y)


# == TLT102 an index that moves
def f(x, y):
    xs = [F.gelu(x), x * 0]
    i = 0
    lp = F.log_softmax(xs[i], 1)
    i += 1
    return F.cross_entropy(lp, y)


# == TLT102 a list that is inserted into
def f(x, y):
    xs = [F.gelu(x)]
    lp = F.log_softmax(xs[0], 1)
    xs.insert(0, x * 0)
    return F.cross_entropy(lp, y)


# == TLT102 a dict that is updated
def f(x, y):
    named = {"x": F.gelu(x)}
    lp = F.log_softmax(named["x"], 1)
    named |= {"x": x * 0}
    return F.cross_entropy(lp, y)


# == TLT102 a sorted list
def f(x, y):
    xs = [F.gelu(x), F.gelu(x) * 0]
    lp = F.log_softmax(xs[0], 1)
    xs.sort(key=lambda t: t.sum().item() * 0 - id(t))
    xs[0], xs[1] = xs[1], xs[0]
    return F.cross_entropy(lp, y), len(xs)


# == TLT102 an iterator that goes on
def f(x, y):
    xs = iter([x, x * 0])
    lp = F.log_softmax(F.gelu(next(xs)), 1)
    next(xs)
    return F.cross_entropy(lp, y)


# == TLT102 a counter in the argument
def f(x, y):
    seen = []
    lp = F.log_softmax(F.gelu(x if seen.append(1) is None else y), 1)
    n = len(seen)
    return F.cross_entropy(lp, y), n


# == TLT102 the order of two calls with effects
def log(seen, what, value):
    seen.append(what)
    return value


def f(x, y):
    seen = []
    x = F.gelu(x)
    lp = F.log_softmax(log(seen, "x", x), 1)
    y = log(seen, "y", y)
    loss = F.cross_entropy(lp, y)
    return loss, seen


# == TLT102 the order of random numbers
def f(x, y):
    torch.manual_seed(0)
    lp = F.log_softmax(F.dropout(F.gelu(x), 0.5), 1)
    w = torch.rand(5)
    return F.cross_entropy(lp, y, w)


# == TLT102 a seed in between
def f(x, y):
    torch.manual_seed(0)
    lp = F.log_softmax(F.dropout(F.gelu(x), 0.5), 1)
    torch.manual_seed(1)
    return F.cross_entropy(lp, y), torch.rand(1)


# == TLT102 a generator of random numbers
def f(x, y):
    g = torch.Generator().manual_seed(0)
    x = F.gelu(x)
    lp = F.log_softmax(x + torch.rand(5, generator=g), 1)
    w = torch.rand(5, generator=g)
    return F.cross_entropy(lp, y, w)


# == TLT102 the random state is kept
def f(x, y):
    x = F.gelu(x)
    with torch.random.fork_rng():
        lp = F.log_softmax(F.dropout(x, 0.5), 1)
    return F.cross_entropy(lp, y), torch.rand(1)


# == TLT102 no_grad around one end
def f(x, y):
    x = F.gelu(x)
    with torch.no_grad():
        lp = F.log_softmax(x, 1)
    return F.cross_entropy(lp, y)


# == TLT102 no_grad by a decorator of a helper
@torch.no_grad()
def scores(x):
    return F.log_softmax(x, 1)


def f(x, y):
    x = F.gelu(x)
    return F.cross_entropy(scores(x), y)


# == TLT102 gradients by a call
def f(x, y):
    x = F.gelu(x)
    before = torch.is_grad_enabled()
    torch._C._set_grad_enabled(False)
    lp = F.log_softmax(x, 1)
    torch._C._set_grad_enabled(before)
    return F.cross_entropy(lp, y)


# == TLT102 a context that is entered by hand
def f(x, y):
    x = F.gelu(x)
    context = torch.no_grad()
    context.__enter__()
    lp = F.log_softmax(x, 1)
    context.__exit__(None, None, None)
    return F.cross_entropy(lp, y)


# == TLT102 a context in a stack
def f(x, y):
    x = F.gelu(x)
    stack = contextlib.ExitStack()
    stack.enter_context(torch.no_grad())
    lp = F.log_softmax(x, 1)
    stack.close()
    return F.cross_entropy(lp, y)


# == TLT102 a context by a helper
@contextlib.contextmanager
def quiet():
    with torch.no_grad():
        yield


def f(x, y):
    x = F.gelu(x)
    with quiet():
        lp = F.log_softmax(x, 1)
    return F.cross_entropy(lp, y)


# == TLT102 requires_grad in between
def f(x, y):
    x = F.gelu(x).detach()
    lp = F.log_softmax(x, 1)
    x.requires_grad_()
    return F.cross_entropy(lp, y).requires_grad


# == TLT102 requires_grad by assignment
def f(x, y):
    x = F.gelu(x).detach()
    lp = F.log_softmax(x, 1)
    x.requires_grad = True
    return F.cross_entropy(lp, y).requires_grad


# == TLT102 the input is detached in place
def f(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)
    x.detach_()
    return F.cross_entropy(lp, y).requires_grad


# == TLT102 autocast around both
def f(x, y):
    with torch.autocast("cpu", torch.bfloat16):
        x = F.gelu(F.linear(x, torch.ones(5, 5)))
        lp = F.log_softmax(x, 1)
        return F.cross_entropy(lp, y)


# == TLT102 autocast around half scores
# inputs: (torch.randn(5, 7).half(), torch.randint(0, 7, (5,)))
def f(x, y):
    with torch.autocast("cpu", torch.bfloat16):
        return F.cross_entropy(F.log_softmax(x, 1), y, reduction="none")


# == TLT202 autocast around both
def f(x):
    with torch.autocast("cpu", torch.bfloat16):
        x = F.gelu(F.linear(x, torch.ones(5, 5)))
        return torch.log(torch.softmax(x, 1))


# == TLT203 autocast around both
def f(x):
    with torch.autocast("cpu", torch.bfloat16):
        x = F.gelu(F.linear(x, torch.ones(5, 5)))
        return torch.log(torch.sigmoid(x))


# == TLT203 autocast by a decorator
@torch.autocast("cpu", torch.bfloat16)
def f(x):
    x = F.gelu(F.linear(x, torch.ones(5, 5)))
    return torch.log(torch.sigmoid(x))


# == TLT201 autocast around both
def f(x):
    with torch.autocast("cpu", torch.bfloat16):
        x = F.gelu(F.linear(x, torch.ones(5, 5)))
        e = torch.exp(x)
        return e / e.sum(1, keepdim=True)


# == TLT204 autocast around both
def f(x):
    with torch.autocast("cpu", torch.bfloat16):
        x = F.gelu(F.linear(x, torch.ones(5, 5)))
        return torch.log(torch.exp(x).sum(1))


# == TLT112 autocast around both
def f(x):
    with torch.autocast("cpu", torch.bfloat16):
        x = F.gelu(F.linear(x, torch.ones(5, 5)))
        t = torch.sigmoid(x * 2)
        p = torch.sigmoid(x)
        return -(t * torch.log(p) + (1 - t) * torch.log(1 - p))


# == TLT206 autocast around both
def f(x):
    with torch.autocast("cpu", torch.bfloat16):
        x = F.gelu(F.linear(x, torch.ones(5, 5)))
        return torch.log(1 + x)


# == TLT208 autocast around both
def f(x):
    with torch.autocast("cpu", torch.bfloat16):
        x = F.gelu(F.linear(x, torch.ones(5, 5)))
        return 1 / (1 + torch.exp(-x))


# == TLT105 autocast around both
def f(x, y):
    with torch.autocast("cpu", torch.bfloat16):
        x = F.gelu(F.linear(x, torch.ones(5, 5)))
        return F.nll_loss(F.log_softmax(x, 1), y)


# == TLT203 autocast by a caller
def inner(x):
    x = F.gelu(F.linear(x, torch.ones(5, 5)))
    return torch.log(torch.sigmoid(x))


def f(x):
    with torch.autocast("cpu", torch.bfloat16):
        return inner(x)


# == TLT203 half precision that is spelled
def f(x):
    x = F.gelu(x).half() * 3
    return torch.log(1 - torch.sigmoid(x))


# == TLT203 bfloat16 that is spelled
def f(x):
    x = F.gelu(x * 9).to(torch.bfloat16)
    return torch.log(1 - torch.sigmoid(x))


# == TLT204 half precision that is spelled
def f(x):
    x = (F.gelu(x) * 0 - 9).half()
    return torch.log(torch.exp(x).sum(1))


# == TLT207 bfloat16 that is spelled
def f(x):
    x = F.gelu(x).bfloat16() * 5
    return torch.exp(x) - 1


# == TLT112 bfloat16 that is spelled
def f(x):
    x = F.gelu(x * 9).bfloat16()
    t = torch.sigmoid(x * 2)
    p = torch.sigmoid(x)
    return -(t * torch.log(p) + (1 - t) * torch.log(1 - p))


# == TLT203 a name in the module's dict
def f(x):
    sys.modules["torch.nn.functional"].__dict__["logsigmoid"], old = (lambda t: t), F.logsigmoid
    x = F.gelu(x)
    r = torch.log(torch.sigmoid(x))
    F.__dict__["logsigmoid"] = old
    return r


# == TLT203 a name in builtins
def f(x):
    builtins.F = None
    x = F.gelu(x)
    return torch.log(torch.sigmoid(x))


# == TLT203 a parameter that shadows
def f(x, F=F):
    x = F.gelu(x)
    F = None
    return torch.log(torch.sigmoid(x))


# == TLT203 a default that shadows
def inner(x, F=types.SimpleNamespace(logsigmoid=None)):
    return torch.log(torch.sigmoid(x))


def f(x):
    x = F.gelu(x)
    return inner(x), torch.log(torch.sigmoid(x))


# == TLT203 a name of the enclosing function
def f(x):
    x = F.gelu(x)

    def outer():
        F = 3

        def inner():
            return torch.log(torch.sigmoid(x))

        return inner() * F

    return outer()


# == TLT203 a name of the type parameter
def f(x):
    x = F.gelu(x)
    for F_ in [F]:
        r = torch.log(torch.sigmoid(x))
    return r


# == TLT203 a function in a dict
ACTS = {"s": torch.sigmoid, "l": torch.log}


def f(x):
    x = F.gelu(x)
    return ACTS["l"](ACTS["s"](x))


# == TLT203 a function in a dict that changes
ACTS = {"s": torch.sigmoid}


def f(x):
    ACTS["s"] = torch.tanh
    x = F.gelu(x).abs() + 1
    return torch.log(ACTS["s"](x))


# == TLT203 a layer that a subclass replaces
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.act = nn.Sigmoid()

    def forward(self, x):
        x = F.gelu(x)
        return torch.log(self.act(x))


class Other(Net):
    def __init__(self):
        super().__init__()
        self.act = nn.Softplus()


def f(x):
    return Other()(x)


# == TLT203 a layer that setattr replaces
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.act = nn.Sigmoid()

    def forward(self, x):
        x = F.gelu(x)
        return torch.log(self.act(x))


def f(x):
    net = Net()
    for name, child in list(net.named_children()):
        setattr(net, name, nn.Softplus())
    return net(x)


# == TLT203 a layer with a hook
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.act = nn.Sigmoid()

    def forward(self, x):
        x = F.gelu(x)
        return torch.log(self.act(x))


def f(x):
    net = Net()
    net.act.register_forward_hook(lambda m, a, o: o / 2)
    return net(x)


# == TLT203 a layer whose forward is replaced
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.act = nn.Sigmoid()

    def forward(self, x):
        x = F.gelu(x)
        return torch.log(self.act(x))


def f(x):
    net = Net()
    net.act.forward = lambda t: t.sigmoid() / 2
    return net(x)


# == TLT203 the children are counted
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.act = nn.Sigmoid()

    def forward(self, x):
        x = F.gelu(x)
        return torch.log(self.act(x))


def f(x):
    net = Net()
    seen = []
    for module in net.modules():
        module.register_forward_hook(lambda m, a, o: seen.append(type(m).__name__))
    return net(x), seen


# == TLT102 a layer that counts
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.LogSoftmax(1)
        self.loss = nn.CrossEntropyLoss()

    def forward(self, x, y):
        x = F.gelu(x)
        return self.loss(self.norm(x), y)


def f(x, y):
    net = Net()
    seen = []
    for module in net.children():
        module.register_forward_pre_hook(lambda m, a: seen.append(type(m).__name__))
    return net(x, y), seen


# == TLT102 a layer in a sequential that is cut
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.GELU(), nn.LogSoftmax(1))

    def forward(self, x):
        return self.net(x)


def f(x, y):
    net = Net()
    loss = F.cross_entropy(net(x), y)
    return loss, net.net[-1](x), len(net.net)


# == TLT102 a state dict
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.LogSoftmax(1), nn.Linear(5, 5), nn.LogSoftmax(1))

    def forward(self, x):
        return self.net(x)


def f(x, y):
    torch.manual_seed(0)
    net = Net()
    return F.cross_entropy(net(x), y), sorted(net.state_dict())


# == TLT410 what a device is
# inputs: torch.ones(3); torch.ones(3, device="meta"); torch.ones(3, dtype=torch.float64)
def f(x):
    return torch.zeros(3).to(x.device) + 1, torch.arange(3).to(x)


# == TLT410 a random number of a device
# inputs: "cpu"; "meta"
def f(device):
    torch.manual_seed(0)
    return torch.rand(3).to(device), torch.zeros(3).to(torch.device(device))


# == TLT410 a device that is none
# inputs: None
def f(device: torch.device = None):
    return torch.zeros(3).to(device)


# == TLT410 a default device
# inputs: "cpu"; "meta"
def f(device: str):
    with torch.device("meta"):
        return torch.zeros(3).to("meta").device, torch.arange(3).to(device="meta").device


# == TLT410 what is made like another
# inputs: torch.ones(3, device="meta")
def f(x):
    return torch.zeros_like(x).to("meta").device, torch.empty(3).to(x.device).device


# == TLT410 settings of the move
# inputs: "meta"; "cpu"
def f(device: str):
    a = torch.zeros(3).to(device, torch.float64)
    b = torch.zeros(3).to(device, copy=True)
    c = torch.zeros(2, 3, 4, 5).to(device, memory_format=torch.channels_last)
    return a.dtype, b.device, c.stride()


# == TLT802 a method of an own class
class Matrix:
    def ger(self, other):
        return 3


def f():
    m = Matrix()
    return m.ger(torch.ones(3)), torch.ger(torch.ones(3), torch.ones(2))


# == TLT802 the new name is replaced
def f():
    old = torch.outer
    torch.outer = None
    try:
        return torch.ger(torch.ones(3), torch.ones(2))
    finally:
        torch.outer = old


# == TLT802 the name is read as text
def f():
    name = "ger"
    return getattr(torch, name)(torch.ones(3), torch.ones(2)), torch.ger.__name__


# == TLT802 an import is looked at
from torch import ger


def f():
    return "ger" in globals(), ger(torch.ones(3), torch.ones(2))


# == TLT802 an import that is exported
from torch import ger

__all__ = ["f", "ger"]


def f():
    return [name for name in __all__ if name in globals()], ger(torch.ones(3), torch.ones(2))


# == TLT802 an import that a string reads
from torch import ger


def f():
    return eval("ger")(torch.ones(3), torch.ones(2)), ger(torch.ones(3), torch.ones(2))


# == TLT802 an import that an annotation reads
from torch.nn.init import xavier_uniform


def f(x):
    torch.manual_seed(0)
    w = torch.empty(3, 3)
    xavier_uniform(w)
    return w, "xavier_uniform" in globals()


# == TLT802 a table of functions
TABLE = {"u": nn.init.xavier_uniform, "n": nn.init.xavier_normal}


def f():
    torch.manual_seed(0)
    return TABLE["u"](torch.empty(3, 3)), TABLE["u"].__name__


# == TLT802 an outer product by its old name
# inputs: torch.randn(3)
def f(x):
    return torch.ger(x, x), torch.ger(input=x, vec2=x)


# == TLT802 an outer product of what is no tensor
# inputs: 3; [1.0]
def f(x):
    return torch.ger(x, x)


# == TLT802 an outer product of an own class
class Own:
    def ger(self, other):
        return 3


# inputs: None
def f(x):
    return torch.ger(Own(), Own())


# == TLT802 a function that is compared
# inputs: torch.randn(3)
def f(x):
    return torch.ger is torch.ger, torch.ger(x, x), {torch.ger: 1}[torch.ger]


# == TLT802 a function that is traced by name
# inputs: torch.randn(3)
def inner(x):
    return torch.ger(x, x)


def f(x):
    return [str(n.target) for n in torch.fx.symbolic_trace(inner).graph.nodes]


# == TLT802 a warning that is caught
# inputs: torch.randn(3)
def f(x):
    import warnings

    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        nn.init.xavier_uniform(torch.empty(3, 3))
        torch.ger(x, x)
    return len(seen)


# == TLT802 a warning that is an error
# inputs: torch.randn(3)
def f(x):
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            nn.init.constant(torch.empty(3), 2.0)
        except FutureWarning:
            return "warned"
    return "not"


# == TLT805 two words at once
# inputs: (torch.randn(3), torch.randn(3))
def f(a, b):
    return F.mse_loss(a, b, size_average=False, reduction="none"), F.mse_loss(a, b, reduce=False, reduction="sum")


# == TLT805 a word that is no bool
# inputs: (torch.randn(3), torch.randn(3))
def f(a, b):
    return F.mse_loss(a, b, size_average=0), F.mse_loss(a, b, reduce=""), F.mse_loss(a, b, size_average=None)


# == TLT805 a word that is known later
# inputs: (torch.randn(3), torch.randn(3), True); (torch.randn(3), torch.randn(3), None)
def f(a, b, average):
    return F.mse_loss(a, b, size_average=average), nn.MSELoss(size_average=average)(a, b)


# == TLT805 an attribute of the layer
# inputs: (torch.randn(3), torch.randn(3))
def f(a, b):
    loss = nn.MSELoss(size_average=False)
    return loss(a, b), loss.reduction, repr(loss)


# == TLT805 a function with the same words
# inputs: (torch.randn(3), torch.randn(3))
def mse_loss(a, b, size_average=True, reduction="mean"):
    return F.mse_loss(a, b, reduction="sum" if size_average else "none")


def f(a, b):
    return mse_loss(a, b, size_average=False), F.mse_loss(a, b, size_average=False)


# == TLT805 words by a dict
# inputs: (torch.randn(3), torch.randn(3))
def f(a, b):
    more = {"reduction": "none"}
    return F.mse_loss(a, b, size_average=False, **more)


# == TLT806 a device that is none
def f():
    with torch.cpu.amp.autocast() as context:
        return type(context).__name__, torch.is_autocast_enabled("cpu"), torch.get_autocast_dtype("cpu")


# == TLT806 a type that is compared
def f():
    context = torch.cpu.amp.autocast()
    return type(context) is torch.cpu.amp.autocast, isinstance(context, torch.amp.autocast_mode.autocast)


# == TLT806 a partial
cast = functools.partial(torch.cpu.amp.autocast, False)


def f():
    with cast():
        return torch.is_autocast_enabled("cpu")


# == TLT806 a decorator
@torch.cpu.amp.autocast()
def inner():
    return torch.is_autocast_enabled("cpu")


def f():
    return inner()


# == TLT806 a dtype by position
def f():
    with torch.cpu.amp.autocast(True, torch.float16):
        return torch.get_autocast_dtype("cpu")


# == TLT806 a name that is an alias
from torch.cpu.amp import autocast as half

ways = [half]


def f():
    with ways[0]():
        return torch.is_autocast_enabled("cpu")
