"""Removes what old, finished runs leave on the disk, and nothing by which a row is recognised later."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from importer.app.environment import Surroundings, open_memory
from importer.core.errors import AnotherRunActive, ImporterError, LedgerError, UsageError
from importer.core.filesystem import sync_folder
from importer.core.model import Status
from importer.core.time import iso
from importer.ledger.interface import Ledger, Run, RunState
from importer.planning.store import open_plan

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
    """What was removed, what an import that is under way kept from it, and bytes that the ledger's file gave back."""

    removed: Sequence[Prunable]
    busy: Sequence[Prunable]
    compacted: int


def age_of(text: str) -> timedelta:
    """The age that ``90d``, ``12w``, ``6m`` or ``1y`` says. Raises :class:`UsageError`."""
    found = _AGE.fullmatch(text.strip().lower())
    if found is None or int(found[1]) == 0:
        raise UsageError(f"{text} is no age.", "Expected something like 90d, 12w, 6m or 1y.")
    return timedelta(days=int(found[1]) * _DAYS[found[2]])


def prunable(outside: Surroundings, age: timedelta, account: str | None = None) -> list[Prunable]:
    """Runs whose folders may go, the oldest first.

    A run stays that finished later, has a row in doubt, pending or not sent, or sent rows again on purpose (`--again`):
    repeated, it must be known as done. So does the newest of each mapping, with which the next file is compared.
    """
    before = iso(outside.clock.now() - age)
    with open_memory(outside) as ledger:
        found, seen = [], set()
        for run in ledger.runs(account=account, state=RunState.FINISHED, limit=_ALL):
            series = (run.new.account, run.new.mapping)
            newest, folder = series not in seen, Path(run.new.folder)
            seen.add(series)
            if newest or not run.finished_at < before or not _is_ours(folder, outside.home):
                continue
            if not _sent_on_purpose(folder) and not _unsettled(run, ledger):
                found.append(Prunable(run, _size(folder)))
    return found[::-1]


def _is_ours(folder: Path, home: Path) -> bool:
    """Whether it is a folder of a run that this home keeps: nothing else is ever removed."""
    return folder.parent == home / "runs" and folder.is_dir() and not folder.is_symlink()


def _sent_on_purpose(folder: Path) -> bool:
    if not (folder / "plan.json").exists():
        # A pruning was cut short: the plan had been looked at.
        return False
    try:
        return bool(open_plan(folder).facts.again)
    except ImporterError:
        return True


def _unsettled(run: Run, ledger: Ledger) -> bool:
    counts = ledger.counts(run.id)
    return any(counts.get(status, 0) for status in _UNSETTLED)


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())


def prune(chosen: Sequence[Prunable], outside: Surroundings, age: timedelta) -> Pruned:
    """Remove texts and folders of the chosen runs. Each step may be the last one: the next pruning goes on there.

    Raises :class:`LedgerError`.
    """
    before = iso(outside.clock.now() - age)
    removed, busy = [], []
    with open_memory(outside) as ledger:
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
    """Remove the folder, its plan first: without that it is no plan, and its file would be planned anew."""
    try:
        (folder / "plan.json").unlink(missing_ok=True)
        sync_folder(folder)
        shutil.rmtree(folder)
    except OSError as error:
        raise LedgerError(
            f"The folder {folder} cannot be removed: {error.strerror or error}.",
            "Check its owner and rights, then prune again. What was sent is still known.",
        ) from None
