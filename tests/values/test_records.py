"""Walking over what a frame keeps while evaluation adds to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
from evaluated_programs import frame_of

from torchlint import lint, registry
from torchlint.source import Source
from torchlint.values.interpret.records import Lists, Log, Record

# What `update` is called with by default is evaluated in the frame of the module, while its calls are walked over.
GROWS_WHILE_WALKED = """
import torch
from torch import nn

net = nn.Linear(3, 3)
opt = torch.optim.SGD(net.parameters(), lr=0.1)


def made():
    print("made")
    return 1


def update(scale=made()):
    opt.step()
    return scale


def train(x, y):
    loss = nn.functional.mse_loss(net(x), y)
    loss.backward()
    update()
    return loss


for batch in data:
    opt.zero_grad()
    train(*batch)
print("done")
"""


def test_a_frame_that_grows_while_a_rule_walks_over_its_calls_crashes_no_rule() -> None:
    report = lint.check(Source("program.py", GROWS_WHILE_WALKED), {rule.code for rule in registry.rules()})
    assert report.failures == []


def test_all_that_a_frame_keeps_may_be_walked_over_while_it_grows() -> None:
    frame = frame_of("import torch\nfor x in data:\n    y = torch.exp(x)\n")
    kept = {name for name, held in vars(frame).items() if isinstance(held, Record | Lists | Log)}
    plain = {name for name, held in vars(frame).items() if isinstance(held, dict | list)} - kept
    assert {"callees", "values", "loads", "bindings", "envs", "ops", "loops", "returns"} <= kept
    # These are only exchanged as a whole, never given away to be walked over.
    assert plain == {"env", "exits"}


@pytest.mark.parametrize("walk", [iter, Record.keys, Record.values, Record.items])
def test_a_record_is_walked_as_it_was_when_the_walk_began(
    walk: Callable[[Record[int, int]], Iterable[object]],
) -> None:
    record: Record[int, int] = Record({1: 1, 2: 4})
    for step, _ in enumerate(walk(record)):
        record[10 + step] = 0
    assert record == {1: 1, 2: 4, 10: 0, 11: 0}


def test_lists_and_logs_are_walked_as_they_were_when_the_walk_began() -> None:
    lists: Lists[str, int] = Lists()
    lists["a"].append(1)
    for key in lists:
        lists[f"{key}b"].append(2)
    for _, numbers in lists.items():
        for number in numbers:
            lists[f"c{number}"].append(number)
            numbers.append(number + 1)
    for numbers in lists.values():
        lists["d"] += numbers
    for _ in lists.keys():  # noqa: SIM118  # the method is what is tested
        lists["e"].append(0)
    assert lists["a"] == [1, 2]
    assert len(lists["e"]) == 5
