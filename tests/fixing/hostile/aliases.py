"""B: what is written is known under another name: in containers, attributes, closures, generators, views."""

import collections
import contextlib
import copy
import functools
import itertools
import operator
import types
import weakref

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


# == TLT102 a named tuple
def f(x, y):
    x = F.gelu(x)
    Pair = collections.namedtuple("Pair", "a b")
    pair = Pair(x, y)
    lp = F.log_softmax(x, 1)
    pair.a.zero_()
    return F.cross_entropy(lp, y)


# == TLT102 a namespace
def f(x, y):
    x = F.gelu(x)
    box = types.SimpleNamespace(x=x)
    lp = F.log_softmax(x, 1)
    box.x[:, 0] = 9
    return F.cross_entropy(lp, y)


# == TLT102 an attribute of a function
def f(x, y):
    x = F.gelu(x)
    f.kept = x
    lp = F.log_softmax(x, 1)
    f.kept.mul_(0)
    return F.cross_entropy(lp, y)


# == TLT102 a closure
def f(x, y):
    x = F.gelu(x)

    def forget():
        x.zero_()

    lp = F.log_softmax(x, 1)
    forget()
    return F.cross_entropy(lp, y)


# == TLT102 a closure behind a name
def f(x, y):
    x = F.gelu(x)
    forget = lambda: x.zero_()
    run = forget
    lp = F.log_softmax(x, 1)
    run()
    return F.cross_entropy(lp, y)


# == TLT102 a default of a parameter
def f(x, y):
    x = F.gelu(x)

    def forget(t=x):
        t.zero_()

    lp = F.log_softmax(x, 1)
    forget()
    return F.cross_entropy(lp, y)


# == TLT102 a generator that goes on
def f(x, y):
    x = F.gelu(x)

    def steps():
        yield 1
        x.zero_()
        yield 2

    going = steps()
    next(going)
    lp = F.log_softmax(x, 1)
    next(going)
    return F.cross_entropy(lp, y)


# == TLT102 a generator expression that is consumed later
def f(x, y):
    x = F.gelu(x)
    later = (t.zero_() for t in [x])
    lp = F.log_softmax(x, 1)
    list(later)
    return F.cross_entropy(lp, y)


# == TLT102 a map that is consumed by unpacking
def f(x, y):
    x = F.gelu(x)
    later = map(torch.Tensor.zero_, [x])
    lp = F.log_softmax(x, 1)
    (_,) = later
    return F.cross_entropy(lp, y)


# == TLT102 a bound method kept in a list
def f(x, y):
    x = F.gelu(x)
    todo = [x.zero_]
    lp = F.log_softmax(x, 1)
    for step in todo:
        step()
    return F.cross_entropy(lp, y)


# == TLT102 a bound method in a dict
def f(x, y):
    x = F.gelu(x)
    todo = {"zero": x.zero_}
    lp = F.log_softmax(x, 1)
    todo["zero"]()
    return F.cross_entropy(lp, y)


# == TLT102 a partial
def f(x, y):
    x = F.gelu(x)
    later = functools.partial(torch.Tensor.zero_, x)
    lp = F.log_softmax(x, 1)
    later()
    return F.cross_entropy(lp, y)


# == TLT102 a method caller
def f(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)
    operator.methodcaller("zero_")(x)
    return F.cross_entropy(lp, y)


# == TLT102 an operator function
def f(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)
    operator.imul(x, 0)
    return F.cross_entropy(lp, y)


# == TLT102 reduce
def f(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)
    functools.reduce(operator.iadd, [x, 1, 2])
    return F.cross_entropy(lp, y)


# == TLT102 starmap
def f(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)
    list(itertools.starmap(torch.Tensor.mul_, [(x, 0)]))
    return F.cross_entropy(lp, y)


# == TLT102 a callback at the end of a block
def f(x, y):
    x = F.gelu(x)
    with contextlib.ExitStack() as stack:
        stack.callback(x.zero_)
        lp = F.log_softmax(x, 1)
    return F.cross_entropy(lp, y)


# == TLT102 closing
def f(x, y):
    x = F.gelu(x)

    @contextlib.contextmanager
    def forgetting():
        yield
        x.zero_()

    with forgetting():
        lp = F.log_softmax(x, 1)
    return F.cross_entropy(lp, y)


# == TLT102 an array of NumPy's
def f(x, y):
    x = F.gelu(x).detach()
    a = x.numpy()
    lp = F.log_softmax(x, 1)
    a[:] = 0
    return F.cross_entropy(lp, y)


