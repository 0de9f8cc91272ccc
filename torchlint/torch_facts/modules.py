"""What is known of `torch.nn.Module`."""

from __future__ import annotations

# Methods that return the module itself.
RETURN_SELF = frozenset(
    [
        *("to", "cuda", "cpu", "xpu", "float", "half", "double", "bfloat16", "type", "to_empty"),
        *("eval", "train", "requires_grad_", "share_memory", "apply"),
    ]
)
