"""The full tier: searches, higher derivatives, modes, figures of speed, and that they are not lost again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hang_guard import HANG_GUARD

torch = pytest.importorskip("torch")
pytest.importorskip("gmpy2")

from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402

from torchlint.verify import certify, suite  # noqa: E402
from torchlint.verify.inputs.lattice import Cell, arguments  # noqa: E402
from torchlint.verify.inputs.recipes import HALF_ORDINALS, ORDINALS, Recipe, fill, normal  # noqa: E402
from torchlint.verify.inputs.specs import parse, parse_all  # noqa: E402
from torchlint.verify.inputs.tried_shapes import Shapes  # noqa: E402
from torchlint.verify.judge.higher import compare_higher  # noqa: E402
from torchlint.verify.judge.observation import Effect, Record, Worst  # noqa: E402
from torchlint.verify.judge.polish import score, search  # noqa: E402
from torchlint.verify.judge.unit_verdict import Result, verify_unit  # noqa: E402
from torchlint.verify.judge.verdict import GOOD, Verdict  # noqa: E402
from torchlint.verify.reference.truth import Truth  # noqa: E402
from torchlint.verify.report.row import Row  # noqa: E402
from torchlint.verify.report.strip import strip  # noqa: E402
from torchlint.verify.report.terminal_table import table  # noqa: E402
from torchlint.verify.run import speed as speed_module  # noqa: E402
from torchlint.verify.run.speed import Speed, grown, measure, measure_program  # noqa: E402
from torchlint.verify.run.units import compile_text, define, from_text  # noqa: E402

CODE = "TLT206"
torch.set_num_threads(1)
FIVE = Cell(Shapes("plain", {"x": (5,)}, {}), normal(1.0))


def verify(before: str, after: str, tier: str = "fast", **inputs: str) -> Result:
    return verify_unit(from_text(before, after, inputs or {"x": "float"}), tier=tier)


# Values


def test_ordinals_are_finite_numbers_of_all_sizes() -> None:
    generator = torch.Generator().manual_seed(0)
    spec = parse("x", "float")
    wide = fill(spec, (4_000,), None, Recipe(ORDINALS), generator)
    assert bool(wide.isfinite().all())
    assert bool((wide.to(torch.float32).to(torch.float64) == wide).all())
    sizes = wide.abs().log10()
    # A quarter of all float32 numbers is below 1e-19, a quarter above 1e19; both signs are as likely.
    assert 0.2 < float((sizes < -19).double().mean()) < 0.3
    assert 0.2 < float((sizes > 19).double().mean()) < 0.3
    assert 0.45 < float((wide > 0).double().mean()) < 0.55
    half = fill(spec, (4_000,), None, Recipe(HALF_ORDINALS), generator)
    assert bool((half.to(torch.float16).to(torch.float64) == half).all())
    assert bool(half.to(torch.bfloat16).to(torch.float16).isfinite().all())


def test_draws_of_one_recipe_differ() -> None:
    specs = parse_all({"x": "float"})
    first, second = (arguments(Cell(FIVE.shapes, Recipe(ORDINALS, draw=draw)), specs)["x"] for draw in range(2))
    assert not torch.equal(first, second)


def test_a_rewrite_of_matrices_is_tried_on_more_than_their_shapes() -> None:
    result = verify("torch.inverse(a) @ b", "torch.linalg.solve(a, b)", a="float", b="float")
    assert result.record.points > 40
    assert {cell.recipe.name for cell, _ in result.record.cells} > {"normal", "ties"}


# The search


def test_the_search_climbs_to_an_error_that_the_start_does_not_show() -> None:
    # A dent of 0.5 between 2 and 2.1, which none of the starting values meets.
    dented = compile_text(define("after", "x + 0.5 * ((x > 2) & (x < 2.1))", ("x",)))

    def visit(cell: Cell) -> Record:
        x = arguments(cell, parse_all({"x": "float"}))["x"]
        record = Record()
        # Nearer to the dent is worse, so that there is a hill to climb.
        distance = float((x - 2.05).abs().min())
        inside = float((dented(x) - x).abs().max()) > 0
        record.worst["float32", "value"] = Worst(1.0, 1e6 if inside else 1 / (distance + 1e-3))
        return record

    values = {"x": torch.tensor([0.3, -1.0, 1.0, 0.7, -0.2], dtype=torch.float64)}
    found, cell = search(FIVE, values, parse_all({"x": "float"}), visit)
    assert found is not None
    assert cell is not None
    assert found.last > found.first
    assert bool(((arguments(cell, ())["x"] - 2.05).abs() < 0.06).any())
    assert f"{found.steps} steps" in found.text


def test_the_search_refuses_what_the_lattice_misses() -> None:
    # Between any two magnitudes of the lattice there is room for a mistake: here from 40 to 60.
    before = "torch.exp(x * 0)"
    after = "torch.exp(x * 0) + 1e-3 * ((x > 40) & (x < 60))"
    unit = from_text(before, after, {"x": "float N"})
    start = Cell(Shapes("plain", {"x": (3,)}, {"N": 3}), normal(20.0))
    visited: list[Record] = []

    def visit(cell: Cell) -> Record:
        from torchlint.verify.judge.unit_verdict import Walk

        walk = Walk(unit, "cpu")
        record = walk._tried(cell)
        visited.append(record)
        return record

    values = {"x": torch.tensor([20.0, -7.0, 3.0], dtype=torch.float64)}
    found, cell = search(start, values, unit.specs, visit)
    assert found is not None
    assert found.refused
    assert cell is not None
    assert any(record.has(Effect.REGRESSES) for record in visited)
    assert 40 < float(arguments(cell, ())["x"].max()) < 60


def test_nothing_to_vary_is_no_search() -> None:
    specs = parse_all({"y": "labels N < C"})
    start = Cell(Shapes("plain", {"y": (3,)}, {"N": 3, "C": 5}), normal(1.0))
    assert search(start, {"y": torch.tensor([0, 1, 2])}, specs, lambda cell: Record()) == (None, None)


def test_a_lost_finite_result_scores_highest() -> None:
    record = Record()
    record.worst["float32", "value"] = Worst(ulps_after=3.0, nonfinite_after=1)
    assert score(record) == float("inf")


# What the reference does not reach


def test_a_point_beyond_the_reference_is_judged_by_finiteness_alone() -> None:
    unit = from_text("torch.log(1 - torch.sigmoid(x))", "F.logsigmoid(-x)", {"x": "float N"})
    values = {"x": torch.tensor([28.1, 5e8, -1.0], dtype=torch.float64)}
    truth = Truth(unit).at(values, 3)
    assert truth is not None
    assert truth.kind == "none"
    assert all(bool(noise.isinf().all()) for noise in truth.value_noise)


# Higher derivatives


class Once(torch.autograd.Function):
    """A sine that cannot be differentiated twice, as some fused operations cannot."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x.sin()

    @staticmethod
    @torch.autograd.function.once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, grad: Any) -> Any:
        return grad * ctx.saved_tensors[0].cos()


