"""What need not be evaluated: which functions and classes of a file no rule has anything to say of.

`Gate` decides. Nothing else of it is used elsewhere.
"""

from torchlint.skip.gate import Gate

__all__ = ["Gate"]
