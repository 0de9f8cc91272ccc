"""What fixes leave behind: imports without a use go, comments without a subject go or keep the fix from being safe."""

from __future__ import annotations

import ast
import textwrap

import pytest

from torchlint import lint as engine
from torchlint.finding import Applicability, Finding
from torchlint.fixing.editor import Editor
from torchlint.fixing.edits import fix
from torchlint.source import Source, apply


def fixed(text: str, path: str = "a.py") -> str:
    """The program after the safe fixes of deprecated names."""

    def lint(source: Source) -> list[Finding]:
        return engine.check(source, {"TLT802"}).findings

    def is_safe(finding: Finding) -> bool:
        return finding.fix is not None and finding.fix.applicability is Applicability.SAFE

    result = fix(Source(path, textwrap.dedent(text)), lint, is_safe)
    assert not result.error
    assert result.applied
    assert [finding.location for finding in result.findings] == [
        finding.location for finding in lint(Source(path, result.text))
    ]
    return result.text


GONE = [
    (
        """
        import torch

        from torch import ger

        x = ger(torch.ones(2), torch.ones(3))
        """,
        """
        import torch

        x = torch.outer(torch.ones(2), torch.ones(3))
        """,
    ),
    (
        '''
        """Products, as `ger` has them.

        >>> 1 + 1
        2
        """
        import torch
        from torch import ger
        x = ger(torch.ones(2), torch.ones(3))
        ''',
        '''
        """Products, as `ger` has them.

        >>> 1 + 1
        2
        """
        import torch
        x = torch.outer(torch.ones(2), torch.ones(3))
        ''',
    ),
    (
        """
        import torch
        from torch import ger as outer
        x = outer(a, b)
        """,
        """
        import torch
        x = torch.outer(a, b)
        """,
    ),
    (
        """
        import torch
        from torch import ger
        x = ger(torch.ones(2), torch.ones(3))
        """,
        """
        import torch
        x = torch.outer(torch.ones(2), torch.ones(3))
        """,
    ),
    (
        """
        from torch import ger, cat
        x = cat([ger(a, b), ger(b, a)])
        """,
        """
        from torch import cat
        import torch
        x = cat([torch.outer(a, b), torch.outer(b, a)])
        """,
    ),
    (
        """
        import torch
        from torch import cat, ger
        x = cat([ger(a, b)])
        """,
        """
        import torch
        from torch import cat
        x = cat([torch.outer(a, b)])
        """,
    ),
    (
        """
        import torch
        from torch import (
            cat,
            ger,
            stack,
        )
        x = cat([ger(a, b), stack(a)])
        """,
        """
        import torch
        from torch import (
            cat,
            stack,
        )
        x = cat([torch.outer(a, b), stack(a)])
        """,
    ),
    (
        """
        import torch
        from torch import (cat, ger,)
        x = cat([ger(a, b)])
        """,
        """
        import torch
        from torch import (cat,)
        x = cat([torch.outer(a, b)])
        """,
    ),
    (
        """
        import torch
        def f(a, b):
            from torch import ger
            return ger(a, b)
        """,
        """
        import torch
        def f(a, b):
            return torch.outer(a, b)
        """,
    ),
]


@pytest.mark.parametrize(("before", "after"), GONE)
def test_an_import_goes_with_its_last_use(before: str, after: str) -> None:
    assert fixed(before) == textwrap.dedent(after)


KEPT = {
    "another use": """
        import torch
        from torch import ger
        x = ger(a, b)
        def f(ger): return ger(a, b)
        """,
    "its own name again": """
        import torch
        from torch import ger as ger
        x = ger(a, b)
        """,
    "exported": """
        import torch
        from torch import ger
        __all__ = ["f"]
        x = ger(a, b)
        """,
    "exported by name": """
        import torch
        from torch import ger
        names = ["ger"]
        x = ger(a, b)
        """,
    "looked up": """
        import torch
        from torch import ger
        x = ger(a, b), globals()[name]
        """,
    "an annotation": """
        import torch
        from torch import ger
        x: "Callable[ger]" = ger(a, b)
        """,
    "only while types are checked": """
        import torch
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            from torch import ger
        x = ger(a, b)
        """,
    "an attribute of a class": """
        import torch
        from torch import ger
        class A:
            from torch import ger
            x = ger(a, b)
        y = ger(a, b)
        """,
    "a comment on the line": """
        import torch
        from torch import ger  # noqa: F401
        x = ger(a, b)
        """,
    "a comment above": """
        import torch
        # the outer product
        from torch import ger

        x = ger(a, b)
        """,
    "other code on the line": """
        import torch
        from torch import ger; y = 1
        x = ger(a, b)
        """,
    "never used": """
        import torch
        from torch import cat
        x = torch.ger(a, b)
        """,
}


