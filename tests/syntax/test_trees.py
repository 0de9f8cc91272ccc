"""The fast walk sees what the standard library's sees."""

from __future__ import annotations

import ast
import importlib
from collections import Counter
from pathlib import Path

import pytest

from torchlint.syntax import trees

EVERYTHING = """
import a.b as c
from d import (e, f as g)
@h
class A(B, metaclass=C):
    x: int = 1
    def m(self, a, /, b=1, *c, d, e=2, **f) -> int:
        global q
        return {**a, 'k': [i async for i in b if i], (yield): f'{c!r:>{d}}'}
async def n():
    async with a as b, c: pass
    async for x in y: await x
    else: pass
try: raise X from Y
except (E, F) as z: del z[1:2, ...]
finally: assert x, y
match p:
    case [1, *rest] | {'k': v, **kw}: pass
    case Cls(a, b=2) if g: pass
lambda *a, k=1: (a if b else c) and not d or -e < f <= g
x @= (y := z)
with (a): print(*b, **c)
"""


def without_leaves(node: ast.AST) -> bool:
    return not isinstance(node, ast.expr_context | ast.operator | ast.unaryop | ast.cmpop | ast.boolop)


def source_of(name: str) -> str:
    return Path(importlib.import_module(name).__file__ or "").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", [EVERYTHING, source_of("argparse"), source_of("typing"), source_of("asyncio.tasks")])
def test_the_same_nodes_in_source_order(text: str) -> None:
    tree = ast.parse(text)
    seen = list(trees.walk(tree))
    assert Counter(seen) == Counter(filter(without_leaves, ast.walk(tree)))
    assert all(set(trees.children(node)) == set(filter(without_leaves, ast.iter_child_nodes(node))) for node in seen)
    starts = [node.lineno for node in seen if isinstance(node, ast.stmt) and not getattr(node, "decorator_list", None)]
    assert starts == sorted(starts)
