"""The language server, by a real client over standard input and output."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from editor_session import Editor, applied, edits_of, session, until
from lsprotocol import types

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("language server")]

LOG_OF_SOFTMAX = """\
import torch


def f(x):
    return torch.log(torch.softmax(x, dim=1))
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def editor(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Editor]:
    async with session(tmp_path_factory.mktemp("project")) as started:
        yield started


def at(line: int, character: int, end: int | None = None) -> types.Range:
    return types.Range(types.Position(line, character), types.Position(line, character if end is None else end))


async def test_findings_are_shown_while_typing_and_go_with_their_cause(editor: Editor) -> None:
    uri = editor.open("typing.py", LOG_OF_SOFTMAX)
    (found,) = await editor.codes(uri, "TLT202")
    assert found.range == at(4, 11, 45)
    assert found.severity is types.DiagnosticSeverity.Warning
    assert found.source == "torchlint"
    assert found.code_description is not None
    assert found.code_description.href.endswith("/rules/log-of-softmax/")
    # Nothing was saved: the folder is empty.
    assert not [*editor.folder.glob("typing.py")]
    editor.change(uri, types.TextDocumentContentChangePartial(at(4, 21, 28), "nn.functional.log_"))
    await editor.codes(uri)


async def test_columns_are_those_of_utf_16_where_nothing_was_agreed_on(editor: Editor) -> None:
    assert editor.server.position_encoding == "utf-16"
    before = "    y = '🔥漢字é'; z = "
    uri = editor.open("columns.py", f"import torch\n\n\ndef f(x):\n{before}torch.log(torch.softmax(x, dim=1))\n")
    (found,) = await editor.codes(uri, "TLT202")
    assert found.range.start.character == len(before.encode("utf-16-le")) // 2


async def test_a_mistake_far_from_what_is_typed_is_found_too(editor: Editor) -> None:
    """A long file: what is around the change is checked first, then everything, and both say the same in the end."""
    functions = "\n\n".join(
        f"def g{number}(x):\n    return torch.softmax(x, dim=1) + {number}\n" for number in range(120)
    )
    uri = editor.open("long.py", f"import torch\n\n\n{functions}\n\n{LOG_OF_SOFTMAX.partition('torch')[2].lstrip()}")
    (found,) = await editor.codes(uri, "TLT202")
    last = found.range.start.line
    editor.change(uri, types.TextDocumentContentChangePartial(at(4, 0), "    # one more\n"))
    await until(lambda: editor.client.diagnostics[uri][0].range.start.line == last + 1)
    await editor.codes(uri, "TLT202")
    editor.change(
        uri, types.TextDocumentContentChangePartial(at(5, 4, 10), "return torch.log(torch.softmax(x, dim=1))  #")
    )
    await editor.codes(uri, "TLT202", "TLT202")


async def test_text_that_does_not_parse_is_a_finding_and_the_others_stay(editor: Editor) -> None:
    uri = editor.open("broken.py", LOG_OF_SOFTMAX)
    await editor.codes(uri, "TLT202")
    editor.change(uri, types.TextDocumentContentChangePartial(at(4, 45), "\n\ndef g(:\n"))
    found = await editor.codes(uri, "TLT202", "invalid-syntax")
    assert found[1].range.start.line == 6
    assert "cannot be parsed" in found[1].message
    editor.replace(uri, LOG_OF_SOFTMAX)
    await editor.codes(uri, "TLT202")


async def test_a_safe_fix_is_preferred_and_an_unsafe_one_is_not(editor: Editor) -> None:
    program = """\
    import torch
    import torch.nn.functional as F


    def f(x: torch.Tensor) -> torch.Tensor:
        scores = torch.randn(4, 5)
        return torch.log(torch.softmax(scores, dim=1))


    def g(x, target):
        return F.cross_entropy(torch.softmax(x, dim=1), target)
    """
    uri = editor.open("fixes.py", program)
    await editor.codes(uri, "TLT202", "TLT101")
    safe, ignored = await editor.actions(uri, at(6, 20))
    assert safe.is_preferred
    assert safe.kind == types.CodeActionKind.QuickFix
    assert safe.diagnostics is not None
    assert [diagnostic.code for diagnostic in safe.diagnostics] == ["TLT202"]
    (edit, *_) = edits_of(safe, uri)
    assert edit.range.start.line == 6
    assert not ignored.is_preferred
    unsafe, _ = await editor.actions(uri, at(10, 20))
    assert not unsafe.is_preferred
    assert edits_of(unsafe, uri)


