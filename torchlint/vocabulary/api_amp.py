"""Mixed precision under its old names: each device had a module of its own, now all share `torch.amp`."""

from __future__ import annotations

from .api_table import Row

_SCALER = "init_scale growth_factor backoff_factor growth_interval enabled"
_CONTEXT = "enabled:=enabled dtype:=dtype cache_enabled:=cache_enabled"


def _of_device(device: str) -> tuple[Row, Row]:
    home = f"torch.{device}.amp"
    return (
        Row(
            f"{home}.autocast",
            "torch.amp.autocast",
            _CONTEXT,
            prepends=f'"{device}"',
            deprecated="2.4",
            lowest="1.12",
            source=f"{device}/amp/autocast_mode.py",
        ),
        Row(
            f"{home}.GradScaler",
            "torch.amp.GradScaler",
            _SCALER,
            prepends=f'"{device}"',
            deprecated="2.4",
            lowest="2.3",
            source=f"{device}/amp/grad_scaler.py",
        ),
    )


AMP = (
    *_of_device("cuda"),
    *_of_device("cpu"),
    Row(
        "torch.cuda.amp.custom_fwd",
        "torch.amp.custom_fwd",
        "fwd cast_inputs:=cast_inputs",
        adds='device_type="cuda"',
        deprecated="2.4",
        lowest="2.4",
        source="cuda/amp/autocast_mode.py",
    ),
    Row(
        "torch.cuda.amp.custom_bwd",
        "torch.amp.custom_bwd",
        "bwd",
        adds='device_type="cuda"',
        deprecated="2.4",
        lowest="2.4",
        source="cuda/amp/autocast_mode.py",
    ),
)
