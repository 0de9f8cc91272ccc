"""A loss whose graph is cut on the only way to the parameters that the optimiser updates.

## What it does
Finds `optimizer.step()` where no loss that is backpropagated in the function reaches a parameter of the optimiser,
because the output of the model was detached, taken as a number (`.item()`, `float(..)`, NumPy, `torch.tensor(..)`),
turned into classes (`argmax`, a comparison, `.long()`) or computed under `no_grad`. The place where the graph is cut
is marked.

Two forms: no model at all is behind the loss, or others than the optimiser was given, as in a GAN whose generator is
trained with `netD(fake.detach())`. An optimiser that comes in through a parameter is taken for that of the model whose
name it shares (`g_opt`, `netG`), and the finding says so.

Silent where a part of the loss is not known, where gradients are written or handed over by hand, and in tests.

## Why is this bad?
Without any graph `backward()` raises `element 0 of tensors does not require grad`. With that of another model nothing
raises: the gradients of the model that is to be trained stay None, the step skips them, and its weights never change.

## Example
```python
fake = generator(noise)
loss = criterion(discriminator(fake.detach()), real_label)
loss.backward()
generator_optimizer.step()
```
Use instead:
```python
fake = generator(noise)
loss = criterion(discriminator(fake), real_label)
loss.backward()
generator_optimizer.step()
```

## Fix safety
There is no fix: taking `detach` away is right in one place and wrong in another, and a loss of classes needs another
loss.

## When not to use it
Turn it off for code that fills `.grad` in other files.

## References
- [torch.Tensor.detach](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.detach.html)
- [Autograd mechanics](https://docs.pytorch.org/docs/stable/notes/autograd.html)
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from torchlint.rule import (
    ERROR,
    WARNING,
    Check,
    Frame,
    Place,
    Problem,
    Unknown,
    Value,
    is_test,
    made_by,
    own_nodes,
    walk,
)
from torchlint.vocabulary.gradient_flow import Cut, Flow, backward_loss, flow
from torchlint.vocabulary.training import Event, Kind, events, is_optimizer, models_given, trained_models
from torchlint.vocabulary.turns import excludes, position, steps_of

_NO_GRAPH = "The graph of the loss is cut here, and no other way leads to a parameter: `backward` raises a RuntimeError"
# What names of models and of their optimisers have in common beside what tells them apart.
_ROLES = re.compile(r"optimi[sz]ers?|optim|opt|networks?|nets?|models?|solver|_|\d", re.IGNORECASE)


class LossWithoutGraph(Check):
    code = "TLT730"
    since = "0.2"
    related = ("TLT717", "TLT728")
    severity = ERROR
    message = "The graph is cut here: the loss reaches no parameter of the optimizer that is stepped"
    help = "Leave the cut out on the way from the loss to the model that is trained"
    words = (
        ("backward", "manual_backward"),
        ("step",),
        (
            *(
                "detach",
                "item",
                "data",
                "no_grad",
                "inference_mode",
                "numpy",
                "from_numpy",
                "tensor",
                "float",
                "tolist",
            ),
            *("argmax", "round", "sign", "long", "int", "gt", "ge", "lt", "le", "eq", ">", "<", "=="),
        ),
    )

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if is_test(frame.module) or _writes_grad(frame):
            return
        found = events(frame)
        steps = [step for step, _ in steps_of(found) if step.at is step.node]
        flows = _flows(frame, found) if steps else None
        reported: set[ast.AST] = set()
        for step in steps if flows else ():
            assert flows is not None
            cut = _cut_before(frame, step, flows)
            if cut is not None and cut[0].node not in reported:
                reported.add(cut[0].node)
                places = (Place(step.node, "this step changes no weight"),)
                yield Problem(cut[0].node, cut[1], places=places, severity=WARNING if "by its name" in cut[1] else None)


def _writes_grad(frame: Frame) -> bool:
    """Whether something is made to require grad by hand."""
    return any(
        isinstance(node, ast.Attribute)
        and (node.attr == "requires_grad_" or (node.attr == "requires_grad" and isinstance(node.ctx, ast.Store)))
        for node in own_nodes(frame.scope)
    )


def _flows(frame: Frame, found: Sequence[Event]) -> list[tuple[ast.Call, Flow]] | None:
    """The backward passes of a function with what each reaches; None where one may reach anything."""
    flows = []
    for event in found:
        if event.kind in (Kind.CLEAR, Kind.UNKNOWN):
            return None
        if event.kind is not Kind.BACKWARD:
            continue
        loss = backward_loss(frame, event.node) if isinstance(event.node, ast.Call) and event.at is event.node else None
        reached = flow(frame, loss) if loss is not None else None
        if reached is None or not reached.is_known or not isinstance(event.node, ast.Call):
            return None
        flows.append((event.node, reached))
    return flows


def _cut_before(frame: Frame, step: Event, flows: Sequence[tuple[ast.Call, Flow]]) -> tuple[Cut, str] | None:
    """The cut that keeps the gradient of the last backward pass before a step from all that the step updates."""
    before = [
        (call, reached)
        for call, reached in flows
        if position(call) < position(step.node) and not excludes(frame.module, call, step.node)
    ]
    if not before:
        return None
    last = before[-1][1]
    reached = set().union(*(each.models for _, each in flows))
    cuts = [cut for cut in last.cuts if cut.models]
    criteria = set().union(*(each.criteria for _, each in flows))
    trained = _trained(frame, step.subject)
    if trained is None or any(_overlap(one, other) for one in trained for other in reached | criteria):
        return None
    if not reached:
        return (cuts[0], _NO_GRAPH) if cuts else None
    if trained:
        cut = next((cut for cut in cuts if any(_overlap(a, b) for a in trained for b in cut.models)), None)
        return None if cut is None else (cut, "")
    return _by_name(step, cuts, reached)


def _by_name(step: Event, cuts: Sequence[Cut], reached: set[str]) -> tuple[Cut, str] | None:
    """The cut behind which the model is that shares the optimiser's name, where none that is reached does."""
    tag = _tag(step.key)
    if not tag or any(not _tag(model) or _alike(tag, _tag(model)) for model in reached):
        return None
    for cut in cuts:
        model = next((model for model in sorted(cut.models) if _alike(tag, _tag(model))), None)
        if model is not None:
            told = f"`{step.key}` is taken for that of `{model}` by its name"
            return cut, f"The graph is cut here: the loss reaches no parameter of the optimizer; {told}"
    return None


def _trained(frame: Frame, optimizer: Value | None) -> list[str] | None:
    """The models whose parameters an optimiser has, as they are written: empty where it is not known, None where it has
    further parameters."""
    texts = [text for text, _ in (*trained_models(optimizer, frame), *models_given(optimizer, frame))]
    made = made_by(optimizer) if texts and is_optimizer(optimizer) else None
    given = made.value("params") if made is not None else None
    return None if given is not None and any(type(part) is Unknown for part in walk(given)) else texts


def _overlap(a: str, b: str) -> bool:
    a, b = a.removesuffix(".module"), b.removesuffix(".module")
    return f"{a}.".startswith(f"{b}.") or f"{b}.".startswith(f"{a}.")


def _tag(text: str) -> str:
    """What tells a model or an optimiser apart: `g` of `netG`, `self.optimizer_G` and `G_opt`."""
    return _ROLES.sub("", text.removesuffix(".module").rpartition(".")[2]).lower()


def _alike(a: str, b: str) -> bool:
    return bool(a and b) and (a.startswith(b) or b.startswith(a))
