"""torch warns that the name is deprecated."""

import warnings

import torch

HARM = "Each use gives {mistaken[warnings]} warning instead of {mended[warnings]} ({mistaken[text]})."


def mistaken():
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        with torch.cpu.amp.autocast(dtype=torch.bfloat16):
            y = torch.ones(2, 2) @ torch.ones(2, 2)
    return {"warnings": len(seen), "text": str(seen[0].message).partition(". ")[0].rstrip("."), "dtype": str(y.dtype)}


def mended():
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        with torch.amp.autocast("cpu", dtype=torch.bfloat16):
            y = torch.ones(2, 2) @ torch.ones(2, 2)
    return {"warnings": len(seen), "dtype": str(y.dtype)}


def is_harm(mistaken, mended):
    return mistaken["warnings"] == 1 and mended["warnings"] == 0