@pytest.mark.parametrize(
    ("after", "effect", "text"),
    [
        ("x.sin()", None, ""),
        ("Once.apply(x)", Effect.EXCEPTION, "second derivatives: after has none with respect to x"),
        (
            "x.sin() + (x - x.detach()) * (2 * x - 2 * x).detach() + 0.5 * (x - x.detach()) ** 2",
            Effect.REGRESSES,
            "second",
        ),
    ],
)
def test_second_derivatives(after: str, effect: Effect | None, text: str) -> None:
    unit = from_text("x.sin()", after, {"x": "float"})
    unit.after.__globals__["Once"] = Once
    seen = list(compare_higher(unit, FIVE, arguments(FIVE, unit.specs)))
    refusing = [found for found in seen if found.refuses]
    assert [found.effect for found in refusing] == ([effect] if effect else [])
    assert all(text in found.text for found in refusing)


def test_what_vmap_loses_is_noted() -> None:
    unit = from_text("x * 2", "x * 2 if float(x.sum()) > 0 else x * 2", {"x": "float"})
    notes = [found.text for found in compare_higher(unit, FIVE, arguments(FIVE, unit.specs)) if not found.refuses]
    assert any(text.startswith("vmap: only after raises") for text in notes)


def test_a_lost_second_derivative_is_a_condition() -> None:
    unit = from_text("x.sin()", "Once.apply(x)", {"x": "float N"})
    unit.after.__globals__["Once"] = Once
    assert verify_unit(unit).decision.verdict is Verdict.IDENTICAL
    found = verify_unit(unit, tier="full").decision
    assert (found.verdict, found.condition) == (Verdict.CONDITIONAL, "without second derivatives")


# Modes and casts


@pytest.mark.parametrize(
    ("before", "after", "condition"),
    [
        ("(x.unsqueeze(-2) * x.unsqueeze(-3)).sum(-1)", "x @ x.mT", "outside autocast"),
        ("x.sin()", "(x * 1).sin() if torch.is_grad_enabled() else (x * 1).sin().double()", "with gradients enabled"),
        ("x.sin()", "y = x.sin(); y._version; return y", "with gradients enabled"),
    ],
)
def test_modes_are_tried(before: str, after: str, condition: str) -> None:
    result = verify(before, after, x="float N C")
    assert result.decision.verdict is Verdict.CONDITIONAL
    assert result.decision.condition == condition


def test_complex_numbers_are_worth_a_note() -> None:
    result = verify("x * x", "torch.relu(x) * 0 + x * x")
    assert result.decision.verdict in GOOD
    assert any("complex128 inputs: only after raises" in seen.text for seen in result.record.observations)
    same = verify("x * x", "x.square()")
    assert not any("complex128" in seen.text for seen in same.record.observations)


def test_complex_results_that_differ_are_noted() -> None:
    result = verify("x * x", "x * (x.conj() if x.is_complex() else x)")
    assert result.decision.verdict in GOOD
    assert any("complex128 inputs: result 0 differs" in seen.text for seen in result.record.observations)


