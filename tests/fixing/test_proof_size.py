"""The proof of a fix looks at what the fix changes: many fixes in one scope are no loop within a loop."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from torchlint import lint, registry
from torchlint.finding import Edit
from torchlint.fixing.proof import order
from torchlint.fixing.proof.changed_statements import Rows
from torchlint.source import Source

CODES = {rule.code for rule in registry.rules()}
HEADER = "import torch\nimport torch.nn.functional as F\n"
LOOP = """
for x, y in loader{number}:
    optimizer{number}.zero_grad()
    loss{number} = F.nll_loss(torch.log(torch.softmax(model{number}(x), 1)), y)
    loss{number}.backward()
    optimizer{number}.step()
"""


def _nodes_ordered(loops: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many nodes are put in order for the proofs of a fix in each of so many loops."""
    count = 0

    class Counted(order.Timeline):
        def __init__(self, scope: ast.AST) -> None:
            nonlocal count
            super().__init__(scope)
            count += len(self.nodes)

    for module in ("order", "versions"):
        monkeypatch.setattr(f"torchlint.fixing.proof.{module}.Timeline", Counted)
    text = HEADER + "".join(LOOP.format(number=number) for number in range(loops))
    report = lint.check(Source("program.py", text), CODES)
    assert report.failures == []
    assert sum(finding.fix is not None for finding in report.findings) == loops
    return count


def test_the_proofs_of_many_fixes_look_at_a_few_times_as_many_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    few, many = (_nodes_ordered(loops, monkeypatch) for loops in (5, 20))
    assert 0 < many <= 5 * few


TEXT = dedent(
    """\
    import torch


    def f(x):
        a = 1; b = 2
        # here
        if x:
            c = 3

        return a
    """
)


def _changed(old: str, new: str, *, text: str = TEXT, at: int | None = None) -> list[tuple[str, str]] | None:
    """What replacing a text changes in the function or, without one, in the module."""
    source = Source("a.py", text)
    tree = ast.parse(text)
    scope = next((node for node in tree.body if isinstance(node, ast.FunctionDef)), tree)
    start = text.index(old) if at is None else at
    found = Rows(scope, source).changed([Edit(start, start + len(old), new)])
    unparsed = [tuple("; ".join(map(ast.unparse, part)) for part in change) for change in found or ()]
    return None if found is None else [(before, after) for before, after in unparsed]


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("c = 3", "c = 4", [("if x:\n    c = 3", "if x:\n    c = 4")]),
        ("b = 2", "b = g(2)", [("a = 1; b = 2", "a = 1; b = g(2)")]),
        ("# here", "d = 4", [("if x:\n    c = 3", "d = 4; if x:\n    c = 3")]),
        ("import torch", "import torch.nn", []),
        ("return a\n", "return a\n    late()\n", [("return a", "return a; late()")]),
    ],
)
def test_the_statements_that_an_edit_changes(old: str, new: str, changed: list[tuple[str, str]]) -> None:
    assert _changed(old, new) == changed


def test_where_nothing_is_left_the_whole_text_is_looked_at() -> None:
    assert _changed("    return a\n", "") is None


def test_a_function_on_one_row_is_looked_at_as_a_whole() -> None:
    assert _changed("a", "b", text="def f(): return a\n", at=16) is None


def test_the_statements_of_a_module_that_an_edit_changes() -> None:
    text = "import a\nb = 1\n\n# end\n"
    assert _changed("b = 1", "b = 2", text=text) == [("b = 1", "b = 2")]
    assert _changed("# end", "c = 3", text=text) == [("b = 1", "b = 1; c = 3")]
    assert _changed("", "import d\n", text=text, at=0) == [("import a", "import d; import a")]


def test_each_group_of_statements_is_looked_at_alone() -> None:
    source = Source("a.py", "a = 1\nb = 2\nc = 3\n")
    edits = [Edit(4, 5, "7"), Edit(16, 17, "9")]
    found = Rows(ast.parse(source.text), source).changed(edits)
    assert found is not None
    assert [[ast.unparse(one) for one in part.after] for part in found] == [["a = 7"], ["c = 9"]]
