"""Which names statements bind, and what imported names stand for: one answer for evaluation, skipping and harness."""

from __future__ import annotations

import ast
import textwrap

import pytest

from torchlint.source import Source
from torchlint.syntax.bindings import Imported, imported, loaded, stored
from torchlint.syntax.module import Module
from torchlint.verify.instance.version_scope import Scope, imports_among


def module_of(code: str) -> Module:
    source = Source("t.py", textwrap.dedent(code))
    return Module(source, ast.parse(source.text))


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("import a", [Imported("a", "a", "a")]),
        ("import a.b", [Imported("a", "a", "a.b")]),
        ("import a.b as c", [Imported("c", "a.b", "a.b")]),
        ("from a import b as c, d", [Imported("c", "a.b", "a"), Imported("d", "a.d", "a")]),
        ("from . import b", [Imported("b", ".b", ".")]),
        ("from ..a import b", [Imported("b", "..a.b", "..a")]),
        ("from a import *", [Imported("*", "a.*", "a")]),
        ("a = b", []),
    ],
)
def test_an_imported_name_stands_for_a_dotted_name(statement: str, expected: list[Imported]) -> None:
    assert list(imported(ast.parse(statement).body[0])) == expected


def test_something_of_a_module_is_told_from_the_module() -> None:
    names = {each.name for each in imported(ast.parse("from a import b, c as d").body[0]) if each.is_member}
    assert names == {"b", "d"}
    assert not any(each.is_member for each in imported(ast.parse("import a.b, a.b as c").body[0]))


def test_a_statement_binds_what_runs_in_its_scope() -> None:
    program = """
        def f(x):
            inner = x
            match x:
                case {"a": first, **rest}:
                    pass
                case [*others] as whole:
                    from . import helper
            try:
                (y := x)
            except ValueError as error:
                import os.path
            return [each for each in x]
    """
    function = ast.parse(textwrap.dedent(program)).body[0]
    assert stored(function) == {"f"}
    assert isinstance(function, ast.FunctionDef)
    bound = {name for statement in function.body for name in stored(statement)}
    assert bound == {"inner", "first", "rest", "others", "whole", "helper", "y", "error", "os", "each"}


def test_an_augmented_name_is_read_too() -> None:
    assert loaded(ast.parse("x += f(lambda: y)").body[0]) == {"x", "f", "y"}


@pytest.mark.parametrize("statement", ["from .own import len", "from . import len", "match x:\n    case len: pass"])
def test_the_harness_takes_no_name_for_a_builtin_that_the_file_binds_otherwise(statement: str) -> None:
    tree = ast.parse(f"{statement}\ny = 1\n")
    imports = imports_among(tree.body)
    bound = frozenset(name for node in tree.body for name in stored(node)) - set(imports)
    scope = Scope(imports, bound, tree)
    assert not scope.is_builtin("len")
    assert scope.qualname(ast.Name("len")) is None
    assert scope.is_builtin("max")


def test_what_is_imported_from_elsewhere_than_torch_is_foreign_name_by_name() -> None:
    module = module_of(
        """
        import math, torch
        import numpy as np
        from scipy import special
        from torch import exp
        import os

        os = None
        """
    )
    assert module.naming.foreign == {"math", "np", "special"}


def test_names_of_torch_are_known_through_imports_and_plain_assignments() -> None:
    module = module_of(
        """
        import torch.nn as nn
        from torch import arange as steps
        from .torch import local

        count = steps
        """
    )
    assert module.naming.of_torch == {"nn": "", "steps": "arange", "count": "arange"}
