"""Findings as code actions: their fixes, a comment that silences them, and all safe fixes at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence

from lsprotocol import types

from torchlint import faults
from torchlint.finding import Applicability, Edit, Finding
from torchlint.server.abilities import Abilities
from torchlint.server.diagnostics import Diagnostics
from torchlint.server.ignoring import ignoring_edit, silences
from torchlint.server.program import Part, Program
from torchlint.source import Source

FIX_ALL = "source.fixAll.torchlint"
# VS Code asks for this one where all cells of a notebook are meant; ours always are.
NOTEBOOK_FIX_ALL = f"notebook.{FIX_ALL}"
KINDS = (types.CodeActionKind.QuickFix.value, FIX_ALL, NOTEBOOK_FIX_ALL)
_FIX_ALL_TITLE = "torchlint: fix all that is safe"
_NOTES = {"unsafe": "may change results", "unverified": "was never run"}


def is_asked_for(kind: str, only: Sequence[str] | None) -> bool:
    """Whether a client that asks for some kinds of actions wants one of this kind; without `only` it shows a menu."""
    if only is None:
        return kind != NOTEBOOK_FIX_ALL
    return any(kind == wanted or kind.startswith(f"{wanted}.") for wanted in only)


class CodeActions:
    """Makes code actions as one client takes them."""

    def __init__(self, abilities: Abilities, diagnostics: Diagnostics) -> None:
        self._abilities = abilities
        self._diagnostics = diagnostics

    def of_finding(self, program: Program, finding: Finding) -> Iterator[types.CodeAction]:
        """The fix of a finding, and what silences it."""
        if finding.code in faults.KINDS:
            return
        diagnostic = self._diagnostics.of(program, finding)
        fix = finding.fix
        if fix is not None and fix.edits and fix.applicability is not Applicability.DISPLAY:
            is_safe = fix.applicability is Applicability.SAFE
            note = fix.condition or _NOTES.get(fix.standing, "")
            yield types.CodeAction(
                title=f"{finding.code}: {fix.title}{f' ({note})' if note else ''}",
                kind=types.CodeActionKind.QuickFix,
                diagnostics=[diagnostic],
                is_preferred=True if is_safe else None,
                edit=self.workspace_edit(program, fix.edits),
            )
        edit = ignoring_edit(program.source, finding)
        if edit is not None and silences(program.source, finding, edit):
            yield types.CodeAction(
                title=f"{finding.code}: Ignore on this line",
                kind=types.CodeActionKind.QuickFix,
                diagnostics=[diagnostic],
                edit=self.workspace_edit(program, [edit]),
            )

    def fix_all(self, program: Program, kind: str) -> types.CodeAction:
        """The action of all safe fixes, without its edits."""
        return types.CodeAction(_FIX_ALL_TITLE, kind=kind, data={"uri": program.uri})

    def workspace_edit(self, program: Program, edits: Iterable[Edit]) -> types.WorkspaceEdit:
        """Edits of a program as edits of its texts."""
        changes: dict[Part, list[types.TextEdit]] = {}
        for edit in dict.fromkeys(edits):
            part, change = program.edit(edit)
            changes.setdefault(part, []).append(change)
        if not self._abilities.versions:
            return types.WorkspaceEdit(changes={part.uri: edits for part, edits in changes.items()})
        documents = [
            types.TextDocumentEdit(types.OptionalVersionedTextDocumentIdentifier(part.uri, part.version), [*edits])
            for part, edits in changes.items()
        ]
        return types.WorkspaceEdit(document_changes=[*documents])


def edits_between(before: Source, after: Source) -> list[Edit]:
    """The lines that differ, as edits of the older text. A notebook has the same cells before and after."""
    old, new = _texts(before), _texts(after)
    edits: list[Edit] = []
    start = 0
    for one, other in zip(old, new, strict=True):
        edits += _differing(one, other, start)
        start += len(one) + 1  # the line feed between cells
    return edits


def _texts(source: Source) -> list[str]:
    texts: list[str] | None = getattr(source, "texts", None)
    return [source.display] if texts is None else texts


def _differing(old: str, new: str, start: int) -> Iterator[Edit]:
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    at = [start]
    for line in before:
        at.append(at[-1] + len(line))
    for tag, first, last, begin, end in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            yield Edit(at[first], at[last], "".join(after[begin:end]))
