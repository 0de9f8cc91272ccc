"""The language server, by a real client over standard input and output."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

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


