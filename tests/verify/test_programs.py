"""Programs of fixtures: on how many inputs they are run, and where a rewrite is told to be better."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

pytest.importorskip("torch")

from torchlint.claims import Stabilises
from torchlint.verify.fixture_programs import verify_programs
from torchlint.verify.fixtures import write_golden
from torchlint.verify.judge.unit_verdict import verify_unit
from torchlint.verify.report.row import Row, fill
from torchlint.verify.run.units import from_text

BEFORE = """\
    import torch
    from torch import nn


    def takes_tensors(x: "float 3 5"):
        return x + x


    def takes_indices(x: "labels 3 < 5"):
        return x + x


    def draws_its_numbers():
        torch.manual_seed(0)
        x = torch.rand(3, 5)
        return x + x


    def has_no_input():
        x = torch.ones(3, 5)
        return x + x


    class Doubled(nn.Module):
        def forward(self, x):
            return x + x


    def changes_in_a_class(x: "float 3 5"):
        return Doubled()(x)


    def stays(x: "float 3 5"):
        return x - 1
    """
INPUTS = 20


def rows(folder: Path, inputs: int) -> dict[str, Row]:
    """What is verified of the programs, by name; the fix writes `2 * x` for `x + x`."""
    path, text = folder / "case.py", dedent(BEFORE)
    path.write_text(text)
    write_golden(path, text.replace("x + x", "2 * x"))
    found = verify_programs("TLT401", "a-rule", path, (), "cpu", inputs=inputs)
    return {row.label.removeprefix("case."): row for row in found}


def test_each_program_that_was_changed_is_run_on_as_many_inputs_as_asked_for(tmp_path: Path) -> None:
    found = rows(tmp_path, INPUTS)
    for name in ("takes_tensors", "takes_indices", "draws_its_numbers", "changes_in_a_class"):
        assert (found[name].points, found[name].verdict) == (2 * INPUTS, "IDENTICAL"), name
    assert found["has_no_input"].points == 2, "the same run again is not another input"
    assert "stays" not in found


def test_without_such_a_wish_few_inputs_are_enough(tmp_path: Path) -> None:
    found = rows(tmp_path, 0)
    assert {row.points for row in found.values()} == {2, 12}


def test_another_draw_is_another_input(tmp_path: Path) -> None:
    """A difference that only few numbers show is found in programs that seed their own."""
    path = tmp_path / "case.py"
    text = dedent("""\
        import torch


        def rarely_wrong():
            torch.manual_seed(0)
            x = torch.rand(())
            return x if 0.3 < x else x + 0
        """)
    path.write_text(text)
    write_golden(path, text.replace("x + 0", "x + 1"))
    (few,) = verify_programs("TLT401", "a-rule", path, (), "cpu")
    (many,) = verify_programs("TLT401", "a-rule", path, (), "cpu", inputs=50)
    assert (few.verdict, many.verdict) == ("IDENTICAL", "CHANGES")


def improved(before: str, after: str) -> Row:
    unit = from_text(before, after, {"x": "float N C"})
    return fill(Row("TLT999", "a-rule", "pair", "f", ""), verify_unit(unit), Stabilises())


def test_a_gain_begins_at_the_size_at_which_the_old_code_fails() -> None:
    row = improved("torch.log(torch.softmax(x, 1))", "torch.log_softmax(x, 1)")
    assert row.verdict == "IMPROVES"
    (value, _) = row.gains
    assert (value["dtype"], value["quantity"]) == ("float32", "value")
    assert min(value["sizes"]) == 90
    assert value["rescued"] > 0
    assert {1.0, 20.0, 90.0} <= set(value["tried"])


def test_a_gain_in_digits_is_that_of_the_elements_that_had_lost_them() -> None:
    row = improved("torch.log(1 + x.abs())", "torch.log1p(x.abs())")
    (value,) = (gain for gain in row.gains if gain["quantity"] == "value")
    assert value["rescued"] == 0
    assert max(value["sizes"]) <= 1, "large numbers lose nothing"
    assert value["relative_before"] == 1.0, "no digit is left of 1e-30"
    assert value["relative_after"] < 1e-6


def test_what_is_the_same_has_no_gain() -> None:
    row = improved("x + x", "2 * x")
    assert row.gains == []


def test_inputs_on_which_only_the_new_code_runs_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "case.py"
    text = 'import torch\n\n\ndef raises(x: "float 3 5"):\n    return torch.missing(x)\n'
    path.write_text(text)
    write_golden(path, text.replace("missing", "exp"))
    (row,) = verify_programs("TLT401", "a-rule", path, (), "cpu")
    assert (row.verdict, row.points, row.repaired) == ("REPAIRS", 0, 12)
