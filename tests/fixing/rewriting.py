"""What the tests of rewriting share: an act on the tree of a text, and the text afterwards."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TypeVar

from torchlint.fixing.editor import CannotFix, Editor
from torchlint.source import Source, apply

Act = Callable[[Editor, ast.Module], object]
Node = TypeVar("Node", bound=ast.AST)


def rewrite(text: str, act: Act) -> str:
    """The text after `act` built its edits, which must parse, or why it could not."""
    tree = ast.parse(text)
    editor = Editor(Source("a.py", text), tree)
    try:
        act(editor, tree)
        result = apply(text, editor.edits())
    except CannotFix as reason:
        return f"CannotFix: {reason}"
    ast.parse(result)
    return result


def find(tree: ast.AST, kind: type[Node], index: int = 0) -> Node:
    return [found for found in ast.walk(tree) if isinstance(found, kind)][index]
