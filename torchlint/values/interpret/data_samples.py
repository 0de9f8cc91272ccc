"""What a data set of the project gives for an index: asked for by whoever wants the shapes of the batches."""

from __future__ import annotations

from torchlint.values.interpret import classes
from torchlint.values.interpret.frame import Frame
from torchlint.values.value import Constant, External, Instance, Op, Unknown, Value

_DATASETS = ("torch.utils.data.Dataset", "torch.utils.data.dataset.Dataset")


def sample(frame: Frame, instance: Instance) -> Value | None:
    """The value of `dataset[i]`; None where the class is none of torch's data sets, or does something else."""
    if instance.args is None:
        return None
    lineage = list(classes.lineage(frame, instance.cls))
    if not any(isinstance(base, External) and base.qualname in _DATASETS for base in lineage):
        return None
    # Some whole number, of which nothing is known.
    index = Op("size", {"input": Unknown(), "dim": Constant(0)}, {}, "Tensor")
    return classes.item(frame, instance, index)
