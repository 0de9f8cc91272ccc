"""TLT816: the names that a project's configuration says are called otherwise now."""

from __future__ import annotations

from pathlib import Path

import pytest

from torchlint import lint
from torchlint.finding import Applicability, Finding
from torchlint.fixing import edits
from torchlint.renames import mistake_in, renames_of
from torchlint.running.job import Job, Mode, run_file
from torchlint.settings.config import Configuration
from torchlint.source import Source

RENAMES = renames_of(
    {
        "acme.losses.focal": "acme.losses.focal_loss",
        "acme.io": {"new": "acme.files", "since": "2.0"},
        "acme.gone": {"message": "`acme.gone` does nothing: delete the call", "fix": False},
        "acme.early": {"new": "acme.training.early_stop", "message": "`early` moved"},
    }
)


def findings(source: Source) -> list[Finding]:
    report = lint.check(source, {"TLT816"}, renames=RENAMES)
    assert (report.error, report.failures) == ("", [])
    assert lint.check(source, {"TLT816"}, renames=RENAMES, gates=False).findings == report.findings
    return report.findings


def rows(text: str, path: str = "program.py") -> list[int]:
    return [finding.location.row for finding in findings(Source(path, text))]


def fixed(text: str, path: str = "program.py") -> str:
    result = edits.fix(Source(path, text), findings, lambda finding: finding.fix is not None)
    assert not result.error
    return result.text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "from acme.losses import focal\n\n\ndef f(x):\n    return focal(x), [focal(y) for y in x]  # focal\n",
            "from acme.losses import focal_loss\n\n\ndef f(x):\n"
            "    return focal_loss(x), [focal_loss(y) for y in x]  # focal\n",
        ),
        ("from acme.losses import focal as f\nf(1)\n", "from acme.losses import focal_loss as f\nf(1)\n"),
        (
            'from acme.losses import focal\n__all__ = ["focal"]\n',
            'from acme.losses import focal_loss as focal\n__all__ = ["focal"]\n',
        ),
        (
            "from acme.losses import focal\n\n\ndef f(focal):\n    return focal\n\n\nfocal(1)\n",
            "from acme.losses import focal_loss as focal\n\n\ndef f(focal):\n    return focal\n\n\nfocal(1)\n",
        ),
        (
            "from acme.losses import (\n    dice,\n    focal,  # ours\n)\nfocal(dice)\n",
            "from acme.losses import (\n    dice,\n    focal_loss,  # ours\n)\nfocal_loss(dice)\n",
        ),
        ("from acme import early  # why\nearly(1)\n", "from acme.training import early_stop  # why\nearly_stop(1)\n"),
        ("import acme.io.deep as deep, os\n", "import acme.files.deep as deep, os\n"),
        ("from acme.io.deep import read\n", "from acme.files.deep import read\n"),
        ("import acme\nx = acme.losses.focal\n", "import acme\nx = acme.losses.focal_loss\n"),
        ("import acme\nacme.early(1)\n", "import acme\nacme.training.early_stop(1)\n"),
        (
            "def f():\n    import acme as a\n\n    return a.io.x\n",
            "def f():\n    import acme as a\n\n    return a.files.x\n",
        ),
    ],
)
def test_the_new_name_is_written(before: str, after: str) -> None:
    assert fixed(before) == after
    assert rows(after) == []


@pytest.mark.parametrize(
    "text",
    [
        "from acme import early, late\nearly(late)\n",  # the others stay where they are
        "from acme import (\n    early,\n)\n",
        "import acme\nacme.gone()\n",
    ],
)
def test_what_would_have_to_be_taken_apart_is_reported_without_a_fix(text: str) -> None:
    (finding,) = findings(Source("program.py", text))
    assert finding.fix is None


@pytest.mark.parametrize(
    "text",
    [
        "from other.losses import focal\nfocal(1)\n",
        "import other as acme\nacme.losses.focal(1)\n",
        "def f(acme):\n    return acme.losses.focal(1)\n",
        "import acme\nacme = object()\nacme.losses.focal(1)\n",
        "import acme\n\n\ndef f():\n    for acme in g():\n        acme.losses.focal(1)\n",
        "import acme\n\n\ndef f():\n    global acme\n    acme = g()\n\n\nacme.losses.focal(1)\n",
        "class A:\n    import acme\n\n    def f(self):\n        return acme.losses.focal(1)\n",
        "[acme.losses.focal for acme in f()]\n",
        "import acme\nf = lambda acme: acme.losses.focal\n",
        "import acme.losses\nacme.losses.focal_like(1)\nacme.focal(1)\nx.losses.focal(1)\n",
        "import acme\nacme.losses.focal = None\n",
        "from acme.losses import focal_loss\nfrom acme import ios\n",
        "from .losses import focal\n",  # of a file that is in no package
        "import acme\nif hasattr(acme.losses, 'focal'):\n    f = acme.losses.focal\n",
        "try:\n    from acme.losses import focal_loss\nexcept ImportError:\n    from acme.losses import focal as f\n",
        '"""acme.losses.focal"""  # acme.losses.focal\n',
    ],
)
def test_what_is_not_the_old_name_is_left_alone(text: str) -> None:
    assert rows(text) == []


