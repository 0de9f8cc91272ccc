"""The line raises, and the other mask is not the other elements."""

import torch

HARM = (
    "`masked_fill` raises {mistaken[raises]}; with a mask of bool {mended[filled]} of 4 elements are filled, and "
    "the other mask has the other {mended[others]}."
)


def mistaken():
    x = torch.arange(4.0)
    mask = (x > 0).byte()
    return {"others": int((~mask).count_nonzero()), "filled": int((x.masked_fill(mask, -1) < 0).sum())}


def mended():
    x = torch.arange(4.0)
    mask = x > 0
    return {"others": int((~mask).count_nonzero()), "filled": int((x.masked_fill(mask, -1) < 0).sum())}


def is_harm(mistaken, mended):
    return mistaken["raises"] == "RuntimeError" and mended == {"others": 1, "filled": 3}
