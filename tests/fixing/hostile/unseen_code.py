"""J: code that runs without a call in the text: overloads, properties, hooks, contexts, decorators, dispatch, modes."""

import asyncio
import atexit
import contextlib
import functools
import gc

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.checkpoint import checkpoint


# == TLT102 a property with an effect
class Box:
    def __init__(self, x):
        self.x = x

    @property
    def size(self):
        self.x.zero_()
        return 1


def f(x, y):
    x = F.gelu(x)
    box = Box(x)
    lp = F.log_softmax(x, 1)
    box.size
    return F.cross_entropy(lp, y)


# == TLT102 a cached property
class Box:
    def __init__(self, x):
        self.x = x

    @functools.cached_property
    def total(self):
        return self.x.zero_().sum()


def f(x, y):
    x = F.gelu(x)
    box = Box(x)
    lp = F.log_softmax(x, 1)
    n = box.total
    return F.cross_entropy(lp, y)


# == TLT102 a property made by a call
class Box:
    def __init__(self, x):
        self.x = x

    def _wipe(self):
        return self.x.zero_()

    wiped = property(_wipe)


def f(x, y):
    x = F.gelu(x)
    box = Box(x)
    lp = F.log_softmax(x, 1)
    box.wiped
    return F.cross_entropy(lp, y)


# == TLT102 a descriptor
class Wiped:
    def __get__(self, owner, cls=None):
        return owner.x.zero_()


class Box:
    wiped = Wiped()

    def __init__(self, x):
        self.x = x


def f(x, y):
    x = F.gelu(x)
    box = Box(x)
    lp = F.log_softmax(x, 1)
    box.wiped
    return F.cross_entropy(lp, y)


# == TLT102 a setter
class Box:
    def __init__(self, x):
        self.x = x

    @property
    def value(self):
        return 0

    @value.setter
    def value(self, new):
        self.x.fill_(new)


def f(x, y):
    x = F.gelu(x)
    box = Box(x)
    lp = F.log_softmax(x, 1)
    box.value = 3
    return F.cross_entropy(lp, y)


# == TLT102 a descriptor that is set
class Filled:
    def __set__(self, owner, new):
        owner.x.fill_(new)


class Box:
    value = Filled()

    def __init__(self, x):
        self.__dict__["x"] = x


def f(x, y):
    x = F.gelu(x)
    box = Box(x)
    lp = F.log_softmax(x, 1)
    box.value = 3
    return F.cross_entropy(lp, y)


# == TLT102 a deletion
class Box:
    def __init__(self, x):
        self.x = x

    def __del__(self):
        self.x.zero_()


def f(x, y):
    x = F.gelu(x)
    box = Box(x)
    lp = F.log_softmax(x, 1)
    del box
    gc.collect()
    return F.cross_entropy(lp, y)


# == TLT102 a deletion by another value
class Box:
    def __init__(self, x):
        self.x = x

    def __del__(self):
        self.x.zero_()


def f(x, y):
    x = F.gelu(x)
    box = Box(x)
    lp = F.log_softmax(x, 1)
    box = None
    return F.cross_entropy(lp, y)


# == TLT102 a call operator
class Wipe:
    def __call__(self, t):
        t.zero_()


def f(x, y):
    x = F.gelu(x)
    wipe = Wipe()
    lp = F.log_softmax(x, 1)
    wipe(x)
    return F.cross_entropy(lp, y)


# == TLT102 a matrix product of an own class
class Box:
    def __init__(self, x):
        self.x = x

    def __matmul__(self, other):
        self.x.zero_()
        return other


def f(x, y):
    x = F.gelu(x)
    box = Box(x)
    lp = F.log_softmax(x, 1)
    box @ 1
    return F.cross_entropy(lp, y)


# == TLT102 a comparison of an own class
class Box:
    def __init__(self, x):
        self.x = x

    def __lt__(self, other):
        self.x.zero_()
        return True


