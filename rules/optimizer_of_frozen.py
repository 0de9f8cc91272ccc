"""An optimiser all of whose parameters are frozen: it trains nothing.

## What it does
Finds an optimiser that is given `model.parameters()`, or those of a part such as `model.fc`, after all parameters of
that model were frozen in the same function: by `requires_grad = False` for each of `model.parameters()`, or by
`model.requires_grad_(False)`. Silent where a part of the model is replaced, unfrozen or handed to something else in
between, and where the file unfreezes anything. Parameters that are frozen after the optimiser was made count, too,
where the optimiser is not used before and is stepped, or handed to a function, after that.

## Why is this bad?
Frozen parameters get no gradient, and the optimiser skips what has none: no step changes a weight. `backward()` raises
`element 0 of tensors does not require grad` unless something else in the graph is trained, and then the mistake is
silent.

## Example
```python
for parameter in model.parameters():
    parameter.requires_grad = False
optimizer = optim.Adam(model.parameters())
```
Use instead:
```python
for parameter in model.parameters():
    parameter.requires_grad = False
model.fc = nn.Linear(512, 10)
optimizer = optim.Adam(model.fc.parameters())
```

## Fix safety
There is no fix: which part is to be trained is not in the code.

## When not to use it
Turn it off where parameters are unfrozen later by code of another file.

## References
- [torch.nn.Module.requires_grad_](https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.rule import ERROR, Check, Frame, Place, Problem, is_test, made_by, own_nodes, statement_of, trees
from torchlint.vocabulary.freezing import freezes, is_false
from torchlint.vocabulary.training import is_optimizer
from torchlint.vocabulary.turns import follows_always, position

# What leaves the parameters of a model as they are.
_NEUTRAL = frozenset({"parameters", "named_parameters", "to", "cuda", "cpu", "eval", "train", "requires_grad_"})


class OptimizerOfFrozen(Check):
    code = "TLT728"
    since = "0.2"
    related = ("TLT715", "TLT718")
    severity = ERROR
    message = "All parameters of this optimizer are frozen: no step changes a weight"
    help = "Give it the parameters that are to be trained, and leave those unfrozen"
    words = (("requires_grad", "requires_grad_"), ("parameters",))

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if is_test(frame.module):
            return
        frozen = [found for node in own_nodes(frame.scope) if (found := freezes(node)) is not None]
        if not frozen or any(map(_unfreezes, trees.walk(frame.module.tree))):
            return
        for call in frame.callees:
            model = _optimised(frame, call)
            for node, text in frozen:
                if model is None or not _is_part(model, text):
                    continue
                if _is_before(frame, node, call, text) or _is_after(frame, node, call, text):
                    yield Problem(call, places=(Place(node, "all of its parameters are frozen here"),))
                    break


def _is_part(part: str, whole: str) -> bool:
    """Whether one model is written as another one, or as a part of it: `model.fc` and `model`."""
    return f"{part}.".startswith(f"{whole}.")


def _is_before(frame: Frame, freeze: ast.AST, made: ast.Call, model: str) -> bool:
    return position(freeze) < position(made) and not _is_touched(frame, freeze, made, model)


def _is_after(frame: Frame, freeze: ast.AST, made: ast.Call, model: str) -> bool:
    """Whether all of a model is frozen between the making of an optimiser and its first use."""
    statement = statement_of(frame.module, made)
    if not isinstance(statement, ast.Assign) or position(freeze) < position(made):
        return False
    if not follows_always(frame.module, freeze, made) or _is_touched(frame, statement, freeze, model):
        return False
    name = ast.unparse(statement.targets[0])
    used = [call for call in frame.callees if position(call) > position(statement) and _uses(call, name)]
    return bool(used) and all(position(call) > position(freeze) for call in used)


def _uses(call: ast.Call, name: str) -> bool:
    """Whether a call is one of a method of what a name holds, or is given it."""
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    func = call.func
    owner = ast.unparse(func.value) if isinstance(func, ast.Attribute) else ""
    return owner == name or any(ast.unparse(arg) == name for arg in given)


def _unfreezes(node: ast.AST) -> bool:
    """Whether a node may set `requires_grad` to something other than False."""
    match node:
        case ast.Assign(targets=[ast.Attribute(attr="requires_grad")], value=value):
            return not is_false(value)
        case ast.Call(func=ast.Attribute(attr="requires_grad_"), args=args, keywords=keywords):
            return not (len(args) == 1 and not keywords and is_false(args[0]))
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
            return "unfreeze" in name.lower() or name == "setattr"
    return False


def _optimised(frame: Frame, call: ast.Call) -> str | None:
    """The model whose `parameters()` are all that an optimiser is given."""
    value = frame.values.get(call)
    made = made_by(value, "torch.optim.Optimizer") if is_optimizer(value) else None
    match made.argument("params") if made is not None else None:
        case ast.Call(func=ast.Attribute(value=model, attr="parameters"), args=[], keywords=[]):
            return ast.unparse(model)
    return None


def _is_touched(frame: Frame, first: ast.AST, last: ast.AST, model: str) -> bool:
    """Whether something between the two may change what the model consists of, or only one of them may be run."""
    if not follows_always(frame.module, first, last):
        return True
    end = (getattr(first, "end_lineno", 0), getattr(first, "end_col_offset", 0))
    for node in own_nodes(frame.scope):
        if not end < position(node) < position(last):
            continue
        is_stored = isinstance(node, ast.Name | ast.Attribute) and not isinstance(node.ctx, ast.Load)
        if is_stored and _is_part(ast.unparse(node), model):
            return True
        if isinstance(node, ast.Call) and _may_change(node, model):
            return True
    return False


def _may_change(call: ast.Call, model: str) -> bool:
    """Whether a call is a method of the model or of a part, or is given either."""
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    if any(_is_part(ast.unparse(arg), model) for arg in given):
        return True
    func = call.func
    if not isinstance(func, ast.Attribute) or not _is_part(ast.unparse(func.value), model):
        return False
    return func.attr not in _NEUTRAL
