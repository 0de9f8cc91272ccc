"""From syntax to values: one forward pass over a function, a class or a module."""