async def test_all_safe_fixes_are_one_action(editor: Editor) -> None:
    program = LOG_OF_SOFTMAX + "\n\ndef g(y):\n    return torch.log(torch.softmax(torch.randn(3, 4), dim=0))\n"
    uri = editor.open("all.py", program)
    await editor.codes(uri, "TLT202", "TLT202")
    (action,) = await editor.actions(uri, at(0, 0), only=["source.fixAll"])
    assert action.kind == "source.fixAll.torchlint"
    assert action.edit is None  # the client asks for it when it is chosen
    resolved = await editor.client.code_action_resolve_async(action)
    text = applied(program, edits_of(resolved, uri))
    assert text.count("log_softmax") == 2 - text.count("torch.log(torch.softmax(x")
    assert "torch.log_softmax(torch.randn(3, 4), dim=0)" in text
    menu = await editor.actions(uri, at(4, 20), only=None)
    assert [entry.title for entry in menu][-1] == action.title
    clean = editor.open("clean.py", "import torch\n")
    await editor.codes(clean)
    assert await editor.actions(clean, at(0, 0), only=["source.fixAll"]) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "  # torchlint: ignore[TLT202]"),
        ("  # fine", "  # fine  # torchlint: ignore[TLT202]"),
        ("  # torchlint: ignore[TLT101]", "  # torchlint: ignore[TLT101, TLT202]"),
        ("  # noqa: E501", "  # noqa: E501, TLT202"),
    ],
)
async def test_a_finding_is_ignored_on_its_line(editor: Editor, before: str, after: str) -> None:
    program = LOG_OF_SOFTMAX.rstrip("\n") + f"{before}\n"
    uri = editor.open("ignored.py", program)
    await editor.codes(uri, "TLT202")
    action = (await editor.actions(uri, at(4, 20)))[-1]
    assert action.title == "TLT202: Ignore on this line"
    text = applied(program, edits_of(action, uri))
    assert text == LOG_OF_SOFTMAX.rstrip("\n") + f"{after}\n"
    editor.replace(uri, text)
    await editor.codes(uri)


async def test_a_file_with_noqa_comments_gets_another_one(editor: Editor) -> None:
    program = f"import os  # noqa: F401\n{LOG_OF_SOFTMAX}"
    uri = editor.open("with_noqa.py", program)
    await editor.codes(uri, "TLT202")
    action = (await editor.actions(uri, at(5, 20)))[-1]
    assert applied(program, edits_of(action, uri)).endswith("dim=1))  # noqa: TLT202\n")


async def test_the_page_of_a_rule_and_its_evidence_are_shown_over_a_finding(editor: Editor) -> None:
    uri = editor.open("hover.py", LOG_OF_SOFTMAX)
    await editor.codes(uri, "TLT202")
    text = await editor.hover(uri, 4, 20)
    assert "**TLT202** [log-of-softmax](" in text
    assert "## Why is this bad?" in text
    assert "## Evidence" in text
    assert "run before and after on" in text


async def test_what_is_known_of_a_value_is_shown_over_it(editor: Editor) -> None:
    program = """\
    import torch
    from torch import nn

    layer = nn.Linear(20, 7)


    def f(labels):
        x = torch.zeros(5, 20)
        scores = layer(x).softmax(-1)
        wide = x.half()
        return scores, wide
    """
    uri = editor.open("values.py", program)
    await editor.codes(uri)
    scores = await editor.hover(uri, 10, 12)
    assert "operation `softmax(" in scores
    assert "shape `(5, 7)`" in scores
    assert "each element is 0 to 1" in scores
    # Over the name that is assigned as over one that is read.
    assert "shape `(5, 7)`" in await editor.hover(uri, 8, 6)
    assert "dtype `float16`" in await editor.hover(uri, 10, 20)
    assert "layer `nn.Linear(in_features=20, out_features=7" in await editor.hover(uri, 8, 14)
    assert await editor.hover(uri, 6, 8) == ""


async def test_deprecated_code_and_code_without_effect_are_tagged(editor: Editor) -> None:
    program = """\
    import torch
    from torch.autograd import Variable


    def f(x: torch.Tensor):
        x.clamp(0, 1)
        return Variable(x)
    """
    uri = editor.open("tags.py", program)
    unnecessary, deprecated = await editor.codes(uri, "TLT308", "TLT803")
    assert unnecessary.tags == (types.DiagnosticTag.Unnecessary,)
    assert deprecated.tags == (types.DiagnosticTag.Deprecated,)


async def test_other_places_are_related_information(editor: Editor) -> None:
    program = """\
    import torch
    from torch import nn


    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(4, 3)

        def forward(self, x):
            return torch.softmax(self.layer(x), dim=1)


    def train(x, y):
        net = Net()
        return nn.functional.cross_entropy(net(x), y)
    """
    uri = editor.open("related.py", program)
    (found,) = await editor.codes(uri, "TLT101")
    assert found.related_information
    (place,) = found.related_information
    assert place.location.uri == uri
    assert place.location.range.start.line != found.range.start.line


async def test_a_file_without_torch_and_one_of_another_language_are_left_alone(editor: Editor) -> None:
    uri = editor.open("plain.py", "import os\n")
    await editor.codes(uri)
    other = editor.open("notes.py", LOG_OF_SOFTMAX, language="plaintext")
    assert await editor.actions(other, at(4, 20)) == []
    assert await editor.hover(other, 4, 20) == ""
    assert other not in editor.client.diagnostics


async def test_a_closed_file_has_no_diagnostics(editor: Editor) -> None:
    uri = editor.open("closed.py", LOG_OF_SOFTMAX)
    await editor.codes(uri, "TLT202")
    editor.client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))
    await editor.codes(uri)
    # It is another file when it is opened again, with versions that begin anew.
    await editor.codes(editor.open("closed.py", "import torch\n"))


async def test_a_form_feed_does_not_end_a_line(editor: Editor) -> None:
    uri = editor.open("form_feed.py", f"import os\n\x0c\n{LOG_OF_SOFTMAX}")
    await editor.codes(uri, "TLT202")
    editor.change(uri, types.TextDocumentContentChangePartial(at(6, 21, 28), "nn.functional.log_"))
    await editor.codes(uri)
