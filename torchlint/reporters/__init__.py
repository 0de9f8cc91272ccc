"""One module per output format, each with `report(run, out)`.

Reporters see findings and sources, never trees. A module is imported when its format is asked for.
"""

# The format's name and the module of this package that writes it.
FORMATS = {
    "full": "full",
    "concise": "concise",
    "grouped": "grouped",
    "json": "json_",
    "json-lines": "json_lines",
    "github": "github",
    "gitlab": "gitlab",
    "junit": "junit",
    "pylint": "pylint",
    "rdjson": "rdjson",
    "sarif": "sarif",
}

# Formats for people: totals follow the findings.
TEXT_FORMATS = frozenset({"full", "concise", "grouped"})
