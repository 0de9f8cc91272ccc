"""Shape functions against torch: random calls on the CPU, with numbers and with symbols for them."""
