"""What is shown of a verdict: rows, tables, pages."""
