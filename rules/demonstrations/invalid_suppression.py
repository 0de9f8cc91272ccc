"""The comment silences nothing."""

import inspect

import torch
from torchlint import lint
from torchlint.source import Source
from torchlint.suppress import Suppressions

HARM = "The finding that the comment is to silence is reported {mistaken[findings]} time instead of {mended[findings]}."


def findings(function):
    source = Source("program.py", f"import torch\n\n\n{inspect.getsource(function)}")
    found = lint.check(source, ["TLT202"]).findings
    return sum(not Suppressions(source).hides(finding) for finding in found)


def misspelt(x):
    return torch.log(torch.softmax(x, dim=1))  # torchlint: ignore[log-of-sofmax]


def spelt(x):
    return torch.log(torch.softmax(x, dim=1))  # torchlint: ignore[log-of-softmax]


def mistaken():
    return {"findings": findings(misspelt)}


def mended():
    return {"findings": findings(spelt)}


def is_harm(mistaken, mended):
    return mistaken["findings"] == 1 and mended["findings"] == 0