# == TLT102 an array that NumPy made
def f(x, y):
    a = F.gelu(x).detach().numpy()
    b = np.asarray(a)
    x = F.gelu(torch.from_numpy(b))
    x = torch.from_numpy(b)
    x = x.float()
    F.gelu(x)
    lp = F.log_softmax(x, 1)
    np.multiply(b, 0, out=b)
    return F.cross_entropy(lp, y)


# == TLT102 a view made with as_strided
def f(x, y):
    x = F.gelu(x)
    v = torch.as_strided(x, (3,), (1,))
    lp = F.log_softmax(x, 1)
    v.detach().zero_()
    return F.cross_entropy(lp, y)


# == TLT102 chunks that are unpacked
def f(x, y):
    x = F.gelu(x)
    first, *others = x.detach().chunk(2, 1)
    lp = F.log_softmax(x, 1)
    for other in others:
        other += 3
    return F.cross_entropy(lp, y)


# == TLT102 a view by ellipsis and None
def f(x, y):
    x = F.gelu(x)
    v = x.detach()[..., None, :].squeeze(-2)
    lp = F.log_softmax(x, 1)
    v[0, 0] = 100
    return F.cross_entropy(lp, y)


# == TLT102 a view of another dtype
def f(x, y):
    x = F.gelu(x)
    v = x.detach().view(torch.int32)
    lp = F.log_softmax(x, 1)
    v.fill_(0)
    return F.cross_entropy(lp, y)


# == TLT102 the storage
def f(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)
    x.untyped_storage().fill_(0)
    return F.cross_entropy(lp, y)


# == TLT102 a buffer of a module
def f(x, y):
    x = F.gelu(x)
    m = nn.Module()
    m.register_buffer("b", x.detach())
    lp = F.log_softmax(x, 1)
    for buffer in m.buffers():
        buffer.zero_()
    return F.cross_entropy(lp, y)


# == TLT102 a parameter of a module that is stepped
def f(x, y):
    p = nn.Parameter(F.gelu(x).detach())
    optimizer = torch.optim.SGD([p], lr=1.0)
    lp = F.log_softmax(p, 1)
    F.gelu(p).sum().backward()
    optimizer.step()
    return F.cross_entropy(lp, y)


# == TLT102 a shallow copy of a list
def f(x, y):
    x = F.gelu(x)
    held = copy.copy([x])
    lp = F.log_softmax(x, 1)
    held[0].zero_()
    return F.cross_entropy(lp, y)


# == TLT102 a weak reference
def f(x, y):
    x = F.gelu(x)
    ref = weakref.ref(x)
    lp = F.log_softmax(x, 1)
    ref().zero_()
    return F.cross_entropy(lp, y)


# == TLT102 a chain of assignments
def f(x, y):
    x = a = b = F.gelu(x)
    lp = F.log_softmax(x, 1)
    b *= 0
    return F.cross_entropy(lp, y)


# == TLT102 a swap
def f(x, y):
    x, a = F.gelu(x), F.gelu(x)
    lp = F.log_softmax(x, 1)
    x, a = a, x
    a.zero_()
    return F.cross_entropy(lp, y)


# == TLT102 a conditional expression
def f(x, y):
    x = F.gelu(x)
    z = torch.zeros_like(x)
    lp = F.log_softmax(x, 1)
    (x if x.sum() > -1e9 else z).zero_()
    return F.cross_entropy(lp, y)


# == TLT102 or
def f(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)
    (None or x).zero_()
    return F.cross_entropy(lp, y)


# == TLT102 a subscript of a slice of a list
def f(x, y):
    x = F.gelu(x)
    kept = [y, x, y]
    lp = F.log_softmax(x, 1)
    kept[1:][0].zero_()
    return F.cross_entropy(lp, y)


# == TLT102 a list that is reversed and popped
def f(x, y):
    x = F.gelu(x)
    kept = [x, y]
    kept.reverse()
    lp = F.log_softmax(x, 1)
    kept.pop().zero_()
    return F.cross_entropy(lp, y)


# == TLT102 a dict that is unpacked into a call
def zero(*, t):
    t.zero_()


def f(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)
    zero(**{"t": x})
    return F.cross_entropy(lp, y)


# == TLT102 a starred argument
def zero(*ts):
    for t in ts:
        t.zero_()


def f(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)
    zero(*[x])
    return F.cross_entropy(lp, y)


