"""Both versions run: what they give, how long they take."""
