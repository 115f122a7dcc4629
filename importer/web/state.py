"""Folders of the home folder with JSON files by id: the state of imports and of long work, for every process."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from importer.core.errors import UsageError
from importer.core.filesystem import atomic_write

_ID = re.compile(r"[A-Za-z0-9_-]{8,40}")


class StateFolders:
    """A folder with one folder for each id."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def folder(self, state_id: str) -> Path:
        """Return the folder of an id. Raises :class:`UsageError` for a text that is no id."""
        if not _ID.fullmatch(state_id):
            raise unknown_import()
        return self._folder / state_id

    def ids(self, name: str) -> list[str]:
        """Return the ids that have a file called ``name``."""
        return sorted(path.parent.name for path in self._folder.glob(f"*/{name}") if _ID.fullmatch(path.parent.name))

    def read(self, state_id: str, name: str) -> Any:
        """Read a JSON file; ``None`` when it is not there."""
        try:
            return json.loads((self.folder(state_id) / name).read_text("utf-8"))
        except (OSError, ValueError):
            return None

    def write(self, state_id: str, name: str, content: Any) -> None:
        """Write a JSON file."""
        atomic_write(self.folder(state_id) / name, json.dumps(content), durable=False)

    def shorten_paths(self, text: str) -> str:
        """Return a message with the names of files in place of their paths on the server."""
        inside = re.escape(f"{self._folder}{os.sep}") + rf"{_ID.pattern}{re.escape(os.sep)}"
        return re.sub(rf"{inside}(source{re.escape(os.sep)})?", "", text)


def unknown_import() -> UsageError:
    """Return the error for an id that nothing has."""
    return UsageError("There is no such import.", "Go back to Home and choose one of the list.")
