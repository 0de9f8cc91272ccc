"""Calls that leave to torch what has to be decided, and names of one device where there is one for all."""

from __future__ import annotations

from torchlint.rule import INFO

from .api_table import Row

LOAD = tuple(
    Row(
        name,
        keyword="weights_only",
        absent=True,
        adds="weights_only=True",
        message="`torch.load` without `weights_only` runs whatever code the file holds in torch before 2.6, and "
        "refuses all but tensors and plain data from 2.6 on: give `weights_only=True`, or `False` for a file that you "
        "trust",
        lowest="1.13",
        source="serialization.py",
    )
    for name in ("torch.load", "torch.serialization.load")
)
CHECKPOINT = tuple(
    Row(
        f"torch.utils.checkpoint.{name}",
        keyword="use_reentrant",
        absent=True,
        place=place,
        adds="use_reentrant=False",
        message=f"`{name}` warns without `use_reentrant`, whose default will go: `False` is recommended, `True` is "
        "what it does now, which gives no gradient where no input needs one",
        deprecated="1.13",
        lowest=lowest,
        source="utils/checkpoint.py",
    )
    for name, place, lowest in (("checkpoint", -1, "1.11"), ("checkpoint_sequential", 3, "2.0"))
)
# The device of these is given by position alone in `torch.accelerator`: as `/device` no keyword names it.
_CHANGES = "it concerns whatever accelerator there is, not only CUDA"


def _device(old: str, new: str = "", lowest: str = "2.6") -> Row:
    name = new or old
    return Row(
        f"torch.cuda.{old}",
        f"torch.accelerator.{name}",
        "" if old in ("is_available", "device_count", "empty_cache", "current_device") else "/device",
        severity=INFO,
        message=f"`torch.cuda.{old}` is about CUDA alone: `torch.accelerator.{name}` is the same for every accelerator",
        changes=_CHANGES,
        lowest=lowest,
        source="accelerator/__init__.py",
    )


ACCELERATOR = (
    _device("is_available"),
    _device("device_count"),
    _device("current_device", "current_device_index"),
    _device("set_device", "set_device_index"),
    _device("synchronize"),
    _device("current_stream"),
    _device("empty_cache", lowest="2.9"),
    *(
        _device(name, lowest="2.9")
        for name in (
            *("memory_allocated", "max_memory_allocated", "memory_reserved", "max_memory_reserved", "memory_stats"),
            *("reset_peak_memory_stats", "reset_accumulated_memory_stats"),
        )
    ),
)
