"""From a fix to text: LibCST for the statements that it touches, edits by span for the rest."""
