"""What rules talk about: training steps, datasets, modules, losses, loops."""
