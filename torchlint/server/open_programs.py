"""The files and notebooks that are open, and their programs as they are now."""

from __future__ import annotations

from lsprotocol import types

from torchlint.server.open_files import OpenFile
from torchlint.server.positions import Columns
from torchlint.server.program import Program, file_program, notebook_program


class OpenPrograms:
    """What the client has open. A cell is known by its own address, its program by that of the notebook."""

    def __init__(self, folder: str, columns: Columns) -> None:
        self.columns = columns
        self._folder = folder
        self._files: dict[str, OpenFile] = {}
        self._notebooks: dict[str, list[str]] = {}
        self._cells: dict[str, OpenFile] = {}

    def uris(self) -> list[str]:
        """The addresses of all programs."""
        return [*self._files, *self._notebooks]

    def program(self, uri: str) -> Program | None:
        """The program of a file, a notebook or the notebook of a cell; None for what is not open, or not Python."""
        uri = self.uri_of_program(uri)
        if uri in self._notebooks:
            cells = [self._cells[cell] for cell in self._notebooks[uri] if cell in self._cells]
            python = [cell for cell in cells if cell.is_python]
            return notebook_program(uri, python, self._folder, self.columns) if python else None
        file = self._files.get(uri)
        return file_program(file, self._folder, self.columns) if file is not None and file.is_python else None

    def uri_of_program(self, uri: str) -> str:
        """The address of the notebook that a cell is in; of anything else, its own."""
        return next((notebook for notebook, cells in self._notebooks.items() if uri in cells), uri)

    # -- files --------------------------------------------------------------------------------------------------

    def open_file(self, item: types.TextDocumentItem) -> None:
        self._files[item.uri] = _opened(item)

    def change_file(self, params: types.DidChangeTextDocumentParams) -> None:
        file = self._files.get(params.text_document.uri)
        if file is not None:
            file.change(params.content_changes, params.text_document.version, self.columns)

    def close_file(self, uri: str) -> None:
        self._files.pop(uri, None)

    # -- notebooks ----------------------------------------------------------------------------------------------

    def open_notebook(self, params: types.DidOpenNotebookDocumentParams) -> None:
        notebook = params.notebook_document
        # Cells of other languages are among them: the client counts all.
        self._notebooks[notebook.uri] = [cell.document for cell in notebook.cells]
        self._cells.update({item.uri: _opened(item) for item in params.cell_text_documents})

    def change_notebook(self, params: types.DidChangeNotebookDocumentParams) -> list[str]:
        """Make the changes. Returns the addresses of the cells that are gone."""
        changes = params.change.cells
        cells = self._notebooks.get(params.notebook_document.uri)
        if changes is None or cells is None:
            return []
        gone = self._restructure(cells, changes.structure) if changes.structure else []
        for each in changes.text_content or ():
            cell = self._cells.get(each.document.uri)
            if cell is not None:
                cell.change(each.changes, each.document.version, self.columns)
        return gone

    def _restructure(self, cells: list[str], structure: types.NotebookDocumentCellChangeStructure) -> list[str]:
        array = structure.array
        cells[array.start : array.start + array.delete_count] = [each.document for each in array.cells or ()]
        self._cells.update({item.uri: _opened(item) for item in structure.did_open or ()})
        gone = [closed.uri for closed in structure.did_close or ()]
        for uri in gone:
            self._cells.pop(uri, None)
        return gone

    def close_notebook(self, uri: str) -> list[str]:
        """Forget a notebook. Returns the addresses of its cells."""
        cells = self._notebooks.pop(uri, [])
        for cell in cells:
            self._cells.pop(cell, None)
        return cells


def _opened(item: types.TextDocumentItem) -> OpenFile:
    return OpenFile(item.uri, item.text, item.version, item.language_id)
