"""torchlint: a linter for PyTorch code whose every fix has been executed."""

__version__ = "0.1.0"
# As in [project.urls] of pyproject.toml; reading the metadata would cost each start.
DOCUMENTATION = "https://torchlint.github.io/torchlint/"
