"""Removes what old, finished runs leave on the disk, and nothing by which a row is recognised later."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from importer.app.environment import Environment, open_ledger_of
from importer.core.errors import AnotherRunActive, ImporterError, LedgerError, UsageError
from importer.core.model import Status
from importer.core.platform import sync_folder
from importer.core.time import format_iso
from importer.ledger import Run, RunState
from importer.planning import open_plan

_ALL = 1_000_000_000
_AGE = re.compile(r"([0-9]{1,5})\s*([dwmy])")
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
_UNSETTLED = (Status.UNCERTAIN, Status.PENDING, Status.NOT_SENT)


@dataclass(frozen=True, slots=True)
class Prunable:
    """A run whose folder may go: how many bytes that frees."""

    run: Run
    size: int


@dataclass(frozen=True, slots=True)
class Pruned:
    """The runs that were removed, those kept because an import is sending, and the bytes freed in the ledger's file."""

    removed: Sequence[Prunable]
    busy: Sequence[Prunable]
    compacted: int


def parse_age(text: str) -> timedelta:
    """Parse an age such as ``90d``, ``12w``, ``6m`` or ``1y``. Raises :class:`UsageError`."""
    found = _AGE.fullmatch(text.strip().lower())
    if found is None or int(found[1]) == 0:
        raise UsageError(f"{text} is no age.", "Expected something like 90d, 12w, 6m or 1y.")
    return timedelta(days=int(found[1]) * _DAYS[found[2]])


def find_prunable(env: Environment, age: timedelta, account: str | None = None) -> list[Prunable]:
    """Find the runs whose folders may be removed, the oldest first.

    A run is kept that finished later, has uncertain, pending or unsent rows, or sent rows again on purpose (`--again`):
    repeated, it must be known as done. So is the newest of each mapping, with which the next file is compared.
    """
    before = format_iso(env.clock.now() - age)
    with open_ledger_of(env) as ledger:
        found, seen = [], set()
        for run in ledger.runs(account=account, state=RunState.FINISHED, limit=_ALL):
            series = (run.new.account, run.new.mapping)
            newest, folder = series not in seen, Path(run.new.folder)
            seen.add(series)
            if newest or not run.finished_at < before or not _is_ours(folder, env.home):
                continue
            counts = ledger.counts(run.id)
            if not _sent_on_purpose(folder) and not any(counts.get(status, 0) for status in _UNSETTLED):
                size = sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())
                found.append(Prunable(run, size))
    return found[::-1]


def _is_ours(folder: Path, home: Path) -> bool:
    """Return whether it is a folder of a run in this home: nothing else is ever removed."""
    return folder.parent == home / "runs" and folder.is_dir() and not folder.is_symlink()


def _sent_on_purpose(folder: Path) -> bool:
    if not (folder / "plan.json").exists():
        # A pruning was interrupted, and the plan was checked before.
        return False
    try:
        return bool(open_plan(folder).facts.again)
    except ImporterError:
        return True


def prune(chosen: Sequence[Prunable], env: Environment, age: timedelta) -> Pruned:
    """Remove texts and folders of the chosen runs. After an interruption at any step the next pruning continues.

    Raises :class:`LedgerError`.
    """
    before = format_iso(env.clock.now() - age)
    removed, busy = [], []
    with open_ledger_of(env) as ledger:
        for each in chosen:
            try:
                with ledger.sender(each.run.new.account, each.run.id):
                    ledger.prune_run(each.run.id, before)
                    _remove(Path(each.run.new.folder))
                removed.append(each)
            except AnotherRunActive:
                busy.append(each)
        return Pruned(removed, busy, ledger.compact())


def _remove(folder: Path) -> None:
    """Remove the folder, its plan first: without that the run counts as removed, and its file would be planned anew."""
    try:
        (folder / "plan.json").unlink(missing_ok=True)
        sync_folder(folder)
        shutil.rmtree(folder)
    except OSError as error:
        raise LedgerError(
            f"The folder {folder} cannot be removed: {error.strerror or error}.",
            "Check its owner and rights, then prune again. What was sent is still known.",
        ) from None
