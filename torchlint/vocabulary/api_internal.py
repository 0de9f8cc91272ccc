"""Names of torch that are not for use from outside, and the public ones for the same."""

from __future__ import annotations

from .api_table import Row

_COLLATE = "torch.utils.data._utils.collate"
_HOME = "utils/data/_utils/collate.py"

INTERNAL = (
    Row(
        "torch._six",
        module=True,
        fix=False,
        message="`torch._six` was removed in torch 2.0, so this raises: use the standard library, "
        "`math.inf` for `inf`, `(str, bytes)` for `string_classes`, `collections.abc` for `container_abcs`",
        removed="2.0",
        source="sources of both releases",
    ),
    Row(
        f"{_COLLATE}.default_collate",
        "torch.utils.data.default_collate",
        "batch",
        lowest="1.11",
        source=_HOME,
    ),
    Row(
        f"{_COLLATE}.default_convert",
        "torch.utils.data.default_convert",
        "data",
        lowest="1.11",
        source=_HOME,
    ),
    Row(
        "torch.utils.data.dataloader.default_collate",
        "torch.utils.data.default_collate",
        "batch",
        lowest="1.11",
        source=_HOME,
    ),
)
