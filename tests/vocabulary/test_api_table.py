"""Every row of the tables of names holds for the installed torch: what the old name is, and what the new one takes."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import warnings
from typing import Any

import pytest

torch = pytest.importorskip("torch")
_table = importlib.import_module("torchlint.vocabulary.api_table")
FOREIGN, Row = _table.FOREIGN, _table.Row
DEPRECATED = importlib.import_module("torchlint.vocabulary.api_deprecated").DEPRECATED
REMOVED = importlib.import_module("torchlint.vocabulary.api_removed").REMOVED
AMP = importlib.import_module("torchlint.vocabulary.api_amp").AMP
INTERNAL = importlib.import_module("torchlint.vocabulary.api_internal").INTERNAL
REMOVED = (*REMOVED, *(row for row in INTERNAL if row.removed))
CURRENT = (*DEPRECATED, *AMP, *(row for row in INTERNAL if not row.removed))
TABLE = (*FOREIGN, *CURRENT, *REMOVED)
_VERSION = re.compile(r"\d+\.\d+(\.\d+)?")


def _find(name: str) -> Any:
    """What a dotted name stands for. Raises AttributeError."""
    try:
        return pkgutil.resolve_name(name)
    except ImportError as error:
        raise AttributeError(name) from error


def _names(row: Any) -> list[str]:
    """The names in what a row says to use."""
    return [name for name in row.new.split("`") if name.startswith("torch.")]


@pytest.mark.parametrize("row", FOREIGN, ids=lambda row: row.old)
def test_torch_does_not_have_a_foreign_name(row: Any) -> None:
    with pytest.raises(AttributeError):
        _find(row.old)


@pytest.mark.parametrize("row", [row for row in CURRENT if row.old.startswith("torch.")], ids=lambda row: row.old)
def test_torch_still_has_a_deprecated_name(row: Any) -> None:
    _find(row.old)


@pytest.mark.parametrize("row", REMOVED, ids=lambda row: row.old)
def test_torch_refuses_a_removed_name(row: Any) -> None:
    if row.keyword:
        assert row.keyword not in inspect.signature(_find(row.old)).parameters
        return
    try:
        found = _find(row.old)
    except AttributeError:
        return
    arguments = [torch.eye(2) for part in row.signature.split() if "=" not in part]
    with pytest.raises(RuntimeError, match=r"removed|deprecated"):
        found(*arguments)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.old)
def test_torch_has_the_new_name(row: Any) -> None:
    assert all(_find(name) is not None for name in _names(row))
    assert _names(row) or row.keyword or not row.fix or not row.old.startswith("torch.")


@pytest.mark.parametrize("row", [row for row in TABLE if row.cases], ids=lambda row: row.old)
def test_expressions_are_about_parameters_and_names_of_torch(row: Any) -> None:
    parameters = {part.partition("=")[0] for part in row.signature.split()}
    for case in row.cases:
        tree = ast.parse(case.new, mode="eval")
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert names - {"torch"} <= parameters
        dotted = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert all(_find(name) is not None for name in dotted if re.fullmatch(r"torch[.\w]+", name))
        decided = {re.split("[=:]", part)[0] for part in case.when.split()}
        assert decided <= parameters
        assert case.result in ("", "unpack") or int(case.result) < len(row.results.split())


@pytest.mark.parametrize("row", [*CURRENT, *REMOVED], ids=lambda row: row.old)
def test_a_row_says_since_when_and_where_torch_says_so(row: Any) -> None:
    assert row.deprecated or row.removed or row in INTERNAL
    assert row.source
    assert all(_VERSION.fullmatch(version) for version in (row.deprecated, row.removed, row.lowest) if version)
    if row.fix and row.new:
        assert row.lowest, "a fix may only be offered from some version on"


def test_no_name_has_two_rows() -> None:
    names = [row.old for row in TABLE]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("row", [row for row in DEPRECATED if row.keyword], ids=lambda row: f"{row.old}({row.keyword})")
def test_torch_still_takes_a_deprecated_keyword(row: Any) -> None:
    function = _find(row.old)
    try:
        parameters = inspect.signature(getattr(function, "spawn", function)).parameters  # a module of the same name
    except ValueError:
        assert row.keyword in str(function.__doc__)  # a builtin
        return
    assert row.keyword in parameters or "args" in parameters
    assert row.renamed in parameters or not row.renamed


def _tensor(rows: int, columns: int) -> Any:
    return torch.arange(1.0, rows * columns + 1).reshape(rows, columns)


_ARGUMENTS: dict[str, Any] = {
    "input": _tensor(3, 3),
    "A": torch.eye(3),
    "tensor": torch.tensor([0, 1]),
    "data": [1.0, 2.0],
    "elements": _tensor(3, 3),
    "test_elements": _tensor(1, 3),
    "other": _tensor(3, 3),
    "exponent": 2,
    "mat2": torch.ones(2, 3, 3),
    "dim": 0,
    "keepdim": True,
    "min": 2.0,
    "max": 3.0,
    "seed": 1,
    "k": 2,
    "sorted": True,
    "dtype": torch.float64,
    "num_classes": 3,
    "alpha": 0.5,
    "inplace": False,
    "approximate": "tanh",
    "negative_slope": 0.1,
    "beta": 2.0,
    "threshold": 10.0,
    "decimals": 1,
    "indices_or_sections": 2,
    "repeats": 2,
    "indices": torch.zeros(1, 3, dtype=torch.long),
    "size": (2, 3),
}
_SPECIAL = {
    "torch.batch_matmul": {"input": torch.ones(2, 3, 3)},
    "torch.invert": {"input": torch.tensor([True])},
    "torch.one_hot": {"input": torch.tensor([0, 1])},
}


@pytest.mark.parametrize("row", [row for row in FOREIGN if row.fix], ids=lambda row: row.old)
def test_the_new_name_takes_the_arguments(row: Any) -> None:
    special: dict[str, Any] = _SPECIAL.get(row.old, {})
    parts = [part.partition(":")[2] or part for part in row.arguments.split() if not part.endswith(":")]
    values = [(part.lstrip("="), part.startswith("=")) for part in parts]
    known = {name: special.get(name, _ARGUMENTS[name]) for name, _ in values}
    positional = [known[name] for name, keyword in values if not keyword]
    keywords = {name: known[name] for name, keyword in values if keyword}
    if row.adds:
        name, _, text = row.adds.partition("=")
        keywords[name] = int(text)
    function = _find(row.new)
    receiver = [_tensor(3, 3)] if row.old.startswith("torch.Tensor.") else []
    function(*receiver, *positional, **keywords)  # nothing raises
    if not receiver and row.new not in ("torch.randn", "torch.rand"):
        function(**{**known, **keywords})


@pytest.mark.parametrize(
    ("row", "arguments"),
    [
        (row, arguments)
        for row in DEPRECATED
        if row.fix and not row.listed and not row.cases and not row.keyword
        for arguments in (
            {"torch.ger": (_tensor(1, 3)[0], _tensor(1, 2)[0])}.get(row.old),
            {"torch.Tensor.ger": (_tensor(1, 3)[0], _tensor(1, 2)[0])}.get(row.old),
            {"torch.qr": (_tensor(3, 2),)}.get(row.old),
            {"torch.cholesky": (torch.eye(3) + 1,)}.get(row.old),
            {"torch.nn.functional.upsample": (torch.rand(1, 1, 3, 3), 6)}.get(row.old),
            {"torch.nn.init.constant": (torch.empty(3, 3), 2.0)}.get(row.old),
            {"torch.nn.init.sparse": (torch.empty(3, 3), 0.5)}.get(row.old),
            (torch.empty(3, 3, 3) if row.old.endswith("dirac") else torch.empty(3, 3),)
            if row.old.startswith("torch.nn.init") and not row.old.endswith((".constant", ".sparse"))
            else None,
        )
        if arguments is not None
    ],
    ids=lambda value: value.old if isinstance(value, Row) else "",
)
def test_old_and_new_give_the_same(row: Any, arguments: tuple[Any, ...]) -> None:
    results = []
    for name in (row.old, row.new):
        torch.manual_seed(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = _find(name)(*arguments)
        results.append([part.clone() for part in (result if isinstance(result, tuple) else (result,))])
    old, new = results
    assert all(torch.equal(a, b) for a, b in zip(old, new, strict=True))
    if not row.old.startswith("torch.Tensor."):
        names = [part.partition(":")[2].lstrip("=") or part for part in row.arguments.split()]
        _find(row.new)(**dict(zip(names, arguments, strict=False)))
