"""`F.dropout(x, p)` in a module without `training`: it drops at evaluation too.

## What it does
Finds functional dropout without `training` in a method of an `nn.Module`, where another dropout of the class passes
it, or the file puts an instance of the class, or a model that a function is given, into eval mode. Silent where the
probability is a parameter: who calls it decides.

## Why is this bad?
`F.dropout` knows nothing of the module: its `training` is True unless it is passed. After `model.eval()` the network
still drops at random, so that its results differ from call to call and are worse than they should be.

## Example
```python
x = F.dropout(x, p=0.5)
```
Use instead:
```python
x = F.dropout(x, p=0.5, training=self.training)
```

## Fix safety
The fix changes results at evaluation; that is its purpose. Training is the same.

## When not to use it
Turn it off for Monte Carlo dropout, which is to drop at evaluation too.

## References
- [torch.nn.functional.dropout](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.dropout.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from torchlint.rule import (
    Changes,
    Check,
    ClassModel,
    Frame,
    Instance,
    Op,
    Parameter,
    Problem,
    ancestors,
    members,
    ops,
    trees,
    written_calls,
)
from torchlint.vocabulary.nn_modules import is_module_class

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

_DROPOUTS = tuple(sorted(ops.DROPOUTS))


_FUNCTIONAL = "torch.nn.functional.{}"


class DropoutIgnoresTraining(Check):
    code = "TLT606"
    since = "0.1"
    related = ("TLT611", "TLT705", "TLT723")
    message = "`F.dropout` without `training` drops at evaluation too: predictions are random"
    title = "Pass `training=self.training`"
    help = "Pass `training=self.training`, or use `nn.Dropout`"
    words = (_DROPOUTS,)

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if not all(call.gives("training") for call in written_calls(frame, *map(_FUNCTIONAL.format, _DROPOUTS))):
            for op in frame.ops:
                yield from _problem(op, frame) if op.name in _DROPOUTS else ()


def _problem(op: Op, frame: Frame) -> Iterator[Problem]:
    function = frame.function
    if op.form != "F" or not isinstance(op.node, ast.Call) or "training" in op.nodes or "training" in op.args:
        return
    if function is None or function.cls is None or function.self_name is None or op.constant("p") in (0, 0.0):
        return
    call, name = op.node, function.self_name
    given = op.nodes.get("p")
    if isinstance(given, ast.Name) and any(arg.arg == given.id for arg in function.parameters):
        # Who calls it decides: `dropout_p=self.p if self.training else 0.0`.
        return
    if not is_module_class(frame, function.cls) or _is_always_on(frame, function.cls, call):
        return
    if not (_minds_training(function.cls, call) or _is_evaluated(frame, function.cls)):
        return

    def fix(editor: Editor) -> None:
        editor.add_argument(call, f"training={name}.training")

    yield Problem(call, "", fix, Changes("nothing is dropped in eval mode"))


def _is_always_on(frame: Frame, cls: ClassModel, call: ast.Call) -> bool:
    """Whether the code around it decides itself when to drop."""
    names = {node.attr for node in trees.walk(cls.node) if isinstance(node, ast.Attribute)}
    text = f"{cls.name} {frame.function.name if frame.function else ''}".lower()
    return "mc_dropout" in names or "montecarlo" in text or "mcdropout" in text or _is_under_training(frame, call)


def _is_under_training(frame: Frame, call: ast.Call) -> bool:
    tests = [outer.test for outer in ancestors(frame.module, call) if isinstance(outer, ast.If | ast.IfExp)]
    return any("training" in ast.unparse(test) for test in tests)


def _minds_training(cls: ClassModel, call: ast.Call) -> bool:
    """Whether another functional dropout of the class is told whether the module trains."""
    for node in trees.walk(cls.node):
        if isinstance(node, ast.Call) and node is not call and isinstance(node.func, ast.Attribute | ast.Name):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            if name in _DROPOUTS and any(isinstance(arg, ast.Attribute) and arg.attr == "training" for arg in given):
                return True
    return False


def _is_evaluated(frame: Frame, cls: ClassModel) -> bool:
    """Whether the file calls `eval()` on an instance of the class, or of one that is made of it."""
    module, evaluator = frame.module, frame.evaluator
    for node, call, caller in module.references("eval"):
        if call is None or call.args or not isinstance(node, ast.Attribute):
            continue
        if caller is not None and evaluator.is_busy(caller):
            continue
        outer = evaluator.frame(caller) if caller else evaluator.module_frame(module)
        value = outer.values.get(node.value)
        for member in members(value) if value is not None else ():
            if isinstance(member, Instance) and (member.cls is cls or _uses(member.cls, cls.name)):
                return True
            if isinstance(member, Parameter):
                return True  # the models of a file are what its functions are given
    return False


def _uses(outer: ClassModel, name: str, hops: int = 3) -> bool:
    """Whether a class names another, directly or through classes of the file."""
    names = {node.id for node in trees.walk(outer.node) if isinstance(node, ast.Name)}
    if name in names:
        return True
    inner = (outer.module.classes.get(found) for found in sorted(names) if found != outer.name)
    return hops > 0 and any(cls is not None and cls is not outer and _uses(cls, name, hops - 1) for cls in inner)
