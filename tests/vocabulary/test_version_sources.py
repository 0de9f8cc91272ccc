"""Each version in the tables of names has a source: the list of known deprecations, or a line of version_sources.csv.

What a deprecation names as a replacement is there in the release that deprecates at the latest.
"""

from __future__ import annotations

import csv
import importlib
import re
from pathlib import Path
from typing import Any

import pytest

from torchlint.torch_range import version_of

_TABLES = {
    "api_deprecated": ("DEPRECATED",),
    "api_removed": ("REMOVED",),
    "api_amp": ("AMP",),
    "api_internal": ("INTERNAL",),
    "api_table": ("FOREIGN",),
    "api_defaults": ("LOAD", "CHECKPOINT", "ACCELERATOR"),
}
ROWS: list[Any] = [
    row
    for module, names in _TABLES.items()
    for name in names
    for row in getattr(importlib.import_module(f"torchlint.vocabulary.{module}"), name)
]
_COLUMNS = ("deprecated", "removed", "lowest")


def _read(name: str) -> list[dict[str, str]]:
    with Path(__file__).with_name(name).open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


KNOWN = {line["name"]: line["since"] for line in _read("known_deprecations.csv")}
SOURCES = _read("version_sources.csv")


def _subjects(row: Any, column: str) -> list[str]:
    """The names under which the source of a version may stand."""
    keyword = [f"{row.old}({row.keyword})"] if row.keyword else []
    return [*keyword, *([row.new] if column == "lowest" and row.new else []), row.old]


def _entries(row: Any, column: str) -> list[dict[str, str]]:
    """The lines that are about a version of a row, the most particular first."""
    version, subjects = getattr(row, column), _subjects(row, column)
    lines = [line for line in SOURCES if (line["column"], line["version"]) == (column, version)]
    return [
        line for line in lines for subject in subjects if subject == line["name"] or _stands_for(line["name"], subject)
    ]


def _stands_for(pattern: str, subject: str) -> bool:
    """Whether a name with a star, which is one part of it, is that of a subject."""
    return "*" in pattern and re.fullmatch(re.escape(pattern).replace(r"\*", r"\w+"), subject) is not None


def _is_listed(row: Any, column: str) -> bool:
    """Whether the list of known deprecations has the version."""
    since = next((KNOWN[name] for name in (row.old, f"{row.old}({row.keyword}=)") if name in KNOWN), "")
    version = getattr(row, column)
    if since.startswith("<="):
        return column == "deprecated" and version_of(version) <= version_of(since.removeprefix("<="))
    stated = {
        "removed": re.findall(r"removed (\d[\d.]*)", since),
        "deprecated": re.findall(r"(?:^|deprecated )(\d[\d.]*)", since),
    }
    return version in stated[column]


_STATED = [(row, column) for row in ROWS for column in _COLUMNS if getattr(row, column)]


@pytest.mark.parametrize(
    ("row", "column"), _STATED, ids=[f"{row.old}({row.keyword})-{column}" for row, column in _STATED]
)
def test_a_version_has_a_source(row: Any, column: str) -> None:
    if column == "lowest":
        is_named = bool(row.deprecated) and version_of(row.deprecated) <= version_of(row.lowest)
        assert is_named or _entries(row, column)
    else:
        assert _is_listed(row, column) or _entries(row, column)


def test_a_source_says_where_and_is_used() -> None:
    used = {id(line) for row, column in _STATED for line in _entries(row, column)}
    assert [line for line in SOURCES if id(line) not in used] == []
    assert all(len(line["source"].split()) > 2 for line in SOURCES)


def test_what_a_source_contradicts_is_not_believed() -> None:
    """The list says 1.13 for all five solvers; the documentation has `solve` until 1.11 and `symeig` until 1.13."""
    removed = {row.old: row.removed for row in ROWS}
    assert removed["torch.solve"] == "1.12"
    assert removed["torch.symeig"] == "2.0"
    assert removed["torch.eig"] == removed["torch.lstsq"] == removed["torch.matrix_rank"] == "1.13"
