"""`torchlint demonstrate FILE:LINE`: the harm of a finding in the user's own expression, cut out as for `--verify`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from torchlint import lint, registry
from torchlint.finding import Finding
from torchlint.reading import read
from torchlint.running.sources import source_of
from torchlint.source import Source, SourceError
from torchlint.verify.instance.change import File, NotExtractableError
from torchlint.verify.instance.context import Context
from torchlint.verify.instance.extract import Candidate, candidates
from torchlint.verify.instance.normalise import facts_of, normalised
from torchlint.verify.run.process import Process

# Seconds of wall time for one finding.
_PATIENCE = 60.0
# Regions that are tried: the smallest say most.
_MOST = 4
_PLACE = re.compile(r"(?P<path>.+):(?P<line>\d+)")


class Shown(NamedTuple):
    """A finding and what was measured of it; `answer` has a `reason` where nothing was.

    `names` are the user's words for the inputs.
    """

    finding: Finding
    answer: Mapping[str, Any]
    names: Mapping[str, str]


def place_of(word: str) -> tuple[str, int] | None:
    """The file and the line that a word such as `train.py:14` names, whether or not they exist."""
    found = _PLACE.fullmatch(word)
    return (found["path"], int(found["line"])) if found else None


def shown(path: str, line: int, process: Process) -> Iterator[Shown]:
    """What all findings on a line of a file come to. Raises `OSError`, `SourceError` and `StartError`."""
    source = source_of(path, read(path)[0])
    for finding in _findings(source, line):
        yield _of_finding(source, finding, process)


def _findings(source: Source, line: int) -> list[Finding]:
    """What is reported on a line: by the rules that are on by default, else by any. Raises `SourceError`."""
    report = lint.check(source, [rule.code for rule in registry.rules()])
    if report.error:
        raise SourceError(f"{source.path}:{report.error_row}: {report.error}")
    there = [finding for finding in report.findings if source.place_in_file(finding.location).row == line]
    on = {rule.code for rule in registry.rules() if rule.default}
    return [finding for finding in there if finding.code in on] or there


def _of_finding(source: Source, finding: Finding, process: Process) -> Shown:
    if finding.fix is None or not finding.fix.edits:
        return Shown(finding, {"reason": finding.unfixed or "there is no fix for it to be compared with"}, {})
    try:
        file = File(source)
        context = Context(file)
        try:
            return _of_regions(finding, list(candidates(file.change(finding.fix.edits), context))[:_MOST], process)
        finally:
            context.close()
    except NotExtractableError as error:
        return Shown(finding, {"reason": str(error)}, {})


def _of_regions(finding: Finding, regions: list[Candidate], process: Process) -> Shown:
    """What the first region that shows a difference comes to, else the last reason."""
    reason = "nothing of it can be cut out"
    for region in regions:
        if region.problem or region.difference:
            reason = region.problem or region.difference
            continue
        pair = normalised(region)
        request = {"kind": "worst input", "before": pair.before, "after": pair.after, "device": "cpu"}
        answer = process.ask(request | {"holes": [facts_of(hole, pair.holes) for hole in pair.holes]}, _PATIENCE)
        if isinstance(answer, str) or "error" in answer:
            reason = f"its process ended with {answer if isinstance(answer, str) else answer['error']}"
        elif "reason" in answer:
            reason = answer["reason"]
        else:
            return Shown(finding, answer, {hole.name: " ".join(hole.text.split()) for hole in pair.holes})
    return Shown(finding, {"reason": reason}, {})
