"""Models of other libraries: which calls make one, and which layer of those of torchvision gives what they return."""

from __future__ import annotations

import re

_MODEL = re.compile(r"torchvision\.models\.(?:\w+\.)?(?P<name>[a-z]\w*)$")
# By the beginning of a model's name: the attribute that holds the layer, or the layers, whose output the model returns,
# and the number of the last of these layers. Models that return several outputs are left out.
_HEADS: tuple[tuple[re.Pattern[str], str, int | None], ...] = (
    (re.compile(r"(wide_)?resnet\d|resnext\d|shufflenet_|regnet_|(mc3|r3d|r2plus1d)_"), "fc", None),
    (re.compile(r"densenet\d"), "classifier", None),
    (re.compile(r"alexnet|vgg\d"), "classifier", 6),
    (re.compile(r"mobilenet_v2|efficientnet_|mnasnet\d"), "classifier", 1),
    (re.compile(r"mobilenet_v3_"), "classifier", 3),
    (re.compile(r"convnext_"), "classifier", 2),
    (re.compile(r"swin_"), "head", None),
)
# Classes of transformers that are modules, and the methods that make an instance.
_OF_TRANSFORMERS = re.compile(
    r"transformers\.(?:\w+\.)*(?!TF|Flax)[A-Z]\w*(?:Model|For[A-Z]\w*)(?:\.from_(?:pretrained|config))?$"
)


def is_of_transformers(qualname: str) -> bool:
    """Whether a call of this name makes a module of transformers."""
    return _OF_TRANSFORMERS.match(qualname) is not None


def is_model(qualname: str) -> bool:
    """Whether a call of this name makes a model that returns one tensor, of its last layer. All of these have dropout,
    batch norm or stochastic depth."""
    return _head(qualname) is not None


def head(qualname: str) -> str:
    """The attribute of the layer whose output a model returns; empty where that is not known."""
    found = _head(qualname)
    return found[0] if found is not None else ""


def last_of_head(qualname: str) -> int | None:
    """The number of the last layer of the head, where the head is a container."""
    found = _head(qualname)
    return found[1] if found is not None else None


def _head(qualname: str) -> tuple[str, int | None] | None:
    model = _MODEL.match(qualname)
    if model is None:
        return None
    return next(((attribute, last) for names, attribute, last in _HEADS if names.match(model["name"])), None)
