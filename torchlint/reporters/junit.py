"""JUnit XML: a suite for each file with findings, a failed test for each finding; without any, one test that passed.

It has only what Jenkins allows (`junit-10.xsd` of its xUnit plugin): no places are attributes there.
"""

from __future__ import annotations

import re
from typing import TextIO
from xml.etree import ElementTree

from torchlint.finding import Finding
from torchlint.running.outcome import Run
from torchlint.source import Source
from torchlint.terminal import printable

# XML 1.0 has no way to write these.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def report(run: Run, out: TextIO) -> None:
    """Write the document."""
    count = sum(1 for _ in run.findings())
    # What reads these documents takes one without a test for a run that did not take place.
    passed = not count and not run.broken
    total = {"name": "torchlint", "tests": str(count + passed), "failures": str(count), "errors": "0"}
    root = ElementTree.Element("testsuites", total)
    if passed:
        suite = ElementTree.SubElement(root, "testsuite", total)
        ElementTree.SubElement(suite, "testcase", name="No errors found", classname="torchlint")
    for source, findings in run.files():
        failures, path = str(len(findings)), printable(source.path)
        suite = ElementTree.SubElement(root, "testsuite", name=path, tests=failures, failures=failures, errors="0")
        for finding in findings:
            _add_case(suite, finding, source, path)
    ElementTree.indent(root)
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n")


def _add_case(suite: ElementTree.Element, finding: Finding, source: Source, path: str) -> None:
    (row, column), message = source.place_in_file(finding.location), _FORBIDDEN.sub("\ufffd", finding.message)
    name = f"torchlint.{finding.code}"
    case = ElementTree.SubElement(suite, "testcase", name=name, classname=path)
    failure = ElementTree.SubElement(case, "failure", message=message, type=finding.code)
    place = source.place(finding.location)
    cell = "" if place.cell is None else f"cell {place.cell}, "
    failure.text = f"{cell}line {place.row}, col {place.column}, {message}\nat {path}:{row}:{column}"
