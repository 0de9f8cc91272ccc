"""What tests of migrations share: a program after all fixes, and what it computes."""

from __future__ import annotations

import textwrap
import warnings
from typing import Any

from linted import findings_in

from torchlint.finding import Applicability, Finding
from torchlint.fixing import edits
from torchlint.source import Source

CODES = frozenset({"TLT801", "TLT802", "TLT803", "TLT804", "TLT805", "TLT806", "TLT809", "TLT811"})


def findings(source: Source) -> list[Finding]:
    return findings_in(source, CODES)


def found(program: str) -> list[Finding]:
    return findings(Source("program.py", textwrap.dedent(program)))


def fixed(program: str) -> str:
    """The program after all fixes, unsafe ones too; a second run changes nothing."""

    def is_wanted(finding: Finding) -> bool:
        return finding.fix is not None and finding.fix.applicability is not Applicability.DISPLAY

    result = edits.fix(Source("program.py", textwrap.dedent(program)), findings, is_wanted)
    assert not result.error
    again = edits.fix(Source("program.py", result.text), findings, is_wanted)
    assert again.text == result.text
    return result.text


def ran(program: str, **given: Any) -> Any:
    """What `result` is after a program ran with some names given."""
    names: dict[str, Any] = dict(given)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(program, "program.py", "exec"), names)
    return names["result"]
