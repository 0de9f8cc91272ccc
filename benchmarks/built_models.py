"""The shapes that `torchlint shapes` knows of a model against those that the model has: `python -m
benchmarks.built_models timm`.

Models are built and run on the meta device. Each expression that gives a tensor is compared with what is known of it
from the text of its file alone: sizes in symbols are compared for the arguments that the module was made with and the
shapes that its method was given. A shape is *known* if all of its sizes are numbers or such symbols, *partly known* if
something else is known of it, such as how many dims it has. A shape that contradicts the model is *wrong*: there must
be none.

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

from benchmarks.recorded_shapes import Call, Recorder, Span, recording, spans
from torchlint.source import Source
from torchlint.syntax.import_index import ImportIndexes
from torchlint.syntax.module import FunctionModel, Module
from torchlint.syntax.parsing import parse
from torchlint.torch_facts.dims import Polynomial, Shape, Size, Symbol, is_known
from torchlint.values.facts import known_shapes
from torchlint.values.interpret.evaluator import Evaluator
from torchlint.values.interpret.project import Project
from torchlint.values.value import Parameter, Value

_STAND_INS = ("torchvision", "huggingface_hub", "safetensors", "timm.data")
_SMALL = ("pico", "nano", "tiny", "atto", "femto", "xxs", "_xs", "_s", "small", "b0", "18", "test")


class Static:
    """What is known of a file without running it."""

    def __init__(self, path: str) -> None:
        source = Source(path, Path(path).read_text(encoding="utf-8"))
        tree = parse(source.text)[0]
        assert tree is not None
        self.module = Module(source, tree)
        self.evaluator = Evaluator(self.module, Project(self.module, ImportIndexes))
        self.nodes = dict(spans(tree))
        self.functions = {
            model.node.lineno: model for model in self.module.models.values() if isinstance(model, FunctionModel)
        }
        self._known: dict[Span, tuple[Shape, ...]] = {}

    def shapes(self, row: int, span: Span) -> tuple[Shape, ...]:
        """The shapes that an expression in the function of a row may have; none if nothing is known."""
        if span not in self._known:
            function, node = self.functions.get(row), self.nodes.get(span)
            value = self.evaluator.frame(function).values.get(node) if function and node else None
            found = known_shapes.shapes(value) if value is not None else ()
            self._known[span] = found if all(map(is_known, found)) else ()
        return self._known[span]


class Numbers:
    """What the symbols of shapes stand for in one call."""

    def __init__(self, call: Call, recorder: Recorder) -> None:
        self.call = call
        self.made = recorder.made.get(id(call.owner), [])
        self.bound: dict[Symbol, int] = {}
        self.seen = dict(call.seen)

    def of(self, size: Size) -> int | None:
        """The number that a size is; None where that cannot be told."""
        if isinstance(size, int):
            return size
        total = 0
        for monomial, count in size.terms.items():
            for one, power in monomial:
                number = self._symbol(one)
                if number is None:
                    return None
                count *= number**power
            total += count
        return total

    def _symbol(self, one: Symbol) -> int | None:
        if one not in self.bound:
            number = self._found(one.key)
            if number is None:
                return None
            self.bound[one] = number
        return self.bound[one]

    def _found(self, key: Any) -> int | None:
        match key:
            case Parameter():
                return _number(self._argument(key))
            case ("floor", a, b):
                top, bottom = self.of(a), self.of(b)
                return None if top is None or not bottom else top // bottom
            case ("size", Parameter() as parameter, int() as dim):
                shape = self.call.shapes.get(parameter.name, ()) if self._is_of_call(parameter) else ()
                return shape[dim] if -len(shape) <= dim < len(shape) else None
            case (Parameter() as parameter, tuple() as names):
                value = self._argument(parameter)
                for name in names:
                    value = getattr(value, name, None)
                return _number(value)
        return None

    def _is_of_call(self, parameter: Parameter) -> bool:
        return _place(parameter) == (self.call.path, self.call.row)

    def _argument(self, parameter: Parameter) -> Any:
        place = _place(parameter)
        for call in (self.call, *self.made):
            if (call.path, call.row) == place:
                return call.arguments.get(parameter.name)
        return None


def _place(parameter: Parameter) -> tuple[str, int] | None:
    function = parameter.frame.function if parameter.frame is not None else None
    return (function.module.source.path, function.node.lineno) if function is not None else None


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _is_named(size: Size) -> bool:
    """Whether a size is a number, or made of symbols that stand for something."""
    return isinstance(size, int) or all(type(one.key) is not object for one in _symbols(size))


def _symbols(size: Polynomial) -> Iterator[Symbol]:
    for monomial in size.terms:
        for one, _ in monomial:
            yield one


def _fits(shape: Shape, actual: tuple[int, ...], numbers: Numbers) -> bool:
    """Whether a shape may be the one that was seen."""
    if shape.at_least > len(actual) or (shape.rank is not None and shape.rank != len(actual)):
        return False
    last = actual[len(actual) - len(shape.sizes) :]
    return all(_is(size, number, numbers) for size, number in zip(shape.sizes, last, strict=True))


def _is(size: Size, number: int, numbers: Numbers) -> bool:
    found = numbers.of(size)
    if found is None and isinstance(size, Polynomial):
        symbols = [*_symbols(size)]
        if len(symbols) == 1 and size.terms == {frozenset({(symbols[0], 1)}): 1} and _is_named(size):
            numbers.bound[symbols[0]] = number  # from here on it is this number
        return True
    return found == number


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

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.counts: Counter[str] = Counter()
        self.wrong: list[Wrong] = []
        self.unknown: Counter[tuple[str, int]] = Counter()
        self._files: dict[str, Static] = {}

    def compare(self, model: str) -> None:
        """Compare all that was recorded of a model."""
        verdicts: dict[tuple[str, Span], str] = {}
        for call in self.recorder.calls:
            if call.path not in self._files:
                self._files[call.path] = Static(call.path)
            numbers = Numbers(call, self.recorder)
            for span, actual in call.seen:
                verdict = self._verdict(model, call, span, actual, numbers)
                if verdicts.get((call.path, span)) != "wrong":
                    verdicts[call.path, span] = verdict
        self.counts.update(verdicts.values())
        self.unknown.update((path, span[0]) for (path, span), verdict in verdicts.items() if verdict == "unknown")

    def _verdict(self, model: str, call: Call, span: Span, actual: tuple[int, ...], numbers: Numbers) -> str:
        shapes = self._files[call.path].shapes(call.row, span)
        if not shapes:
            return "unknown"
        if not any(_fits(shape, actual, numbers) for shape in shapes):
            self.wrong.append(Wrong(model, call.path, span[0], " or ".join(map(str, shapes)), actual))
            return "wrong"
        whole = all(not shape.open and all(map(_is_named, shape.sizes)) for shape in shapes)
        return "known" if whole else "partly known"


def _timm_models(count: int) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Some models of each module of timm, the smallest by their names."""
    import timm

    modules = [[*timm.list_models(module=module)] for module in timm.list_modules()]
    for names in modules:
        names.sort(key=lambda name: (not any(part in name for part in _SMALL), len(name), name))
    rounds = max(map(len, modules))
    chosen = [names[turn] for turn in range(rounds) for names in modules if turn < len(names)]
    for name in chosen[: count * 2]:

        def run(name: str = name) -> Any:
            model = timm.create_model(name).eval()
            size = (model.default_cfg or {}).get("input_size") or (3, 224, 224)
            model(torch.rand(2, *size))
            return model

        yield name, run


