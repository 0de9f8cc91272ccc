"""A model that is cast, moved or wrapped again after it was wrapped, or wrapped after the optimiser was made.

## What it does
Finds, within one function,

- `half()`, `bfloat16()`, `double()` and `to(torch.float16)` of a model after `DistributedDataParallel(model)`, and
  `to(device)` or `cuda()` where the model is made in the function and was not moved before it was wrapped,
- a model that is moved away and back after it was wrapped: `cpu()`, and `cuda()` later,
- `DistributedDataParallel(model)` in each step: in the loop that calls `backward`, in the `training_step` of a
  trainer, or in a function that one of them calls,
- `FullyShardedDataParallel(model)` and `fully_shard(model)` after an optimiser got `model.parameters()`.

Silent where the wrapper is told `use_orig_params`, and where the two stand in different branches.

## Why is this bad?
`DistributedDataParallel` hangs its hooks on the nodes of the graph that gather the gradients of the parameters when it
is made. A cast keeps the parameters and makes these nodes anew, without hooks: with two processes of torch 2.13 on
CPUs and inputs of 1 and 2, the gradients were 3 and 6 after `double()` instead of 4.5 in both, so that each process
trained a model of its own, and nothing raised; `to("cpu")` of a model that is there already changed nothing. A move to
another device was not run: torch's source makes the nodes anew wherever the dtype or the device changes. A
wrapper that is made anew in each step sends all weights of the first process to the others before it, and what they
learned in steps without it is lost. The fully sharded wrappers replace the parameters by their own. An optimiser that
was made before holds the old ones, which get no gradient: nothing is trained, and nothing raises.

## Example
```python
optimizer = optim.Adam(model.parameters())
model = FullyShardedDataParallel(model)
```
Use instead:
```python
model = FullyShardedDataParallel(model)
optimizer = optim.Adam(model.parameters())
```

## Fix safety
There is no fix: what stands between the two may need the one or the other.

## When not to use it
There is no code for which it has to be turned off.

## References
- [torch.nn.parallel.DistributedDataParallel](https://docs.pytorch.org/docs/stable/generated/torch.nn.parallel.DistributedDataParallel.html)
- [torch.distributed.fsdp](https://docs.pytorch.org/docs/stable/fsdp.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from torchlint.rule import (
    ERROR,
    Check,
    External,
    Frame,
    Instance,
    Layer,
    Place,
    Problem,
    Value,
    is_test,
    last_name,
    own_nodes,
    parents,
    statement_of,
    trees,
)
from torchlint.vocabulary.eval_mode import callers
from torchlint.vocabulary.training import is_optimizer, loop_of, settled, trained_models
from torchlint.vocabulary.turns import excludes, position

_DDP = frozenset({"DistributedDataParallel"})
_SHARDED = frozenset({"FullyShardedDataParallel", "fully_shard"})
_CASTS = frozenset({"half", "bfloat16", "double"})
_STEPS = frozenset({"training_step", "compute_loss", "train_step"})
_MOVES = frozenset({"to", "cuda"})
_DTYPES = frozenset({"torch.float16", "torch.half", "torch.bfloat16", "torch.float64", "torch.double"})
_ANEW = "The model is wrapped anew in each step: all weights are sent again, and steps without it are not averaged"
_STALE = "The optimizer was made before the parameters were replaced by sharded ones: it updates none of them"


class _Wrap(NamedTuple):
    """A call that wraps a model: how the model is written, and what the result is called."""

    call: ast.Call
    name: str
    model: ast.expr
    result: str


class MovedAfterWrap(Check):
    code = "TLT735"
    since = "0.2"
    related = ("TLT718", "TLT728")
    severity = ERROR
    message = "The model is moved or cast after it was wrapped: the wrapper still waits for the gradients of before"
    help = "Move and cast the model, wrap it, and make the optimizer after that"
    words = (("DistributedDataParallel", "FullyShardedDataParallel", "fully_shard"),)

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if is_test(frame.module):
            return
        for wrap in _wraps(frame):
            if wrap.name in _DDP:
                yield from _moved(frame, wrap)
            elif not any(key.arg in ("use_orig_params", None) for key in wrap.call.keywords):
                yield from _optimised_before(frame, wrap)
        yield from (Problem(call, _ANEW) for call in _wrapping(frame) if _is_in_step(frame, call))


def _wrapping(frame: Frame, names: frozenset[str] = _DDP) -> list[ast.Call]:
    """The calls in a frame that wrap a model."""
    return [call for call, callee in frame.callees.items() if call.args and _wrapper(callee) in names]


def _wrapper(callee: Value) -> str:
    """The last name of what is called, if it is torch's."""
    if not isinstance(callee, External) or not callee.qualname.startswith("torch."):
        return ""
    return callee.qualname.rpartition(".")[2]


def _is_in_step(frame: Frame, call: ast.Call, depth: int = 1) -> bool:
    """Whether a call runs in each training step, and what it makes is not kept for the next one."""
    function, module = frame.function, frame.module
    statement = statement_of(module, call)
    if isinstance(statement, ast.Assign) and any(isinstance(target, ast.Attribute) for target in statement.targets):
        return False
    loop = loop_of(module, call)
    if loop is not None:
        return any(loop_of(module, node) is loop for node in trees.walk(loop) if _is_backward(node))
    if function is None:
        return False
    if function.cls is not None and function.name in _STEPS:
        return any(last_name(base).endswith(("Trainer", "Module")) for base in function.cls.node.bases)
    return depth > 0 and any(_is_call_in_step(outer, node) for node, outer in callers(frame))


