"""The server's end of the protocol: what a client opens, changes and asks for.

This thread only talks; all that takes time is done, one after the other, by a thread of its own (`Analysis`). After a
change, first what is around it is checked again, and, once nobody types any more, everything.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from torchlint import __version__, faults
from torchlint.server.abilities import Abilities
from torchlint.server.analysis import AbandonedError, Analysis
from torchlint.server.checking import Checked
from torchlint.server.client_settings import ClientSettings, read_settings
from torchlint.server.code_actions import CodeActions
from torchlint.server.diagnostics import Diagnostics
from torchlint.server.open_programs import OpenPrograms
from torchlint.server.positions import Columns
from torchlint.server.protocol import Protocol

_Answer = TypeVar("_Answer")
# After so many seconds without a change, everything is checked.
_PAUSE = 0.4
# Trees are parsed and evaluated by recursion; threads have less room than the first one on some systems.
_STACK_BYTES = 64 * 1024 * 1024


class Server(LanguageServer):
    """The state of a session with a client. Its parts are there from `begin` on."""

    client: ClientSettings
    abilities: Abilities
    programs: OpenPrograms
    analysis: Analysis
    diagnostics: Diagnostics
    actions: CodeActions

    def __init__(self) -> None:
        cells = [types.NotebookCellLanguage("python")]
        sync = types.NotebookDocumentSyncOptions([types.NotebookDocumentFilterWithNotebook("*", cells)])
        super().__init__("torchlint", __version__, notebook_document_sync=sync, protocol_cls=Protocol)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        threading.stack_size(_STACK_BYTES)
        self._thread = ThreadPoolExecutor(1, "analysis")
        self._thread.submit(int).result()  # it starts now, with a stack of this size
        threading.stack_size(0)

    def begin(self, params: types.InitializeParams) -> None:
        """Read what the client says of itself."""
        self.abilities = Abilities.of(params.capabilities)
        columns = Columns(str(getattr(self.workspace.position_encoding, "value", self.workspace.position_encoding)))
        self.programs = OpenPrograms(self.folders()[0], columns)
        self.diagnostics = Diagnostics(self.abilities, columns)
        self.actions = CodeActions(self.abilities, self.diagnostics)
        self.set_client_settings(params.initialization_options)

    def set_client_settings(self, options: object) -> None:
        """Take what the client sets, and begin anew with it."""
        self.client = read_settings(options)
        self.set_folders()

    def set_folders(self) -> None:
        """Begin anew with the folders that are open now."""
        self.analysis = Analysis(self.client, self.folders())

    def folders(self) -> list[str]:
        """The folders that are open; without any, the working directory."""
        roots = [folder.uri for folder in self.workspace.folders.values()] or [self.workspace.root_uri]
        paths = [path for uri in roots if uri and (path := to_fs_path(uri))]
        return [os.path.normpath(path) for path in paths] or [os.getcwd()]

    # -- work in the other thread ---------------------------------------------------------------------------------

    async def do(self, work: Callable[[], _Answer]) -> _Answer:
        """Have something done by the thread of the analysis, and say what there is to say about it."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        finally:
            self._say_notices()

    def _say_notices(self) -> None:
        for text, is_error in self.analysis.configurations.take_notices():
            if is_error:
                self.window_show_message(types.ShowMessageParams(types.MessageType.Error, text))
            else:
                self.window_log_message(types.LogMessageParams(types.MessageType.Warning, text))

    # -- diagnostics ----------------------------------------------------------------------------------------------

    def follow(self, uri: str, delay: float) -> None:
        """Check a program after so many seconds, unless it changes before; then publish what is found."""
        before = self._tasks.pop(uri, None)
        if before is not None:
            before.cancel()
            self.analysis.abandon()
        self._tasks[uri] = asyncio.get_running_loop().create_task(self._followed(uri, delay))

    def follow_all(self, uris: Sequence[str] | None = None) -> None:
        """Check what is open again, or some of it."""
        for uri in self.programs.uris() if uris is None else uris:
            self.follow(uri, 0)
        if self.abilities.pulls and self.abilities.refreshes:
            self.workspace_diagnostic_refresh(None)

    async def _followed(self, uri: str, delay: float) -> None:
        await asyncio.sleep(delay)
        try:
            await self._check(uri)
        except Exception as error:  # a mistake of ours must not end what checks the next change
            self.log_error(faults.traceback_of(error))

    async def _check(self, uri: str) -> None:
        program = self.programs.program(uri)
        if program is None:
            return
        checked = first = await self.do(lambda: self.analysis.quick(program))
        self.publish(checked)
        while not checked.whole:
            await asyncio.sleep(_PAUSE)
            with suppress(AbandonedError):
                checked = await self.do(lambda: self.analysis.whole(program, may_end=True))
        if checked is not first and checked.findings != first.findings:
            self.publish(checked)
            if self.abilities.pulls and self.abilities.refreshes:
                self.workspace_diagnostic_refresh(None)

    def publish(self, checked: Checked) -> None:
        """Show what was found, if the text is still the one in which it was, and log what went wrong. To a client that
        asks for diagnostics itself none are sent."""
        for traceback in checked.tracebacks:
            self.log_error(f"torchlint failed on {checked.program.source.path}\n{traceback}")
        now = self.programs.program(checked.program.uri)
        if self.abilities.pulls or now is None or now.state != checked.program.state:
            return
        shown = self.shown(checked)
        for part in checked.program.parts:
            params = types.PublishDiagnosticsParams(part.uri, shown[part.uri], part.version)
            self.text_document_publish_diagnostics(params)

    def shown(self, checked: Checked) -> dict[str, list[types.Diagnostic]]:
        """The diagnostics of a program, by text."""
        findings = checked.findings
        if not self.client.syntax_errors:
            findings = [finding for finding in findings if finding.code != faults.INVALID_SYNTAX]
        return self.diagnostics.by_part(checked.program, findings)

    def forget(self, uri: str, texts: Sequence[str]) -> None:
        """A program is closed: nothing is shown of its texts any more."""
        task = self._tasks.pop(uri, None)
        if task is not None:
            task.cancel()
        self.analysis.closed(uri)
        self.clear(texts)

    def clear(self, texts: Sequence[str]) -> None:
        """Nothing is shown of these texts any more."""
        for text in () if self.abilities.pulls else texts:
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(text, []))

    def log_error(self, text: str) -> None:
        """Write to the log that the client keeps."""
        self.window_log_message(types.LogMessageParams(types.MessageType.Error, text))
