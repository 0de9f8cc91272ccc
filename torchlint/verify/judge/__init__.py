"""From two outcomes to a verdict."""
