"""Programs for those who work on torchlint; nothing of them is installed."""
