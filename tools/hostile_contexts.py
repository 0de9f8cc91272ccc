"""Puts each rule's programs into hostile contexts: where a safe fix is still offered, it must change nothing.

    python -m tools.hostile_contexts [CODE..] [--most N] [--seed N] [--show]

Each program with a fix runs before and after on tensors of all dtypes and layouts, alone and sharing memory. Values,
gradients, dtypes, shapes, what is written, random numbers and whether it raises must be equal. Values may be nearer to
those in double precision.
"""

from __future__ import annotations

import argparse
import io
import itertools
import random
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

import torch

from tools.hostile_programs import Context, contexts, programs
from torchlint import lint, registry
from torchlint.finding import Applicability, Finding
from torchlint.fixing import edits
from torchlint.source import Source
from torchlint.verify.inputs.lattice import Cell, DoesNotFitError, arguments, typed
from torchlint.verify.inputs.recipes import normal
from torchlint.verify.inputs.specs import Spec
from torchlint.verify.inputs.tried_shapes import all_shapes
from torchlint.verify.instance.opposites import difference
from torchlint.verify.run.execution import Outcome, run

_SCALARS: dict[str, Any] = {"dim": 1, "flag": True, "size": 3, "number": 0.5}
_SHAPES = 2
Given = dict[str, Any]


@dataclass(frozen=True)
class Wrong:
    """A safe fix that changes a program."""

    code: str
    context: Context
    after: str
    inputs: str
    difference: str


class Counts:
    """Programs by rule and kind: tried, with a safe fix, and changed by it."""

    def __init__(self) -> None:
        self.tried: Counter[tuple[str, str]] = Counter()
        self.offered: Counter[tuple[str, str]] = Counter()
        self.wrong: list[Wrong] = []


