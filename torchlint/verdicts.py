"""The harness's verdicts in plain words: for the line below a fix, the pages of rules, README and reports."""

from __future__ import annotations

# In the words of a sentence that begins "verified on 517 inputs (cpu, torch 2.13.0):", from best to worst.
MEANINGS = {
    "IDENTICAL": "the same results, bit for bit",
    "EQUAL": "the same results, up to rounding",
    "IMPROVES": "the same results where the old code is right, better ones elsewhere",
    "EXTENDS": "the same results where the old code gives finite ones, finite ones elsewhere",
    "REPAIRS": "the old code raises on all of them, the new code on none",
    "CONDITIONAL": "the same results only under a condition",
    "TRADEOFF": "better results on some inputs, worse ones on others",
    "CHANGES": "other results",
    "REGRESSES": "less accurate results on some inputs",
    "MASKS_NONFINITE": "a wrong number where the old code gives NaN or infinity",
    "EXCEPTION": "the new code raises where the old code does not",
    "METADATA": "results of another shape, dtype or type",
    "ALIAS": "results that share memory with other tensors than before",
    "MUTATION": "other inputs are changed in place than before",
    "RNG": "other random numbers are drawn",
    "UNSUPPORTED": "it cannot be run by itself",
    "TIMEOUT": "running it takes too long",
    "VACUOUS": "the old code never gives a finite result to compare with",
}
# What runs come out as that say nothing.
SILENT = ("UNSUPPORTED", "TIMEOUT", "VACUOUS")
_ORDER = tuple(MEANINGS)


def word(verdict: str) -> str:
    """A verdict as it stands in a text: `masks nonfinite`."""
    return verdict.lower().replace("_", " ")


def meaning(verdict: str, *, condition: str = "", intended: bool = False) -> str:
    """What came out. `condition` is that of a verdict under one; `intended`: results were meant to change."""
    if verdict == "CONDITIONAL" and condition:
        return f"the same results, but only where {condition}"
    if verdict == "CHANGES" and intended:
        return "other results, as intended"
    return MEANINGS.get(verdict, word(verdict))


def worst(verdicts: list[str]) -> str:
    """The one of several verdicts that is true of all: the worst."""
    return max(verdicts, key=lambda verdict: _ORDER.index(verdict) if verdict in _ORDER else len(_ORDER))
