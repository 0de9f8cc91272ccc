"""What torchlint costs, beside its peers and by its own stages."""
