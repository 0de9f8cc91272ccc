"""The truth at a point: real numbers of any precision."""
