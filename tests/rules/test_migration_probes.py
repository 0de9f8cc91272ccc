"""Rewrites that other tools get wrong, each as a program of our own: it comes out right, or it is left alone."""

from __future__ import annotations

import importlib
import re
import textwrap
from pathlib import Path

import pytest
from migrated import fixed, found, ran

from torchlint.cli import main
from torchlint.fixing import leftovers

torch = pytest.importorskip("torch")


def kept(program: str) -> bool:
    """Whether a program is left as it is, and something is said of it."""
    return fixed(program) == textwrap.dedent(program) and bool(found(program))


def test_t1_the_matrix_keeps_its_name_in_an_upper_factor() -> None:
    program = """\
        import torch

        spd = torch.tensor([[4.0, 1.0], [1.0, 3.0]])
        A = torch.eye(2)
        result = torch.cholesky(spd, upper=True)
    """
    after = fixed(program)
    assert "cholesky(spd, upper=True)" in after
    assert torch.equal(ran(after), ran(textwrap.dedent(program)))


@pytest.mark.parametrize("arguments", ["0, 1, step=2", "start=0, end=10, step=3", "0, 2.5", "1, 5"])
def test_t2_t3_a_range_with_its_end_and_its_dtype_is_not_guessed(arguments: str) -> None:
    assert kept(f"import torch\n\nx = torch.range({arguments})\n")


def test_t4_a_factor_that_a_flag_chooses_is_still_chosen_by_it() -> None:
    program = """\
        import torch

        spd = torch.tensor([[4.0, 1.0], [1.0, 3.0]])
        result = [torch.cholesky(spd, upper=upper) for upper in (False, True)]
    """
    after = fixed(program)
    assert "linalg.cholesky(spd, upper=upper)" in after
    assert all(map(torch.equal, ran(after), ran(textwrap.dedent(program))))


def test_t5_the_output_argument_is_carried_over() -> None:
    program = """\
        import torch

        spd = torch.tensor([[4.0, 1.0], [1.0, 3.0]])
        result, r = torch.zeros(2, 2), torch.zeros(2, 2)
        torch.cholesky(spd, out=result)
        torch.qr(spd, out=(result, r))
    """
    after = fixed(program)
    assert "cholesky(spd, out=result)" in after
    assert "qr(spd, out=(result, r))" in after
    assert torch.equal(ran(after), ran(textwrap.dedent(program)))


def test_t6_a_renamed_parameter_is_called_by_its_new_name() -> None:
    after = fixed("import torch\n\nresult = torch.qr(input=torch.eye(2))\n")
    assert "torch.linalg.qr(A=torch.eye(2))" in after
    assert len(ran(after)) == 2


@pytest.mark.parametrize(
    "call", ["torch.range(*args)", "torch.range(**options)", "torch.svd(*args)", "torch.norm(**o)"]
)
def test_t7_arguments_that_are_not_written_out_are_left_alone(call: str) -> None:
    assert kept(f"import torch\n\n\ndef f(args, options, o):\n    return {call}\n")


def test_t8_arguments_that_are_no_literals_break_nothing() -> None:
    program = """\
        import torch
        from torch import range
        from torchvision import models


        class Net:
            def factor(self, a, args):
                models.resnet50(pretrained=args.pretrained)
                torch.qr(a, some=not args.full)
                range(0x0, 0x5)
                return torch.cholesky(a, upper=self.upper), torch.ger(a, a)
    """
    assert len(found(program)) == 5
    after = fixed(program)
    assert "torch.outer(a, a)" in after
    assert "torch.linalg.cholesky(a, upper=self.upper)" in after
    assert "torch.qr(a, some=not args.full)" in after


@pytest.mark.parametrize(
    ("program", "wanted"),
    [
        ("from torch import ger as G\n\nresult = G(x, y)\n", "torch.outer(x, y)"),
        ("from functorch import vmap as vm\n\nresult = vm(g)\n", "torch.func.vmap(g)"),
        ("from torch.cuda import amp\n\nresult = amp.autocast()\n", 'torch.amp.autocast("cuda")'),
        ("from torch import qr\n\nresult = qr(x)\n", "torch.linalg.qr(x)"),
        ("from torch.cuda.amp import autocast\n\nresult = autocast()\n", 'torch.amp.autocast("cuda")'),
        ("import functorch\n\nresult = functorch.vmap(g)\n", "torch.func.vmap(g)"),
    ],
    ids=["T9", "T10", "T11", "T13 a function", "T13 a class", "T14"],
)
def test_t9_to_t14_the_new_name_is_bound_whatever_the_old_one_was_called(program: str, wanted: str) -> None:
    after = fixed(program)
    assert f"result = {wanted}\n" in after
    assert re.search(r"^import torch(\.\w+)?$", after, re.MULTILINE)
    head = "import torch as given\n\nx = y = given.eye(2)[0]\ng = given.sin\n"
    ran(head + after.replace("(x)", "(x[None])") if "qr" in wanted else head + after)


