"""What happens to an optimiser that an object of a class in another file holds."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from linted import findings_in

from torchlint.source import Source

SCHEDULE = dedent(
    """\
    from torch import optim


    class Warmup:
        def __init__(self, optimizer, rate):
            self.optimizer = optimizer
            self.rate = rate

        def step(self):
            for group in self.optimizer.param_groups:
                group["lr"] = self.rate
            self.optimizer.step()


    def standard(model):
        return Warmup(optim.Adam(model.parameters(), lr=0), 0.1)
    """
)
TRAINING = dedent(
    """\
    from schedule import Warmup
    from torch import nn, optim


    def train(net, schedule, criterion, batches):
        for x, y in batches:
            criterion(net(x), y).backward()
            schedule.step()
            schedule.optimizer.zero_grad()


    def main(batches):
        net = nn.Linear(3, 1)
        optimizer = optim.Adam(net.parameters(), lr=0)
        schedule = Warmup(optimizer, 0.1)
        train(net, schedule, nn.CrossEntropyLoss(), batches)
    """
)


def codes(folder: Path, program_text: str) -> list[str]:
    (folder / "schedule.py").write_text(SCHEDULE)
    program = folder / "training.py"
    program.write_text(program_text)
    return [finding.code for finding in findings_in(Source(str(program), program.read_text()), ["TLT701"])]


def test_an_object_steps_the_optimizer_that_it_was_given(tmp_path: Path) -> None:
    assert codes(tmp_path, TRAINING) == []
