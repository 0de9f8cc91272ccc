"""What is written: the text and the tree of one file, its scopes, names and words."""
