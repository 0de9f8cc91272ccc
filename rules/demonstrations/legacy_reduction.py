"""torch warns at each loss that is made."""

import warnings

from torch import nn

HARM = "Making the loss gives {mistaken[warnings]} warning instead of {mended[warnings]} ({mistaken[text]})."


def mistaken():
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        loss = nn.MSELoss(size_average=False)
    return {"warnings": len(seen), "text": str(seen[0].message).rstrip("."), "reduction": loss.reduction}


def mended():
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        loss = nn.MSELoss(reduction="sum")
    return {"warnings": len(seen), "reduction": loss.reduction}


def is_harm(mistaken, mended):
    return mistaken["warnings"] == 1 and mended["warnings"] == 0
