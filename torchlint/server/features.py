"""What the server does at each message of the client."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from lsprotocol import types
from pygls.uris import to_fs_path

from torchlint import registry
from torchlint.finding import Finding, Location
from torchlint.server import hover_texts
from torchlint.server.client_settings import section_of
from torchlint.server.code_actions import FIX_ALL, KINDS, NOTEBOOK_FIX_ALL, is_asked_for
from torchlint.server.language_server import Server
from torchlint.server.program import Program

_FILES_WATCHED = ("**/*.toml", "**/*.py")


def make_server() -> Server:
    """A server that answers."""
    server = Server()
    for method, handler, options in _FEATURES:
        server.feature(method, options)(handler)
    return server


# -- the session ------------------------------------------------------------------------------------------------


def _initialize(ls: Server, params: types.InitializeParams) -> None:
    ls.begin(params)


def _initialized(ls: Server, params: types.InitializedParams) -> None:
    if not ls.abilities.watches:
        return
    watchers = [types.FileSystemWatcher(pattern) for pattern in _FILES_WATCHED]
    registration = types.Registration(
        "torchlint-watched-files",
        types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
        types.DidChangeWatchedFilesRegistrationOptions(watchers),
    )
    ls.client_register_capability(types.RegistrationParams([registration]))


def _exit(ls: Server, *ignored: object) -> None:
    """End at once. What still runs in another thread would be waited for, and nobody wants its result."""
    sys.stdout.flush()
    os._exit(0 if ls.protocol._shutdown else 1)


def _configuration_changed(ls: Server, params: types.DidChangeConfigurationParams) -> None:
    # Some editors send what is set for all servers to each of them, others an empty table.
    section = section_of(params.settings)
    if section is not None:
        ls.set_client_settings(section)
        ls.follow_all()


def _folders_changed(ls: Server, params: types.DidChangeWorkspaceFoldersParams) -> None:
    ls.set_folders()
    ls.follow_all()


async def _watched_files_changed(ls: Server, params: types.DidChangeWatchedFilesParams) -> None:
    paths = [to_fs_path(change.uri) or "" for change in params.changes]
    if any(path.endswith(".toml") or registry.is_in_folder(path) for path in paths):
        await ls.do(ls.analysis.configuration_changed)
        ls.follow_all()
    elif paths:
        await _files_changed(ls, frozenset(paths))


async def _files_changed(ls: Server, paths: frozenset[str]) -> None:
    """Check what may depend on these files, which are not what they were."""
    affected = [uri for uri in ls.programs.uris() if ls.analysis.depends_on(uri, paths)]
    await ls.do(ls.analysis.files_changed)
    ls.follow_all(affected)


# -- files ------------------------------------------------------------------------------------------------------


async def _opened(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
    ls.programs.open_file(params.text_document)
    if not ls.abilities.watches:
        await ls.do(ls.analysis.configuration_changed)
    ls.follow(params.text_document.uri, 0)


def _changed(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
    ls.programs.change_file(params)
    ls.follow(params.text_document.uri, ls.client.delay / 1000)


async def _saved(ls: Server, params: types.DidSaveTextDocumentParams) -> None:
    if ls.abilities.watches:
        return
    await ls.do(ls.analysis.configurations.forget)
    await _files_changed(ls, frozenset({to_fs_path(params.text_document.uri) or ""}))


def _closed(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
    uri = params.text_document.uri
    ls.programs.close_file(uri)
    ls.forget(uri, [uri])


# -- notebooks --------------------------------------------------------------------------------------------------


def _notebook_opened(ls: Server, params: types.DidOpenNotebookDocumentParams) -> None:
    ls.programs.open_notebook(params)
    ls.follow(params.notebook_document.uri, 0)


def _notebook_changed(ls: Server, params: types.DidChangeNotebookDocumentParams) -> None:
    uri = params.notebook_document.uri
    gone = ls.programs.change_notebook(params)
    ls.clear(gone)
    ls.follow(uri, ls.client.delay / 1000)


def _notebook_closed(ls: Server, params: types.DidCloseNotebookDocumentParams) -> None:
    uri = params.notebook_document.uri
    ls.forget(uri, ls.programs.close_notebook(uri))


# -- what is asked ----------------------------------------------------------------------------------------------


async def _diagnostics(ls: Server, params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
    uri = params.text_document.uri
    program = ls.programs.program(uri)
    if program is None:
        return types.RelatedFullDocumentDiagnosticReport([])
    # A client that cannot be told to ask again is told everything at once.
    check = ls.analysis.quick if ls.abilities.refreshes else ls.analysis.whole
    checked = await ls.do(lambda: check(program))
    if not checked.whole:
        ls.follow(program.uri, 0)
    return types.RelatedFullDocumentDiagnosticReport(ls.shown(checked).get(uri, []))


async def _code_actions(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
    uri, only = params.text_document.uri, params.context.only
    program = ls.programs.program(uri)
    if program is None:
        return []
    actions: list[types.CodeAction] = []
    if is_asked_for(types.CodeActionKind.QuickFix.value, only):
        found = await _found_at(ls, program, params)
        actions += [action for finding in found for action in ls.actions.of_finding(program, finding)]
    for kind in (FIX_ALL, NOTEBOOK_FIX_ALL):
        if is_asked_for(kind, only) and await ls.do(lambda: ls.analysis.has_findings(program)):
            action = ls.actions.fix_all(program, kind)
            resolved = action if ls.abilities.late_edits else await _resolved(ls, action)
            actions += [resolved] if resolved.edit is not None or ls.abilities.late_edits else []
    return actions


async def _found_at(ls: Server, program: Program, params: types.CodeActionParams) -> list[Finding]:
    uri = params.text_document.uri
    start, end = program.location(uri, params.range.start), program.location(uri, params.range.end)
    if start is None or end is None:
        return []
    return await ls.do(lambda: ls.analysis.fixable(program, start, end))


async def _resolved(ls: Server, action: types.CodeAction) -> types.CodeAction:
    """An action with its edits; without any, if there are none."""
    data = action.data if isinstance(action.data, dict) else {}
    program = ls.programs.program(str(data.get("uri", "")))
    if program is None:
        return action
    edits = await ls.do(lambda: ls.analysis.fix_all(program))
    action.edit = ls.actions.workspace_edit(program, edits) if edits else None
    return action


async def _hover(ls: Server, params: types.HoverParams) -> types.Hover | None:
    uri = params.text_document.uri
    program = ls.programs.program(uri)
    location = program.location(uri, params.position) if program is not None else None
    if program is None or location is None:
        return None
    values = ls.client.hover_values
    known = await ls.do(lambda: ls.analysis.hover(program, location, values=values))
    if known is None:
        return None
    return types.Hover(_marked_up(ls, known.text), _within_one_text(program.range, known.start, known.end, location))


def _within_one_text(
    ranged: Callable[[Location, Location], types.Range], start: Location, end: Location, location: Location
) -> types.Range:
    return ranged(start, end) if start <= location <= end else ranged(location, location)


def _marked_up(ls: Server, text: str) -> types.MarkupContent:
    if ls.abilities.markdown:
        return types.MarkupContent(types.MarkupKind.Markdown, text)
    return types.MarkupContent(types.MarkupKind.PlainText, hover_texts.as_plain(text))


_FEATURES: tuple[tuple[str, Callable[..., object], object], ...] = (
    (types.INITIALIZE, _initialize, None),
    (types.INITIALIZED, _initialized, None),
    (types.EXIT, _exit, None),
    (types.WORKSPACE_DID_CHANGE_CONFIGURATION, _configuration_changed, None),
    (types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS, _folders_changed, None),
    (types.WORKSPACE_DID_CHANGE_WATCHED_FILES, _watched_files_changed, None),
    (types.TEXT_DOCUMENT_DID_OPEN, _opened, None),
    (types.TEXT_DOCUMENT_DID_CHANGE, _changed, None),
    (types.TEXT_DOCUMENT_DID_SAVE, _saved, None),
    (types.TEXT_DOCUMENT_DID_CLOSE, _closed, None),
    (types.NOTEBOOK_DOCUMENT_DID_OPEN, _notebook_opened, None),
    (types.NOTEBOOK_DOCUMENT_DID_CHANGE, _notebook_changed, None),
    (types.NOTEBOOK_DOCUMENT_DID_CLOSE, _notebook_closed, None),
    (types.TEXT_DOCUMENT_DIAGNOSTIC, _diagnostics, types.DiagnosticOptions(True, False, "torchlint")),
    (types.TEXT_DOCUMENT_CODE_ACTION, _code_actions, types.CodeActionOptions([*KINDS], resolve_provider=True)),
    (types.CODE_ACTION_RESOLVE, _resolved, None),
    (types.TEXT_DOCUMENT_HOVER, _hover, None),
)
