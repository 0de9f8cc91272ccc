"""What other programs ask of the formats that they read. The rules are stated here as far as they concern what is
written, and stricter where the originals allow anything; what is not named is not allowed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from command_line import BROKEN, CLEAN, MIXED, Result, torchlint
from notebook_files import notebook

from torchlint.reporters.line_hashes import line_hashes

pytestmark = pytest.mark.usefixtures("directory")


def objects(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """An object with these members and no others."""
    properties = {**required, **(optional or {})}
    return {"type": "object", "properties": properties, "required": [*required], "additionalProperties": False}


def arrays(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


TEXT = {"type": "string", "minLength": 1}
NUMBER = {"type": "integer", "minimum": 1}
URI = {"type": "string", "pattern": r"^[^\s\\]+$"}
MESSAGE = objects({"text": TEXT})
REGION = objects({"startLine": NUMBER, "startColumn": NUMBER, "endLine": NUMBER, "endColumn": NUMBER})
ARTIFACT = objects({"uri": URI})
PLACE = objects(
    {"physicalLocation": objects({"artifactLocation": ARTIFACT, "region": REGION})},
    {"logicalLocations": arrays(objects({"fullyQualifiedName": TEXT})), "message": MESSAGE},
)
LEVEL = {"enum": ["none", "note", "warning", "error"]}
# SARIF 2.1.0, OASIS standard, sections 3.13 (log) to 3.57 (replacement).
SARIF = objects(
    {
        "$schema": URI,
        "version": {"const": "2.1.0"},
        "runs": arrays(
            objects(
                {
                    "tool": objects(
                        {
                            "driver": objects(
                                {
                                    "name": TEXT,
                                    "version": TEXT,
                                    "informationUri": URI,
                                    "rules": {
                                        "uniqueItems": True,
                                        **arrays(
                                            objects(
                                                {"id": TEXT, "name": TEXT, "shortDescription": MESSAGE},
                                                {
                                                    "fullDescription": MESSAGE,
                                                    "defaultConfiguration": objects({"level": LEVEL}),
                                                    "help": objects({"text": TEXT, "markdown": TEXT}),
                                                    "helpUri": {"type": "string", "pattern": "^https://"},
                                                },
                                            )
                                        ),
                                    },
                                }
                            )
                        }
                    ),
                    "invocations": arrays(
                        objects(
                            {
                                "executionSuccessful": {"type": "boolean"},
                                "toolExecutionNotifications": arrays(
                                    objects(
                                        {
                                            "descriptor": objects({"id": TEXT}),
                                            "level": LEVEL,
                                            "message": MESSAGE,
                                            "locations": arrays(PLACE),
                                        }
                                    )
                                ),
                            }
                        )
                    ),
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "results": arrays(
                        objects(
                            {
                                "ruleId": TEXT,
                                "level": LEVEL,
                                "message": MESSAGE,
                                "locations": arrays(PLACE),
                                "partialFingerprints": {"type": "object", "additionalProperties": TEXT},
                            },
                            {
                                "relatedLocations": arrays(PLACE),
                                "properties": {"type": "object"},
                                "fixes": arrays(
                                    objects(
                                        {
                                            "description": MESSAGE,
                                            "artifactChanges": {
                                                "minItems": 1,
                                                **arrays(
                                                    objects(
                                                        {
                                                            "artifactLocation": ARTIFACT,
                                                            "replacements": {
                                                                "minItems": 1,
                                                                **arrays(
                                                                    objects(
                                                                        {"deletedRegion": REGION},
                                                                        {"insertedContent": {"type": "object"}},
                                                                    )
                                                                ),
                                                            },
                                                        }
                                                    )
                                                ),
                                            },
                                        }
                                    )
                                ),
                            },
                        )
                    ),
                }
            )
        ),
    }
)
POSITION = objects({"line": NUMBER, "column": NUMBER})
RANGE = objects({"start": POSITION, "end": POSITION})
LOCATION = objects({"path": TEXT, "range": RANGE})
# `DiagnosticResult` of reviewdog's proto/rdf/reviewdog.proto.
RDJSON = objects(
    {
        "source": objects({"name": TEXT}),
        "diagnostics": arrays(
            objects(
                {
                    "message": TEXT,
                    "severity": {"enum": ["ERROR", "WARNING", "INFO"]},
                    "code": objects({"value": TEXT}, {"url": URI}),
                    "location": LOCATION,
                    "suggestions": arrays(objects({"range": RANGE, "text": {"type": "string"}})),
                },
                {"relatedLocations": arrays(objects({"message": TEXT, "location": LOCATION}))},
            )
        ),
    }
)
# Jenkins' junit-10.xsd: of each element the attributes that it must have, those that it may have, and its children.
JUNIT = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors"},
        {"group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"},
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
    ),
    "testcase": ({"name"}, {"time", "classname", "group"}, {"skipped", "error", "failure", "system-out", "system-err"}),
    "failure": (set(), {"type", "message"}, set()),
}


@pytest.fixture(params=["findings", "nothing", "broken"])
def files(request: pytest.FixtureRequest) -> str:
    """Files with fixes, related places and cells, one without any finding, some that cannot be checked."""
    if request.param == "nothing":
        Path("a.py").write_text(CLEAN)
        return "nothing"
    Path("a b \u00e9.py").write_text(MIXED + "torch.rare('\u6f22')\n")
    Path("n.ipynb").write_bytes(notebook("import torch\n", "torch.bad(1)\n"))
    if request.param == "broken":
        Path("b.py").write_text(BROKEN)
        Path("c.py").write_text(CLEAN + "torch.boom()\n")
        Path("d.py").write_bytes(b"import torch\n'\xff'\n")
    return str(request.param)


def written(form: str, *options: str) -> Result:
    return torchlint(".", "--select=ALL", f"--output-format={form}", "-o", "out.txt", *options)


def problems(schema: dict[str, Any], text: str) -> list[str]:
    validator = jsonschema.Draft202012Validator(schema)
    return [f"{list(error.absolute_path)}: {error.message}" for error in validator.iter_errors(json.loads(text))]


def test_sarif_is_what_the_standard_says(files: str) -> None:
    written("sarif")
    text = Path("out.txt").read_text()
    assert problems(SARIF, text) == []
    (run,) = json.loads(text)["runs"]
    assert {result["ruleId"] for result in run["results"]} == {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert bool(run["results"]) == (files != "nothing")


def test_rdjson_is_what_reviewdog_reads(files: str) -> None:
    written("rdjson")
    text = Path("out.txt").read_text()
    assert problems(RDJSON, text) == []
    assert bool(json.loads(text)["diagnostics"]) == (files != "nothing")


@pytest.mark.parametrize("schema", [SARIF, RDJSON])
def test_the_rules_reject_what_they_do_not_name(schema: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)
    assert problems(schema, "{}")
    written("sarif" if schema is SARIF else "rdjson")
    entry = json.loads(Path("out.txt").read_text())
    assert problems(schema, json.dumps({**entry, "more": 1}))


def test_junit_is_what_jenkins_reads(files: str) -> None:
    written("junit")
    assert junit_problems(ElementTree.parse("out.txt").getroot()) == []


def junit_problems(root: ElementTree.Element) -> list[str]:
    found = [] if root.tag in ("testsuites", "testsuite") else [f"the root is {root.tag}"]
    for element in root.iter():
        required, optional, children = JUNIT[element.tag]
        given = set(element.keys())
        found += [f"{element.tag} has no {name}" for name in required - given]
        found += [f"{element.tag} has {name}" for name in given - required - optional]
        found += [f"{element.tag} holds {child.tag}" for child in element if child.tag not in children]
    for suite in root.iter("testsuite"):
        cases = suite.findall("testcase")
        failures = [case for case in cases if case.find("failure") is not None]
        if [suite.get("tests"), suite.get("failures")] != [str(len(cases)), str(len(failures))]:
            found.append(f"{suite.get('name')} is counted wrong")
    return found


@pytest.mark.parametrize(
    "text",
    [
        "<testsuite name='a' tests='0' failures='0'/>",
        "<testsuites><testsuite name='a' tests='1' failures='0' errors='0'/></testsuites>",
        "<testsuites><testcase name='a'/></testsuites>",
        "<testsuite name='a' tests='1' failures='0' errors='0'><testcase name='b' line='1'/></testsuite>",
    ],
)
def test_what_jenkins_would_reject_is_noticed(text: str) -> None:
    assert junit_problems(ElementTree.fromstring(text))


_LOG_ISSUE = re.compile(
    r"##vso\[task\.logissue type=(?P<type>error|warning);sourcepath=(?P<path>[^;\]]+);linenumber=(?P<row>[1-9]\d*);"
    r"columnnumber=[1-9]\d*;code=[\w-]+;\](?P<message>.+)"
)


def test_azure_has_a_command_for_each_finding(files: str) -> None:
    written("azure")
    found = [_LOG_ISSUE.fullmatch(line) for line in Path("out.txt").read_text().splitlines()]
    assert all(found)
    assert len(found) == {"nothing": 0, "findings": 5, "broken": 8}[files]


def test_azure_escapes_what_would_end_a_command_and_names_cells() -> None:
    Path("a;b]c%.py").write_text(MIXED)
    Path("n.ipynb").write_bytes(notebook("import torch\n", "torch.plain(1)\n"))
    lines = torchlint("--output-format=azure").out.splitlines()
    assert lines[0] == (
        "##vso[task.logissue type=error;sourcepath=a%3Bb%5Dc%AZP25.py;linenumber=2;columnnumber=1;code=TLT101;]"
        "`torch.bad` is [red]bad[/red]"
    )
    assert lines[-1].endswith("code=TLT201;]cell 2, line 1: `torch.plain` is [red]plain[/red]")
    assert "type=warning" in lines[-1]


# What GitHub's own tests expect (src/fingerprints.test.ts of github/codeql-action).
ENDS = ["e9496ae3ebfced30", "fb7c023a8b9ccb3f", "ce8ba1a563dcdaca", "e20e36e16fcb0cc8", "b3edc88f2938467e"]
ENDS += ["c8e28b0b4002a3a0", "c129715d7a2bc9a3"]


@pytest.mark.parametrize(
    ("text", "hashes"),
    [
        ("", ["c129715d7a2bc9a3"]),
        (" a\nb\n  \t\tc\n d", ["271789c17abda88f", "54703d4cd895b18", "180aee12dab6264", "a23a3dc5e078b07b"]),
        (" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n", ENDS),
        (" hello; \t\nworld!!!\r\r\r  \t\tGreetings\r End\r", ENDS),
        (" hello; \t\r\nworld!!!\r\n\r\n\r\n  \t\tGreetings\r\n End\r\n", ENDS),
    ],
)
def test_hashes_of_lines_are_those_that_github_computes(text: str, hashes: list[str]) -> None:
    assert line_hashes(text) == [f"{digits}:1" for digits in hashes]


def test_equal_hashes_are_numbered_and_further_than_a_hundred_characters_nobody_looks() -> None:
    assert len(set(line_hashes("x = 1\n" * 40))) == 41
    first, *others = line_hashes("x = 1\n" * 60)
    assert first.endswith(":1")
    assert others[0] == first.replace(":1", ":2")
    line = "y" * 99 + "\n"
    assert line_hashes(f"{line}a\n")[0] == line_hashes(f"{line}b\n")[0]


def test_sarif_has_the_hash_of_the_line_of_each_finding() -> None:
    text = "\ufeffimport torch\r\ntorch.bad('\U0001f525')\r\ntorch.plain(2)\r\n"
    Path("a.py").write_bytes(text.encode())
    Path("n.ipynb").write_bytes(notebook("import torch\n", "torch.bad(1)\n"))
    results = json.loads(torchlint("--output-format=sarif").out)["runs"][0]["results"]
    found = [result["partialFingerprints"].get("primaryLocationLineHash") for result in results]
    # A notebook's is left to GitHub, which has the file.
    assert found == [*line_hashes(text)[1:3], None]
