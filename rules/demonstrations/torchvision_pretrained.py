"""torchvision warns that the parameter is deprecated."""

import warnings

import torchvision

HARM = (
    "Making the model, of a stand-in that warns as torchvision does, gives {mistaken[warnings]} warning instead of "
    "{mended[warnings]} ({mistaken[text]})."
)


def mistaken():
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        torchvision.models.resnet50(pretrained=True)
    return {"warnings": len(seen), "text": str(seen[0].message).partition(" since")[0]}


def mended():
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        torchvision.models.resnet50(weights="IMAGENET1K_V1")
    return {"warnings": len(seen)}


def is_harm(mistaken, mended):
    return mistaken["warnings"] == 1 and mended["warnings"] == 0
