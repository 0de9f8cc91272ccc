"""Programs in which a fix is easily wrong (`hostile/`): a safe one is withheld there, or changes nothing."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

from hostile_suite import Program, differences, findings, fixed, is_safe, programs

PLAIN = "plain"
BY_RULE: dict[str, list[Program]] = {}
for each in programs():
    BY_RULE.setdefault(each.code, []).append(each)


@pytest.mark.parametrize("code", BY_RULE)
def test_no_safe_fix_changes_a_program(code: str) -> None:
    wrong: dict[str, list[str]] = {}
    for program in BY_RULE[code]:
        found = findings(program)
        assert found, f"{program.name}: nothing is found, so that no fix is tried"
        if any(map(is_safe, found)):
            wrong[program.name] = differences(program, fixed(program))
    assert {name: seen for name, seen in wrong.items() if seen} == {}


@pytest.mark.parametrize("code", BY_RULE)
def test_where_nothing_is_hostile_the_fix_is_safe(code: str) -> None:
    (plain,) = (program for program in BY_RULE[code] if program.name == PLAIN)
    assert fixed(plain) != plain.text


def test_a_change_is_seen() -> None:
    program = Program("TLT202", "changed", "import torch\n\n\ndef f(x):\n    return torch.log(torch.softmax(x, 1))\n")
    assert differences(program, program.text) == []
    assert len(differences(program, program.text.replace("(x, 1)", "(x, 0)"))) == len(program.inputs)