@pytest.mark.parametrize("why", KEPT)
def test_an_import_that_may_be_wanted_stays(why: str) -> None:
    before, after = ast.parse(textwrap.dedent(KEPT[why])), ast.parse(fixed(KEPT[why]))
    imports = [
        [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)] for tree in (before, after)
    ]
    assert imports[0] == imports[1]


def test_an_import_of_a_package_stays() -> None:
    text = """
        import torch
        from torch import ger
        x = ger(a, b)
        """
    assert "from torch import ger" in fixed(text, "pkg/__init__.py")


def deletion(text: str, line: str) -> tuple[str, list[str]]:
    """The text after the statement that reads so is deleted, and what the fix needs."""
    text = textwrap.dedent(text)
    tree = ast.parse(text)
    editor = Editor(Source("a.py", text), tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and ast.unparse(node) == line:
            editor.delete_statement(node)
    return apply(text, editor.edits()), editor.needs


OWN = [
    (
        """
        def f(x):
            y = g(x)

            # about z,
            # at length
            z = 1

            return y
        """,
        """
        def f(x):
            y = g(x)

            return y
        """,
    ),
    (
        """
        y = 1
        # about z
        z = 1
        # about w
        w = 1
        """,
        """
        y = 1
        # about w
        w = 1
        """,
    ),
    (
        """
        if y:
            w = 1
            # about z
            z = 1
        """,
        """
        if y:
            w = 1
        """,
    ),
    (
        """
        if y:
            # about z
            z = 1
        """,
        """
        if y:
            pass
        """,
    ),
]


@pytest.mark.parametrize(("before", "after"), OWN)
def test_a_comment_goes_with_the_only_statement_that_it_is_about(before: str, after: str) -> None:
    assert deletion(before, "z = 1") == (textwrap.dedent(after), [])


SHARED = [
    """
    y = 1
    # about both
    z = 1
    w = 1
    """,
    """
    def f(x):
        # about the function
        z = 1

        return x
    """,
    """
    # about the file
    z = 1

    w = 1
    """,
    """
    y = 1
    # about both
    z = 1; w = 1
    """,
]


@pytest.mark.parametrize("text", SHARED)
def test_a_comment_that_may_be_about_more_stays_and_the_fix_is_not_safe(text: str) -> None:
    comment = next(line for line in text.splitlines() if "#" in line).strip()
    after, needs = deletion(text, "z = 1")
    assert comment in after
    row = textwrap.dedent(text).splitlines().index(next(x for x in textwrap.dedent(text).splitlines() if "#" in x)) + 1
    assert needs == [f"the comment in line {row} is about more than line {row + 1}, which goes"]


@pytest.mark.parametrize("comment", ["# fmt: off", "# noqa: E501", "# pylint: disable=all", "# %%", "# -------"])
def test_a_directive_is_no_comment_of_the_statement(comment: str) -> None:
    text = f"y = 1\n{comment}\nz = 1\n\nw = 1\n"
    assert deletion(text, "z = 1") == (f"y = 1\n{comment}\n\nw = 1\n", [])


@pytest.mark.parametrize("text", ["y = 1\n\n# apart\n\nz = 1\nw = 1\n", "y = 1\n    # deeper\nz = 1\nw = 1\n"])
def test_a_comment_that_stands_apart_stays(text: str) -> None:
    assert deletion(text, "z = 1") == (text.replace("z = 1\n", ""), [])


def test_a_fix_whose_comment_may_lie_is_unsafe_and_says_so() -> None:
    text = textwrap.dedent(
        """
        import torch


        def softmax(x: torch.Tensor):
            x = torch.randn(5, 7)
            # the maximum goes first
            e = torch.exp(x - x.amax(1, keepdim=True))
            return e / e.sum(1, keepdim=True)
        """
    )
    (finding,) = engine.check(Source("a.py", text), {"TLT215"}).findings
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.UNSAFE
    assert finding.fix.condition == "safe if the comment in line 7 is about more than line 8, which goes"
