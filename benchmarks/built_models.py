"""The shapes that `torchlint shapes` knows of models against those that the models have: `python -m
benchmarks.built_models timm torchvision torch_geometric diffusers transformers`.

Models are built and run on the meta device. Each expression that gives a tensor is compared with what is known of it
where the module is made with the same arguments, and its method called with tensors of the same shapes, as a file could
say in two lines; an object that holds settings is passed as a namespace of them. With `--alone` it is compared with
what is known of each function by itself: sizes in symbols, with what these symbols were. A shape is *known* if all of
its sizes are, *partly known* if something of it is, such as how many dims it has. A shape that contradicts the model is
*wrong*: there must be none.

The libraries have to be importable; of what they import without needing it, some may be missing. A model that takes
longer than `--seconds`, or more memory than `--gigabytes`, is passed over. With `--results FILE` each model is written
down when it is done, and not looked at again: a run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch

from benchmarks.evaluated_calls import Files, Known, Numbers, fits, is_named
from benchmarks.model_zoo import LIBRARIES, Candidate, version
from benchmarks.recorded_shapes import Recorder, Span, recording
from benchmarks.unknown_shapes import reason
from torchlint.torch_facts.dims import Shape

_VERDICTS = ("known", "partly known", "unknown", "wrong")
_MOST_RECURSIONS = 30_000


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
        self.reasons: Counter[str] = Counter()
        self._files = Files()

    def compare(self, model: str) -> None:
        """Compare all that was recorded of a model."""
        verdicts: dict[tuple[str, Span], dict[str, Known]] = {}
        for call in self.recorder.calls:
            known = self._files.alone(call) if self.alone else self._files.called(call, self.recorder)
            numbers = Numbers(call, self.recorder)
            for span, actual in call.seen:
                shapes = known.shapes(span)
                verdict = _verdict(shapes, actual, numbers)
                verdicts.setdefault((call.path, span), {})[verdict] = known
                if verdict == "wrong":
                    said = " or ".join(map(str, shapes))
                    self.wrong.append(Wrong(model, call.path, span[0], said, actual))
        for (path, span), found in verdicts.items():
            worst = next(verdict for verdict in reversed(_VERDICTS) if verdict in found)
            self.counts[worst] += 1
            if worst != "known":
                self.left[path, span[0]] += 1
                self.reasons[reason(found[worst], span)] += 1

    def clear(self) -> None:
        """Forget what was counted, and the files if they are many."""
        for counted in (self.counts, self.left, self.reasons):
            counted.clear()
        self.wrong.clear()
        self._files.trim()


def _verdict(shapes: tuple[Shape, ...], actual: tuple[int, ...], numbers: Numbers) -> str:
    if not shapes:
        return "unknown"
    if not any(fits(shape, actual, numbers) for shape in shapes):
        return "wrong"
    whole = all(not shape.open and all(map(is_named, shape.sizes)) for shape in shapes)
    return "known" if whole and all(fits(shape, actual, numbers) for shape in shapes) else "partly known"


# -- one library --------------------------------------------------------------------------------------------------


class _TooLongError(Exception):
    """A model took more time than it may."""


def _stop(*_: object) -> None:
    raise _TooLongError


def _compared(library: str, arguments: argparse.Namespace, done: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What was found of the models of a library that were not looked at before."""
    watched = LIBRARIES[library]
    signal.signal(signal.SIGALRM, _stop)
    built = sum("counts" in each for each in done.values())
    with recording(watched.packages, watched.stand_ins) as recorder:
        comparison = Comparison(recorder, arguments.alone)
        for position, candidate in enumerate(watched.candidates()):
            if built >= arguments.count:
                return
            if position < arguments.skip or candidate.name in done:
                continue
            started = time.monotonic()
            found: dict[str, Any] = {"library": library, "model": candidate.name}
            signal.alarm(arguments.seconds)
            try:
                _run(candidate, recorder, watched.device)
                comparison.compare(candidate.name)
                found |= _figures(comparison)
                built += 1
            except (Exception, _TooLongError) as error:  # whatever a model needs that the meta device does not have
                found["error"] = f"{type(error).__name__}: {str(error)[:60]}"
            finally:
                signal.alarm(0)
            recorder.clear()
            comparison.clear()
            yield found | {"seconds": round(time.monotonic() - started, 1)}


def _run(candidate: Candidate, recorder: Recorder, device: str) -> None:
    with torch.device(device), torch.no_grad():
        model = candidate.build().eval()
        recorder.calls.clear()  # what was computed while it was built does not belong to the model
        candidate.call(model)


