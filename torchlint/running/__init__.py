"""One file or many: read, check, remember, fix, write."""