def f(x, y):
    x = F.gelu(x)
    box = Box(x)
    lp = F.log_softmax(x, 1)
    sorted([box, box])
    return F.cross_entropy(lp, y)


# == TLT102 a hash
class Box:
    def __init__(self, x):
        self.x = x

    def __hash__(self):
        self.x.zero_()
        return 1


def f(x, y):
    x = F.gelu(x)
    box = Box(x)
    lp = F.log_softmax(x, 1)
    {box: 1}
    return F.cross_entropy(lp, y)


# == TLT102 a conversion to an index
class Box:
    def __init__(self, x):
        self.x = x

    def __index__(self):
        self.x.zero_()
        return 1


def f(x, y):
    x = F.gelu(x)
    box = Box(x)
    lp = F.log_softmax(x, 1)
    range(box)
    return F.cross_entropy(lp, y)


# == TLT102 a formatted text
class Box:
    def __init__(self, x):
        self.x = x

    def __repr__(self):
        self.x.zero_()
        return ""


def f(x, y):
    x = F.gelu(x)
    box = Box(x)
    lp = F.log_softmax(x, 1)
    f"{box!r}"
    return F.cross_entropy(lp, y)


# == TLT102 a text by percent
class Box:
    def __init__(self, x):
        self.x = x

    def __str__(self):
        self.x.zero_()
        return ""


def f(x, y):
    x = F.gelu(x)
    box = Box(x)
    lp = F.log_softmax(x, 1)
    "%s" % box
    return F.cross_entropy(lp, y)


# == TLT102 an assert
class Box:
    def __init__(self, x):
        self.x = x

    def __bool__(self):
        self.x.zero_()
        return True


def f(x, y):
    x = F.gelu(x)
    box = Box(x)
    lp = F.log_softmax(x, 1)
    assert box
    return F.cross_entropy(lp, y)


# == TLT102 a match on attributes
class Box:
    __match_args__ = ("wiped",)

    def __init__(self, x):
        self.x = x

    def __getattr__(self, name):
        return self.x.zero_()


def f(x, y):
    x = F.gelu(x)
    box = Box(x)
    lp = F.log_softmax(x, 1)
    match box:
        case Box(wiped=w):
            pass
    return F.cross_entropy(lp, y)


# == TLT102 an import with an effect
def f(x, y):
    import builtins
    import sys

    x = F.gelu(x)
    finder = type("Finder", (), {"find_spec": staticmethod(lambda *a, **k: x.zero_() and None)})
    sys.meta_path.insert(0, finder)
    lp = F.log_softmax(x, 1)
    try:
        import no_such_module_at_all
    except Exception:
        pass
    sys.meta_path.remove(finder)
    return F.cross_entropy(lp, y)


# == TLT102 a class body
def f(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)

    class Wipe:
        x.zero_()

    return F.cross_entropy(lp, y)


# == TLT102 a metaclass
class Meta(type):
    def __new__(meta, name, bases, body, t=None):
        if t is not None:
            t.zero_()
        return super().__new__(meta, name, bases, body)


def f(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)

    class Wipe(metaclass=Meta, t=x):
        pass

    return F.cross_entropy(lp, y)


# == TLT102 a subclass that is registered
class Base:
    def __init_subclass__(cls, t=None):
        if t is not None:
            t.zero_()


def f(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)

    class Sub(Base, t=x):
        pass

    return F.cross_entropy(lp, y)


# == TLT102 a decorator
def f(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)

    @(lambda g: x.zero_())
    def g():
        pass

    return F.cross_entropy(lp, y)


# == TLT102 a decorator with an argument
def calling(t):
    t.zero_()
    return lambda g: g


def f(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)

    @calling(x)
    class C:
        pass

    return F.cross_entropy(lp, y)


# == TLT102 an annotation
def f(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)

    def g(a: x.zero_()):
        pass

    return F.cross_entropy(lp, y)


# == TLT102 a default that writes
def f(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)

    def g(a=x.zero_()):
        pass

    return F.cross_entropy(lp, y)