@pytest.mark.parametrize(
    ("imported", "call"),
    [
        ("from torch.utils import _pytree as pytree", "pytree._register_pytree_node"),
        ("from torch.utils._pytree import _register_pytree_node as register", "register"),
        ("import torch.utils._pytree", "torch.utils._pytree._register_pytree_node"),
    ],
)
def test_t12_a_registration_of_pytrees_keeps_a_working_import(imported: str, call: str) -> None:
    program = f"""\
{imported}


class Pair(tuple):
    pass


{call}(Pair, lambda pair: (list(pair), None), lambda parts, _: Pair(parts))
from torch.utils._pytree import SUPPORTED_NODES

result = SUPPORTED_NODES[Pair].type is Pair
"""
    after = fixed(program)
    assert "_register_pytree_node" not in after
    assert ".register_pytree_node(Pair" in after
    assert ran(after)


def test_t12_text_functions_that_the_new_name_does_not_take_are_left_alone() -> None:
    assert kept("from torch.utils import _pytree\n\n_pytree._register_pytree_node(list, len, list, str, str)\n")


def test_a_name_is_not_used_above_the_import_that_binds_it() -> None:
    program = """\
        from torch.utils._pytree import _register_pytree_node as register

        register(tuple, list, tuple)

        from torch.utils import _pytree
    """
    assert fixed(program) == textwrap.dedent(program)
    after = fixed(textwrap.dedent(program).replace("\nregister(", "\nfrom torch.utils import _pytree\n\nregister("))
    assert after.index("import _pytree\n") < after.index("_pytree.register_pytree_node(tuple")


def test_t15_no_import_is_left_without_a_use() -> None:
    assert fixed("import torch as t\n\nresult = t.ger(x, y)\n") == "import torch as t\n\nresult = t.outer(x, y)\n"
    after = fixed("import torch\nfrom torch import qr, ger as product\n\nresult = qr(product(x, y))\n")
    assert after == "import torch\n\nresult = torch.linalg.qr(torch.outer(x, y))\n"
    after = fixed("import torch\nfrom functorch import vmap, grad\n\nresult = vmap(grad(f))\n")
    assert after == "import torch\n\nresult = torch.func.vmap(torch.func.grad(f))\n"


def _homes() -> set[str]:
    """The modules from which a file may import a name that a fix replaces."""
    tables = {"api_deprecated": "DEPRECATED", "api_removed": "REMOVED", "api_amp": "AMP", "api_internal": "INTERNAL"}
    rows = (
        row
        for module, name in tables.items()
        for row in getattr(importlib.import_module(f"torchlint.vocabulary.{module}"), name)
    )
    methods = importlib.import_module("torchlint.vocabulary.api_table").METHODS
    fixed_rows = (row for row in rows if row.fix and not row.keyword and not row.old.startswith(methods))
    return {row.old.rpartition(".")[0] for row in fixed_rows}


# Importing it loads a compiler, which another line may need.
@pytest.mark.parametrize("home", sorted(_homes() - {"torch._dynamo"}))
def test_an_import_of_an_old_name_goes_with_its_last_use(home: str) -> None:
    assert home in leftovers._IDLE


def test_no_import_is_left_that_fails() -> None:
    after = fixed("from torchvision.transforms import Compose, Scale\n\nresize = Compose([Scale(256)])\n")
    assert "Scale" not in after
    assert "Resize(256)" in after


def test_t16_a_call_in_an_argument_of_another_is_fixed_in_the_same_run() -> None:
    after = fixed("import torch\n\nresult = torch.ger(torch.ger(a, b).sum(0), torch.svd(c)[1])\n")
    assert "ger(" not in after
    assert "torch.svd" not in after


def test_t17_comments_stay() -> None:
    program = """\
        import torch

        result = torch.chain_matmul(
            a,  # first
            b,
        )
        other = torch.qr(
            a,  # tall
            some=False,
        )
        third = torch.cholesky(
            # positive
            a
        )
    """
    after = fixed(program)
    assert all(comment in after for comment in ("# first", "# tall", "# positive"))


