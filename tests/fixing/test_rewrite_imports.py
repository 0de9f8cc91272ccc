"""What `Editor` calls a module, and the import line that it adds for one."""

from __future__ import annotations

import ast

import pytest
from rewriting import find, rewrite

from torchlint.fixing.editor import Editor

TAKEN = "CannotFix: the name `torch` is taken"


@pytest.mark.parametrize(
    ("text", "module", "name", "added"),
    [
        ("import torch\n|x\n", "torch", "torch", ""),
        ("import torch as t\n|x\n", "torch", "t", ""),
        ("import torch as t\n|x\n", "torch.nn.functional", "t.nn.functional", ""),
        ("import torch\nimport torch.nn as nn\n|x\n", "torch.nn.functional", "nn.functional", ""),
        ("import torch\nfrom torch import nn\n|x\n", "torch.nn.functional", "nn.functional", ""),
        ("import torch\nfrom torch.nn import functional as G\n|x\n", "torch.nn.functional", "G", ""),
        ("import torch\nimport torch.nn.functional as F\n|x\n", "torch.nn.functional", "F", ""),
        ("import torch.nn\n|x\n", "torch", "torch", ""),
        ("import torch\nimport torch.onnx\n|x\n", "torch.onnx", "torch.onnx", ""),
        ("import torch\n|x\n", "torch.onnx", "torch.onnx", "import torch.onnx\n"),
        ("import os\n\nimport sys  # why\n|\nx\nimport re\n", "torch", "torch", "import torch\n"),
        ("from torch.nn import Linear\n|x\n", "torch", "torch", "import torch\n"),
        ("'''doc'''\nfrom __future__ import annotations\n|x\n", "torch", "torch", "import torch\n"),
        ("'''doc'''\nfrom __future__ import annotations\nimport os\n|x\n", "torch", "torch", "import torch\n"),
        ("'''doc'''\n|x\n", "torch", "torch", "\nimport torch\n"),
        ("#!/usr/bin/env python\n# why\n|x\n", "torch", "torch", "import torch\n"),
        ("if a:\n    import os\nelse:\n    os = None\nimport re\n|x\n", "torch", "torch", "import torch\n"),
        ("import re; y = '''\n'''\n|x\n", "torch", "torch", "\nimport torch\n"),
        ("from os import (\n    path,\n)\n|x\n", "torch", "torch", "import torch\n"),
        ("import os\r\n|x\r\n", "torch", "torch", "import torch\r\n"),
        ("import os|", "torch", "torch", "\nimport torch\n"),
        ("torch = 1\n|x\n", "torch", TAKEN, ""),
        ("import tensor as torch\n|x\n", "torch", TAKEN, ""),
        (
            "try:\n    import torch\nexcept E:\n    torch = None\n|x\n",
            "torch",
            "CannotFix: the name `torch` is taken",
            "",
        ),
        ("import torch\nimport tensor as torch\n|x\n", "torch", TAKEN, ""),
        ("from . import torch\n|x\n", "torch", TAKEN, ""),
    ],
)
def test_a_module_is_called_what_the_file_calls_it_or_imported(text: str, module: str, name: str, added: str) -> None:
    names: list[str] = []

    def act(editor: Editor, tree: ast.Module) -> None:
        bound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        for _ in range(2):
            names.append(editor.import_module(module, scope_names=bound))

    result = rewrite(text.replace("|", ""), act)
    assert result == (name if name.startswith("CannotFix") else text.replace("|", added))
    assert set(names) <= {name}


def test_an_import_can_have_another_name() -> None:
    names: list[str] = []

    def act(editor: Editor, tree: ast.Module) -> None:
        names.append(editor.import_module("torch.nn.functional", "F", scope_names=()))
        names.append(editor.import_module("torch.nn.functional", "F", scope_names=()))
        names.append(editor.import_module("torch", scope_names=()))

    assert rewrite("import os\nx\n", act) == "import os\nimport torch.nn.functional as F\nimport torch\nx\n"
    assert names == ["F", "F", "torch"]
    taken = rewrite("import os\nF = 1\n", lambda editor, tree: editor.import_module("a", "F", scope_names=["F"]))
    assert taken == "CannotFix: the name `F` is taken"


def test_an_import_comes_before_the_code_that_needs_it() -> None:
    def act(editor: Editor, tree: ast.Module) -> None:
        editor.replace(find(tree, ast.Constant), f"{editor.import_module('torch', scope_names=())}.e")

    assert rewrite("x = 1\nimport os\n", act) == "CannotFix: the code comes before the imports"
    assert rewrite("import os\nx = 1\n", act) == "import os\nimport torch\nx = torch.e\n"


def test_an_import_and_a_line_at_one_place_are_one_edit() -> None:
    def act(editor: Editor, tree: ast.Module) -> None:
        editor.insert_before(tree.body[1], [f"{editor.import_module('torch', scope_names=())}.seed()"])
        assert len(editor.edits()) == 1

    assert rewrite("import os\nx = 1\n", act) == "import os\nimport torch\ntorch.seed()\nx = 1\n"
