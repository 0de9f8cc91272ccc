"""`python -m torchlint`."""

from torchlint.cli import script

if __name__ == "__main__":
    script()
