"""Something in a compiled function or module that ends the graph, so that it is compiled in pieces.

## What it does
Finds `.item()`, `.tolist()`, `.numpy()`, `nonzero()`, `print(..)` and tests of tensors (`if x.sum() > 0`) in functions
with the decorator `torch.compile`, in functions that the file gives to `torch.compile`, and in the `forward` of classes
of which it compiles or exports an instance.

## Why is this bad?
The compiler stops where it needs a number that only the device has, or meets something that it cannot trace: the code
before and after is compiled by itself, Python runs in between, and the device is waited for. `fullgraph=True` and
`torch.export` raise instead.

## Example
```python
@torch.compile
def step(x):
    if x.sum() > 0:
        x = x * 2
    return x
```
Use instead:
```python
@torch.compile
def step(x):
    return torch.where(x.sum() > 0, x * 2, x)
```

## Fix safety
There is no fix.

## When not to use it
It is off unless it is selected: what breaks a graph differs from version to version, and some breaks cost nothing that
matters.

## References
- [torch.compile: graph breaks](https://docs.pytorch.org/docs/stable/torch.compiler_faq.html#graph-breaks)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.rule import (
    INFO,
    Check,
    External,
    Frame,
    FunctionRef,
    Instance,
    Module,
    Op,
    Problem,
    facts,
    is_test,
    last_name,
    members,
    once_per_file,
    ops,
    own_nodes,
    peek,
    trees,
)
from torchlint.vocabulary.training import settled

_COMPILERS = frozenset({"torch.compile", "torch.export.export"})
_BREAKING = frozenset({"item", "tolist", "numpy", "nonzero"})
_TEST = "A test of a tensor ends the compiled graph: use `torch.where`, or decide before it is compiled"
_PRINT = "`print` ends the compiled graph: print what the function returns"


class GraphBreak(Check):
    code = "TLT740"
    since = "0.2"
    related = ("TLT408",)
    severity = INFO
    default = False
    message = "This ends the compiled graph: what follows is compiled by itself, and the device is waited for"
    help = "Keep it a tensor, or move it out of what is compiled"
    words = (("item", "tolist", "numpy", "nonzero", "print", "if"), ("compile", "export"))

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if frame.function is None or is_test(frame.module) or not _is_compiled(frame):
            return
        for node in own_nodes(frame.scope):
            if isinstance(node, ast.If) and _is_of_data(frame, node.test):
                yield Problem(node.test, _TEST)
            elif isinstance(node, ast.Call):
                value, callee = frame.values.get(node), frame.callees.get(node)
                if isinstance(value, Op) and value.node is node and value.name in _BREAKING:
                    if facts.is_tensor(value.input) is not False:
                        yield Problem(node)
                elif isinstance(callee, External) and callee.qualname == "builtins.print":
                    yield Problem(node, _PRINT)


def _is_of_data(frame: Frame, test: ast.expr) -> bool:
    value = frame.values.get(test)
    is_asked = isinstance(value, Op) and value.name not in ops.QUESTIONS and value.name not in ("is", "is_not", "in")
    return value is not None and is_asked and facts.is_tensor(value) is True


def _is_compiled(frame: Frame) -> bool:
    function = frame.function
    assert function is not None
    outer = frame.evaluator.surroundings(frame.module)
    for decorator in function.decorators:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        named = peek(outer, target)
        if isinstance(named, External) and named.qualname in _COMPILERS:
            return True
    names = _compiled(frame.module)
    if function.cls is None:
        return function.name in names and function in _functions(frame, names[function.name])
    return function.name == "forward" and any(
        isinstance(member, Instance) and member.cls is function.cls
        for nodes in names.values()
        for node in nodes
        for member in _held(frame, node)
    )


@once_per_file
def _compiled(module: Module) -> dict[str, list[ast.expr]]:
    """What a file compiles or exports, by its last name."""
    found: dict[str, list[ast.expr]] = {}
    for node in trees.walk(module.tree):
        if isinstance(node, ast.Call) and last_name(node.func) in ("compile", "export") and node.args:
            found.setdefault(last_name(node.args[0]), []).append(node.args[0])
    return found


def _held(frame: Frame, node: ast.expr) -> list[object]:
    """What an expression of the file holds, in whichever function it stands."""
    for each in (frame.evaluator.module_frame(), *_frames(frame)):
        value = settled(each.values.get(node))
        if value is not None:
            return list(members(value))
    return []


def _frames(frame: Frame) -> Iterator[Frame]:
    for function in frame.module.all_functions:
        if function is not frame.function and not frame.evaluator.is_busy(function):
            yield frame.evaluator.frame(function)


def _functions(frame: Frame, nodes: list[ast.expr]) -> list[object]:
    return [member.function for node in nodes for member in _held(frame, node) if isinstance(member, FunctionRef)]
