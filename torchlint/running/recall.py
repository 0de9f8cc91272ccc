"""Run the files that are not known from an earlier run, and remember what was found in them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from torchlint.reading import read
from torchlint.running import known_imports
from torchlint.running.findings_cache import DIRECTORY, Cache, Known
from torchlint.running.job import Job
from torchlint.running.outcome import Outcome, applies
from torchlint.running.pool import Outcomes, run_files
from torchlint.running.sources import source_of
from torchlint.running.stamp import content_digest
from torchlint.settings.config import Settings
from torchlint.source import SourceError


def run_files_with(cache: Cache, jobs: Sequence[Job], processes: int | None) -> Outcomes:
    """The outcomes of all jobs as they come, each with its job's place; only those are run of which the cache does not
    know enough. What was found until the iteration ends, or is closed, is in the cache."""
    unknown: list[int] = []
    for place, job in enumerate(jobs):
        known = _recall(cache, job)
        if known is None:
            unknown.append(place)
        else:
            yield place, known
    fresh = run_files([jobs[place]._replace(remembered=True) for place in unknown], processes)
    try:
        for position, outcome in fresh:
            place = unknown[position]
            _remember(cache, jobs[place], outcome)
            cache.save_now_and_then()
            yield place, outcome
    finally:
        fresh.close()
        cache.save()


def _recall(cache: Cache, job: Job) -> Outcome | None:
    known = cache.get(job.path, _settings_digest(job.settings, job.settings.codes_for(job.path)))
    if known is None or not _is_imported_as_then(job, known):
        return None
    if job.mode.fix and any(applies(finding, unsafe=job.mode.unsafe) for finding in known.findings):
        return None
    outcome = Outcome(job.path, None, known.findings, known.error, known.error_row)
    outcome.recalled = True
    if not known.findings:
        return outcome
    # Reporters show the lines of findings.
    try:
        data, _ = read(job.path)
        outcome.source = source_of(job.path, data).released()
    except (OSError, SourceError):
        return None
    # It may have been written since its time was looked at.
    return outcome if content_digest(data) == known.content else None


def _is_imported_as_then(job: Job, known: Known) -> bool:
    """Whether those files import what findings depend on that did when they were found."""
    if not known.asked:
        return True
    return known_imports.digest(known_imports.indexes_of(job.run), job.path, known.asked) == known.answered


def _remember(cache: Cache, job: Job, outcome: Outcome) -> None:
    # What went wrong in the tool may go right the next time, and a fixed file is another one.
    if outcome.stamp is None or outcome.failures or outcome.fixed or outcome.diff:
        return
    settings = _settings_digest(job.settings, job.settings.codes_for(job.path))
    known = Known(
        outcome.findings, outcome.error, outcome.error_row, outcome.digest, [*outcome.asked], outcome.answered
    )
    cache.put(job.path, settings, known, outcome.stamp, outcome.consulted)


@lru_cache(maxsize=256)
def _settings_digest(settings: Settings, codes: frozenset[str]) -> str:
    """A digest of everything in the settings that decides what is found in a file and which fixes it has."""
    parts = (
        codes,
        settings.fixable,
        settings.safe,
        settings.unsafe,
        [settings.min_severity],
        [repr(settings.target_torch[1:])],
        [repr(settings.severities)] if settings.severities else [],
        [repr(settings.renames)] if settings.renames else [],
        [folder.digest for folder in settings.local_rules],
    )
    text = "\0".join(",".join(sorted(part)) for part in parts)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def cache_folder(named: str | None, settings: Settings) -> Path:
    """The folder that holds the findings under these settings: the named one, that of the environment, that of the
    configuration, else one beside the configuration file or in the working directory."""
    folder = named or os.environ.get("TORCHLINT_CACHE_DIR")
    if folder:
        return Path(os.path.realpath(folder))
    if settings.cache_dir is not None:
        return Path(settings.cache_dir)
    return Path(os.path.dirname(settings.file) if settings.file else os.getcwd(), DIRECTORY)
