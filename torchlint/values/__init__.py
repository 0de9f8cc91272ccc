"""What code means: values, how they compare, what is certain of them, how they come about."""
