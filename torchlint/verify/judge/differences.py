"""Two outcomes at one point of the lattice: everything in which they differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from torchlint.verify.inputs.lattice import Cell
from torchlint.verify.judge.elements import Judgement, judge
from torchlint.verify.judge.observation import REFUSING, Effect, Observation, Record
from torchlint.verify.reference.meaning import Reference
from torchlint.verify.run.execution import Outcome, bits


@dataclass(slots=True)
class Point:
    """One cell in one dtype. `scales` are the largest ordinary results and gradients, `neighbours` evaluates
    `before` a little beside the inputs, in float64, and is asked only where a difference could be one of a kink."""

    cell: Cell
    dtype: str
    before: Outcome
    after: Outcome
    reference: Reference
    value_scales: Sequence[float] = ()
    grad_scales: Mapping[str, float] = field(default_factory=dict)
    neighbours: Callable[[], list[Outcome]] = list

    def observe(self, effect: Effect, text: str, size: float = float("inf")) -> Observation:
        where = self._harmless(effect)
        if where:
            return Observation(Effect.NOTE, self.cell, self.dtype, f"{where}: {text}", size)
        return Observation(effect, self.cell, self.dtype, text, size)

    def _harmless(self, effect: Effect) -> str:
        """Where a difference is worth a note and no refusal; empty where it is not."""
        cell = self.cell
        if effect not in REFUSING:
            return ""
        if cell.cast:
            return f"{cell.cast} inputs"
        if effect is Effect.METADATA and cell.shapes.shapes and not any(cell.shapes.shapes.values()):
            return "0-d inputs"
        if cell.shapes.kind == "hollow":
            return "rows without elements"
        if effect is Effect.EXCEPTION and cell.recipe.name == "minus one":
            return "labels of -1"
        if effect is Effect.EXCEPTION and not self.before_is_finite:
            return "before is not finite"
        if cell.recipe.special and not self.before_is_finite:
            return "infinite or NaN inputs"
        if effect is Effect.ALIAS and cell.shapes.kind in ("one", "empty"):
            return "a single row"
        return ""

    @property
    def before_is_finite(self) -> bool:
        """Whether `before` gave finite numbers only; on ordinary inputs, whether it gave any."""
        floats = [value.detach() for value in self.before.tensors if value.is_floating_point()]
        if self.cell.recipe.special:
            return bool(floats) and all(bool(value.isfinite().all()) for value in floats)
        return not floats or any(bool(value.isfinite().any()) or not value.numel() for value in floats)


def name_of(error: Exception | None) -> str:
    if error is None:
        return "nothing"
    lines = str(error).splitlines() or [""]
    return f"{type(error).__name__}: {lines[0][:120]}"


def compare(point: Point, record: Record) -> None:
    """Add to `record` what differs at `point`."""
    before, after = point.before, point.after
    record.finite_points += _tells(point)
    if before.error is not None or after.error is not None:
        _compare_errors(point, record)
        return
    if not point.cell.cast:
        record.points += 1
        record.dtypes.add(point.dtype)
        record.ranks.add(point.cell.shapes.rank)
        record.cells.append((point.cell, point.dtype))
    found = list(_compare_metadata(point))
    found += _compare_effects(point)
    record.observations += found
    if found:
        record.identical = False
    if point.cell.cast == "complex128":
        _note_complex(point, record)
    if point.cell.mode or point.cell.cast or not _comparable(before, after):
        return
    _compare_values(point, record)
    _compare_gradients(point, record)


def _tells(point: Point) -> bool:
    """Whether `before` gave something that a difference could show in."""
    if point.before.error is not None or point.cell.cast or point.cell.mode:
        return False
    floats = [value.detach() for value in point.before.tensors if value.is_floating_point()]
    return not floats or any(bool(value.isfinite().any()) for value in floats)


def _compare_errors(point: Point, record: Record) -> None:
    before, after = point.before.error, point.after.error
    if before is None:
        record.identical = False
        record.observations.append(point.observe(Effect.EXCEPTION, f"only after raises {name_of(after)}"))
    elif after is None:
        record.identical = False
        record.observations.append(point.observe(Effect.REPAIRS, f"only before raises {name_of(before)}"))
        record.raised[name_of(before)] = record.raised.get(name_of(before), 0) + 1
    else:
        record.raised[name_of(before)] = record.raised.get(name_of(before), 0) + 1
    if before is not None and after is not None and type(before) is not type(after):
        record.observations.append(point.observe(Effect.NOTE, f"raises {name_of(after)} for {name_of(before)}"))


def _describe(value: Any) -> dict[str, Any]:
    if not isinstance(value, torch.Tensor):
        return {"type": type(value).__name__}
    return {
        "type": "tensor",
        "dtype": str(value.dtype).removeprefix("torch."),
        "shape": tuple(value.shape),
        "device": value.device.type,
        "layout": str(value.layout).removeprefix("torch."),
        "requires_grad": value.requires_grad,
    }


def _compare_metadata(point: Point) -> list[Observation]:
    before, after = point.before.leaves, point.after.leaves
    if before.structure != after.structure:
        return [point.observe(Effect.METADATA, f"{before.structure} becomes {after.structure}")]
    found = []
    for place, (old, new) in enumerate(zip(before.values, after.values, strict=True)):
        found += _compare_leaf(point, place, old, new)
    return found


def _compare_leaf(point: Point, place: int, old: Any, new: Any) -> list[Observation]:
    left, right = _describe(old), _describe(new)
    changed = [key for key in left if left[key] != right.get(key, left[key])]
    if changed:
        text = ", ".join(f"{key} {left[key]} becomes {right.get(key)}" for key in changed)
        return [point.observe(_metadata_effect(point, changed, old, new), f"result {place}: {text}")]
    if isinstance(old, torch.Tensor) and old.is_contiguous() != new.is_contiguous():
        return [point.observe(Effect.NOTE, "result changes between contiguous and strided")]
    return []


def _metadata_effect(point: Point, changed: list[str], old: Any, new: Any) -> Effect:
    # An empty loop leaves the number that it started from; a tensor of zeros in its place is what callers expect.
    number_to_tensor = changed == ["type"] and isinstance(new, torch.Tensor)
    if number_to_tensor and point.cell.shapes.kind == "empty":
        return Effect.NOTE
    if changed == ["requires_grad"] and not old.numel():
        return Effect.NOTE
    wider = changed == ["dtype"] and new.is_floating_point() and new.element_size() > old.element_size()
    return Effect.NOTE if wider and point.cell.mode == "autocast" else Effect.METADATA


def _compare_effects(point: Point) -> list[Observation]:
    before, after = point.before, point.after
    found = []
    if before.mutated != after.mutated:
        text = f"changes {list(after.mutated)} in place where before changes {list(before.mutated)}"
        found.append(point.observe(Effect.MUTATION, text))
    if before.random != after.random:
        found.append(point.observe(Effect.RNG, "draws other random numbers"))
    if before.aliases != after.aliases and point.cell.layout == "contiguous":
        old, new = (sorted({name for _, name in outcome.aliases}) for outcome in (before, after))
        found.append(point.observe(Effect.ALIAS, f"result shares memory with {new}, before with {old}"))
    return found


def _comparable(before: Outcome, after: Outcome) -> bool:
    """Whether both gave numbers of the same kinds and shapes."""
    left, right = before.leaves, after.leaves
    if left.structure != right.structure:
        return False
    pairs = zip(left.values, right.values, strict=True)
    return all(_form(old) == _form(new) for old, new in pairs)


def _form(value: Any) -> tuple[Any, ...]:
    return (value.dtype, value.shape) if isinstance(value, torch.Tensor) else (type(value), ())


def _numbers(value: Any) -> torch.Tensor:
    if isinstance(value, torch.Tensor):
        return value.detach().cpu()
    return torch.tensor(value, dtype=torch.float64 if isinstance(value, float) else None)


def _same_bits(old: torch.Tensor, new: torch.Tensor) -> bool:
    return old.dtype == new.dtype and old.shape == new.shape and torch.equal(bits(old), bits(new))


def _largest_tensor(point: Point) -> int:
    return max(point.cell.shapes.elements, *(tensor.numel() for tensor in point.before.tensors), 1)


def _is_own(point: Point) -> bool:
    return point.reference.kind != "mp" and point.dtype == "float64"


def _compare_values(point: Point, record: Record) -> None:
    reference = point.reference
    for place, (old, new) in enumerate(zip(point.before.leaves.values, point.after.leaves.values, strict=True)):
        old, new, truth = _numbers(old), _numbers(new), _numbers(reference.values[place])
        if not _same_bits(old, new):
            record.identical = False
        if not old.is_floating_point():
            _compare_integers(point, record, place, old, new, truth)
            continue
        scale = point.value_scales[place] if place < len(point.value_scales) else 1.0
        noise = reference.value_noise[place]
        poles = reference.kind == "mp"
        terms = _largest_tensor(point) // max(old.numel(), 1)
        verdict = judge(old, new, truth.to(torch.float64), noise, scale, terms, poles, _is_own(point))
        record.add_errors(point.cell, point.dtype, "value", verdict.worst)
        _add_gain(point, record, "value", verdict.improves, old, new, truth)
        _report(point, record, f"result {place}", verdict, old, new, truth)


def _add_gain(
    point: Point,
    record: Record,
    quantity: str,
    improves: torch.Tensor,
    old: torch.Tensor,
    new: torch.Tensor,
    truth: torch.Tensor,
) -> None:
    if bool(improves.any()) and not point.cell.recipe.special:
        record.gain(point.dtype, quantity).add(point.cell, improves, old, new, truth)


def _compare_integers(
    point: Point, record: Record, place: int, old: torch.Tensor, new: torch.Tensor, truth: torch.Tensor
) -> None:
    wrong = old != new
    if not bool(wrong.any()):
        return
    right = wrong & (new == truth)
    if bool(right.any()):
        _add_gain(point, record, "value", right, old, new, truth)
        record.observations.append(point.observe(Effect.IMPROVES, f"result {place} is right after"))
    wrong &= ~right
    for neighbour in point.neighbours() if bool(wrong.any()) else ():
        values = neighbour.leaves.values
        if neighbour.error is None and _numbers(values[place]).shape == new.shape:
            wrong &= new != _numbers(values[place])
    if bool(wrong.any()):
        index = _first(wrong)
        text = f"result {place}{list(index)}: {old[index].item()} becomes {new[index].item()}"
        record.observations.append(point.observe(Effect.REGRESSES, text))


def _first(mask: torch.Tensor) -> tuple[int, ...]:
    return tuple(int(extent) for extent in mask.nonzero()[0])


def _worst_place(mask: torch.Tensor, size: torch.Tensor) -> tuple[int, ...]:
    masked = torch.where(mask, size.nan_to_num(nan=float("inf")), -1.0)
    place = int(masked.argmax()) if masked.ndim else 0
    return tuple(int(extent) for extent in torch.unravel_index(torch.tensor(place), mask.shape)) if mask.ndim else ()


def _report(
    point: Point,
    record: Record,
    name: str,
    verdict: Judgement,
    old: torch.Tensor,
    new: torch.Tensor,
    truth: torch.Tensor,
) -> None:
    effects = {
        Effect.REGRESSES: verdict.regresses,
        Effect.MASKS: verdict.masks,
        Effect.IMPROVES: verdict.improves,
        Effect.EXTENDS: verdict.extends,
    }
    for effect, mask in effects.items():
        if not bool(mask.any()):
            continue
        if point.cell.recipe.special and effect in (Effect.EXTENDS, Effect.IMPROVES):
            continue
        size = verdict.size if effect in (Effect.REGRESSES, Effect.MASKS) else torch.zeros_like(verdict.size)
        index = _worst_place(mask, size)
        numbers = _contrast(old[index].item(), new[index].item(), truth[index].item())
        record.observations.append(point.observe(effect, f"{name}{list(index)}: {numbers}", float(size[index])))


def _contrast(old: float, new: float, truth: float) -> str:
    digits = 6 if f"{old:.6g}" != f"{new:.6g}" else 17
    return f"{old:.{digits}g} becomes {new:.{digits}g}, true value {truth:.{digits}g}"


def _grad_or_zero(grad: torch.Tensor | None, like: torch.Tensor) -> torch.Tensor:
    return torch.zeros_like(like, device="cpu") if grad is None else grad.detach().cpu()


def _compare_gradients(point: Point, record: Record) -> None:
    before, after, reference = point.before, point.after, point.reference
    if after.grad_error is not None and before.grad_error is None and before.grads:
        record.observations.append(point.observe(Effect.EXCEPTION, f"backward raises {name_of(after.grad_error)}"))
        return
    if before.grad_error is not None or after.grad_error is not None:
        return
    for name, truth in reference.grads.items():
        old, new = before.grads.get(name), after.grads.get(name)
        if old is None and new is None:
            continue
        old, new = _grad_or_zero(old, new if old is None else old), _grad_or_zero(new, old if new is None else new)  # type: ignore[arg-type]
        if not _same_bits(old, new):
            record.identical = False
        scale = point.grad_scales.get(name, 1.0)
        noise = reference.grad_noise[name]
        # A backward pass may sum over all elements, whatever the shape of the gradient.
        verdict = judge(old, new, truth, noise, scale, _largest_tensor(point), poles=False, own=_is_own(point))
        if point.cell.recipe.special:
            _note_special(point, record, name, verdict, old, new)
            continue
        record.add_errors(point.cell, point.dtype, "gradient", verdict.worst)
        _forgive_kinks(point, record, name, verdict, new)
        _add_gain(point, record, "gradient", verdict.improves, old, new, truth)
        _report(point, record, f"gradient of {name}", verdict, old, new, truth)


def _note_complex(point: Point, record: Record) -> None:
    pairs = zip(point.before.leaves.values, point.after.leaves.values, strict=False)
    for place, (old, new) in enumerate(pairs):
        if isinstance(old, torch.Tensor) and isinstance(new, torch.Tensor) and _form(old) == _form(new):
            old, new = old.detach().cpu(), new.detach().cpu()
            if not torch.allclose(old, new, rtol=1e-6, atol=1e-9, equal_nan=True):
                record.observations.append(point.observe(Effect.REGRESSES, f"result {place} differs"))


def _note_special(
    point: Point, record: Record, name: str, verdict: Judgement, old: torch.Tensor, new: torch.Tensor
) -> None:
    """Gradients at infinite inputs have no agreed meaning: only a lost finite one counts, and only as a note."""
    if bool((old.isfinite() & ~new.isfinite()).any()):
        record.observations.append(point.observe(Effect.NOTE, f"gradient of {name} is no longer finite"))


def _forgive_kinks(point: Point, record: Record, name: str, verdict: Judgement, new: torch.Tensor) -> None:
    """A gradient between those of the neighbourhood is one of several that are right at a kink."""
    suspects = verdict.regresses | verdict.masks
    if not bool(suspects.any()):
        return
    grads = [outcome.grads.get(name) for outcome in point.neighbours() if outcome.error is None]
    around = [grad for grad in grads if grad is not None and grad.shape == new.shape]
    if not around:
        return
    stack = torch.stack(around)
    low, high = stack.amin(0), stack.amax(0)
    margin = 1e-3 * (high - low)
    value = new.to(torch.float64)
    kink = suspects & (high - low > 1e-3 * (high.abs() + low.abs()))
    kink &= (value >= low - margin) & (value <= high + margin)
    if not bool(kink.any()):
        return
    verdict.regresses &= ~kink
    verdict.masks &= ~kink
    record.observations.append(point.observe(Effect.KINK, f"gradient of {name} is another subgradient"))
