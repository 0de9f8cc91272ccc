"""From a verdict on an instance to what may be done with its fix, and how that is said."""

from __future__ import annotations

from torchlint.finding import Applicability, Fix, Validation

GOOD = frozenset({"IDENTICAL", "EQUAL", "IMPROVES", "EXTENDS", "REPAIRS"})
SILENT = frozenset({"UNSUPPORTED", "TIMEOUT", "VACUOUS"})
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
    verdict = validation.verdict.lower().replace("_", " ")
    assumed = f", with {validation.domain}" if validation.domain else ""
    match validation.status:
        case "validated":
            return f"this instance was verified on {where}: {verdict}{assumed}"
        case "conditional":
            return f"this instance is the same only where {validation.condition}: {validation.detail}"
        case "changes":
            return f"this instance changes results, verified on {where}: {validation.detail or verdict}"
        case "refused":
            return f"this instance is refused, {verdict}: {validation.detail or validation.condition}"
    return f"this instance could not be verified: {validation.condition or verdict}"
