"""Since when torch has the names that fixes write, where that is later than 1.0.

`tests/torch_facts/test_newer.py` reads the fixes of all fixtures: whatever name of torch they write is in here, or is
known to be older.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from torchlint.torch_range import Range

# Functions, methods, attributes and keywords, by their last name: first release of torch whose documentation has them.
SINCE: dict[str, str] = {
    **{"logsumexp": "0.4.1", "reduction": "0.4.1", "interpolate": "0.4.1"},
    **dict.fromkeys(("one_hot", "repeat_interleave", "bool"), "1.2"),
    **dict.fromkeys(("bitwise_not", "gelu"), "1.2"),
    **dict.fromkeys(("get_last_lr", "true_divide", "floor_divide", "logcumsumexp", "persistent"), "1.5"),
    **dict.fromkeys(("view_as_real", "logaddexp"), "1.6"),
    **dict.fromkeys(
        ("amax", "amin", "hypot", "linalg", "maximum", "minimum", "movedim", "outer", "set_to_none", "silu"), "1.7"
    ),
    **dict.fromkeys(("eigh", "eigvalsh", "full_matrices", "hermitian", "nan_to_num", "xlogy", "UPLO"), "1.8"),
    **dict.fromkeys(("eigvals", "inference_mode", "lstsq", "matrix_norm", "multi_dot", "take_along_dim"), "1.9"),
    **dict.fromkeys(("huber_loss", "vector_norm"), "1.9"),
    **dict.fromkeys(("isin", "label_smoothing"), "1.10"),
    **dict.fromkeys(("decimals", "lu_factor", "lu_factor_ex", "mH", "mT", "solve_triangular", "svdvals"), "1.11"),
    **dict.fromkeys(("default_collate", "default_convert"), "1.11"),
    **dict.fromkeys(("weights", "weights_backbone"), "1.12"),  # torchvision 0.13
    **dict.fromkeys(("correction", "scaled_dot_product_attention", "vmap"), "2.0"),
    **{"mps": "1.12", "device_type": "2.4", "accelerator": "2.6"},
}
_WORD = re.compile(r"[A-Za-z_]\w*")


def first_lacking(written: Iterable[str], before: Iterable[str], target: Range) -> tuple[str, str] | None:
    """A name that new code has and the replaced code has not, and that some torch of the range lacks: with the release
    that brought it. None where there is none."""
    if target.lowest is None and target.end is None:
        return None
    new = {word for text in written for word in _WORD.findall(text)}
    old = {word for text in before for word in _WORD.findall(text)}
    lacking = sorted(word for word in new - old if target.lacks(SINCE.get(word, "")))
    return (lacking[0], SINCE[lacking[0]]) if lacking else None
