"""What PyTorch is, as data: one table of operations and layers, from which every set of their names is derived."""
