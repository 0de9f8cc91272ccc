"""What differs between sessions with the language server: clients, settings, folders, notebooks, crashes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest
from checkout import RIG, ROOT
from editor_session import SERVER, Editor, applied, edits_of, session, until
from hang_guard import HANG_GUARD
from lsprotocol import types

pytestmark = pytest.mark.asyncio

LOG_OF_SOFTMAX = """\
import torch


def f(x):
    return torch.log(torch.softmax(x, dim=1))
"""


def at(line: int, character: int) -> types.Range:
    return types.Range(types.Position(line, character), types.Position(line, character))


@pytest.mark.parametrize(
    ("encodings", "chosen", "units"),
    [
        (["utf-8"], "utf-8", lambda text: len(text.encode())),
        (["utf-16"], "utf-16", lambda text: len(text.encode("utf-16-le")) // 2),
        (["utf-32", "utf-16"], "utf-32", len),
    ],
)
async def test_columns_are_those_of_the_encoding_that_was_agreed_on(
    tmp_path: Path, encodings: list[str], chosen: str, units: Callable[[str], int]
) -> None:
    """Emoji are two code units of UTF-16, CJK characters three bytes of UTF-8."""
    before = "    名前 = '🔥漢字é'; y = "
    finding = "torch.log(torch.softmax(x, dim=1))"
    async with session(tmp_path, encodings=encodings) as editor:
        assert editor.server.position_encoding == chosen
        uri = editor.open("a.py", f"import torch\n\n\ndef f(x):\n{before}{finding}\n    return y\n")
        (found,) = await editor.codes(uri, "TLT202")
        start = units(before)
        assert (found.range.start.character, found.range.end.character) == (start, start + len(finding))
        # The other way round: an edit behind them, and a place to look at.
        fix, _ = await editor.actions(uri, at(4, start + 3))
        (edit, *_) = edits_of(fix, uri)
        assert edit.range.start.character >= start
        argument = start + len("torch.log(torch.softmax(x, dim=")
        end = types.Position(4, argument + 1)
        editor.change(uri, types.TextDocumentContentChangePartial(types.Range(types.Position(4, argument), end), "-1"))
        (changed,) = await until_found(editor, uri, found.range.end.character + 1)
        assert changed.code == "TLT202"


async def until_found(editor: Editor, uri: str, end: int) -> list[types.Diagnostic]:
    await until(lambda: [found.range.end.character for found in editor.client.diagnostics[uri]] == [end])
    return [*editor.client.diagnostics[uri]]


async def test_a_client_that_can_little_gets_little(tmp_path: Path) -> None:
    without = ["publishDiagnostics", "codeAction", "hover", "workspaceEdit", "didChangeWatchedFiles"]
    program = LOG_OF_SOFTMAX.replace("(x, dim=1)", "(torch.randn(3, 4), dim=1)")
    async with session(tmp_path, without=without) as editor:
        uri = editor.open("a.py", program)
        (found,) = await editor.codes(uri, "TLT202")
        assert found.code_description is None
        assert found.tags is None
        text = await editor.hover(uri, 4, 20)
        assert text.startswith("```") or "TLT202 log-of-softmax: " in text
        assert "**" not in text
        fix, _, everything = await editor.actions(uri, at(4, 20), only=None)
        for action in (fix, everything):
            assert action.edit is not None
            assert action.edit.document_changes is None
            assert "torch.log_softmax(torch.randn(3, 4), dim=1)" in applied(program, edits_of(action, uri))


async def test_a_client_that_asks_for_diagnostics_is_sent_none(tmp_path: Path) -> None:
    pulling = {"textDocument": {"diagnostic": {}}, "workspace": {"diagnostics": {"refreshSupport": True}}}
    async with session(tmp_path, more=pulling) as editor:
        uri = editor.open("a.py", LOG_OF_SOFTMAX)
        ask = types.DocumentDiagnosticParams(types.TextDocumentIdentifier(uri))
        report = await editor.client.text_document_diagnostic_async(ask)
        assert [found.code for found in report.items] == ["TLT202"]
        editor.replace(uri, "import torch\n")
        report = await editor.client.text_document_diagnostic_async(ask)
        assert [*report.items] == []
        assert editor.client.diagnostics == {}


def cell(editor: Editor, number: int) -> str:
    return f"{editor.uri('n.ipynb').replace('file:', 'vscode-notebook-cell:')}#C{number}"


def notebook_of(editor: Editor, *texts: str) -> types.DidOpenNotebookDocumentParams:
    cells = [types.NotebookCell(types.NotebookCellKind.Code, cell(editor, number)) for number in range(len(texts))]
    items = [types.TextDocumentItem(cell(editor, number), "python", 1, text) for number, text in enumerate(texts)]
    notebook = types.NotebookDocument(editor.uri("n.ipynb"), "jupyter-notebook", 1, cells)
    return types.DidOpenNotebookDocumentParams(notebook, items)


CELLS = (
    "import torch\nfrom torch import nn\nscores = torch.softmax(torch.randn(4, 5), dim=1)",
    "%matplotlib inline\n!pip list\n",
    "import math\nloss = nn.functional.cross_entropy(scores, torch.zeros(4).long())",
)


async def test_notebooks_are_checked_cell_by_cell_and_names_flow_over_cells(tmp_path: Path) -> None:
    async with session(tmp_path) as editor:
        editor.client.notebook_document_did_open(notebook_of(editor, *CELLS))
        found = await editor.codes(cell(editor, 2), "TLT101")
        assert [(each.range.start.line, each.range.start.character) for each in found] == [(1, 7)]
        assert await editor.codes(cell(editor, 0)) == ()
        assert await editor.codes(cell(editor, 1)) == ()
        (place,) = found[0].related_information or ()
        assert place.location.uri == cell(editor, 0)
        assert "operation `softmax(" in await editor.hover(cell(editor, 2), 1, 36)
        ignored = (await editor.actions(cell(editor, 2), at(1, 9)))[-1]
        assert applied(CELLS[2], edits_of(ignored, cell(editor, 2))).endswith("# torchlint: ignore[TLT101]")
        # The first cell is changed: what is found in another one goes.
        change(editor, 0, types.TextDocumentContentChangeWholeDocument(CELLS[0].replace("torch.softmax", "torch.add")))
        await editor.codes(cell(editor, 2))
        # A cell is put before the others.
        new = types.NotebookCell(types.NotebookCellKind.Code, cell(editor, 7))
        item = types.TextDocumentItem(
            cell(editor, 7), "python", 1, "import torch\nlogs = torch.log(torch.randn(4).softmax(0))\n"
        )
        array = types.NotebookCellArrayChange(0, 0, [new])
        structure(editor, types.NotebookDocumentCellChangeStructure(array, did_open=[item]))
        (first,) = await editor.codes(cell(editor, 7), "TLT202")
        assert first.range.start == types.Position(1, 7)
        (fix, *_) = await editor.actions(cell(editor, 7), at(1, 11))
        assert "log_softmax(" in applied(item.text, edits_of(fix, cell(editor, 7)))
        # And goes again, with what was shown of it.
        gone = types.TextDocumentIdentifier(cell(editor, 7))
        array = types.NotebookCellArrayChange(0, 1, [])
        structure(editor, types.NotebookDocumentCellChangeStructure(array, did_close=[gone]))
        await editor.codes(cell(editor, 7))


def change(editor: Editor, number: int, *changes: types.TextDocumentContentChangeEvent) -> None:
    document = types.VersionedTextDocumentIdentifier(2, cell(editor, number))
    content = types.NotebookDocumentCellContentChanges(document, [*changes])
    send(editor, types.NotebookDocumentCellChanges(text_content=[content]))


def structure(editor: Editor, changes: types.NotebookDocumentCellChangeStructure) -> None:
    send(editor, types.NotebookDocumentCellChanges(structure=changes))


def send(editor: Editor, cells: types.NotebookDocumentCellChanges) -> None:
    notebook = types.VersionedNotebookDocumentIdentifier(2, editor.uri("n.ipynb"))
    event = types.NotebookDocumentChangeEvent(cells=cells)
    editor.client.notebook_document_did_change(types.DidChangeNotebookDocumentParams(notebook, event))


async def test_each_folder_has_its_own_configuration(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder, ignore in ((one, "[]"), (other, '["TLT202"]')):
        folder.mkdir()
        (folder / "pyproject.toml").write_text(f"[tool.torchlint]\nignore = {ignore}\nexclude = ['old*']\n")
        (folder / "strict.toml").write_text("extend-select = ['TLT303']\n")
    async with session(one, other) as editor:
        await editor.codes(editor.open("a.py", LOG_OF_SOFTMAX), "TLT202")
        await editor.codes(editor.open("../other/a.py", LOG_OF_SOFTMAX))
        await editor.codes(editor.open("old.py", LOG_OF_SOFTMAX))
        # Another configuration file, relative to each folder.
        settings = {"torchlint": {"configuration": "strict.toml", "ignore": ["TLT202"]}}
        editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings))
        await editor.codes(editor.open("b.py", f"{LOG_OF_SOFTMAX}\n\ny = torch.randn(3, 4).sum()\n"), "TLT303")


async def test_settings_of_the_client_win(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.torchlint]\nignore = ['TLT202']\n")
    options = {"extendSelect": ["TLT202"], "select": ["TLT202"], "syntaxErrors": False, "hoverValues": False}
    async with session(tmp_path, options=options) as editor:
        uri = editor.open("a.py", LOG_OF_SOFTMAX)
        await editor.codes(uri, "TLT202")
        assert "operation" not in (await editor.hover(uri, 4, 22)).partition("TLT202")[0]
        editor.replace(uri, f"{LOG_OF_SOFTMAX}\ndef g(:\n    x.y\n")
        await editor.codes(uri, "TLT202")
        off = {"torchlint": {"enable": False}}
        editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(off))
        await editor.codes(uri)


async def test_a_configuration_that_cannot_be_used_is_one_message(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text("[tool.torchlint]\nignore = ['TLT9999']\n")
    async with session(tmp_path, options={"selct": ["TLT2"]}) as editor:
        uri = editor.open("a.py", LOG_OF_SOFTMAX)
        await editor.codes(uri, "TLT202")
        await editor.codes(editor.open("b.py", LOG_OF_SOFTMAX), "TLT202")
        editor.replace(uri, f"{LOG_OF_SOFTMAX}\n")
        await editor.hover(uri, 0, 0)
        first, second = (shown.message for shown in editor.client.messages)
        assert "unknown key 'selct'; did you mean 'select'?" in first
        assert "unknown rule selector 'TLT9999'" in second
        assert "default settings" in second
        # Mended on the disk: the client was asked to say so, and what is open is checked again.
        (watched,) = editor.registered
        assert watched.method == types.WORKSPACE_DID_CHANGE_WATCHED_FILES
        assert "**/*.toml" in [watcher["globPattern"] for watcher in watched.register_options["watchers"]]
        file.write_text("[tool.torchlint]\nignore = ['TLT202']\n")
        event = types.FileEvent(file.as_uri(), types.FileChangeType.Changed)
        editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))
        await editor.codes(uri)
        assert len(editor.client.messages) == 2


async def test_what_another_file_holds_is_read_again_when_it_is_saved(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(dedent(NET))
    (tmp_path / "pyproject.toml").write_text("")
    async with session(tmp_path, without=["didChangeWatchedFiles"]) as editor:
        uri = editor.open("train.py", TRAIN)
        (found,) = await editor.codes(uri, "TLT101")
        (place,) = found.related_information or ()
        assert place.location.uri == editor.uri("net.py")
        assert place.location.range.start == types.Position(9, 15)
        net = editor.open("net.py", NET)
        (tmp_path / "net.py").write_text(dedent(NET.replace(".softmax(1)", "")))
        editor.client.text_document_did_save(types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(net)))
        await editor.codes(uri)


NET = """\
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 3)

    def forward(self, x):
        return self.layer(x).softmax(1)
