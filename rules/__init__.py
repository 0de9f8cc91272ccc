"""One module per rule: everything that is known about mistakes in PyTorch code."""

if __name__ == "rules":
    raise ImportError("import torchlint.rules, not rules: run `pip install -e .` first")
