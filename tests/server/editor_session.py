"""A client that talks with a real server over standard input and output."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from textwrap import dedent
from typing import Any

from checkout import ROOT
from hang_guard import HANG_GUARD
from lsprotocol import types
from pytest_lsp import LanguageClient, make_test_lsp_client

# All that a modern editor can; those that a test takes away are named there.
CAPABILITIES: dict[str, Any] = {
    "notebookDocument": {"synchronization": {}},
    "textDocument": {
        "publishDiagnostics": {
            "relatedInformation": True,
            "codeDescriptionSupport": True,
            "tagSupport": {"valueSet": [1, 2]},
        },
        "codeAction": {"resolveSupport": {"properties": ["edit"]}},
        "hover": {"contentFormat": ["markdown", "plaintext"]},
    },
    "workspace": {
        "workspaceEdit": {"documentChanges": True},
        "didChangeWatchedFiles": {"dynamicRegistration": True},
    },
}
SERVER = [sys.executable, "-m", "torchlint", "server"]


class Editor:
    """One session. Texts are opened and changed as an editor does, and positions are those of the client."""

    def __init__(self, client: LanguageClient, folder: Path, server: types.ServerCapabilities) -> None:
        self.client = client
        self.server = server
        self.folder = folder
        self.registered: list[types.Registration] = []
        self._versions: dict[str, int] = {}

    def uri(self, name: str) -> str:
        return (self.folder / name).as_uri()

    def open(self, name: str, text: str, language: str = "python") -> str:
        uri = self.uri(name)
        self._versions[uri] = 1
        item = types.TextDocumentItem(uri, language, 1, dedent(text))
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return uri

    def change(self, uri: str, *changes: types.TextDocumentContentChangeEvent) -> None:
        self._versions[uri] += 1
        document = types.VersionedTextDocumentIdentifier(self._versions[uri], uri)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [*changes]))

    def replace(self, uri: str, text: str) -> None:
        self.change(uri, types.TextDocumentContentChangeWholeDocument(dedent(text)))

    async def codes(self, uri: str, *expected: str) -> Sequence[types.Diagnostic]:
        """Wait until the diagnostics of a text have these codes, and give them."""
        shown = self.client.diagnostics

        def arrived() -> bool:
            return uri in shown and [diagnostic.code for diagnostic in shown[uri]] == [*expected]

        try:
            await until(arrived)
        except TimeoutError:
            raise AssertionError(f"expected {expected}, shown are {shown.get(uri)}") from None
        return shown[uri]

    async def actions(
        self, uri: str, where: types.Range, only: Sequence[str] | None = ("quickfix",)
    ) -> Sequence[types.CodeAction]:
        document, context = types.TextDocumentIdentifier(uri), types.CodeActionContext([], only=only)
        found = await self.client.text_document_code_action_async(types.CodeActionParams(document, where, context))
        return [action for action in found or () if isinstance(action, types.CodeAction)]

    async def hover(self, uri: str, line: int, character: int) -> str:
        document = types.TextDocumentIdentifier(uri)
        place = types.Position(line, character)
        found = await self.client.text_document_hover_async(types.HoverParams(document, place))
        assert found is None or isinstance(found.contents, types.MarkupContent)
        return found.contents.value if found is not None and isinstance(found.contents, types.MarkupContent) else ""


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something holds. Raises `TimeoutError`."""
    async with asyncio.timeout(HANG_GUARD / 20):
        while not condition():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def session(
    *folders: Path,
    options: object = None,
    encodings: Sequence[str] | None = None,
    without: Sequence[str] = (),
    command: Sequence[str] = SERVER,
    more: dict[str, Any] | None = None,
) -> AsyncIterator[Editor]:
    """A session with these folders open. `without`: parts of `textDocument` and `workspace` that the client lacks."""
    client = make_test_lsp_client()
    registered: list[types.Registration] = []

    def register(params: types.RegistrationParams) -> None:
        registered.extend(params.registrations)

    client.feature(types.CLIENT_REGISTER_CAPABILITY)(register)
    await client.start_io(*command, cwd=str(ROOT))
    capabilities = {
        key: {name: value for name, value in group.items() if name not in without} | (more or {}).get(key, {})
        for key, group in CAPABILITIES.items()
    }
    if encodings is not None:
        capabilities["general"] = {"positionEncodings": [*encodings]}
    structured = client.protocol._converter.structure(capabilities, types.ClientCapabilities)
    begun = await client.initialize_session(
        types.InitializeParams(
            capabilities=structured,
            workspace_folders=[types.WorkspaceFolder(folder.as_uri(), folder.name) for folder in folders],
            initialization_options=options,
        )
    )
    try:
        editor = Editor(client, folders[0], begun.capabilities)
        editor.registered = registered
        yield editor
    finally:
        await client.shutdown_session()
        await client.stop()
        assert client._server is None or client._server.returncode == 0


def applied(text: str, edits: Sequence[types.TextEdit]) -> str:
    """A text after edits whose positions count characters of a text within the Basic Multilingual Plane."""
    lines = text.splitlines(keepends=True)
    starts = [sum(map(len, lines[:number])) for number in range(len(lines) + 1)]
    for edit in sorted(edits, key=lambda edit: (edit.range.start.line, edit.range.start.character), reverse=True):
        start, end = (starts[place.line] + place.character for place in (edit.range.start, edit.range.end))
        text = text[:start] + edit.new_text + text[end:]
    return text


def edits_of(action: types.CodeAction, uri: str) -> list[types.TextEdit]:
    """What an action does to a text."""
    assert action.edit is not None
    found = [change for change in action.edit.document_changes or () if isinstance(change, types.TextDocumentEdit)]
    edits = [edit for change in found if change.text_document.uri == uri for edit in change.edits]
    edits += (action.edit.changes or {}).get(uri, [])
    return [edit for edit in edits if isinstance(edit, types.TextEdit)]
