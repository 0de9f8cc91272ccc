"""The comment waits for a mistake that is made later."""

import inspect

import torch
from torchlint import lint
from torchlint.source import Source
from torchlint.suppress import Suppressions

HARM = (
    "A mistake that is made on the line later is reported {mended[reported]} time without the comment, "
    "and {mistaken[reported]} times with it."
)


def reported(function):
    later = inspect.getsource(function).replace("torch.exp(x)", "torch.log(torch.softmax(x, dim=1))")
    source = Source("program.py", f"import torch\n\n\n{later}")
    found = lint.check(source, ["TLT202"]).findings
    return sum(not Suppressions(source).hides(finding) for finding in found)


def silenced(x):
    return torch.exp(x)  # torchlint: ignore[log-of-softmax]


def plain(x):
    return torch.exp(x)


def mistaken():
    return {"reported": reported(silenced)}


def mended():
    return {"reported": reported(plain)}


def is_harm(mistaken, mended):
    return mistaken["reported"] == 0 and mended["reported"] == 1
