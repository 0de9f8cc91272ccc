"""Shape functions against torch: random calls on the meta device, with numbers and with symbols for them."""