def test_relative_imports_are_those_of_the_package(tmp_path: Path) -> None:
    inner = tmp_path / "acme" / "sub"
    inner.mkdir(parents=True)
    (tmp_path / "acme" / "__init__.py").touch()
    (inner / "__init__.py").touch()
    text = "from ..losses import focal\nfrom .. import io\nfrom .losses import focal as other\nfrom ... import early\n"
    assert rows(text, str(inner / "a.py")) == [1, 2]
    assert rows("from .losses import focal\nfrom . import io, early\n", str(inner.parent / "__init__.py")) == [1, 2, 2]


def test_it_is_asked_of_functions_classes_and_their_heads() -> None:
    text = (
        "import acme\n\n\n@acme.early\ndef f(x=acme.gone, *, y: acme.io.T) -> acme.losses.focal:\n    return x\n\n\n"
        "class A(acme.losses.focal):\n    z = acme.gone\n\n    def g(self):\n        def h():\n            acme.gone\n"
    )
    assert rows(text) == [4, 5, 5, 5, 9, 10, 14]


def test_fixes_are_unsafe_and_messages_are_the_table_s() -> None:
    found = findings(Source("program.py", "import acme.io\nimport acme\nacme.early(1)\nacme.gone(2)\n"))
    assert [finding.message for finding in found] == [
        "`acme.io` is called `acme.files` since 2.0: the old name may go, so use the new one",
        "`early` moved",
        "`acme.gone` does nothing: delete the call",
    ]
    assert {finding.fix.applicability for finding in found if finding.fix} == {Applicability.UNSAFE}


def test_the_configuration_has_the_table(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("import acme\nacme.old(1)\n")
    configuration = tmp_path / "pyproject.toml"

    def found(text: str) -> list[str]:
        configuration.write_text(text)
        settings = Configuration().settings_for(str(program))
        return [finding.code for finding in run_file(Job(str(program), settings, Mode())).findings]

    assert found('[tool.torchlint.renames]\n"acme.old" = "acme.new"\n') == ["TLT816"]
    assert found('[tool.torchlint]\nignore = ["TLT8"]\nrenames = { "acme.old" = "acme.new" }\n') == []
    assert found("[tool.torchlint]\nfix = false\n") == []
    base = tmp_path / "base.toml"
    base.write_text('renames = { "acme.old" = "acme.new", "acme.x" = "acme.y" }\n')
    assert found('[tool.torchlint]\nextend = "base.toml"\nrenames = { "acme.x" = "acme.z" }\n') == ["TLT816"]
    assert Configuration().settings_for(str(program)).renames[1].new == "acme.z"


@pytest.mark.parametrize(
    ("old", "value", "said"),
    [
        ("old", "acme.new", "'old' is not a dotted name"),
        ("acme.old", "new", "'new' is not a dotted name"),
        ("acme.old", "acme.old", "is its own new name"),
        ("acme.class", "acme.new", "'acme.class' is not a dotted name"),
        ("acme.old", 1, "expected the new name of 'acme.old' or a table with `new`"),
        ("acme.old", {"next": "acme.new"}, "unknown word 'next' in the row of 'acme.old'"),
        ("acme.old", {"new": 1}, "`new` of 'acme.old' must be a text"),
        ("acme.old", {"new": "acme.new", "fix": "no"}, "`fix` of 'acme.old' must be true or false"),
        ("acme.old", {"message": "gone"}, "the row of 'acme.old' needs `new`, or a `message` and `fix = false`"),
        ("acme.old", "acme.new", ""),
        ("acme.old", {"message": "gone", "fix": False}, ""),
    ],
)
def test_a_mistake_in_the_table_is_told(old: str, value: object, said: str) -> None:
    problem = mistake_in(old, value)
    assert said in problem
    assert bool(said) == bool(problem)