"""
TRAIN = """\
import torch
from net import Net


def train(x, y):
    net = Net()
    return torch.nn.functional.cross_entropy(net(x), y)
"""


async def test_a_rule_that_crashes_is_a_diagnostic_and_the_server_goes_on(tmp_path: Path) -> None:
    async with session(tmp_path, command=[sys.executable, str(RIG), "server"]) as editor:
        uri = editor.open("a.py", "import torch\ntorch.bad(1)\ntorch.boom(2)\n")
        crashed, _ = await editor.codes(uri, "TLT000", "TLT101")
        assert "rule TLT201 crashed: ZeroDivisionError" in crashed.message
        editor.replace(uri, "import torch\ntorch.panic(1)\n")
        (failed,) = await editor.codes(uri, "TLT000")
        assert "internal error: RecursionError: too deep" in failed.message
        assert any("Traceback" in entry.message for entry in editor.client.log_messages)
        editor.replace(uri, "import torch\ntorch.bad(1)\n")
        await editor.codes(uri, "TLT101")


async def test_no_code_of_the_repository_is_run(tmp_path: Path) -> None:
    for name in ("json", "pygls", "torch", "conftest", "setup", "sitecustomize", "helpers"):
        (tmp_path / f"{name}.py").write_text("open('was_run', 'w').close()\n")
    (tmp_path / "pyproject.toml").write_text("[tool.torchlint]\nselect = ['ALL']\n")
    async with session(tmp_path, command=["env", "-C", str(tmp_path), *SERVER]) as editor:
        uri = editor.open("a.py", f"import json\nfrom helpers import *\nimport helpers\n{LOG_OF_SOFTMAX}")
        await editor.codes(uri, "TLT202")
        await editor.hover(uri, 7, 20)
    assert not (tmp_path / "was_run").exists()


def served(tmp_path: Path, *flags: str, said: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, *flags, "-m", "torchlint", "server"],
        cwd=ROOT,
        input=said,
        capture_output=True,
        env=os.environ | environment,
        timeout=HANG_GUARD,
    )


async def test_without_the_extra_one_line_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "pygls.py").write_text("raise ModuleNotFoundError(\"No module named 'pygls'\", name='pygls')\n")
    result = served(tmp_path, PYTHONPATH=str(tmp_path))
    assert result.returncode == 2
    assert result.stderr.decode().splitlines() == [
        "error: `torchlint server` needs pygls: pip install 'torchlint[lsp]'"
    ]
    assert result.stdout == b""


async def test_the_server_ends_with_its_client(tmp_path: Path) -> None:
    assert served(tmp_path).returncode == 1
    leave = b'{"jsonrpc": "2.0", "method": "exit"}'
    assert served(tmp_path, said=b"Content-Length: %d\r\n\r\n%s" % (len(leave), leave)).returncode == 1
