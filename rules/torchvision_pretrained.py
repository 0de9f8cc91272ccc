"""A model of torchvision is given `pretrained=`: `weights=` says which weights.

## What it does
Finds `pretrained` and `pretrained_backbone`, by name or by position, of the models of `torchvision.models`.

## Why is this bad?
Both are deprecated since torchvision 0.13, which goes with torch 1.12, and warn: under a `target-torch` with older
ones nothing is said. They stand for the first weights that were published, which the
reader cannot see, where better ones may exist.

## Example
```python
net = torchvision.models.resnet50(pretrained=True)
```
Use instead:
```python
net = torchvision.models.resnet50(weights="IMAGENET1K_V1")
```

## Fix safety
The fix names the weights that `pretrained=True` stood for. It is unsafe, because it needs torchvision 0.13 or later.
There is none where the value is not a literal, and for models that have no weights of this kind.

## When not to use it
Turn it off for code that has to run under torchvision 0.12 and earlier, which has no `weights=`.

## References
- [torchvision models](https://docs.pytorch.org/vision/stable/models.html)
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from torchlint.rule import Changes, Check, External, Frame, Problem
from torchlint.vocabulary.torchvision_models import NAMES, Pretrained, pretrained

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

    Fix = Callable[[Editor], None]

# torchvision 0.13 is for torch 1.12.
_SINCE = "1.12"
_NEW = {"pretrained": "weights", "pretrained_backbone": "weights_backbone"}


class TorchvisionPretrained(Check):
    code = "TLT809"
    since = "0.2"
    aliases = ("TOR201",)
    related = ("TLT802",)
    tags = ("deprecated",)
    message = "`pretrained` does not say which weights and is deprecated since torchvision 0.13: use `weights`"
    title = "Use `weights`"
    help = "Name the weights: `weights=ResNet50_Weights.DEFAULT`"
    words = (tuple(sorted(NAMES)),)

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if frame.module.target.lacks(_SINCE):
            return
        if any(_old(call) or call.args for call in frame.module.naming.calls_in(frame.scope, NAMES)):
            for call, callee in frame.callees.items():
                known = pretrained(callee.qualname) if isinstance(callee, External) else None
                yield from _problem(call, known) if known is not None else ()


def _problem(call: ast.Call, known: Pretrained) -> Iterator[Problem]:
    first = call.args[0] if call.args else None
    is_flag = isinstance(first, ast.Constant) and isinstance(first.value, bool)
    if _old(call) or is_flag:
        changes = Changes("torchvision 0.13 or later is needed")
        yield Problem(call, fix=_fix(call, known, first if is_flag else None), claim=changes)


def _old(call: ast.Call) -> list[ast.keyword]:
    return [keyword for keyword in call.keywords if keyword.arg in _NEW]


def _fix(call: ast.Call, known: Pretrained, first: ast.expr | None) -> Fix | None:
    """A fix that names the weights; None where that is not certain."""
    names = {"pretrained": known.weights, "pretrained_backbone": known.backbone}
    flags = [(keyword.arg or "", keyword.value) for keyword in _old(call)]
    flags += [("pretrained", first)] if first is not None else []
    has_new = any(keyword.arg in (*_NEW.values(), None) for keyword in call.keywords)
    if has_new or len(call.args) > (first is not None):
        return None
    if not all(isinstance(flag, ast.Constant) and (names[name] or not flag.value) for name, flag in flags):
        return None

    def fix(editor: Editor) -> None:
        for name, flag in flags:
            is_on = isinstance(flag, ast.Constant) and bool(flag.value)
            if flag is first:
                editor.name_argument(flag, _NEW[name])
            editor.replace(flag, editor.quoted(names[name]) if is_on else "None")
        for keyword in _old(call):
            editor.rename(keyword, _NEW[keyword.arg or ""])

    return fix
