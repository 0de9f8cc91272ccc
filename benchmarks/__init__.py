"""What torchlint costs, beside its peers, by its own stages, and as programs grow."""
