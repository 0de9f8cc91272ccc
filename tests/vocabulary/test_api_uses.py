"""Where a name of a table may be used, as far as the text tells: only there a function is evaluated for it."""

from __future__ import annotations

import ast

import pytest

from torchlint.source import Source
from torchlint.syntax.module import Module
from torchlint.vocabulary.api_deprecated import DEPRECATED
from torchlint.vocabulary.api_uses import by_name, last_names, may_use

ROWS = by_name(DEPRECATED)


def may_be_deprecated(expression: str) -> bool:
    text = f"import torch\nimport torch as th\n\nclass Net:\n    def forward(self, x):\n        return {expression}\n"
    source = Source("program.py", text)
    module = Module(source, ast.parse(source.text))
    (function,) = module.all_functions
    return may_use(function.node, module, ROWS, last_names(ROWS))


@pytest.mark.parametrize("expression", ["x.norm(2)", "torch.norm(x)", "th.norm(x)", "self.weight.norm()"])
def test_a_method_of_a_tensor_and_a_function_of_torch_may_be(expression: str) -> None:
    assert may_be_deprecated(expression)


@pytest.mark.parametrize("expression", ["self.norm(x)", "self.norm", "torch.linalg.norm(x)"])
def test_an_attribute_of_the_instance_and_another_module_are_not(expression: str) -> None:
    assert not may_be_deprecated(expression)
