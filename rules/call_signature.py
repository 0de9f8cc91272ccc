"""A call of torch with arguments that it does not take.

## What it does
Compares calls of functions and classes of torch, `torch.nn`, `torch.nn.functional`, `torch.optim` and
`torch.utils.data` with torch's own signatures: keywords that there are not, more positional arguments than there are
parameters, arguments that are missing, and strings of which torch only takes a few, such as `reduction="avg"`.

Silent where `*args` or `**kwargs` may bring what is missing, where a name may stand for something else than torch's,
in code for versions of torch that are all older than those signatures, and where an error is expected
(`pytest.raises`).

## Why is this bad?
The call raises, or, of a layer with a wrong string, its first use. What is built late, or only with some settings,
raises late: after the data are read, or in the last epoch.

## Example
```python
self.fc = nn.Linear(16, 10, bais=False)
loss = F.cross_entropy(logits, target, reduction="avg")
```
Use instead:
```python
self.fc = nn.Linear(16, 10, bias=False)
loss = F.cross_entropy(logits, target, reduction="mean")
```

## When not to use it
Turn it off where torch is replaced by a package of the same names with more parameters.

## References
- [torch.nn](https://docs.pytorch.org/docs/stable/nn.html)
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping

from torchlint.rule import (
    ERROR,
    Check,
    Frame,
    Module,
    Problem,
    inventory_of,
    literals,
    misfits,
    once_per_file,
    signatures,
)
from torchlint.vocabulary.certain_runs import is_expected_to_raise

# How much of a word is the same where it is a slip of another one.
_ALIKE = 0.6


class CallSignature(Check):
    code = "TLT322"
    since = "0.2"
    related = ("TLT801", "TLT320")
    severity = ERROR
    message = "Torch raises here: it does not take these arguments"
    help = "Look at the signature, and pass what it takes"

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        module = frame.module
        names = _names_of_torch(module)
        if not names or not module.target.reaches(signatures.version()):
            return
        for call in inventory_of(frame.scope).of(ast.Call):
            qualname = _qualname(call.func, names)
            if qualname is None:
                continue
            reason = _misfit(qualname, call) or _wrong_literal(qualname, call)
            if reason and _is_certain(call, frame):
                yield Problem(call, f"`{ast.unparse(call.func)}` {reason}")


@once_per_file
def _names_of_torch(module: Module) -> Mapping[str, str]:
    """The names that imports bind to torch, or to something of it, and to nothing else."""
    found: dict[str, str] = {}
    others: set[str] = set()
    for each in module.naming.imports:
        if each.is_of("torch") and found.setdefault(each.name, each.qualname) == each.qualname:
            continue
        others.add(each.name)
    return {name: qualname for name, qualname in found.items() if name not in others}


def _qualname(func: ast.expr, names: Mapping[str, str]) -> str | None:
    """The public name of what is called, if it is something of torch that there are signatures of."""
    parts: list[str] = []
    while isinstance(func, ast.Attribute):
        parts.append(func.attr)
        func = func.value
    if not isinstance(func, ast.Name) or func.id not in names:
        return None
    qualname = signatures.public(".".join([names[func.id], *reversed(parts)]))
    # `torch.Tensor.float(x)` passes `self`, of which signatures say nothing.
    is_method = qualname.rpartition(".")[0].rpartition(".")[2][:1].isupper()
    return qualname if signatures.known(qualname) and not is_method else None


def _misfit(qualname: str, call: ast.Call) -> str:
    """Why the arguments do not fit; empty where they may."""
    keywords = tuple(keyword.arg for keyword in call.keywords if keyword.arg is not None)
    is_open = len(keywords) < len(call.keywords) or any(isinstance(arg, ast.Starred) for arg in call.args)
    misfit = misfits.misfit(qualname, 0 if is_open else len(call.args), keywords, is_open)
    if misfit is None:
        return ""
    if misfit.unknown:
        word = next((word for word in misfit.unknown if not _is_said_elsewhere(qualname, word)), "")
        if not word:
            return ""
        meant = _close(word, signatures.names_of(qualname))
        return f"has no parameter `{word}`, so that the call raises" + (f"; did you mean `{meant}`?" if meant else "")
    if misfit.most is not None:
        takes = f"{misfit.most} positional argument{'s' * (misfit.most != 1)}"
        return f"takes {takes} at most and is given {len(call.args)}, so that the call raises"
    names = " and ".join(f"`{name}`" for name in misfit.missing)
    return f"is called without {names}, so that the call raises"


def _is_said_elsewhere(qualname: str, keyword: str) -> bool:
    """Whether torch had the keyword once, or it is meant for `requires_grad`: other rules say what to write instead."""
    # Start-up: only a mistake needs them.
    from torchlint.vocabulary.api_deprecated import DEPRECATED
    from torchlint.vocabulary.api_removed import REMOVED

    is_typo = keyword.startswith("require") and "grad" in keyword
    return is_typo or any(row.old == qualname and row.keyword == keyword for row in (*REMOVED, *DEPRECATED))


def _wrong_literal(qualname: str, call: ast.Call) -> str:
    """What is wrong about a string that is passed; empty where nothing is."""
    for name, words in literals.LITERALS.get(qualname, {}).items():
        passed = _passed(qualname, name, call)
        if isinstance(passed, ast.Constant) and isinstance(passed.value, str) and passed.value not in words:
            meant = _close(passed.value, words) or _SYNONYMS.get(passed.value, "")
            takes = ", ".join(f'"{word}"' for word in sorted(words - {"elementwise_mean"}))
            hint = f'; did you mean "{meant}"?' if meant in words else ""
            return f'has no {name} "{passed.value}" and raises: it takes {takes}{hint}'
    return ""


_SYNONYMS = {"avg": "mean", "average": "mean", "total": "sum", "same": "reflect"}


def _passed(qualname: str, name: str, call: ast.Call) -> ast.expr | None:
    """The expression that is passed for a parameter."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    order = signatures.positional(qualname)
    place = order.index(name) if name in order else len(call.args)
    before = call.args[: place + 1]
    if place >= len(call.args) or any(isinstance(arg, ast.Starred) for arg in before):
        return None
    return call.args[place]


def _close(word: str, words: Collection[str]) -> str:
    # Start-up: only a mistake needs it.
    import difflib

    return next(iter(difflib.get_close_matches(word, sorted(words), n=1, cutoff=_ALIKE)), "")


def _is_certain(call: ast.Call, frame: Frame) -> bool:
    """Whether nothing else may be called, and nobody waits for the error."""
    base = call.func
    while isinstance(base, ast.Attribute):
        base = base.value
    name = base.id if isinstance(base, ast.Name) else ""
    return not _is_bound_elsewhere(name, frame.module) and not is_expected_to_raise(call, frame.module)


def _is_bound_elsewhere(name: str, module: Module) -> bool:
    """Whether a name is bound by something else than an import, anywhere in the file."""
    for node in ast.walk(module.tree):
        match node:
            case ast.Name(id=other, ctx=ast.Store() | ast.Del()) | ast.arg(arg=other):
                bound = other
            case ast.FunctionDef(name=other) | ast.AsyncFunctionDef(name=other) | ast.ClassDef(name=other):
                bound = other
            case _:
                continue
        if bound == name:
            return True
    return False
