"""A tensor that is made on the CPU and then moved: `device=` makes it where it is needed.

## What it does
Finds new tensors (of `torch.zeros`, `torch.arange`, `torch.randn` and other factories) that are moved to a device by
`.cuda()` or `.to(device)` before anything is done with them but a cast or a change of shape, in one expression or
through a local.

Silent where what `.to` is given may be a dtype or a tensor, where the tensor is made of data of the host
(`torch.tensor`, `torch.from_numpy`), where it has a device or requires grad already, where it is drawn with a generator
of its own, in tests, and where it is filled or read before it is moved.

## Why is this bad?
The tensor is allocated and filled by the CPU, and the program waits until its memory is copied to the device, each
time. A factory function that is told the device launches one kernel there and waits for nothing.

## Example
```python
mask = torch.zeros(n, n).to(device)
```
Use instead:
```python
mask = torch.zeros(n, n, device=device)
```

## Fix safety
Equal up to rounding, but for random tensors: a device has a generator of its own, which draws other numbers. A bare
`.cuda()` becomes `device="cuda"`, the current CUDA device in both.

## When not to use it
It is off by default: for small tensors that are made once it makes no difference.

## References
- [Performance Tuning Guide: create tensors directly on the target device](https://docs.pytorch.org/tutorials/recipes/recipes/tuning_guide.html)
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from torchlint.rule import (
    INFO,
    Changes,
    Check,
    Choice,
    Claim,
    Constant,
    Field,
    Frame,
    Op,
    Parameter,
    Place,
    Problem,
    Same,
    Value,
    block_of,
    is_test,
    ops,
    statement_of,
)

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

# `normal` may be given tensors, and takes no device then.
_FACTORIES = ops.that(makes=("size", "steps"), deprecated="", kind="function") - {"normal"}
# What gives the same whether it is done before the tensor is moved or after; `to` where it is a cast.
_BETWEEN = (
    ops.CASTS | ops.that(elements=("same", "moved", "repeated"), writes="", pure=True) | {"fill_", "tril", "triu"}
)
_BETWEEN -= ops.MOVES - {"to"}
_SPELLED = tuple(sorted(ops.words(*_FACTORIES)))
_MAX_STEPS = 8
# With one of these the factory has been told where to put the tensor, draws with a generator that belongs to the CPU,
# or makes a leaf, which the moved tensor is not.
_SETTLED = frozenset({"device", "out", "generator", "requires_grad", "pin_memory", "layout"})
# `.to(` with its argument on the next line, and the closing bracket after it.
_BREAKS = re.compile(r"\((\s*\n\s*)[^()\s]+(,?\s*\n\s*)\)$")
_WIDE = 79
_MOVED = frozenset({"input", "device", "target", "non_blocking"})


class _Made(NamedTuple):
    """What is moved: the call of the factory, and the statement that gives it a name if there is one."""

    factory: Op
    call: ast.Call
    bound: ast.Assign | None
    stretched: bool = False


class CreateThenMove(Check):
    code = "TLT410"
    since = "0.1"
    related = ("TLT408", "TLT609")
    severity = INFO
    default = False
    message = "A new tensor is filled on the CPU and copied to the device; `device=` makes it there"
    title = "Pass `device=`"
    help = "Pass `device=` to the function that makes the tensor"
    ops = ("to", "cuda")
    words = (_SPELLED,)

    def check_op(self, op: Op, frame: Frame) -> Iterator[Problem]:
        if not isinstance(op.node, ast.Call) or op.form != "Tensor":
            return
        made = _made(op, frame)
        if made is None or not _is_move(op) or not made.factory.args.keys().isdisjoint(_SETTLED):
            return
        if is_test(frame.module):
            return
        fix = None
        if op.args.keys() <= _MOVED and _is_said_alike(op):

            def fix(editor: Editor) -> None:
                _write(editor, op, made, frame)

        claim = _claim(made.factory)
        if made.bound is None:
            yield Problem(op.node, fix=fix, claim=claim)
        else:
            yield Problem(made.call, fix=fix, claim=claim, places=(Place(op.node, "it is moved here"),))


def _claim(factory: Op) -> Claim:
    if factory.name in ops.RANDOM:
        return Changes("the device draws other numbers")
    if factory.name in ops.that(shape="steps") and "dtype" in factory.args:
        return Changes("integers may be cut off elsewhere")
    return Same()


def _made(op: Op, frame: Frame) -> _Made | None:
    """The new tensor that an operation is done with, through casts and changes of shape, and through one local."""
    bound: ast.Assign | None = None
    stretched = False
    for _ in range(_MAX_STEPS):
        written, inner = op.nodes.get("input"), op.args.get("input")
        if not isinstance(inner, Op) or written is None or inner.frame is not frame:
            return None
        if inner.node is not written:
            statement = frame.definitions.get(inner)
            if bound is not None or not isinstance(written, ast.Name) or frame.values.get(written) is not inner:
                return None
            if frame.uses(inner) != 1:
                return None
            if not isinstance(statement, ast.Assign) or statement.value is not inner.node:
                return None
            bound = statement
        if inner.name in _FACTORIES:
            return _Made(inner, inner.node, bound, stretched) if isinstance(inner.node, ast.Call) else None
        if inner.name not in _BETWEEN or "device" in inner.args or "target" in inner.args:
            return None
        stretched = stretched or inner.name == "expand"
        op = inner
    return None


def _is_move(op: Op) -> bool:
    """Whether a call is certainly given a device, which is not the CPU."""
    if op.name == "cuda":
        return True
    if "device" in op.args:
        return not _is_cpu(op.args["device"])
    target = op.args.get("target")
    return target is not None and _is_device(target) and not _is_cpu(target)


def _is_device(value: Value) -> bool:
    match value:
        case Choice():
            return all(map(_is_device, value.members))
        case Constant():
            return isinstance(value.value, str)
        case Op():
            return value.name == "device"
        case Field():
            return value.name == "device"
        case Parameter(annotation=ast.expr() as annotation):
            return ast.unparse(annotation).strip("'\"") in ("torch.device", "device", "str | torch.device")
    return isinstance(value.node, ast.JoinedStr)


def _is_cpu(value: Value) -> bool:
    named = value.args.get("type", value) if isinstance(value, Op) and value.name == "device" else value
    return isinstance(named, Constant) and (named.value is None or str(named.value).startswith("cpu"))


def _is_said_alike(op: Op) -> bool:
    """Whether a factory takes the same device: `.cuda(None)` is the current one, `device=None` the CPU."""
    if op.name != "cuda":
        return True
    device = op.args.get("device")
    return device is None or _is_device(device) or (isinstance(device, Constant) and type(device.value) is int)


def _write(editor: Editor, op: Op, made: _Made, frame: Frame) -> None:
    assert isinstance(op.node, ast.Call)
    given = op.nodes.get("device", op.nodes.get("target"))
    inner = op.nodes["input"]
    device = editor.quoted("cuda") if given is None else editor.text(given)
    if given is not None:
        editor.proof.is_device(frame.values[given], device)
    if made.stretched:
        # Another device gets a copy in which each element has its own place.
        editor.proof.need("nobody writes into the result or asks how it lies in memory")
    if made.bound is None:
        text = _with_device(editor.text(made.call), made.call, device)
        if text and inner is made.call:
            text = _broken_like(editor, op.node, made.call, text)
        if text:
            editor.replace(op.node, editor.spliced(inner, {made.call: text}), keeps=[inner])
        return
    statement = statement_of(frame.module, op.node)
    if statement is None or not _follows(made.bound, statement, frame):
        return
    editor.add_argument(made.call, f"device={device}")
    match statement, inner:
        case ast.Assign(targets=[ast.Name(id=target)], value=value), ast.Name(id=name) if target == name:
            if value is op.node:
                editor.delete_statement(statement)
                return
    editor.replace(op.node, editor.text(inner), keeps=[inner])


def _broken_like(editor: Editor, move: ast.Call, call: ast.Call, text: str) -> str:
    """A call in the place of a move whose argument had a line of its own: with those breaks, if it is long."""
    old = editor.text(move)
    breaks = _BREAKS.search(old)
    lines = old.split("\n")
    if breaks is None or "\n" in text or move.col_offset + len(text) <= max(_WIDE, move.col_offset + len(lines[0])):
        return text
    opening = len(editor.text(call.func)) + 1
    if text[opening - 1] != "(":
        return text
    return f"{text[:opening]}{breaks[1]}{text[opening:-1]}{breaks[2]})"


def _with_device(text: str, call: ast.Call, device: str) -> str:
    """The call with one more argument; empty where a comment stands in the way."""
    if "#" in text:
        return ""
    spaced = any(f"{keyword.arg} = " in text for keyword in call.keywords)
    argument = f"device = {device}" if spaced else f"device={device}"
    body = text[:-1].rstrip()
    end = text[len(body) :]
    if body.endswith(","):
        last = body.rpartition("\n")[2]
        indent = last[: len(last) - len(last.lstrip())]
        return f"{body}\n{indent}{argument},{end}" if "\n" in end else f"{body} {argument},{end}"
    return f"{body}, {argument}{end}"


def _follows(first: ast.stmt, second: ast.stmt, frame: Frame) -> bool:
    """Whether a statement comes right after another, so that its names mean the same in both."""
    block = list(block_of(frame.module, first))
    at = next((at for at, statement in enumerate(block) if statement is first), None)
    return at is not None and block[at + 1 : at + 2] == [second]
