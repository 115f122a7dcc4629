"""Imports that are being prepared or were sent in the page, each with its files in a folder of the home folder.

A folder holds ``draft.json`` (the state), ``source/`` (the uploaded file), ``mapping.yaml``, ``edits.json`` (corrected
cells), ``plan-…/`` (the plan of the last check) and ``results/``. Everything that was sent is in the ledger; a lost
draft loses no row.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from importer.core.errors import UsageError
from importer.core.filesystem import atomic_write, make_private_folder
from importer.core.platform import lock_exclusive, open_private
from importer.core.time import format_iso
from importer.sources import SourceOptions
from importer.web.state import StateFolders, unknown_import

_STATE, _LOCK = "draft.json", ".lock"
FOLDER = "web-imports"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One round of a draft that was sent: the run, and the statuses of its rows before, by status."""

    run: str
    replaced: dict[str, int] = field(default_factory=dict)
    results: str = ""
    report: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """An import in the page.

    ``name`` is the name of the uploaded file; ``account`` the account that receives it. ``rows`` are the numbers of the
    rows of another round, ``None`` for the whole file. ``prepared_by`` names all who changed something. ``plan`` is the
    folder of the last check, and ``checked`` a digest of what it checked; ``approved`` names who approved which check.
    Times are ISO in UTC.
    """

    id: str
    name: str
    owner: str
    account: str
    created_at: str
    options: dict[str, Any] = field(default_factory=dict)
    rows: tuple[int, ...] | None = None
    prepared_by: tuple[str, ...] = ()
    plan: str = ""
    checked: str = ""
    checked_by: str = ""
    approved: str = ""
    approved_by: str = ""
    deliveries: tuple[Delivery, ...] = ()
    mapping_from: str = ""
    """Name of what the mapping was taken from, an earlier import or a sample; empty for a proposed one."""

    @property
    def source_options(self) -> SourceOptions:
        """Return how the file is to be read; what is not set is detected."""
        return SourceOptions(**self.options)


class DraftStore(StateFolders):
    """The drafts in the home folder."""

    def __init__(self, home: Path, new_id: Callable[[], str]) -> None:
        super().__init__(home / FOLDER)
        self._new_id = new_id
        self._lock = threading.RLock()
        self._holds_file = False

    def create(self, name: str, owner: str, account: str, now: datetime) -> Draft:
        """Make a new draft with an empty folder for its source."""
        draft = Draft(self._new_id(), name, owner, account, format_iso(now))
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        make_private_folder(self.folder(draft.id))
        make_private_folder(self.folder(draft.id) / "source")
        self._write(draft)
        return draft

    def source(self, draft: Draft) -> Path:
        """Return the path of the uploaded file."""
        return self.folder(draft.id) / "source" / draft.name

    def mapping(self, draft: Draft) -> Path:
        """Return the path of the mapping file, which may not be there yet."""
        return self.folder(draft.id) / "mapping.yaml"

    def plan(self, draft: Draft) -> Path:
        """Return the folder of the last check."""
        return self.folder(draft.id) / (draft.plan or "plan-none")

    def load(self, draft_id: str) -> Draft:
        """Load a draft. Raises :class:`UsageError` when there is none."""
        content = self.read(draft_id, _STATE)
        if not isinstance(content, dict):
            raise unknown_import()
        deliveries = tuple(Delivery(**one) for one in content.pop("deliveries", ()))
        rows, prepared_by = content.pop("rows", None), tuple(content.pop("prepared_by", ()))
        rows = None if rows is None else tuple(rows)
        return Draft(**content, deliveries=deliveries, rows=rows, prepared_by=prepared_by)

    def all(self) -> list[Draft]:
        """Load all drafts, the newest first; folders that are no draft are left out."""
        found = []
        for draft_id in self.ids(_STATE):
            try:
                found.append(self.load(draft_id))
            except (UsageError, TypeError):
                continue
        return sorted(found, key=lambda draft: (draft.created_at, draft.id), reverse=True)

    def update(self, draft_id: str, **changes: Any) -> Draft:
        """Change some fields of a draft, and return it as it is now."""
        with self.changing():
            draft = replace(self.load(draft_id), **changes)
            self._write(draft)
            return draft

    def note_preparer(self, draft_id: str, who: str) -> Draft:
        """Note that a person changes a draft, and return the draft."""
        with self.changing():
            draft = self.load(draft_id)
            if who in draft.prepared_by:
                return draft
            return self.update(draft_id, prepared_by=(*draft.prepared_by, who))

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Keep other requests, also those of other processes of the server, from changing drafts meanwhile."""
        with self._lock:
            if self._holds_file:
                yield
                return
            make_private_folder(self._folder)
            descriptor = open_private(self._folder / _LOCK, os.O_RDWR | os.O_CREAT)
            try:
                # Windows has no such lock; a page there has one process.
                with suppress(ImportError):
                    lock_exclusive(descriptor)
                self._holds_file = True
                yield
            finally:
                self._holds_file = False
                os.close(descriptor)

    def remove(self, draft_id: str) -> None:
        """Remove a draft with its files. What was sent stays in the ledger."""
        shutil.rmtree(self.folder(draft_id), ignore_errors=True)

    def _write(self, draft: Draft) -> None:
        atomic_write(self.folder(draft.id) / _STATE, json.dumps(asdict(draft), indent=1))