def test_the_strip_shows_where_it_refuses() -> None:
    result = verify("(x.unsqueeze(-2) * x.unsqueeze(-3)).sum(-1)", "x @ x.mT", x="float N C")
    shown = strip(result.record)
    assert shown["autocast"] == "refuses"
    assert shown["no_grad"] == "same"
    assert next(iter(shown)).startswith("rank")


# Speed


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """No size is given up because the machine is busy."""
    monkeypatch.setattr(speed_module, "BUDGET", HANG_GUARD)


class Operations(TorchDispatchMode):
    """Counts the operations that torch carries out."""

    count = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.count += 1
        return func(*args, **(kwargs or {}))


def operations(call: Callable[[], None], repeats: int) -> float:
    """A clock on which each operation takes a millisecond."""
    with Operations() as seen:
        for _ in range(repeats):
            call()
    return seen.count / repeats


@pytest.mark.usefixtures("unhurried")
def test_a_slow_version_is_measured_as_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed_module, "_cpu_clock", operations)
    unit = from_text("for i in range(20): y = x.exp()\nreturn y", "x.exp()", {"x": "float"})
    speed = measure(unit)
    assert speed is not None
    assert speed.milliseconds[:2] == (20.0, 1.0)
    before, after = speed.milliseconds[2:]
    assert before > after + 19
    assert speed.ratios == (20.0, before / after)
    assert speed.shape == "2048x256"


def test_the_clock_says_what_one_call_takes() -> None:
    calls: list[None] = []
    assert speed_module._cpu_clock(lambda: calls.append(None), 7) > 0
    assert len(calls) == 7


def test_memory_shows_what_was_made_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed_module, "SIZES", ((128, 32),))
    unit = from_text("(x[:, None] * x[None]).sum(-1)", "x @ x.mT", {"x": "float N C"})
    speed = measure(unit)
    assert speed is not None
    assert speed.memory[0] >= 10 * speed.memory[1]


def test_a_speed_is_not_measured_on_a_gpu_where_the_cpu_refuses_the_inputs() -> None:
    """A bad index is an error on the CPU, and on a GPU the end of the process."""
    unit = from_text("x[..., x.shape[-1]]", "x[..., x.shape[-1]]", {"x": "float"})
    assert measure(unit, "cuda") is None


@pytest.mark.usefixtures("unhurried")
def test_programs_are_timed_at_larger_sizes_where_they_run() -> None:
    inputs = {"x": "float 5 7", "y": "labels 5 < 7", "k": "number 2.0"}
    assert [spec.text() for spec in next(grown(parse_all(inputs)))] == [
        "float 512 64",
        "labels 512 < 64",
        "number 2.0",
    ]
    speed = measure_program(from_text("sum(row for row in x)", "x.sum(0)", {"x": "float 5 7"}))
    assert speed is not None
    assert speed.shape == "512x64"
    fixed = measure_program(from_text("x @ torch.ones(7, 2)", "x @ torch.ones(7, 2)", {"x": "float 5 7"}))
    assert fixed is not None
    assert fixed.shape == "5x7"


# Certificates


@pytest.fixture
def rows(unhurried: None) -> list[Row]:
    return suite.execute(suite.Task("pair", CODE, tier="full"))


def test_the_fast_tier_keeps_certificates_of_the_full_tier(tmp_path: Path, rows: list[Row]) -> None:
    path = tmp_path / "certificates.json"
    fast = suite.execute(suite.Task("pair", CODE))
    certify.write(fast, complete=True, path=path)
    assert certify.write(rows, complete=True, path=path) == 0
    kept = json.loads(path.read_text())["rules"][CODE][0]
    assert kept["tier"] == "full"
    assert all(ratio > 0 for ratio in kept["speed"])
    assert kept["machine"].endswith("1 thread")
    assert kept["speed_shape"] == "2048x256"
    assert certify.write(fast, complete=True, path=path) == 1
    assert json.loads(path.read_text())["rules"][CODE] == [kept]
    # Of another text the old figures say nothing.
    fast[0].digest = "another"
    assert certify.write(fast, complete=True, path=path) == 0
    new = json.loads(path.read_text())["rules"][CODE][0]
    assert new["tier"] == "fast"
    assert "speed" not in new


def test_certificates_of_the_cpu_stand_first_whichever_are_renewed(tmp_path: Path, rows: list[Row]) -> None:
    path = tmp_path / "certificates.json"
    certify.write(rows, complete=True, path=path)
    written = path.read_text()
    certify.write([replace(row, device="A GPU") for row in rows], complete=False, path=path)
    with_both = path.read_text()
    assert with_both != written
    certify.write(rows, complete=False, path=path)
    assert path.read_text() == with_both
    assert json.loads(with_both)["rules"][CODE][0]["device"] == "cpu"


def test_the_table_says_what_gained_nothing() -> None:
    row = Row("TLT999", "a-rule", "pair", "f", "same", verdict="EQUAL", milliseconds=[1, 1, 2, 2], memory=[10, 40])
    row.speed = Speed("3", (1.0, 1.0, 2.0, 2.0)).ratios
    assert "below 1.1x" in table([row])
    assert "4x the memory" in table([row])
    row.verdict = "IMPROVES"
    assert "below 1.1x" not in table([row])
