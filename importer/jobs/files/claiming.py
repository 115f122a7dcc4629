"""Claim the files of a run: those that an earlier run left, and new ones that have arrived completely."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from importer.core.errors import ImporterError, SourceError
from importer.core.time import Clock, format_iso
from importer.jobs.config.loader import Task
from importer.jobs.files.inbox import InboxFile, InboxListing, list_inbox, unchanged
from importer.jobs.store.records import FileRecord, FileState, JobOutcome
from importer.jobs.store.store import JobStore
from importer.sources import file_signature, source_hash

_log = logging.getLogger(__name__)
_UNFINISHED = (FileState.TAKEN, FileState.HELD, FileState.APPROVED)


@dataclass(slots=True)
class ClaimedFiles:
    """The files of a run: numbers of the records to work on, names still arriving, and notes about the rest."""

    numbers: list[int] = field(default_factory=list)
    arriving: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    held: int = 0


def claim_files(task: Task, store: JobStore, clock: Clock, mapping_sha: str) -> ClaimedFiles:
    """Store the stable files of ``task`` as claimed. Waits up to the job's ``stable`` time for changes.

    Raises :class:`ImporterError` when the inbox cannot be read.
    """
    listing, stable = _stable_files(task, store, clock)
    claimed = ClaimedFiles(
        arriving=[seen.path.name for seen in listing.files if seen not in stable],
        notes=[f"{name} is skipped: {why}." for name, why in listing.skipped],
    )
    begun = store.file_records(task.name, (*_UNFINISHED, FileState.IMPORTED))
    records = {(entry.path, entry.signature): entry for entry in begun}
    for seen in stable:
        known = records.get((str(seen.path), seen.signature))
        if known is not None and known.state == FileState.IMPORTED.value:
            # It waits for its archive, which refused it.
            continue
        if seen.path.name in listing.open_elsewhere:
            claimed.notes.append(f"{seen.path.name} is open in a spreadsheet program; it is read as it was saved last.")
        try:
            sha = known.sha if known is not None else source_hash(seen.path)
            is_whole = file_signature(seen.path) == seen.signature
        except SourceError as error:
            claimed.notes.append(f"{error.message} {error.remedy}")
            continue
        if not is_whole:
            claimed.arriving.append(seen.path.name)
            continue
        try:
            entry = _claim(task, seen, sha, store, clock, mapping_sha)
        except ImporterError:
            raise
        except Exception as error:  # noqa: BLE001  whatever it is, the next file follows
            # Whatever is wrong with one file, the others are imported.
            _log.exception("%s cannot be claimed", seen.path)
            claimed.notes.append(f"{seen.path.name} cannot be claimed: {type(error).__name__}: {error}")
            continue
        if entry.state == FileState.HELD.value:
            claimed.held += 1
            claimed.notes.append(f"{seen.path.name} is held: {entry.message}")
        else:
            claimed.numbers.append(entry.id)
    _close_lost(task, store, clock)
    return claimed


def _stable_files(task: Task, store: JobStore, clock: Clock) -> tuple[InboxListing, list[InboxFile]]:
    """List the inbox, twice if need be; return the last listing and its files that were unchanged for long enough."""
    source = task.job.source
    first = list_inbox(task.inbox, task.pattern)
    known = store.sightings(task.name)
    now = clock.now()
    since = {seen: known.get(seen, format_iso(now)) for seen in first.files}
    # A clock that went back makes an age negative, and proves nothing.
    ages = {seen: (now - datetime.fromisoformat(at)).total_seconds() for seen, at in since.items()}
    if all(age >= source.stable for age in ages.values()):
        # No file changed between the listing of an earlier run and this one.
        store.replace_sightings(task.name, {})
        return first, list(first.files)
    store.replace_sightings(task.name, since)
    began = clock.monotonic()
    clock.sleep(source.stable)
    last = list_inbox(task.inbox, task.pattern)
    stable = unchanged(first.files, last.files)
    if clock.monotonic() - began < source.stable:
        # A stop was requested: only files that were stable before count.
        return last, [seen for seen in stable if ages[seen] >= source.stable]
    later = format_iso(clock.now())
    store.replace_sightings(task.name, {seen: later for seen in last.files if seen not in stable})
    return last, stable


def _claim(task: Task, seen: InboxFile, sha: str, store: JobStore, clock: Clock, mapping_sha: str) -> FileRecord:
    """Return the record under which this file is worked on: one that was begun, or a new one."""
    begun = store.unfinished(task.name, sha)
    if begun is None:
        return store.add_file(task.name, seen, sha, mapping_sha, clock.now())
    if begun.state == FileState.HELD.value and begun.mapping_sha != mapping_sha:
        # Another mapping may have nothing against it.
        begun = store.update_file(begun.id, state=FileState.TAKEN.value, mapping_sha=mapping_sha)
    if begun.path == str(seen.path) or not Path(begun.path).exists():
        facts = {"size": seen.size, "mtime_ns": seen.mtime_ns, "inode": seen.inode}
        return store.update_file(begun.id, path=str(seen.path), **facts)
    if begun.state == FileState.HELD.value:
        return begun
    return store.add_file(task.name, seen, sha, mapping_sha, clock.now())


def _close_lost(task: Task, store: JobStore, clock: Clock) -> None:
    """Close the records whose file is gone or has other content now."""
    for entry in store.file_records(task.name, _UNFINISHED):
        path = Path(entry.path)
        try:
            if file_signature(path) == entry.signature or source_hash(path) == entry.sha:
                continue
            why = "was replaced by other content"
        except ImporterError:
            why = "was taken away"
        begun = f" Its run {entry.run} was begun: importer resume {entry.run}" if entry.run else ""
        store.update_file(
            entry.id,
            state=FileState.ARCHIVED.value,
            outcome=JobOutcome.FAILED.value,
            exit_status=1,
            ended_at=format_iso(clock.now()),
            message=f"{path} {why} before its import had ended.{begun}",
        )
