"""Every rewrite of the installed rules, broken in a dozen ways: the harness must notice."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("gmpy2")

from torchlint import registry  # noqa: E402
from torchlint.claims import Changes  # noqa: E402
from torchlint.verify.inputs.specs import InputError  # noqa: E402
from torchlint.verify.judge.unit_verdict import verify_unit  # noqa: E402
from torchlint.verify.judge.verdict import GOOD  # noqa: E402
from torchlint.verify.run.units import Unit, compile_text, fitted, from_pair  # noqa: E402

# Broken texts that do the same as the whole ones, and why.
EQUIVALENT = {
    "TLT204 by_hand_over_all: dim changed": "its input is a vector: dim -1 is dim 0",
    "TLT205 log_one_plus_exp: off by one": "past a threshold of 40, log(1 + exp(x)) is x in float64 as well",
}


def _sibling(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MUTANTS = _sibling("mutants")


def units() -> list[tuple[str, Unit]]:
    """One unit for each distinct `after` of the rules whose rewrite is granted by its claim."""
    found: dict[str, tuple[str, Unit]] = {}
    for info in registry.rules():
        for pair in getattr(registry.load(info.code), "pairs", ()):
            if isinstance(pair.claim, Changes):
                continue
            try:
                unit = from_pair(pair)
            except InputError:
                continue
            found.setdefault(unit.after_text, (f"{info.code} {pair.before.__name__}", unit))
    return list(found.values())


def test_mutants_are_refused() -> None:
    torch.set_num_threads(1)
    total, survivors = 0, list[tuple[str, str]]()
    for name, unit in units():
        if verify_unit(unit).decision.verdict not in GOOD:
            continue
        for kind, text in MUTANTS.mutants(unit.after_text):
            total += 1
            after = fitted(compile_text(text), tuple(spec.name for spec in unit.specs))
            broken = replace(unit, after=after, after_text=text)
            verdict = verify_unit(broken, stop=True).decision.verdict
            if verdict in GOOD:
                why = EQUIVALENT.get(f"{name}: {kind}", "")
                survivors.append((f"{name}: {kind}: {text.splitlines()[-1].strip()}: {verdict}", why))
    print(f"{total - len(survivors)} of {total} mutants refused; survivors:")
    print(*(f"{text} ({why or 'no reason is known'})" for text, why in survivors), sep="\n")
    assert total > 50
    assert sum(not why for _, why in survivors) <= 0.02 * total
