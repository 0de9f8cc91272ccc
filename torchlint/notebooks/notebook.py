"""A notebook as one program: its code cells in their order, each ended by a line feed."""

from __future__ import annotations

from bisect import bisect_right
from codecs import BOM_UTF8
from collections.abc import Iterable, Sequence

from torchlint.finding import Edit, Finding, Location, Place
from torchlint.notebooks import borders
from torchlint.notebooks.cell_program import Program, program_of
from torchlint.notebooks.document import Cell, Piece, code_cells
from torchlint.notebooks.json_reader import raw_offset
from torchlint.notebooks.writing import CellText, spliced
from torchlint.source import Broken, Encoding, Source, SourceError, dominant_newline, utf8_length

_WITHHELD = "it would reach over the border of a cell, or into a magic; make it by hand"


def read_notebook(path: str, data: bytes) -> Notebook:
    """The notebook that a file holds. Raises `SourceError`."""
    bom = data.startswith(BOM_UTF8)
    try:
        file = data[len(BOM_UTF8) * bom :].decode()
    except UnicodeError as error:
        raise SourceError(f"cannot be decoded as utf-8: {error}") from None
    cells = [CellText(cell, cell.text, _ends(piece.text for piece in cell.pieces)) for cell in code_cells(file)]
    return Notebook(path, file, cells, Encoding("utf-8", bom), data)


def notebook_of(path: str, texts: Sequence[str]) -> Notebook:
    """The notebook of some Python cells that are open in an editor: there is no file to write it back to."""
    cells = []
    for number, text in enumerate(texts, 1):
        # One string, the place of which in a file nobody asks for.
        piece = Piece(text, "", 0, 1, 1)
        cells.append(CellText(Cell(number, (piece,), False, 0, 0), text, (len(text),)))
    return Notebook(path, "", cells, Encoding())


def _ends(texts: Iterable[str]) -> tuple[int, ...]:
    ends: list[int] = []
    for text in texts:
        ends.append(len(text) + (ends[-1] if ends else 0))
    return tuple(ends)


class Notebook(Source):
    """The Python cells of a notebook. Magics are masked in `text`; cells that do not parse only bind names there."""

    def __init__(
        self, path: str, file: str, cells: Sequence[CellText], encoding: Encoding, original: bytes | None = None
    ) -> None:
        programs = [program_of(cell.text) for cell in cells]
        super().__init__(path, "".join(f"{program.text}\n" for program in programs), encoding, original)
        self.display = "".join(f"{cell.text}\n" for cell in cells)
        self._file = file
        self._cells = cells
        self._starts = [0, *_ends(f"{cell.text}\n" for cell in cells)]
        self._heads = [program.head for program in programs]
        self._first_rows = [self.location(start).row for start in self._starts]
        self._note(programs)

    def _note(self, programs: Sequence[Program]) -> None:
        """Bring what is known of each cell to the rows of all cells together."""
        rows = list(zip(programs, self._first_rows, strict=False))
        self.broken = tuple(
            Broken(program.broken.message, program.broken.row + first - 1, program.broken.column)
            for program, first in rows
            if program.broken is not None
        )
        everything = any(program.shows_everything for program in programs)
        self.shown = frozenset(
            (row + first - 1, column)
            for program, first in rows
            for row, column in (program.expressions if everything else program.shown)
        )

    @property
    def newline(self) -> str:
        # The line feeds between cells are ours.
        return dominant_newline("".join(cell.text for cell in self._cells))

    @property
    def has_cells(self) -> bool:
        return True

    @property
    def texts(self) -> list[str]:
        """The texts of the cells as they are now."""
        return [cell.text for cell in self._cells]

    def edited(self, edits: Iterable[Edit]) -> Notebook:
        by_cell: dict[int, list[Edit]] = {}
        for edit in edits:
            index = self._index(edit.start)
            start = self._starts[index]
            by_cell.setdefault(index, []).append(Edit(edit.start - start, edit.end - start, edit.content))
        cells = [cell.edited(by_cell.get(index, ())) for index, cell in enumerate(self._cells)]
        return Notebook(self.path, self._file, cells, self.encoding)

    def confined(self, finding: Finding) -> Finding:
        if finding.fix is None or not finding.fix.edits:
            return finding
        edits: list[Edit] = []
        near = self._index(self.line_starts[finding.location.row - 1])
        for edit in finding.fix.edits:
            within = self._within(edit, near)
            if within is None:
                return finding._replace(fix=None, help=finding.help or finding.fix.title, unfixed=_WITHHELD)
            edits.append(within)
        return finding._replace(fix=finding.fix._replace(edits=tuple(edits)))

    def _within(self, edit: Edit, near: int) -> Edit | None:
        """An edit that keeps to one cell and off the magics, else None. `near` is the cell of its finding."""
        index = self._index(edit.start)
        if borders.starts_cell(edit, self._starts[index]) and 0 < index != near:
            index -= 1
        kept = borders.within(edit, self.display, self._starts[index], self._starts[index + 1] - 1, self.newline)
        head = self._heads[index]
        if kept is None or not self._cells[index].cell.pieces or (head and kept.start <= self._starts[index] + head):
            return None
        return None if borders.touches_mask(kept, self.text, self.display) else kept

    def to_bytes(self) -> bytes:
        try:
            data = spliced(self._file, self._cells).encode(self.encoding.name)
        except UnicodeError as error:
            raise SourceError(f"cannot be encoded as {self.encoding.name}: {error}") from None
        return BOM_UTF8 + data if self.encoding.bom else data

    def released(self) -> Notebook:
        self._file = ""
        self.original = None
        return self

    def rows_around(self, row: int) -> range:
        if not self._cells:
            return range(1, 2)
        index = self._cell_of_row(row)
        return range(self._first_rows[index], self._first_rows[index + 1])

    def place(self, location: Location) -> Place:
        if not self._cells:
            return Place(None, *location)
        index = self._cell_of_row(location.row)
        row = location.row - self._first_rows[index] + 1
        return Place(self._cells[index].cell.number, row, location.column)

    def place_in_file(self, location: Location, *, in_bytes: bool = False) -> Location:
        if not self._cells:
            return location
        index = self._cell_of_row(location.row)
        pieces = self._cells[index].cell.pieces
        at = self.line_starts[location.row - 1] + location.column - 1 - self._starts[index]
        for piece in pieces:
            # The end of a string is the beginning of the next one, but where it is the end of all.
            if at < len(piece.text) or piece is pieces[-1]:
                before = raw_offset(piece.raw, min(at, len(piece.text)))
                return Location(piece.row, piece.column + (utf8_length(piece.raw[:before]) if in_bytes else before))
            at -= len(piece.text)
        return location

    def _index(self, offset: int) -> int:
        """The number of the cell that an offset is in, from 0. The line feed after a cell is in it."""
        return max(min(bisect_right(self._starts, offset), len(self._cells)) - 1, 0)

    def _cell_of_row(self, row: int) -> int:
        return max(min(bisect_right(self._first_rows, row), len(self._cells)) - 1, 0)