def _figures(comparison: Comparison) -> dict[str, Any]:
    return {
        "counts": dict(comparison.counts),
        "wrong": [*map(str, {(one.path, one.row): one for one in comparison.wrong}.values())],
        "reasons": dict(comparison.reasons),
        "left": [[path, row, count] for (path, row), count in comparison.left.items()],
    }


# -- all of them --------------------------------------------------------------------------------------------------


def main() -> int:
    """Build models, compare, print the figures. Returns 1 if a shape is wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("libraries", nargs="+", choices=[*LIBRARIES], help="whose models are built")
    parser.add_argument("--count", type=int, default=40, help="how many models of each library [40]")
    parser.add_argument("--skip", type=int, default=0, help="how many are passed over first [0]")
    parser.add_argument("--seconds", type=int, default=120, help="how long a model may take [120]")
    parser.add_argument("--gigabytes", type=int, default=16, help="how much memory may be taken [16]")
    parser.add_argument("--results", type=Path, help="where each model is written down")
    parser.add_argument("--alone", action="store_true", help="compare what is known of each function by itself")
    parser.add_argument("--unknown", action="store_true", help="print the lines of which most is unknown")
    parser.add_argument("--reasons", action="store_true", help="print why shapes are not known")
    arguments = parser.parse_args()
    known = _read(arguments.results)
    if len(arguments.libraries) > 1 and arguments.results is None:
        parser.error("several libraries need --results")
    if len(arguments.libraries) == 1:
        known = _one_library(arguments, known)
    else:
        for library in arguments.libraries:  # what is watched in one is imported by another
            given = [argument for argument in sys.argv[1:] if argument not in LIBRARIES]
            subprocess.run([sys.executable, "-m", "benchmarks.built_models", library, *given], check=False)
        known = _read(arguments.results)
    _print(known, arguments)
    return 1 if any(each.get("wrong") for each in known) else 0


def _one_library(arguments: argparse.Namespace, known: list[dict[str, Any]]) -> list[dict[str, Any]]:
    (library,) = arguments.libraries
    sys.setrecursionlimit(_MOST_RECURSIONS)
    limit = arguments.gigabytes << 30
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    done = {each["model"]: each for each in known if each["library"] == library}
    for found in _compared(library, arguments, done):
        print(f"{found['model']}: {found.get('counts') or found['error']}", file=sys.stderr, flush=True)
        known.append(found)
        if arguments.results is not None:
            with arguments.results.open("a", encoding="utf-8") as file:
                file.write(json.dumps(found) + "\n")
    return known


def _read(results: Path | None) -> list[dict[str, Any]]:
    """What was written down of earlier models."""
    if results is None or not results.exists():
        return []
    return [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]


def _print(known: Sequence[Mapping[str, Any]], arguments: argparse.Namespace) -> None:
    chosen = [each for each in known if each["library"] in arguments.libraries]
    print(f"torch {torch.__version__}")
    for library in arguments.libraries:
        _print_share(f"{library} {version(library)}", [each for each in chosen if each["library"] == library])
    if len(arguments.libraries) > 1:
        _print_share("all", chosen)
    for wrong in sorted({one for each in chosen for one in each.get("wrong", ())}):
        print(wrong)
    errors = Counter(each["error"] for each in chosen if "error" in each)
    for error, count in errors.most_common(8):
        print(f"not built: {count} {error}")
    _print_unknown(chosen, arguments)


def _print_share(title: str, found: Sequence[Mapping[str, Any]]) -> None:
    built = [each for each in found if "counts" in each]
    counts = sum((Counter(each["counts"]) for each in built), Counter[str]())
    total = counts.total() or 1
    shares = ", ".join(f"{counts[verdict]} ({counts[verdict] / total:.1%}) {verdict}" for verdict in _VERDICTS)
    print(f"{title}: {len(built)} models built, {len(found) - len(built)} not; {total} values: {shares}")


def _print_unknown(found: Sequence[Mapping[str, Any]], arguments: argparse.Namespace) -> None:
    reasons = sum((Counter(each.get("reasons", {})) for each in found), Counter[str]())
    for reason_, count in reasons.most_common(60 if arguments.reasons else 0):
        print(f"not known: {count:5} {reason_}")
    left = Counter[tuple[str, int]]()
    for each in found:
        left.update({(path, row): count for path, row, count in each.get("left", ())})
    for (path, row), count in left.most_common(60 if arguments.unknown else 0):
        line = Path(path).read_text(encoding="utf-8").splitlines()[row - 1].strip()
        print(f"not known: {count:4} {Path(path).name}:{row}: {line[:110]}")


if __name__ == "__main__":
    sys.exit(main())