def test_t18_a_call_over_several_lines_keeps_its_layout() -> None:
    program = """\
        import torch

        scaler = torch.cuda.amp.GradScaler(
            init_scale=2.0,
            enabled=False,
        )
    """
    assert fixed(program).endswith('GradScaler(\n    "cuda",\n    init_scale=2.0,\n    enabled=False,\n)\n')


@pytest.mark.parametrize("call", ["torch.cuda.amp.autocast(**kw)", "torch.nn.MSELoss(size_average=False, **kw)"])
def test_t19_a_keyword_that_may_be_given_already_is_not_added(call: str) -> None:
    assert kept(f"import torch\n\n\ndef f(kw):\n    return {call}\n")


def checked(path: Path, *options: str) -> int:
    """The exit status of a run over one file."""
    return main(["check", "--isolated", "--no-cache", *options, str(path)])


def test_t20_a_suppressed_line_is_neither_reported_nor_rewritten(tmp_path: Path) -> None:
    program = "import torch\n\nresult = torch.ger(a, b)  # noqa: TLT802\n"
    path = tmp_path / "program.py"
    path.write_text(program)
    assert checked(path, "--fix", "--unsafe-fixes") == 0
    assert path.read_text() == program


@pytest.mark.parametrize(
    ("program", "comment", "status"),
    [
        ("torch.ger(a, b)", "noqa: TOR101", 0),
        ("torch.ger(a, b)", "noqa: E501, TOR101", 0),
        ("torch.ger(a, b)", "noqa: TOR1", 0),
        ("torch.ger(a, b)", "noqa: TOR001", 1),
        ("torch.solve(b, a)", "noqa: TOR001", 0),
        ("torch.cuda.amp.autocast()", "noqa: TOR101", 0),
        ("torch.log(1 + torch.exp(x) ** 2)", "noqa: TOR106", 0),
    ],
)
def test_a_code_of_torchfix_silences_the_rule_that_took_its_place(
    program: str, comment: str, status: int, tmp_path: Path
) -> None:
    path = tmp_path / "program.py"
    path.write_text(f"import torch\n\nresult = {program}\n")
    assert checked(path) == 1
    path.write_text(f"import torch\n\nresult = {program}  # {comment}\n")
    assert checked(path) == status
    if not status:
        assert checked(path, "--fix", "--unsafe-fixes") == 0
        assert f"{program}  # {comment}" in path.read_text()


def test_a_code_of_torchfix_silences_load_where_an_old_torch_is_stated(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text("import torch\n\nresult = torch.load(path)\n")
    assert (checked(path), checked(path, "--target-torch", ">=2.0")) == (0, 1)
    path.write_text("import torch\n\nresult = torch.load(path)  # noqa: TOR102\n")
    assert checked(path, "--target-torch", ">=2.0") == 0


@pytest.mark.parametrize(
    "program",
    [
        "try:\n    from functorch import vmap\nexcept ImportError:\n    from torch.func import vmap\n",
        "import torch\n\nif hasattr(torch, 'solve'):\n    x = torch.solve(b, a)[0]\n",
        "import torch\n\ntry:\n    x = torch.linalg.solve(a, b)\nexcept AttributeError:\n    x = torch.solve(b, a)\n",
        "import torch\n\nif TORCH_VERSION < (1, 8):\n    x = torch.symeig(a)[0]\n",
    ],
)
def test_t21_code_for_several_versions_is_left_alone(program: str) -> None:
    assert found(program) == []


def test_t21_an_error_while_running_is_no_test_of_a_version() -> None:
    program = "import torch\n\ntry:\n    x = torch.cholesky(a)\nexcept RuntimeError:\n    x = None\n"
    assert [finding.code for finding in found(program)] == ["TLT802"]


def test_t22_columns_point_at_the_call() -> None:
    (finding,) = found("import torch\n\nx = torch.ger(a, b)\n")
    assert (finding.location.row, finding.location.column) == (3, 5)


def test_t23_findings_make_the_exit_status_one(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text("import torch\n\nx = torch.solve(b, a)\n")
    assert checked(path) == 1
    path.write_text("import torch\n\nx = torch.linalg.solve(a, b)\n")
    assert checked(path) == 0


@pytest.mark.parametrize("content", [b"import torch\nx = '\xff'\n", b"import torch\nx = (\n"], ids=["bytes", "syntax"])
def test_t24_a_file_that_cannot_be_read_is_named(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "program.py"
    path.write_bytes(content)
    assert checked(path) != 0
    shown = capsys.readouterr()
    assert "program.py" in shown.out + shown.err