# == TLT102 dispatch by type
@functools.singledispatch
def act(t):
    pass


@act.register
def _(t: torch.Tensor):
    t.zero_()


def f(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)
    act(x)
    return F.cross_entropy(lp, y)


# == TLT102 a coroutine
async def wipe(t):
    t.zero_()


def f(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)
    asyncio.run(wipe(x))
    return F.cross_entropy(lp, y)


# == TLT102 await
async def wipe(t):
    t.zero_()


async def inner(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)
    await wipe(x)
    return F.cross_entropy(lp, y)


def f(x, y):
    return asyncio.run(inner(x, y))


# == TLT102 an asynchronous for
async def rows(x):
    for row in x:
        row.zero_()
        yield row


async def inner(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)
    async for row in rows(x.detach()):
        pass
    return F.cross_entropy(lp, y)


def f(x, y):
    return asyncio.run(inner(x, y))


# == TLT102 a generator that is driven from outside
def steps(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)
    yield x
    yield F.cross_entropy(lp, y)


def f(x, y):
    going = steps(x, y)
    next(going).zero_()
    return next(going)


# == TLT102 send
def steps(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)
    use = yield x
    use.zero_()
    yield F.cross_entropy(lp, y)


def f(x, y):
    going = steps(x, y)
    x = next(going)
    return going.send(x)


# == TLT102 a tensor's hook
def f(x, y):
    x = F.gelu(x)
    x.register_hook(lambda g: g * 0) if x.requires_grad else None
    lp = F.log_softmax(x, 1)
    return F.cross_entropy(lp, y)


# == TLT102 the hook of what goes
def f(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)
    if lp.requires_grad:
        lp.register_hook(lambda g: g * 3)
    return F.cross_entropy(lp, y)


# == TLT102 a hook by a loop
def f(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)
    for t in (lp,):
        if t.requires_grad:
            t.register_hook(lambda g: g * 3)
    return F.cross_entropy(lp, y)


# == TLT102 a forward hook of a layer
def f(x, y):
    x = F.gelu(x)
    layer = nn.LogSoftmax(1)
    layer.register_forward_hook(lambda m, a, o: o * 2)
    return F.cross_entropy(layer(x), y)


# == TLT102 a global hook
def f(x, y):
    handle = nn.modules.module.register_module_forward_hook(lambda m, a, o: o * 2)
    x = F.gelu(x)
    loss = nn.CrossEntropyLoss()(nn.LogSoftmax(1)(x), y)
    handle.remove()
    return loss


# == TLT102 saved tensors are packed
def f(x, y):
    seen = []
    x = F.gelu(x)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: seen.append(t.shape) or t, lambda t: t):
        lp = F.log_softmax(x, 1)
        loss = F.cross_entropy(lp, y)
    return loss, len(seen)


# == TLT202 a mode of functions
def f(x):
    from torch.overrides import TorchFunctionMode

    class Logs(TorchFunctionMode):
        names = []

        def __torch_function__(self, func, types, args=(), kwargs=None):
            self.names.append(func.__name__)
            return func(*args, **(kwargs or {}))

    with Logs():
        x = F.gelu(x)
        r = torch.log(torch.softmax(x, 1))
    return r, list(Logs.names)


# == TLT202 a mode of dispatch
def f(x):
    from torch.utils._python_dispatch import TorchDispatchMode

    class Logs(TorchDispatchMode):
        def __init__(self):
            super().__init__()
            self.names = []

        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            self.names.append(str(func))
            return func(*args, **(kwargs or {}))

    with Logs() as logs:
        x = F.gelu(x)
        r = torch.log(torch.softmax(x, 1))
    return r, logs.names


