"""The settings of each file: those of its folder's configuration, and what the client says instead."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from torchlint.server.client_settings import ORIGIN, ClientSettings
from torchlint.settings.config import Configuration, Overrides, Settings
from torchlint.settings.config_table import ConfigError


class Notice(NamedTuple):
    """A line for the user; `is_error`: it is to be shown and not only logged."""

    text: str
    is_error: bool


class Configurations:
    """One configuration for each folder that is open, and one for files elsewhere."""

    def __init__(self, client: ClientSettings, folders: Sequence[str]) -> None:
        # Of folders within each other the inner one decides.
        self._folders = sorted(folders, key=len, reverse=True)
        self._client = client
        self._made: dict[str, Configuration] = {}
        self._said: dict[str, str] = {}
        self._notices = [Notice(mistake, True) for mistake in client.mistakes]

    def forget(self) -> None:
        """Read all configuration files again. What was said of them and still holds is not said again."""
        self._made.clear()

    def take_notices(self) -> list[Notice]:
        """What is to be said since this was last asked."""
        notices, self._notices = self._notices, []
        return notices

    def settings_for(self, path: str) -> Settings | None:
        """The settings of a file; None for one that is not to be checked. With a configuration that cannot be used it
        is checked under the default settings."""
        if not self._client.enable:
            return None
        settings = self._found(path)
        return None if settings.excludes(path) else settings

    def _found(self, path: str) -> Settings:
        place = os.path.dirname(path)
        configuration = self._configuration(self._folder_of(path))
        try:
            settings = configuration.settings_for(path)
        except ConfigError as error:
            text = f"torchlint: {error}. Until that is mended, the default settings hold."
            if text not in self._said.values():
                self._notices.append(Notice(text, True))
            self._said[place] = text
            return Configuration(Overrides(isolated=True)).settings_for(path)
        self._said.pop(place, None)
        self._note_warnings(configuration)
        return settings

    def _note_warnings(self, configuration: Configuration) -> None:
        for line in (*configuration.warnings, *configuration.notes):
            self._say_once(line, False)
        for file, text in configuration.faults:
            self._say_once(f"{file}: {text}", True)

    def _say_once(self, line: str, is_error: bool) -> None:
        if line not in self._said.values():
            self._said[f"warning: {line}"] = line
            self._notices.append(Notice(f"torchlint: {line}", is_error))

    def _folder_of(self, path: str) -> str:
        return next((folder for folder in self._folders if path.startswith(os.path.join(folder, ""))), "")

    def _configuration(self, folder: str) -> Configuration:
        if folder not in self._made:
            file = self._client.configuration
            config = os.path.join(folder, os.path.expanduser(file)) if file else None
            overrides = Overrides(self._client.table, config, origin=ORIGIN)
            self._made[folder] = Configuration(overrides)
        return self._made[folder]