def main() -> int:
    """Build models, compare, print the figures. Returns 1 if a shape is wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("package", choices=("timm",), help="whose models are built")
    parser.add_argument("--count", type=int, default=150, help="how many models [150]")
    parser.add_argument("--skip", type=int, default=0, help="how many are passed over first [0]")
    parser.add_argument("--unknown", action="store_true", help="print the lines of which most is unknown")
    arguments = parser.parse_args()
    sys.setrecursionlimit(30_000)
    recorder = recording([f"{arguments.package}.models", f"{arguments.package}.layers"], _STAND_INS)
    comparison = Comparison(recorder)
    built, failed = 0, Counter[str]()
    for position, (name, run) in enumerate(_timm_models(arguments.count + arguments.skip)):
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
        del model
    _print(comparison, built, failed, arguments.unknown)
    return 1 if comparison.wrong else 0


def _print(comparison: Comparison, built: int, failed: Counter[str], unknown: bool) -> None:
    total = comparison.counts.total() or 1
    print(f"{built} models built, {failed.total()} not; {total} expressions")
    for verdict in ("known", "partly known", "unknown", "wrong"):
        count = comparison.counts[verdict]
        print(f"{verdict:>14}: {count:6} {count / total:6.1%}")
    for wrong in {(one.path, one.row): one for one in comparison.wrong}.values():
        print(wrong)
    for reason, count in failed.most_common(8):
        print(f"not built: {count} {reason}")
    for (path, row), count in comparison.unknown.most_common(60 if unknown else 0):
        line = Path(path).read_text(encoding="utf-8").splitlines()[row - 1].strip()
        print(f"unknown: {count:4} {Path(path).name}:{row}: {line[:110]}")


if __name__ == "__main__":
    sys.exit(main())
