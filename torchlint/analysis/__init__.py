"""What an expression holds: from the text of a file to values, without running anything."""
