"""The language server, `torchlint server`: findings, fixes and facts in any editor. Needs the extra `lsp`."""
