"""Rules that are not torchlint's own: of folders that a configuration names, and of installed packages."""