# == TLT202 a subclass of tensor
class Doubled(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        r = super().__torch_function__(func, types, args, kwargs or {})
        return r * 2 if func is torch.softmax else r


def f(x):
    x = F.gelu(x.as_subclass(Doubled))
    return torch.log(torch.softmax(x, 1)).as_subclass(torch.Tensor)


# == TLT203 a subclass with an operator
class Loud(torch.Tensor):
    def sigmoid(self):
        return super().sigmoid() / 2


def f(x):
    x = F.gelu(x).as_subclass(Loud)
    return x.sigmoid().log().as_subclass(torch.Tensor)


# == TLT203 a method that is replaced
def f(x):
    old = torch.Tensor.sigmoid
    torch.Tensor.sigmoid = lambda t: old(t) / 2
    x = F.gelu(x)
    try:
        r = x.sigmoid().log()
    finally:
        torch.Tensor.sigmoid = old
    return r


# == TLT203 a function that is replaced by text
def f(x):
    old = torch.sigmoid
    setattr(torch, "sig" + "moid", lambda t: old(t) / 2)
    x = F.gelu(x)
    r = torch.log(torch.sigmoid(x))
    setattr(torch, "sig" + "moid", old)
    return r


# == TLT203 the new function is replaced
def f(x):
    old = F.logsigmoid
    F.logsigmoid = lambda t: t
    x = F.gelu(x)
    r = torch.log(torch.sigmoid(x))
    F.logsigmoid = old
    return r


# == TLT203 a function of the namespace is deleted
def f(x):
    old = F.__dict__.pop("logsigmoid")
    x = F.gelu(x)
    r = torch.log(torch.sigmoid(x))
    F.__dict__["logsigmoid"] = old
    return r


# == TLT202 checkpointing
def inner(x):
    x = F.gelu(x)
    p = torch.softmax(x, 1)
    return torch.log(p)


def f(x):
    return checkpoint(inner, x, use_reentrant=False)


# == TLT202 a function that is traced
def inner(x):
    x = F.gelu(x)
    return torch.log(torch.softmax(x, 1))


def f(x):
    graph = torch.fx.symbolic_trace(inner)
    return graph(x)


# == TLT202 the names of a traced graph
def inner(x):
    x = F.gelu(x)
    return torch.log(torch.softmax(x, 1))


def f(x):
    graph = torch.fx.symbolic_trace(inner)
    return graph(x), [n.name for n in graph.graph.nodes]


# == TLT202 a compiled function
@torch.compile(backend="eager")
def inner(x):
    x = F.gelu(x)
    return torch.log(torch.softmax(x, 1))


def f(x):
    return inner(x)


# == TLT202 vmap
def inner(x):
    x = F.gelu(x)
    return torch.log(torch.softmax(x, 0))


def f(x):
    return torch.func.vmap(inner)(x)


# == TLT204 vmap over rows
def inner(x):
    x = F.gelu(x)
    return torch.log(torch.exp(x).sum(0))


def f(x):
    return torch.vmap(inner)(x)


# == TLT203 jvp
def inner(x):
    x = F.gelu(x)
    return torch.log(torch.sigmoid(x))


def f(x):
    return torch.func.jvp(inner, (x.detach(),), (torch.ones_like(x),))


# == TLT203 a second derivative
def inner(x):
    x = F.gelu(x)
    return torch.log(torch.sigmoid(x)).sum()


def f(x):
    return torch.autograd.functional.hessian(inner, x.detach())


# == TLT112 a second derivative of a loss
def inner(x):
    x = F.gelu(x)
    t = torch.sigmoid(x * 2)
    p = torch.sigmoid(x)
    return -(t * torch.log(p) + (1 - t) * torch.log(1 - p)).sum()


def f(x):
    return torch.autograd.functional.hessian(inner, x.detach())


# == TLT102 a second derivative of a loss
def f(x, y):
    x = x.detach().requires_grad_()
    h = F.gelu(x)
    loss = F.cross_entropy(F.log_softmax(h, 1), y)
    (g,) = torch.autograd.grad(loss, x, create_graph=True)
    (gg,) = torch.autograd.grad(g.square().sum(), x)
    return loss, g, gg


# == TLT102 the graph is asked for
def f(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)
    loss = F.cross_entropy(lp, y)
    return loss, type(lp.grad_fn).__name__


# == TLT202 the graph of the result is asked for
def f(x):
    x = F.gelu(x)
    r = torch.log(torch.softmax(x, 1))
    return r, type(r.grad_fn).__name__


# == TLT203 the name of the node
def f(x):
    x = F.gelu(x)
    r = torch.log(torch.sigmoid(x))
    return r, r.grad_fn.name() if r.requires_grad else ""


# == TLT203 the next functions
def f(x):
    x = F.gelu(x)
    r = torch.log(torch.sigmoid(x))
    node = r.grad_fn
    depth = 0
    while node is not None:
        depth += 1
        node = node.next_functions[0][0] if node.next_functions else None
    return r, depth


# == TLT203 a hook of a node
def f(x):
    x = F.gelu(x)
    s = torch.sigmoid(x)
    r = torch.log(s)
    if r.requires_grad:
        s.grad_fn.register_prehook(lambda gs: tuple(g * 2 for g in gs))
    return r


# == TLT203 a retained gradient
def f(x):
    x = F.gelu(x)
    s = torch.sigmoid(x)
    r = torch.log(s)
    if r.requires_grad:
        s.retain_grad()
        r.sum().backward(retain_graph=True)
    return r, s.grad


# == TLT203 a gradient with regard to what goes, by unpacking
def f(x):
    x = F.gelu(x)
    s = torch.sigmoid(x)
    r = torch.log(s)
    inputs = [s]
    return torch.autograd.grad(r.sum(), inputs)[0] if r.requires_grad else r


# == TLT202 anomaly detection
def f(x):
    with torch.autograd.set_detect_anomaly(True):
        x = F.gelu(x)
        r = torch.log(torch.softmax(x, 1))
        if r.requires_grad:
            r.sum().backward(retain_graph=True)
    return r


# == TLT803 a tensor's class is looked at
# inputs: torch.ones(3)
def f(x):
    from torch.autograd import Variable

    return type(Variable(x)), isinstance(x, Variable)


# == TLT803 a subclass goes through a variable
# inputs: torch.ones(3)
def f(x):
    from torch.autograd import Variable

    x = nn.Parameter(x)
    return type(Variable(x)).__name__, Variable(x).is_leaf, Variable(x).requires_grad


# == TLT803 a variable is no alias of its tensor
# inputs: torch.ones(3)
def f(x):
    from torch.autograd import Variable

    v = Variable(x)
    v.tag = 3
    return hasattr(x, "tag"), v is x


# == TLT803 a variable that is made a leaf
# inputs: torch.ones(3)
def f(x):
    from torch.autograd import Variable

    a = torch.ones(3)
    v = Variable(a, requires_grad=True)
    return a.requires_grad, v.requires_grad


# == TLT803 what it is made of is read again
# inputs: torch.ones(3)
def f(x):
    from torch.autograd import Variable

    a = torch.zeros(3)
    v = Variable(a)
    v.requires_grad_()
    return a.requires_grad, v.requires_grad


# == TLT803 what it is made of is resized
# inputs: torch.ones(3)
def f(x):
    from torch.autograd import Variable

    a = torch.zeros(3)
    v = Variable(a)
    a.resize_(2)
    return v.shape, a.shape


# == TLT803 a variable within inference
# inputs: torch.ones(3)
def f(x):
    from torch.autograd import Variable

    with torch.inference_mode():
        v = Variable(torch.ones(3))
    return v.is_inference(), v.requires_grad


# == TLT803 a variable in a loop
# inputs: torch.ones(3)
def f(x):
    from torch.autograd import Variable

    kept = torch.zeros(2)
    seen = []
    for _ in range(2):
        v = Variable(kept, requires_grad=True)
        seen.append((kept.requires_grad, v.is_leaf))
        (v * 2).sum().backward()
        seen.append(v.grad.clone())
        kept = v
    return seen