def hunt(codes: Sequence[str], most: int, seed: int) -> Counts:
    """Try up to so many contexts of each rule, chosen at random, and each program as it is."""
    counts = Counts()
    for code in codes:
        chosen = random.Random(f"{seed} {code}")
        every = list(programs(code))
        chosen.shuffle(every)
        with_fix = (program for program in every if fixed(code, program.text()) is not None)
        own = list(itertools.islice(with_fix, most // 4 + 1))
        each = max(1, most // max(1, len(own)))
        for program in own:
            found = list(contexts(program))
            for context in (found[0], *chosen.sample(found[1:], min(each, len(found) - 1))):
                _try(code, context, counts)
    return counts


def _try(code: str, context: Context, counts: Counts) -> None:
    key = code, context.kind
    if not context.text:
        return
    counts.tried[key] += 1
    after = fixed(code, context.text)
    if after is None:
        return
    counts.offered[key] += 1
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        seen = changed(context.text, after, context.specs)
    if seen is not None:
        counts.wrong.append(Wrong(code, context, after, *seen))


def fixed(code: str, text: str) -> str | None:
    """The text after all safe fixes of a rule; None where there are none."""
    result = edits.fix(Source("program.py", text), lambda source: lint.check(source, {code}).findings, _is_safe)
    return result.text if result.text != text else None


def _is_safe(finding: Finding) -> bool:
    return finding.fix is not None and finding.fix.applicability is Applicability.SAFE


def changed(before: str, after: str, specs: Sequence[Spec]) -> tuple[str, str] | None:
    """The first inputs on which two programs differ, and in what; None where they do not."""
    old, new = _loaded(before), _loaded(after)
    if old is None or new is None:
        return ("the import", "only one can be imported") if (old is None) != (new is None) else None
    for name, given, differentiable in _inputs(specs):
        outcome, fixed_outcome = run(old, given, differentiable), run(new, given, differentiable)
        text = _difference(outcome, fixed_outcome)
        if text and not (text == _VALUES and _is_better(outcome, fixed_outcome, run(old, _precise(given), ()))):
            return name, text
    return None


# What `difference` says where nothing else differs.
_VALUES = "other values"


def _precise(given: Given) -> Given:
    return {name: value.to(_wide(value)) if isinstance(value, torch.Tensor) else value for name, value in given.items()}


def _wide(tensor: torch.Tensor) -> torch.dtype:
    return torch.complex128 if tensor.is_complex() else torch.float64


def _is_better(before: Outcome, after: Outcome, truth: Outcome) -> bool:
    """Whether all new values are at least as near to those of double precision: the old ones were not accurate."""
    if truth.error is not None or len(truth.tensors) != len(before.tensors):
        return False
    for one, other, exact in zip(before.tensors, after.tensors, truth.tensors, strict=True):
        if not (one.shape == other.shape == exact.shape and exact.isfinite().all()):
            return False
        far, near = ((value.to(_wide(value)) - exact).abs() for value in (one, other))
        if not bool((near <= far.nan_to_num(torch.inf) + 1e-6 * exact.abs()).all()):
            return False
    return True


def _loaded(text: str) -> Callable[..., Any] | None:
    scope: dict[str, Any] = {"__name__": "program"}
    try:
        exec(compile(text, "program", "exec"), scope)
    except Exception:
        return None
    function = scope["f"]
    return lambda **given: function(**{name: _aliased(value, given) for name, value in given.items()})


@dataclass(frozen=True)
class _Same:
    """In the place of an input: it is another one, or a view of that."""

    name: str
    turned: bool


def _aliased(value: Any, given: Given) -> Any:
    if not isinstance(value, _Same):
        return value
    return given[value.name].mT if value.turned else given[value.name]


def _inputs(specs: Sequence[Spec]) -> Iterator[tuple[str, Given, tuple[str, ...]]]:
    floats = [spec.name for spec in specs if spec.is_float]
    scalars = {spec.name: (*spec.choices, _SCALARS[spec.kind])[0] for spec in specs if not spec.is_tensor}
    for shapes in itertools.islice(
        (shape for shape in all_shapes(specs) if shape.kind in ("plain", "square")), _SHAPES
    ):
        try:
            values = arguments(Cell(shapes, normal(1.0), scalars), tuple(specs))
        except DoesNotFitError:
            continue
        base = typed(values, torch.float32, "cpu")
        yield f"floats {shapes.label}", base, ()
        yield f"with gradients {shapes.label}", base, tuple(floats)
        for name, change in _CHANGES.items():
            yield f"{name} {shapes.label}", base | {each: change(base[each]) for each in floats}, ()
        for one, other in itertools.permutations(floats, 2):
            for turned in (False, True):
                yield f"{other} is {one} {shapes.label}", base | {other: _Same(one, turned)}, ()


_CHANGES: dict[str, Callable[[torch.Tensor], Any]] = {
    "float64": torch.Tensor.double,
    "float16": torch.Tensor.half,
    "int64": lambda tensor: (tensor * 3).long(),
    "bool": lambda tensor: tensor > 0,
    "complex": lambda tensor: torch.complex(tensor, tensor),
    "transposed": lambda tensor: tensor.mT.contiguous().mT if tensor.ndim > 1 else tensor,
    "expanded": lambda tensor: tensor[:1].expand(tensor.shape) if tensor.ndim else tensor,
    "lists": lambda tensor: list(tensor.unbind(0)) if tensor.ndim else [tensor],
    "tuples": lambda tensor: tuple(tensor.unbind(0)) if tensor.ndim else (tensor,),
    "one row": lambda tensor: tensor[:1],
    "no rows": lambda tensor: tensor[:0] if tensor.ndim else tensor,
}


def _difference(before: Outcome, after: Outcome) -> str:
    if (before.error is None) != (after.error is None):
        return f"raises {before.error!r:.200}, after {after.error!r:.200}"
    if before.error is not None:
        return ""
    text = difference(before, after, layout=False)
    # What refuses a dtype often takes it where there is nothing to compute.
    if text and any(value.numel() for value in before.tensors):
        return text
    if before.random != after.random:
        return "other random numbers"
    if before.grad_error is None and after.grad_error is not None and _WRITTEN not in str(after.grad_error):
        return f"backward raises only after, {after.grad_error!r:.200}"
    for name, grad in before.grads.items():
        if after.grad_error is None and not _is_alike(grad, after.grads.get(name)):
            return f"another gradient of {name}"
    return ""


# What operations keep for their gradient differs; a later write in place is noticed by autograd, loudly.
_WRITTEN = "modified by an inplace operation"


def _is_alike(one: torch.Tensor | None, other: torch.Tensor | None) -> bool:
    if one is None or other is None:
        return one is other
    return not bool(one.isfinite().all()) or torch.allclose(one, other, rtol=2e-2, atol=2e-2)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="hostile contexts of each rule's programs")
    parser.add_argument("codes", nargs="*")
    parser.add_argument("--most", type=int, default=300, help="contexts of each rule")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", action="store_true", help="print the programs that a fix changes")
    options = parser.parse_args(arguments)
    counts = hunt(options.codes or [info.code for info in registry.rules()], options.most, options.seed)
    for wrong in counts.wrong:
        print(f"{wrong.code} {wrong.context.kind} {wrong.context.what!r}: {wrong.inputs}: {wrong.difference}")
        if options.show:
            print(_body(wrong.context.text), "-- after", _body(wrong.after), sep="\n")
    for code in sorted({code for code, _ in counts.offered}):
        kinds = sorted({kind for each, kind in counts.tried if each == code})
        said = ", ".join(f"{kind} {counts.offered[code, kind]}/{counts.tried[code, kind]}" for kind in kinds)
        print(f"{code}: {said}")
    print(f"{counts.tried.total()} programs, {counts.offered.total()} fixed, {len(counts.wrong)} of them changed")
    return int(bool(counts.wrong))


def _body(text: str) -> str:
    return text[text.rindex("def f(") :] if "def f(" in text else text


if __name__ == "__main__":
    sys.exit(main())
