"""torchlint: a linter for PyTorch code whose every fix has been executed."""

__version__ = "0.1.0"