def _is_call_in_step(frame: Frame, callee: ast.expr) -> bool:
    call = parents(frame.module).get(callee)
    return isinstance(call, ast.Call) and call.func is callee and _is_in_step(frame, call, 0)


def _is_backward(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and last_name(node.func) == "backward"


def _wraps(frame: Frame) -> Iterator[_Wrap]:
    for call in _wrapping(frame, _DDP | _SHARDED):
        name = _wrapper(frame.callees[call])
        match statement_of(frame.module, call):
            case ast.Assign(targets=[ast.Name() | ast.Attribute() as target], value=value) if value is call:
                yield _Wrap(call, name, call.args[0], ast.unparse(target))
            case ast.Expr(value=value) if value is call and name == "fully_shard":
                yield _Wrap(call, name, call.args[0], ast.unparse(call.args[0]))


def _moved(frame: Frame, wrap: _Wrap) -> Iterator[Problem]:
    calls = [node for node in own_nodes(frame.scope) if isinstance(node, ast.Call)]
    for call in calls:
        func = call.func
        if not isinstance(func, ast.Attribute) or ast.unparse(func.value) != wrap.result:
            continue
        if position(call) < position(wrap.call) or excludes(frame.module, call, wrap.call):
            continue
        if _is_given_anew(frame, wrap, call):
            continue
        is_moved = func.attr in _MOVES and _is_unmoved(frame, wrap, calls)
        if func.attr in _CASTS or _casts(frame, call) or is_moved or _is_moved_back(frame, call, calls):
            yield Problem(call, places=(Place(wrap.call, "the model is wrapped here"),))
            return


def _is_moved_back(frame: Frame, call: ast.Call, calls: list[ast.Call]) -> bool:
    """Whether a call moves a model to the CPU, and one after it somewhere else."""
    if not _is_to_cpu(call) or not isinstance(call.func, ast.Attribute):
        return False
    text = ast.unparse(call.func.value)
    return any(
        isinstance(later.func, ast.Attribute)
        and later.func.attr in _MOVES
        and ast.unparse(later.func.value) == text
        and position(later) > position(call)
        and not _is_to_cpu(later)
        and not excludes(frame.module, later, call)
        for later in calls
    )


def _is_to_cpu(call: ast.Call) -> bool:
    match call:
        case ast.Call(func=ast.Attribute(attr="cpu")):
            return True
        case ast.Call(func=ast.Attribute(attr="to"), args=[ast.Constant(value=str() as device)]):
            return device.startswith("cpu")
    return False


def _casts(frame: Frame, call: ast.Call) -> bool:
    """Whether `to` is given a dtype other than the default one."""
    given = [frame.values.get(arg) for arg in (*call.args, *(keyword.value for keyword in call.keywords))]
    is_to = isinstance(call.func, ast.Attribute) and call.func.attr == "to"
    return is_to and any(isinstance(value, External) and value.qualname in _DTYPES for value in given)


def _is_unmoved(frame: Frame, wrap: _Wrap, calls: list[ast.Call]) -> bool:
    """Whether a model is made in this function, and nothing moves it, or takes it, before it is wrapped."""
    if not isinstance(wrap.model, ast.Name | ast.Attribute) or wrap.call.keywords:
        return False
    text, value = ast.unparse(wrap.model), settled(frame.values.get(wrap.model))
    if not isinstance(value, Instance | Layer) or value not in frame.definitions:
        return False
    for call in calls:
        if position(call) >= position(wrap.call):
            continue
        func = call.func
        is_method = isinstance(func, ast.Attribute) and ast.unparse(func.value) == text
        if is_method or any(ast.unparse(arg) == text for arg in call.args):
            return False
    made = frame.definitions[value]
    return not any(isinstance(node, ast.Attribute) and node.attr in _MOVES for node in ast.walk(made))


def _is_given_anew(frame: Frame, wrap: _Wrap, call: ast.Call) -> bool:
    """Whether the name holds something else by the time of a call."""
    statement = statement_of(frame.module, call)
    return any(
        isinstance(node, ast.Name | ast.Attribute)
        and not isinstance(node.ctx, ast.Load)
        and ast.unparse(node) == wrap.result
        and position(wrap.call) < position(node) < position(call)
        and statement_of(frame.module, node) is not statement
        for node in own_nodes(frame.scope)
    )


def _optimised_before(frame: Frame, wrap: _Wrap) -> Iterator[Problem]:
    text = ast.unparse(wrap.model)
    made = [
        call
        for call in frame.callees
        if is_optimizer(value := frame.values.get(call))
        and [written for written, _ in trained_models(value, frame)] == [text]
    ]
    before = [call for call in made if position(call) < position(wrap.call)]
    after = [call for call in frame.callees if position(call) > position(wrap.call)]
    if any(is_optimizer(frame.values.get(call)) for call in after):
        return
    for call in before:
        if not excludes(frame.module, call, wrap.call):
            yield Problem(wrap.call, _STALE, places=(Place(call, "the optimizer is made here"),))
            return
