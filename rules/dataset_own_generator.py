"""A random generator that a dataset makes once and draws from in `__getitem__`: all workers draw the same numbers.

## What it does
Finds datasets that keep a generator of NumPy, `random` or torch in an attribute, made in `__init__`, draw from it in
`__getitem__` or in a method that it calls, and are read in the same file by a `DataLoader` with `num_workers` above 0.

Silent where a `worker_init_fn` is given, where the class asks for its worker, and where the generator is made or seeded
anew anywhere else. NumPy's and Python's global generators are seeded in each worker by torch, which is not a mistake.

## Why is this bad?
Each worker gets a copy of the dataset, its generator included, and new copies of the same state in each epoch. With n
workers every random crop or noise comes n times within an epoch, and again in all further epochs: augmentation that
looks endless is a small fixed set.

## Example
```python
class Crops(Dataset):
    def __init__(self, images):
        self.images = images
        self.rng = np.random.default_rng()

    def __getitem__(self, index):
        return crop(self.images[index], self.rng.integers(32))
```
Use instead:
```python
class Crops(Dataset):
    def __init__(self, images):
        self.images = images

    def __getitem__(self, index):
        return crop(self.images[index], np.random.randint(32))
```

## Fix safety
There is no fix: whether to draw from the global generator, or to seed one in `worker_init_fn`, is not in the code.

## When not to use it
Turn it off where samples are to be the same in each epoch.

## References
- [Randomness in multi-process data loading](https://docs.pytorch.org/docs/stable/notes/faq.html#my-data-loader-workers-return-identical-random-numbers)
- [torch.utils.data](https://docs.pytorch.org/docs/stable/data.html#multi-process-data-loading)
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from torchlint.rule import (
    BoundCall,
    Call,
    Check,
    ClassModel,
    Constant,
    Element,
    External,
    Frame,
    FunctionModel,
    Instance,
    Parameter,
    Place,
    Problem,
    Value,
    classes,
    is_test,
    last_name,
    peek,
    trees,
)
from torchlint.vocabulary.datasets import LOADER, is_iterable

_GENERATORS = frozenset(
    {"numpy.random.RandomState", "numpy.random.default_rng", "numpy.random.Generator", "random.Random"}
)
_GENERATORS |= {"torch.Generator"}
_PARTS = frozenset({"torch.utils.data.random_split", "torch.utils.data.Subset"})
_SEEDS = frozenset({"seed", "manual_seed", "set_state", "setstate", "bit_generator"})
_COUNTS = frozenset({"os.cpu_count", "multiprocessing.cpu_count", "torch.multiprocessing.cpu_count"})
_WORKER = re.compile(r"worker|__setstate__", re.IGNORECASE)


class DatasetOwnGenerator(Check):
    code = "TLT511"
    since = "0.2"
    related = ("TLT506",)
    message = "Each worker draws from a copy of this generator: samples of all workers and epochs are the same"
    help = "Draw from the global generator, which is seeded in each worker, or seed this one in `worker_init_fn`"
    calls = (LOADER,)
    words = (("RandomState", "default_rng", "Generator", "Random"), ("num_workers",), ("__getitem__",))

    def check_call(self, call: BoundCall, frame: Frame) -> Iterator[Problem]:
        if call.is_open or call.gives("worker_init_fn") or not _are_workers(call.value("num_workers")):
            return
        value = _whole(call.value("dataset"))
        if not isinstance(value, Instance) or is_test(frame.module) or value.cls.module is not frame.module:
            return
        method = classes.find_method(frame, value.cls, "__getitem__")
        if method is None or is_iterable(frame, value.cls) or _WORKER.search(ast.unparse(value.cls.node)):
            return
        for name, made in _generators(frame, value.cls):
            drawn = next(_draws(value.cls, method, name), None)
            if drawn is not None:
                places = (Place(made, "it is made here, once"), Place(call.node, "this loader has workers"))
                yield Problem(drawn, places=places)


def _are_workers(value: Value | None) -> bool:
    if isinstance(value, Parameter):
        value = value.default
    if isinstance(value, Call):
        return value.qualname in _COUNTS
    return isinstance(value, Constant) and type(value.value) is int and value.value > 0


def _whole(value: Value | None) -> Value | None:
    """The dataset that a part was taken from."""
    while True:
        match value:
            case Element():
                value = value.base
            case Call() if value.qualname in _PARTS and value.args:
                value = value.args[0]
            case _:
                return value


def _generators(frame: Frame, cls: ClassModel) -> Iterator[tuple[str, ast.expr]]:
    """The attributes that hold a generator, made in `__init__` and nowhere else."""
    init = cls.methods.get("__init__")
    outer = frame.evaluator.surroundings(cls.module)
    for node in trees.walk(init.node) if init is not None else ():
        match node:
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(), attr=name)], value=ast.Call() as made):
                inner = made
                while last_name(inner.func) == "manual_seed" and isinstance(inner.func, ast.Attribute):
                    if not isinstance(inner.func.value, ast.Call):
                        break
                    inner = inner.func.value
                called = peek(outer, inner.func)
                is_made = isinstance(called, External) and called.qualname in _GENERATORS
                if is_made and cls.writers.get(name) == [init] and not _is_seeded_anew(cls, name, init):
                    yield name, made


def _is_seeded_anew(cls: ClassModel, name: str, init: FunctionModel | None) -> bool:
    """Whether a method other than `__init__` sets the state of a generator."""
    for method in cls.methods.values():
        for node in trees.walk(method.node) if method is not init else ():
            if isinstance(node, ast.Attribute) and node.attr in _SEEDS and last_name(node.value) == name:
                return True
    return False


def _draws(cls: ClassModel, method: FunctionModel, name: str) -> Iterator[ast.AST]:
    """Where `__getitem__`, or a method of the instance that it calls, draws from an attribute."""
    called = [
        cls.methods[node.func.attr]
        for node in trees.walk(method.node)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == method.self_name
        and node.func.attr in cls.methods
    ]
    for each in (method, *called):
        for node in trees.walk(each.node):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Attribute(value=ast.Name(id=owner), attr=attr))):
                    if attr == name and owner == each.self_name:
                        yield node
                case ast.keyword(
                    arg="generator" | "rng" | "random_state", value=ast.Attribute(value=ast.Name(id=owner), attr=attr)
                ):
                    if attr == name and owner == each.self_name:
                        yield node.value
