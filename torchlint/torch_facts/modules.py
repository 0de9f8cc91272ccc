"""What is known of `torch.nn.Module`."""

from __future__ import annotations

# Methods that return the module itself.
RETURN_SELF = frozenset(
    [
        *("to", "cuda", "cpu", "xpu", "float", "half", "double", "bfloat16", "type", "to_empty"),
        *("eval", "train", "requires_grad_", "share_memory", "apply"),
    ]
)
# What registers code that runs when a module is called, and that code itself.
HOOKS = frozenset(
    [
        *("register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook"),
        *("register_full_backward_pre_hook", "register_backward_hook", "register_module_forward_hook"),
        *("register_module_forward_pre_hook", "register_module_full_backward_hook"),
        *("spectral_norm", "weight_norm", "parametrize", "register_parametrization"),
    ]
)
