"""The shapes that `torchlint shapes` knows of a model against those that the model has: `python -m
benchmarks.built_models timm`.

Models are built and run on the meta device. Each expression that gives a tensor is compared with what is known of it
where the module is made with the same arguments, and its method called with tensors of the same shapes, as a file could
say in two lines. With `--alone` it is compared with what is known of each function by itself: sizes in symbols, with
what these symbols were. A shape is *known* if all of its sizes are, *partly known* if something of it is, such as how
many dims it has. A shape that contradicts the model is *wrong*: there must be none.

timm has to be importable; what it imports without needing it may be missing.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import torch

from benchmarks.evaluated_calls import Files, Numbers, fits, is_named
from benchmarks.recorded_shapes import Recorder, Span, recording
from torchlint.torch_facts.dims import Shape

_STAND_INS = ("torchvision", "huggingface_hub", "safetensors", "timm.data")
_VERDICTS = ("known", "partly known", "unknown", "wrong")
_SMALL = ("pico", "nano", "tiny", "atto", "femto", "xxs", "_xs", "_s", "small", "b0", "18", "test")


class Wrong(NamedTuple):
    """A shape that a model does not have."""

    model: str
    path: str
    row: int
    known: str
    actual: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.path}:{self.row}: {self.known}, and {self.model} has {self.actual}"


class Comparison:
    """The expressions of models, each once for a model: what is known of their shapes."""

    def __init__(self, recorder: Recorder, alone: bool) -> None:
        self.recorder = recorder
        self.alone = alone
        self.counts: Counter[str] = Counter()
        self.wrong: list[Wrong] = []
        self.left: Counter[tuple[str, int]] = Counter()
        self._files = Files()

    def compare(self, model: str) -> None:
        """Compare all that was recorded of a model."""
        verdicts: dict[tuple[str, Span], set[str]] = {}
        for call in self.recorder.calls:
            known = self._files.alone(call) if self.alone else self._files.called(call, self.recorder)
            numbers = Numbers(call, self.recorder)
            for span, actual in call.seen:
                shapes = known(span)
                verdict = _verdict(shapes, actual, numbers)
                verdicts.setdefault((call.path, span), set()).add(verdict)
                if verdict == "wrong":
                    said = " or ".join(map(str, shapes))
                    self.wrong.append(Wrong(model, call.path, span[0], said, actual))
        for (path, span), found in verdicts.items():
            worst = next(verdict for verdict in reversed(_VERDICTS) if verdict in found)
            self.counts[worst] += 1
            if worst != "known":
                self.left[path, span[0]] += 1


def _verdict(shapes: tuple[Shape, ...], actual: tuple[int, ...], numbers: Numbers) -> str:
    if not shapes:
        return "unknown"
    if not any(fits(shape, actual, numbers) for shape in shapes):
        return "wrong"
    whole = all(not shape.open and all(map(is_named, shape.sizes)) for shape in shapes)
    return "known" if whole and all(fits(shape, actual, numbers) for shape in shapes) else "partly known"


def _timm_models(count: int, recorder: Recorder) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Some models of each module of timm, the smallest by their names, and what builds and runs each."""
    # Start-up: only the models of timm need it, and the other kinds are there without it.
    import timm

    modules = [[*timm.list_models(module=module)] for module in timm.list_modules()]
    for names in modules:
        names.sort(key=lambda name: (not any(part in name for part in _SMALL), len(name), name))
    rounds = max(map(len, modules))
    chosen = [names[turn] for turn in range(rounds) for names in modules if turn < len(names)]
    for name in chosen[: count * 2]:

        def run(name: str = name) -> Any:
            model: Any = timm.create_model(name).eval()
            size = (model.default_cfg or {}).get("input_size") or (3, 224, 224)
            recorder.calls.clear()  # what was computed while it was built does not belong to the model
            model(torch.rand(2, *size))
            return model

        yield name, run


def main() -> int:
    """Build models, compare, print the figures. Returns 1 if a shape is wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("package", choices=("timm",), help="whose models are built")
    parser.add_argument("--count", type=int, default=150, help="how many models [150]")
    parser.add_argument("--skip", type=int, default=0, help="how many are passed over first [0]")
    parser.add_argument("--alone", action="store_true", help="compare what is known of each function by itself")
    parser.add_argument("--unknown", action="store_true", help="print the lines of which most is unknown")
    arguments = parser.parse_args()
    sys.setrecursionlimit(30_000)
    recorder = recording([f"{arguments.package}.models", f"{arguments.package}.layers"], _STAND_INS)
    comparison = Comparison(recorder, arguments.alone)
    built, failed = 0, Counter[str]()
    for position, (name, run) in enumerate(_timm_models(arguments.count + arguments.skip, recorder)):
        if position < arguments.skip:
            continue
        if built == arguments.count:
            break
        recorder.clear()
        try:
            with torch.device("meta"), torch.no_grad():
                model = run()
        except Exception as error:  # whatever a model needs that the meta device does not have
            failed[f"{type(error).__name__}: {str(error)[:60]}"] += 1
            continue
        built += 1
        comparison.compare(name)
        print(f"{name}: {comparison.counts}", file=sys.stderr, flush=True)
        del model
    _print(comparison, built, failed, arguments.unknown)
    return 1 if comparison.wrong else 0


def _print(comparison: Comparison, built: int, failed: Counter[str], unknown: bool) -> None:
    total = comparison.counts.total() or 1
    print(f"{built} models built, {failed.total()} not; {total} expressions")
    for verdict in _VERDICTS:
        count = comparison.counts[verdict]
        print(f"{verdict:>14}: {count:6} {count / total:6.1%}")
    for wrong in {(one.path, one.row): one for one in comparison.wrong}.values():
        print(wrong)
    for reason, count in failed.most_common(8):
        print(f"not built: {count} {reason}")
    for (path, row), count in comparison.left.most_common(60 if unknown else 0):
        line = Path(path).read_text(encoding="utf-8").splitlines()[row - 1].strip()
        print(f"not known: {count:4} {Path(path).name}:{row}: {line[:110]}")


if __name__ == "__main__":
    sys.exit(main())
