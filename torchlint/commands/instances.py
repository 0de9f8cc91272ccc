"""`--verify`: each fix is run before and after, in a worker with torch, before it is offered or applied."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from torchlint import verdicts
from torchlint.finding import Applicability, Finding, Place, Validation
from torchlint.running import stop
from torchlint.running.job import Job, Judge, Mode, run_file
from torchlint.running.outcome import Outcome
from torchlint.settings.config_table import ConfigError
from torchlint.source import Source
from torchlint.terminal import printable

_STATUSES = {
    "validated": "validated",
    "conditional": "equal under a condition",
    "changes": "changing results",
    "refused": "refused",
    "unverifiable": "not verifiable",
}
# What a text report lists with its reason: what keeps a fix from being applied.
_HELD = ("conditional", "refused", "unverifiable")


class Record(Protocol):
    """A fix that was run."""

    @property
    def path(self) -> str: ...
    @property
    def place(self) -> Place: ...
    @property
    def code(self) -> str: ...
    @property
    def offered(self) -> Applicability: ...
    @property
    def validation(self) -> Validation: ...


class Session(Protocol):
    """What the harness offers to this command."""

    @property
    def records(self) -> Sequence[Record]: ...
    def judge(self, source: Source, finding: Finding) -> Finding: ...


def opened(tier: str, device: str, folder: Path | None) -> AbstractContextManager[Session]:
    """A session of the harness. Raises `ConfigError` where it cannot run."""
    # By name: nothing but the command that runs the harness depends on it.
    module = importlib.import_module("torchlint.verify.instance.session")
    try:
        session: AbstractContextManager[Session] = module.session(tier, device, folder)
        return _Opened(session, module.UnavailableError)
    except module.UnavailableError as error:
        raise ConfigError(str(error)) from None


class _Opened(AbstractContextManager[Session]):
    """A session that cannot be had, now or when it is needed, is an error of the command."""

    def __init__(self, session: AbstractContextManager[Session], error: type[Exception]) -> None:
        self._session = session
        self._error = error

    def __enter__(self) -> Session:
        try:
            return self._session.__enter__()
        except self._error as error:
            raise ConfigError(str(error)) from None

    def __exit__(self, kind: type[BaseException] | None, *raised: Any) -> None:
        self._session.__exit__(kind, *raised)
        if kind is not None and issubclass(kind, self._error):
            raise ConfigError(str(raised[0])) from None


def fixes(outcomes: Iterable[Outcome]) -> int:
    """How many fixes there are to run."""
    return sum(bool(finding.fix and finding.fix.edits) for outcome in outcomes for finding in outcome.findings)


def verified(judge: Judge, outcomes: Iterable[Outcome], jobs: Sequence[Job], mode: Mode) -> Iterator[Outcome]:
    """The outcomes of a check, those of files with fixes anew: with their fixes run, and applied if `mode` says so."""
    by_path = {job.path: job for job in jobs}
    for outcome in outcomes:
        yield _verified(judge, outcome, by_path.get(outcome.path), mode)
        stop.check()


def _verified(judge: Judge, outcome: Outcome, job: Job | None, mode: Mode) -> Outcome:
    if job is None or not any(finding.fix for finding in outcome.findings):
        return outcome
    if mode.fix:
        return run_file(job._replace(mode=mode, remembered=False), judge)
    assert outcome.source is not None
    outcome.findings = [judge(outcome.source, finding) for finding in outcome.findings]
    return outcome


def untried(outcome: Outcome) -> Outcome:
    """The outcome of a file whose fixes were not run: none is offered."""
    outcome.findings = [finding._replace(fix=None) for finding in outcome.findings]
    return outcome


def summary(records: Sequence[Record], *, unsafe: bool) -> str:
    """What came out for each fix: counts, and why those are held back that would have been applied otherwise."""
    if not records:
        return ""
    lines = [_counts(records)]
    for record in records:
        if record.validation.status == "refused" and record.offered is not Applicability.DISPLAY:
            lines += ["", _reason(record), *_program(record.validation)]
        elif not unsafe and record.offered is Applicability.SAFE and record.validation.status in _HELD:
            lines += ["", _reason(record)]
    return "\n".join([*lines, ""])


def _counts(records: Sequence[Record]) -> str:
    counts = Counter(record.validation.status for record in records)
    points = sum(record.validation.points for record in records)
    listing = ", ".join(f"{counts[status]} {said}" for status, said in _STATUSES.items() if counts[status])
    return f"Tried {len(records)} fix{'es' * (len(records) != 1)} before and after, on {points:,} inputs: {listing}."


def _reason(record: Record) -> str:
    found = record.validation
    place = f"{printable(record.path)}:{record.place}: {record.code}"
    reason = "; ".join(filter(None, (found.condition, found.detail))) or verdicts.meaning(found.verdict)
    match found.status:
        case "conditional":
            return f"{place} the fix is the same only where {reason}"
        case "refused":
            return f"{place} the fix is refused, {verdicts.meaning(found.verdict)}: {reason}"
    return f"{place} the fix could not be verified: {reason}"


def _program(validation: Validation) -> list[str]:
    if not validation.reproducer:
        return []
    return ["    " + line if line else "" for line in validation.reproducer.rstrip().splitlines()]
