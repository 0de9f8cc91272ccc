"""Rules that a configuration brings along: which folders it names, whether they may run, and what came of it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from torchlint import registry
from torchlint.settings.config_table import Layer, shown
from torchlint.settings.globs import Glob
from torchlint.terminal import reason

if TYPE_CHECKING:
    from torchlint.own_rules.rule_folder import RuleFolder

_KEY = "local-rules"


def named_folders(layers: Sequence[Layer]) -> Iterator[tuple[Layer, str, str]]:
    """The folders of rules that the last table with the key names: as it says, and their real paths. Raises
    `ConfigError`."""
    layer = next((layer for layer in reversed(layers) if _KEY in layer.table), None)
    if layer is not None:
        layer.validate_key(_KEY)
        for text in dict.fromkeys(layer.table[_KEY]):
            yield layer, text, os.path.realpath(os.path.join(layer.root, os.path.expanduser(text)))


def left_out(layers: Sequence[Layer]) -> list[Glob]:
    """The folders of rules: these, and the programs beside them, are made of the mistakes that they find."""
    return [Glob(text.rstrip("/"), layer.root) for layer, text, _ in named_folders(layers)]


class OwnRules:
    """The rules of the configurations of a run. `notes` are lines about folders whose rules may not be run."""

    def __init__(self, *, allowed: bool) -> None:
        self.notes: dict[str, None] = {}
        self._is_allowed = allowed

    def read(self, layers: Sequence[Layer]) -> tuple[RuleFolder, ...]:
        """Read the rules that some tables name, as far as they may be run. Raises `ConfigError`."""
        used: list[RuleFolder] = []
        for layer, _, path in named_folders(layers):
            if not self._may_run(layer, path):
                self._leave(path)
                continue
            try:
                used.append(registry.read_folder(path))
            except OSError as error:
                raise layer.error(_KEY, f"{shown(path)}: {reason(error)}") from None
            self._note_written(path)
        return tuple(used)

    def _may_run(self, layer: Layer, path: str) -> bool:
        if self._is_allowed:
            return True
        # Start-up: most projects have no rules of their own.
        from torchlint.settings.allowed_rules import is_allowed

        return is_allowed(path, layer.root)

    def _leave(self, path: str) -> None:
        # Start-up: as above.
        from torchlint.own_rules.user_file import user_file
        from torchlint.settings.allowed_rules import KEY

        self._note_written(path)
        file = user_file()
        where = f", or `{KEY} = [{path!r}]` in {file}" if file else ""
        text = "were not run, because a repository may not decide that its own code runs"
        self.notes[f"the rules in {shown(path)} {text}: --{KEY}{where} allows it"] = None

    def _note_written(self, path: str) -> None:
        """Know the codes of rules that do not run, so that naming them is not a mistake."""
        # Start-up: as above.
        from torchlint.own_rules.rule_folder import written_codes

        registry.note_absent(written_codes(path))
