"""Validation of the fixes of a run: extraction here, verdicts from a warm worker or from earlier runs."""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torchlint.finding import Applicability, Edit, Finding, Fix, Place, Validation
from torchlint.source import Source
from torchlint.verify.instance import policy
from torchlint.verify.instance.change import File, NotExtractableError
from torchlint.verify.instance.context import Context
from torchlint.verify.instance.extract import Candidate, candidates
from torchlint.verify.instance.normalise import facts_of, key, normalised
from torchlint.verify.instance.verdict_cache import Verdicts
from torchlint.verify.run.process import Process, StartError

# Seconds of wall time for one verdict, after which its worker is killed.
PATIENCE = {"fast": 60.0, "full": 300.0}
# Verdicts for one fix, and verdicts that are good but for a condition: the smallest regions say most.
MOST, MOST_CONDITIONAL = 6, 2
# What the harness imports in its worker.
NEEDED = ("torch", "numpy", "gmpy2")


class UnavailableError(Exception):
    """The harness cannot run here; the message is one line."""


@dataclass(frozen=True, slots=True)
class Record:
    """A fix that was validated: where, by which rule, who might have applied it before, and what came out."""

    path: str
    place: Place
    code: str
    offered: Applicability
    validation: Validation


class Session:
    """Validates fixes, with one worker for all of them. Raises `UnavailableError` if the harness is not installed."""

    def __init__(self, tier: str, device: str, folder: Path | None) -> None:
        missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
        if missing:
            raise UnavailableError(f"`--verify` needs {missing[0]}: pip install 'torchlint[verify]'")
        self.tier = tier
        self.device = device
        self.records: list[Record] = []
        self.asked = 0
        self.cpu = 0.0
        self._verdicts = Verdicts(folder)
        self._process = Process(device)
        self._torch = importlib.metadata.version("torch")
        self._known: dict[tuple[str, tuple[Edit, ...]], Validation] = {}
        self._seen: set[tuple[str, str, tuple[str, ...]]] = set()
        self._file: tuple[str, File, Context] | None = None
        if device != "cpu":
            self._start()

    def close(self) -> None:
        self._leave_file()
        self._process.close()

    def judge(self, source: Source, finding: Finding) -> Finding:
        """The finding with its fix as the verdict leaves it."""
        fix = finding.fix
        if fix is None or not fix.edits:
            return finding
        validation = self._validation(source, fix)
        self._note(source, finding, fix, validation)
        text = policy.sentence(validation)
        new = fix._replace(applicability=policy.ceiling(fix, validation), verification=text, validation=validation)
        return finding._replace(fix=new)

    def _validation(self, source: Source, fix: Fix) -> Validation:
        place = source.text, fix.edits
        if place not in self._known:
            self._known[place] = self._best(source, fix)
        return self._known[place]

    def _best(self, source: Source, fix: Fix) -> Validation:
        """The validation by the first region that is the same in both versions, else by the one that says most."""
        found: list[Validation] = []
        try:
            for candidate in self._candidates(source, fix):
                if candidate.general and found[-1].status != "unverifiable":
                    # The pair itself could be run, and says more.
                    continue
                found.append(self._of_candidate(candidate, fix))
                # That an unsafe fix changes results is known; how much more of the code does not matter.
                if found[-1].status in ("validated", "changes"):
                    return found[-1]
                conditional = sum(validation.status == "conditional" for validation in found)
                if len(found) == MOST or conditional == MOST_CONDITIONAL:
                    break
        except NotExtractableError as error:
            found.append(Validation("unverifiable", "UNSUPPORTED", str(error), device=self._process.device_name))
        order = ("conditional", "changes", "refused", "unverifiable")
        return min(reversed(found), key=lambda validation: order.index(validation.status))

    def _candidates(self, source: Source, fix: Fix) -> Iterator[Candidate]:
        if self._file is None or self._file[0] != source.text:
            self._leave_file()
            file = File(source)
            self._file = (source.text, file, Context(file))
        _, file, context = self._file
        return candidates(file.change(fix.edits), context)

    def _leave_file(self) -> None:
        if self._file is not None:
            self._file[2].close()
            self._file = None

    def _of_candidate(self, candidate: Candidate, fix: Fix) -> Validation:
        device = self._process.device_name
        if candidate.difference:
            return Validation("refused", "EXCEPTION", candidate.difference, device=device, region=candidate.region)
        if candidate.problem:
            return Validation("unverifiable", "UNSUPPORTED", candidate.problem, device=device, region=candidate.region)
        pair = normalised(candidate)
        digest, answer, cached = self._answer(pair, unproven=bool(fix.needs))
        texts = {hole.name: hole.text for hole in pair.holes}
        status = policy.status(answer["verdict"], fix.applicability)
        condition = _in_words(answer["condition"], texts)
        if pair.assumed and status == "validated":
            status, condition = "conditional", " and ".join(pair.assumed)
        if candidate.apart and status in ("refused", "changes", "conditional"):
            # `x / n` is `normalize(x)` if n is the norm of x, which this region does not say.
            status = "unverifiable"
            condition = f"it depends on what {' and '.join(f'`{text}`' for text in candidate.apart)} holds"
        return Validation(
            status,
            answer["verdict"],
            condition,
            answer["detail"],
            answer["points"],
            tuple(answer.get("ranks", ())),
            tuple(answer.get("dtypes", ())),
            device,
            _in_words(answer["domain"], texts),
            candidate.region,
            _legend(texts) + answer["reproducer"] if answer["reproducer"] else "",
            digest,
            cached,
            tuple(answer.get("tried", ())),
        )

    def _answer(self, pair: Candidate, unproven: bool) -> tuple[str, dict[str, Any], bool]:
        request: dict[str, Any] = {
            "kind": "instance",
            "tier": self.tier,
            "before": pair.before,
            "after": pair.after,
            "holes": [facts_of(hole, pair.holes) for hole in pair.holes],
            "unproven": unproven,
            "layout": pair.layout,
        }
        digest = key(request, self._torch, f"{self.device} {self._process.device_name}")
        known = self._verdicts.get(digest)
        if known is not None:
            return digest, known, True
        try:
            answer = self._process.ask(request | {"device": self.device}, PATIENCE[self.tier])
        except StartError as error:
            raise UnavailableError(str(error)) from None
        self.asked += 1
        if isinstance(answer, str):
            reason = (
                f"stopped after {PATIENCE[self.tier]:.0f} s" if answer == "late" else f"its worker ended with {answer}"
            )
            answer = _nothing("TIMEOUT", reason)
        elif "error" in answer:
            answer = _nothing("TIMEOUT", str(answer["error"]))
        self.cpu += answer.get("cpu", 0.0)
        self._verdicts.put(digest, answer)
        return digest, answer, False

    def _start(self) -> None:
        try:
            self._process.start()
        except StartError as error:
            raise UnavailableError(str(error)) from None
        if not self._process.device_name:
            raise UnavailableError(f"there is no {self.device} device here")

    def _note(self, source: Source, finding: Finding, fix: Fix, validation: Validation) -> None:
        """Remember a fix once, in however many passes it is offered."""
        old = tuple(source.text[edit.start : edit.end] + "\0" + edit.content for edit in fix.edits)
        around = source.line(finding.location.row).strip()
        place = (source.path, f"{finding.code} {around} {finding.location.column}", old)
        if place not in self._seen:
            self._seen.add(place)
            at = source.place(finding.location)
            self.records.append(Record(source.path, at, finding.code, fix.applicability, validation))


def _nothing(verdict: str, reason: str) -> dict[str, Any]:
    return {
        "verdict": verdict,
        "condition": reason,
        "detail": "",
        "points": 0,
        "domain": "",
        "tried": [],
        "reproducer": "",
    }


def _in_words(text: str, names: dict[str, str]) -> str:
    """A condition on inputs in the user's words."""
    for name, said in names.items():
        text = text.replace(f"{{{name}}}", f"`{' '.join(said.split())}`")
    return text


def _legend(names: dict[str, str]) -> str:
    return "".join(f"# {name} stands for {' '.join(text.split())}\n" for name, text in names.items())


@contextlib.contextmanager
def session(tier: str, device: str, folder: Path | None) -> Iterator[Session]:
    """A session that is closed at the end. Raises `UnavailableError`."""
    found = Session(tier, device, folder)
    try:
        yield found
    finally:
        found.close()
