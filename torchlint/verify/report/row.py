"""A line of the result: what was verified, what came out, in a form that JSON holds."""

from __future__ import annotations

import platform
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from torchlint.claims import Changes, Claim
from torchlint.verify.gains import told
from torchlint.verify.judge.observation import Effect, Record, Worst
from torchlint.verify.judge.unit_verdict import Result
from torchlint.verify.judge.verdict import Verdict, contradiction
from torchlint.verify.report.reproducer import headline, reproducer
from torchlint.verify.report.strip import strip
from torchlint.verify.run.speed import Speed


@dataclass(slots=True)
class Row:
    """`kind` is `pair` or `program`; `errors` is keyed by `dtype quantity`, `curves` by `dtype quantity magnitude`.

    `points` are the inputs on which both versions ran, `repaired` those on which only after did; `gains` say where
    after is better, see `gains.told`. `speed` is time before over time after, forward and forward with backward; 0
    where it was not measured. `milliseconds` are those of both versions, forward and then with backward, `memory` the
    bytes of both, all in float32 at the sizes `speed_shape` on `machine`. `strip` is what was seen in each kind of
    cell. `needs` are the opposites of a pair's inputs that change what comes out; None where none was tried.
    """

    code: str
    name: str
    kind: str
    label: str
    claim: str
    index: int = 0
    digest: str = ""
    device: str = "cpu"
    torch: str = ""
    tier: str = "fast"
    verdict: str = ""
    condition: str = ""
    detail: str = ""
    contradiction: str = ""
    points: int = 0
    repaired: int = 0
    dtypes: list[str] = field(default_factory=list)
    ranks: list[int] = field(default_factory=list)
    references: dict[str, int] = field(default_factory=dict)
    errors: dict[str, dict[str, float]] = field(default_factory=dict)
    curves: dict[str, dict[str, float]] = field(default_factory=dict)
    gains: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    reproducer: str = ""
    speed: tuple[float, float] = (0.0, 0.0)
    milliseconds: list[float] = field(default_factory=list)
    speed_shape: str = ""
    memory: list[int] = field(default_factory=list)
    machine: str = ""
    flags: str = ""
    strip: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    intended_change: bool = False
    needs: list[str] | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def put_speed(row: Row, speed: Speed | None, device: str) -> None:
    """Put a measurement into a row, if there is one."""
    if speed is None:
        return
    row.speed, row.milliseconds = speed.ratios, [_figures(value) for value in speed.milliseconds]
    row.speed_shape, row.memory, row.machine = speed.shape, list(speed.memory), machine(device)


def _figures(value: float) -> float:
    return float(f"{value:.4g}")


def torch_version() -> str:
    """Without the build: `2.13.0`."""
    return str(torch.__version__).partition("+")[0]


def device_name(device: str) -> str:
    """The name under which certificates keep a device: the model for a GPU."""
    return torch.cuda.get_device_name(device) if device.startswith("cuda") else device


def machine(device: str) -> str:
    """What figures of speed were measured on: `AMD EPYC 7763, 1 thread`, or the model of the GPU."""
    if device.startswith("cuda"):
        return device_name(device)
    if device != "cpu":
        return f"{platform.machine()}, {device}"
    threads = torch.get_num_threads()
    return f"{_processor()}, {threads} thread{'s' if threads > 1 else ''}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()


def flags(device: str) -> str:
    """The settings under which both versions ran and which change what a GPU computes; empty on others."""
    if not device.startswith("cuda"):
        return ""
    precision = torch.get_float32_matmul_precision()
    deterministic = "on" if torch.are_deterministic_algorithms_enabled() else "off"
    return (
        f"float32 matmul precision {precision}, TF32 in cuDNN {'on' if torch.backends.cudnn.allow_tf32 else 'off'}, "
        f"deterministic algorithms {deterministic}, CUDA {torch.version.cuda}"
    )


def claim_text(claim: Claim | None) -> str:
    if claim is None:
        return ""
    return f"changes: {claim.how}" if isinstance(claim, Changes) else type(claim).__name__.lower()


def fill(row: Row, result: Result, claim: Claim) -> Row:
    """Put what came out into a row."""
    record, decision = result.record, result.decision
    row.device, row.torch, row.tier = device_name(result.device), torch_version(), result.tier
    row.verdict, row.condition = str(decision.verdict), decision.condition
    row.claim, row.flags = claim_text(claim), flags(result.device)
    row.strip = strip(record)
    row.intended_change = isinstance(claim, Changes)
    row.contradiction = contradiction(decision, claim, record)
    put_points(row, record)
    row.seconds = round(result.seconds, 3)
    row.dtypes = sorted(record.dtypes, key=_order)
    row.ranks, row.references = sorted(record.ranks), record.references
    put_errors(row, record)
    row.curves = {
        f"{dtype} {what} {magnitude:g}": _plain(worst)
        for (dtype, what, magnitude), worst in sorted(record.curves.items())
    }
    row.notes = _notes(result)
    if decision.witness is not None:
        row.detail = headline(decision.witness)
    if decision.witness is not None and result.unit is not None:
        row.reproducer = reproducer(result.unit, decision.witness)
    return row


def put_points(row: Row, record: Record) -> None:
    """Put into a row how much was run and where it came out better."""
    row.points, row.repaired = record.points, record.repaired
    row.gains = told(record.gains, record.magnitudes)


def put_errors(row: Row, record: Record) -> None:
    row.errors = {f"{dtype} {what}": _plain(worst) for (dtype, what), worst in sorted(record.worst.items())}


def _order(dtype: str) -> int:
    names = ("float64", "float32", "float16", "bfloat16")
    return names.index(dtype) if dtype in names else len(names)


def _plain(worst: Worst) -> dict[str, float]:
    return {name: float(f"{min(value, 1e300):.4g}") for name, value in asdict(worst).items()}


def _notes(result: Result) -> list[str]:
    """The approximations and the differences that refuse nothing, each text once."""
    record = result.record
    notes = [f"no multi-precision reference: {reason}" for reason in record.reasons]
    if result.search is not None:
        notes.append(result.search.text)
    for seen in record.observations:
        if seen.effect in (Effect.NOTE, Effect.KINK, Effect.REPAIRS):
            notes.append(seen.text)
    if record.points and record.references.get("mp", 0) == 0 and result.decision.verdict is not Verdict.UNSUPPORTED:
        notes.append("reference: before in float64")
    return list(dict.fromkeys(notes))[:20]
