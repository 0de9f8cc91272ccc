"""From a verdict on an instance to what may be done with its fix, and how that is said."""

from __future__ import annotations

from torchlint import verdicts
from torchlint.finding import Applicability, Fix, Validation

GOOD = frozenset({"IDENTICAL", "EQUAL", "IMPROVES", "EXTENDS", "REPAIRS"})
SILENT = frozenset(verdicts.SILENT)
# What a fix that is known to change results may do; raising and hiding NaN are not among it.
CHANGES = frozenset({"CHANGES", "TRADEOFF", "REGRESSES", "METADATA", "ALIAS", "MUTATION", "RNG"})
_CEILING = {
    "validated": Applicability.SAFE,
    "conditional": Applicability.UNSAFE,
    "changes": Applicability.UNSAFE,
    "unverifiable": Applicability.UNSAFE,
    "refused": Applicability.DISPLAY,
}
_ORDER = [Applicability.SAFE, Applicability.UNSAFE, Applicability.DISPLAY]


def status(verdict: str, applicability: Applicability) -> str:
    """The status of a verdict on a fix that the certificates give this applicability."""
    if verdict in GOOD:
        return "validated"
    if verdict == "CONDITIONAL":
        return "conditional"
    if verdict in SILENT:
        return "unverifiable"
    return "changes" if verdict in CHANGES and applicability is not Applicability.SAFE else "refused"


def ceiling(fix: Fix, validation: Validation) -> Applicability:
    """Who may apply a fix after all: never more than without the validation."""
    return max(fix.applicability, _CEILING[validation.status], key=_ORDER.index)


def sentence(validation: Validation) -> str:
    """One line for people."""
    where = f"{validation.points:,} inputs ({validation.device})"
    meaning = verdicts.meaning(validation.verdict)
    assumed = f", with {validation.domain}" if validation.domain else ""
    detail = validation.detail or validation.condition
    match validation.status:
        case "validated":
            return f"verified on this very code, {where}: {meaning}{assumed}{_tried(validation)}"
        case "conditional":
            only = f"the same results only where {validation.condition}"
            otherwise = f", else {validation.detail}" if validation.detail else ""
            return f"verified on this very code, {where}: {only}{otherwise}"
        case "changes":
            return f"verified on this very code, {where}: other results, {validation.detail or meaning}"
        case "refused":
            return f"refused after a run of this very code, {where}: {'; '.join(filter(None, (meaning, detail)))}"
    return f"not verified on this very code: {validation.condition or meaning}"


def _tried(validation: Validation) -> str:
    """What inputs there were besides contiguous floating-point tensors."""
    if not validation.tried:
        return ""
    *most, last = validation.tried
    return f"; also for {', '.join(most)} and {last}" if most else f"; also for {last}"
