"""One module per rule: a program with the mistake, the mended one beside it, and what each of them measures."""
