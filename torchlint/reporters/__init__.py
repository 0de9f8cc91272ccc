"""One module per output format, each with `report(run, out)`.

Reporters see findings and sources, never trees. A module is imported when its format is asked for.
"""
