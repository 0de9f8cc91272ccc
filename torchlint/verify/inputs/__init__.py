"""What a rewrite is run on: kinds of inputs, shapes, numbers."""
