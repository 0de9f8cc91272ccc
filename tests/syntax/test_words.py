"""The words and statements that stand for a scope before its nodes are looked at."""

from __future__ import annotations

import ast

import pytest

from torchlint.source import Source
from torchlint.syntax.module import Module
from torchlint.syntax.scope import Scope
from torchlint.syntax.words import Words


def module(program: str) -> Module:
    return Module(Source("program.py", program), ast.parse(program))


def scope(program: str) -> Scope:
    """The scope of the first function of a program."""
    return module(program).all_functions[0].scope


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a.b = c['d'] # e", {"a", "b", "c", "d", "e"}),
        ("x\r\ny\rz", {"x", "y", "z"}),
        ("a\fb\tc", {"a", "b", "c"}),
        ("größe = ﬁt", {"größe", "fit"}),
        ("'\ud800' + a", {"a"}),
        ("", set()),
    ],
)
def test_the_identifiers_of_a_text(text: str, words: set[str]) -> None:
    assert Words(text).all >= words


@pytest.mark.parametrize(
    ("text", "keyword"), [("[0for x in y]", "for"), ("0xfor x", "or"), ("x == 1and y", "and"), ("1.5e3or x", "or")]
)
def test_a_keyword_may_follow_a_number(text: str, keyword: str) -> None:
    assert keyword in Words(text).all


def test_rows_are_counted_as_python_counts_them() -> None:
    words = Words("a\r\nb\rc\x0c\u2028d\ne")
    assert words.of_rows(1, 1) == {"a"}
    assert words.of_rows(2, 2) == {"b"}
    assert words.of_rows(3, 3) == {"c", "d"}
    assert words.of_rows(4, None) == {"e"}


def test_a_scope_has_neither_its_docstring_nor_its_name_nor_what_is_in_another() -> None:
    program = (
        'def outer(a):\n    """Softmax\n    of logits.\n    """\n'
        "    b = a\n\n    @c\n    def g(d):\n        return e\n\n    return g(b)\n"
    )
    assert scope(program).words == {"a", "b", "return", "g"}
    assert scope(program).all_words >= {"a", "c", "d", "e"}
    assert module(program).vocabulary >= {"outer", "g", "e"}
    assert "logits" not in module(program).vocabulary


@pytest.mark.parametrize(
    "program",
    [
        'def f(a, \\\n    softmax=1): "doc"\n',
        'def f(a, softmax=1): "doc"; return a\n',
        'def f(a):\n    "doc"; softmax(a)\n',
        "def f(a): softmax(a)\n",
        "def \\\n  f(a): return softmax(a)\n",
        "@softmax\ndef f(a):\n    return a\n",
        "async def f(a, softmax):\n    '''doc'''\n",
        "def ﬁ(softmax): return softmax\n",
        "def de(softmax): return softmax\n",
    ],
)
def test_what_stands_beside_a_docstring_or_a_name_is_not_lost(program: str) -> None:
    assert "softmax" in scope(program).words


def test_attributes_are_assigned_by_statements() -> None:
    program = (
        "def f(self, x):\n    self.a = self.b[0] = x\n    (self.c, [*self.d]), x.e = x\n    self.g += 1\n"
        "    self.h: int\n    for self.i in x:\n        del self.j\n    with x as self.k:\n        x.l()\n"
    )
    assert {node.attr for node in scope(program).stores} == set("acdeghijk")
    assert {node.attr for node in scope(program).nodes.stored_attributes()} == set("acdeghijk")


def test_statements_come_in_their_order() -> None:
    program = (
        "def f(x):\n    if x:\n        a()\n    elif b:\n        c()\n"
        "    try:\n        d()\n    except e:\n        g()\n    h()\n"
    )
    texts = [ast.unparse(node) for node in scope(program).statements if isinstance(node, ast.Expr)]
    assert texts == ["a()", "c()", "d()", "g()", "h()"]
