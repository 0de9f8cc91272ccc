"""`--add-noqa`: silence what is found, so that only what is new is reported from then on."""

from __future__ import annotations

from collections.abc import Iterable

from torchlint.finding import Finding
from torchlint.fixing import files
from torchlint.reading import read
from torchlint.running.outcome import Outcome
from torchlint.running.sources import source_of
from torchlint.running.stop import undivided
from torchlint.settings.config_table import ConfigError
from torchlint.silencing import Silenced, silence
from torchlint.source import Source, SourceError
from torchlint.terminal import complain, printable, reason


def checked_reason(text: str) -> str:
    """The reason as it stands in a comment. Raises `ConfigError` for one that would not be a comment any more."""
    if not text.isprintable() and text:
        raise ConfigError("--add-noqa: the reason must be one line of text")
    if "#" in text:
        raise ConfigError("--add-noqa: the reason must not have a `#`, which would begin another comment")
    return text.strip()


def add_comments(outcomes: Iterable[Outcome], why: str) -> int:
    """Write a comment beside every finding and say how many. Returns 1 if findings are left, 2 if a file could not be
    written."""
    comments = silenced = changed = code = 0
    for outcome in outcomes:
        if outcome.source is None or not outcome.findings:
            continue
        try:
            done = _write(outcome.path, outcome.source, outcome.findings, why)
        except (OSError, SourceError) as error:
            complain(f"{printable(outcome.path)}: error: {reason(error) if isinstance(error, OSError) else error}")
            code = 2
            continue
        _complain_of(done.left, outcome.source)
        code = max(code, int(bool(done.left)))
        comments += done.comments
        silenced += len(outcome.findings) - len(done.left)
        changed += bool(done.comments)
    complain(summary(comments, silenced, changed))
    return code


def summary(comments: int, silenced: int, changed: int) -> str:
    """`Added 3 comments in 2 files: 4 findings are silenced.`"""
    added = f"Added {comments} comment{'s' * (comments != 1)} in {changed} file{'s' * (changed != 1)}"
    return f"{added}: {silenced} finding{'s are' if silenced != 1 else ' is'} silenced."


def add_to_text(outcome: Outcome, data: bytes, why: str) -> tuple[bytes, int]:
    """The content of a file with the comments, and the exit code."""
    if outcome.source is None:
        return data, 0
    done = silence(source_of(outcome.path, data), outcome.findings, why)
    _complain_of(done.left, outcome.source)
    return (done.source.to_bytes() if done.comments else data), int(bool(done.left))


def _write(path: str, seen: Source, findings: list[Finding], why: str) -> Silenced:
    source = source_of(path, read(path)[0])
    if source.display != seen.display:
        raise files.StaleFileError("changed since it was read")
    done = silence(source, findings, why)
    if done.comments:
        with undivided():
            files.write(path, source, done.source)
    return done


def _complain_of(left: Iterable[Finding], source: Source) -> None:
    for finding in left:
        place = f"{printable(source.path)}:{source.place(finding.location)}"
        complain(f"{place}: {finding.code} is not silenced: no comment can do that here, mend it")
