"""Models of torchvision whose last layers are replaced: they return what the new ones do.

Such a model becomes the sequence of its body, of which nothing is known, and of its new head.
"""

from __future__ import annotations

import ast

from torchlint.torch_facts import library_models
from torchlint.values.interpret.frame import Frame
from torchlint.values.value import Call, Constant, Field, Layer, Value


def replace_head(frame: Frame, base: Value, name: str, value: Value) -> None:
    """Note that an attribute of a value is assigned: `model.fc = nn.Linear(512, 10)`."""
    model = body_of(base)
    if model is not None and library_models.head(model.qualname) == name:
        _replace(frame, base, model, value)


def replace_last(frame: Frame, base: Value, index: Value, value: Value) -> None:
    """Note that a layer of an attribute is assigned: `model.classifier[6] = nn.Linear(4096, 10)`."""
    model = body_of(base.base) if isinstance(base, Field) else None
    if model is None or not isinstance(base, Field) or not isinstance(index, Constant):
        return
    last = library_models.last_of_head(model.qualname)
    if library_models.head(model.qualname) == base.name and last is not None and index.value in (last, -1):
        _replace(frame, base.base, model, value)


def body_of(value: Value) -> Call | None:
    """The call that made a model of torchvision, with or without a new head."""
    if isinstance(value, Layer) and value.name == "Sequential" and value.children:
        value = value.children[0]
    return value if isinstance(value, Call) and library_models.is_model(value.qualname) else None


def _replace(frame: Frame, base: Value, model: Call, head: Value) -> None:
    layer = Layer("Sequential", {}, {}, model.node, model.frame, False)
    layer.children = (model, head)
    frame.substitute(base, layer)
    certain = frame.statement in getattr(frame.scope, "body", ())
    for name, held in frame.env.items():
        if held is layer and certain and isinstance(frame.scope, ast.Module):
            # Functions that read the name run after the module has.
            frame.bindings[name][:] = [layer if each is base else each for each in frame.bindings[name]]
        elif held is layer and layer not in frame.bindings[name]:
            frame.bindings[name].append(layer)
