"""A stand-in for torchvision: a model with the warning of torchvision since 0.13, and nothing to download."""

import warnings
from types import SimpleNamespace

from torch import nn


def resnet50(*, weights=None, **old):
    if "pretrained" in old:
        warnings.warn(
            "The parameter 'pretrained' is deprecated since 0.13 and may be removed in the future, "
            "please use 'weights' instead.",
            UserWarning,
            stacklevel=2,
        )
    return nn.Linear(2048, 1000)


models = SimpleNamespace(resnet50=resnet50)