# == TLT102 a global that another function writes to
HELD = None


def wipe():
    HELD.zero_()


def f(x, y):
    global HELD
    HELD = F.gelu(x)
    lp = F.log_softmax(HELD, 1)
    wipe()
    return F.cross_entropy(lp, y)


# == TLT102 a class attribute
class Held:
    x = None


def f(x, y):
    Held.x = F.gelu(x)
    lp = F.log_softmax(Held.x, 1)
    Held.x.zero_()
    return F.cross_entropy(lp, y)


# == TLT102 a match that captures
def f(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)
    match [x]:
        case [t]:
            t.zero_()
    return F.cross_entropy(lp, y)


# == TLT102 a match that captures as a class
def f(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)
    match x:
        case torch.Tensor() as t:
            t.zero_()
    return F.cross_entropy(lp, y)


# == TLT102 a walrus
def f(x, y):
    x = F.gelu(x)
    if (t := x) is not None:
        lp = F.log_softmax(x, 1)
    t.zero_()
    return F.cross_entropy(lp, y)


# == TLT102 a walrus in an argument
def f(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)
    print(end=str((t := x).zero_().sum().item())[:0])
    return F.cross_entropy(lp, y)


# == TLT102 the loop variable of a comprehension
def f(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)
    {t.zero_().sum().item() for t in (x,)}
    return F.cross_entropy(lp, y)


# == TLT102 a for over two lists
def f(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)
    for t, v in zip([x], [0]):
        t.fill_(v)
    return F.cross_entropy(lp, y)


# == TLT102 a for over a dict
def f(x, y):
    x = F.gelu(x)
    named = {"x": x}
    lp = F.log_softmax(x, 1)
    for name, t in named.items():
        t.zero_()
    return F.cross_entropy(lp, y)


# == TLT102 enumerate over rows
def f(x, y):
    x = F.gelu(x).detach()
    lp = F.log_softmax(x, 1)
    for i, row in enumerate(x):
        row.mul_(i)
    return F.cross_entropy(lp, y)


# == TLT105 a list that grows
def f(x, y):
    x = F.gelu(x)
    kept = []
    kept.append(x)
    lp = F.log_softmax(x, 1)
    kept[-1].zero_()
    return F.nll_loss(lp, y)


# == TLT105 a deque
def f(x, y):
    x = F.gelu(x)
    kept = collections.deque([x], maxlen=1)
    lp = F.log_softmax(x, 1)
    kept[0].zero_()
    return F.nll_loss(lp, y)


# == TLT105 a set default
def f(x, y):
    x = F.gelu(x)
    kept = {}
    kept.setdefault("x", x)
    lp = F.log_softmax(x, 1)
    kept["x"].zero_()
    return F.nll_loss(lp, y)


# == TLT105 a chain map
def f(x, y):
    x = F.gelu(x)
    kept = collections.ChainMap({}, {"x": x})
    lp = F.log_softmax(x, 1)
    kept["x"].zero_()
    return F.nll_loss(lp, y)


# == TLT203 the sigmoid through a closure
def f(x):
    x = F.gelu(x).detach()
    s = torch.sigmoid(x)

    def half():
        nonlocal s
        s = s / 2

    half()
    return torch.log(s)


# == TLT203 the sigmoid through a list
def f(x):
    x = F.gelu(x).detach()
    s = torch.sigmoid(x)
    kept = [s]
    kept[0] /= 2
    return torch.log(s)


# == TLT201 the exponentials through a method caller
def f(x):
    x = F.gelu(x).detach()
    e = torch.exp(x)
    operator.methodcaller("add_", 1)(e)
    return e / e.sum(1, keepdim=True)


# == TLT201 between the exponentials and their sum
def f(x):
    x = F.gelu(x).detach()
    e = torch.exp(x)
    total = e.sum(1, keepdim=True)
    list(map(lambda t: t.mul_(2), (e,)))
    return e / total


# == TLT401 the total is known elsewhere
def f():
    x = torch.arange(12.0).reshape(4, 3)
    total = torch.zeros(3)
    kept = [total]
    for i in range(4):
        total = total + x[i]
    return total, kept


# == TLT708 a copy that shares no memory
def f():
    a = torch.zeros(3)
    b = torch.tensor(a)
    a += 1
    return a, b


# == TLT803 a variable shares memory with its tensor
# inputs: torch.ones(3)
def f(x):
    from torch.autograd import Variable

    v = Variable(x)
    v += 1
    return v, x
