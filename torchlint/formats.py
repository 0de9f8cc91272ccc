"""The formats of output and the modules of `torchlint.reporters` that write them."""

# The format's name and the module of this package that writes it.
FORMATS = {
    "full": "full",
    "concise": "concise",
    "grouped": "grouped",
    "json": "json_",
    "json-lines": "json_lines",
    "azure": "azure",
    "github": "github",
    "gitlab": "gitlab",
    "html": "html_",
    "junit": "junit",
    "pylint": "pylint",
    "rdjson": "rdjson",
    "sarif": "sarif",
}


# Formats for people: totals follow the findings.
TEXT_FORMATS = frozenset({"full", "concise", "grouped"})
