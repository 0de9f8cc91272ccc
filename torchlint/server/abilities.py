"""What a client can take."""

from __future__ import annotations

from typing import NamedTuple

from lsprotocol import types
from pygls.capabilities import get_capability


class Abilities(NamedTuple):
    """Parts of the protocol that a client may lack. `versions`: it takes edits of a state of a text and refuses them
    for another; `late_edits`: it asks for the edits of an action when that is chosen; `watches`: it tells of changes on
    the disk when it is asked to."""

    pulls: bool = False
    refreshes: bool = False
    related: bool = False
    links: bool = False
    tags: bool = False
    markdown: bool = False
    versions: bool = False
    late_edits: bool = False
    watches: bool = False

    @classmethod
    def of(cls, client: types.ClientCapabilities) -> Abilities:
        """What the capabilities that a client announces come to."""

        def has(path: str) -> bool:
            return bool(get_capability(client, path, False))

        resolved = get_capability(client, "text_document.code_action.resolve_support.properties", []) or []
        formats = get_capability(client, "text_document.hover.content_format", []) or []
        shown = "text_document.publish_diagnostics"
        return cls(
            pulls=get_capability(client, "text_document.diagnostic", None) is not None,
            refreshes=has("workspace.diagnostics.refresh_support"),
            related=has(f"{shown}.related_information"),
            links=has(f"{shown}.code_description_support"),
            tags=get_capability(client, f"{shown}.tag_support", None) is not None,
            markdown=types.MarkupKind.Markdown in formats,
            versions=has("workspace.workspace_edit.document_changes"),
            late_edits="edit" in resolved,
            watches=has("workspace.did_change_watched_files.dynamic_registration"),
        )
