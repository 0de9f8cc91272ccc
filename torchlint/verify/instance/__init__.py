"""Instance validation: one concrete rewrite of the user's file, run before and after.

`extract` cuts a rewrite out of a file as two short functions, `session` asks a worker for a verdict on them and
remembers it, `validate` is the worker's side. What runs is never the user's code: it is built anew from the operations
of `whitelist`, and everything else that the code names or calls is an input.
"""
