"""What need not be evaluated: which functions and classes of a file no rule has anything to say of.

`Gate` decides; `rules_on_comments` are those that it does not decide about. Nothing else of it is used elsewhere.
"""

from torchlint.skip.gate import Gate, rules_on_comments

__all__ = ["Gate", "rules_on_comments"]
