"""Every name that torch deprecated or removed is decided: a row of a table, or a reason in the reviewed list."""

from __future__ import annotations

import csv
import re
import textwrap
from pathlib import Path

import pytest

from tools.torch_deprecations import (
    Deprecation,
    decided,
    deprecations,
    messages,
    reviewed,
    reviewed_messages,
    says,
    torch_folder,
    undecided,
)
from torchlint import registry

with Path(__file__).with_name("known_deprecations.csv").open(newline="", encoding="utf-8") as _stream:
    KNOWN = [line["name"] for line in csv.DictReader(_stream)]
FOLDER = torch_folder()


def plain(name: str) -> Deprecation:
    return Deprecation(name, "known", "", "")


def test_the_names_of_torch_2_3_to_2_13_are_decided() -> None:
    assert len(KNOWN) == 265
    assert undecided(map(plain, KNOWN), decided()) == []


@pytest.mark.skipif(FOLDER is None, reason="torch is not installed")
def test_what_the_installed_torch_calls_deprecated_is_decided() -> None:
    assert FOLDER is not None
    found = deprecations(FOLDER)
    assert len(found) > 200
    assert undecided(found, decided()) == []


@pytest.mark.skipif(FOLDER is None, reason="torch is not installed")
def test_the_reviewed_list_has_nothing_that_is_not_there() -> None:
    assert FOLDER is not None
    there = {each.name.removesuffix(".__init__") for each in deprecations(FOLDER)} | set(KNOWN)
    for name in reviewed():
        assert name in there or any(each.startswith(name.removesuffix("*")) for each in there if name.endswith("*"))


@pytest.mark.skipif(FOLDER is None, reason="torch is not installed")
def test_what_the_libraries_of_the_installed_torch_call_deprecated_is_decided() -> None:
    assert FOLDER is not None
    found = messages(FOLDER)
    assert len(found) > 100
    assert undecided(found, decided()) == []
    said = [each.said for each in found]
    assert [pattern for pattern in reviewed_messages() if not any(says(pattern, message) for message in said)] == []


def test_a_new_message_of_a_library_is_not_decided() -> None:
    new = Deprecation("", "library", "brand_new is deprecated: use another one", "lib/libtorch_cpu.so")
    assert undecided([new], decided()) == [new]
    known = new._replace(said="Tensor.H is deprecated on 0-D tensors. Consider using x.conj().")
    assert undecided([known], decided()) == []


def test_a_name_is_not_decided_twice() -> None:
    reasons = reviewed()
    tables = decided() - {name for name in reasons if name not in KNOWN}
    rows = {name for name in tables if name not in reasons}
    assert rows.isdisjoint(reasons)
    assert all(len(reason.split()) > 3 for reason in reasons.values())


def test_a_rule_that_a_reason_names_is_there() -> None:
    reasons = [*reviewed().values(), *reviewed_messages().values()]
    named = {code for reason in reasons for code in re.findall(r"TLT\d{3}", reason)}
    assert named
    assert named <= {info.code for info in registry.rules()}


def found(tmp_path: Path, program: str) -> list[tuple[str, str]]:
    (tmp_path / "nn").mkdir()
    (tmp_path / "nn" / "layers.py").write_text(textwrap.dedent(program))
    return [(each.name, each.kind) for each in deprecations(tmp_path)]


def test_decorators_warnings_and_docstrings_are_read_and_nothing_is_imported(tmp_path: Path) -> None:
    program = '''\
        import warnings
        from typing_extensions import deprecated

        raise SystemExit("this is never run")


        @deprecated("`old` is deprecated, use `new`", category=FutureWarning)
        def old():
            pass


        class Layer:
            """A layer.

            .. deprecated:: 2.5
            """

            def method(self):
                warnings.warn("use another one", FutureWarning)

            def other(self):
                warnings.warn(f"{self} has been deprecated")


        def documented():
            """This function is deprecated."""


        def current(reduce=None):
            """A function.

            Args:
                reduce: something else.
            """
            warnings.warn("this is slow")
    '''
    assert found(tmp_path, program) == [
        ("torch.nn.layers.Layer", "docstring"),
        ("torch.nn.layers.Layer.method", "warning"),
        ("torch.nn.layers.Layer.other", "warning"),
        ("torch.nn.layers.documented", "docstring"),
        ("torch.nn.layers.old", "decorator"),
    ]


def test_messages_of_compiled_libraries_are_read(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    content = b"\x7fELF\0\0torch.qr is deprecated in favor of\ntorch.linalg.qr\0deprecated\0other\0"
    (tmp_path / "lib" / "libtorch_cpu.so").write_bytes(content)
    (found,) = messages(tmp_path)
    assert found == ("torch.qr", "library", "torch.qr is deprecated in favor of torch.linalg.qr", "lib/libtorch_cpu.so")


def test_a_new_deprecation_is_not_decided() -> None:
    new = Deprecation("torch.nn.functional.brand_new", "decorator", "`brand_new` is deprecated", "nn/functional.py:1")
    assert undecided([new], decided()) == [new]
    moved = Deprecation("torch.cuda.memory.memory_cached", "decorator", "", "cuda/memory.py:1")
    assert undecided([moved], decided()) == []
