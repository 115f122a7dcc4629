"""Which files a turn of a job works on: what an earlier turn left, and what has newly arrived whole."""

from __future__ import annotations

import glob
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from importer.core.errors import ImporterError, SourceError
from importer.core.time import Clock, iso
from importer.jobs.config.loader import Task
from importer.jobs.files.inbox import Glance, Seen, look, unchanged
from importer.jobs.store.store import Entry, JobStore, Result, State
from importer.sources import file_signature, source_hash

_GOING_ON = (State.TAKEN, State.HELD, State.APPROVED, State.IMPORTED)


@dataclass(slots=True)
class Catch:
    """What a turn found: numbers of the entries to work on, names still arriving, and sentences about the rest."""

    numbers: list[int] = field(default_factory=list)
    arriving: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    held: int = 0


def take_files(task: Task, store: JobStore, clock: Clock, mapping_sha: str) -> Catch:
    """Note the files of ``task`` that are stable as taken. Waits up to the job's time for stability.

    Raises :class:`ImporterError` when the inbox cannot be read.
    """
    catch = Catch()
    glance, stable = _stable_files(task, store, clock)
    catch.arriving = [seen.path.name for seen in glance.files if seen not in stable]
    catch.notes = [f"{name} is skipped: {why}." for name, why in glance.skipped]
    begun = {(entry.path, entry.signature): entry for entry in store.entries(task.name, _GOING_ON)}
    for seen in stable:
        known = begun.get((str(seen.path), seen.signature))
        if known is not None and known.state == State.IMPORTED.value:
            # It waits for its archive, which refused it.
            continue
        if seen.path.name in glance.open_elsewhere:
            catch.notes.append(f"{seen.path.name} is open in a spreadsheet program; it is read as it was saved last.")
        try:
            sha = known.sha if known is not None else source_hash(seen.path)
            whole = file_signature(seen.path) == seen.signature
        except SourceError as error:
            catch.notes.append(f"{error.message} {error.remedy}")
            continue
        if not whole:
            catch.arriving.append(seen.path.name)
            continue
        entry = _entry_for(task, seen, sha, store, clock, mapping_sha)
        if entry.state == State.HELD.value:
            catch.held += 1
            catch.notes.append(f"{seen.path.name} is held: {entry.message}")
        else:
            catch.numbers.append(entry.id)
    _close_lost(task, store, clock)
    return catch


def _stable_files(task: Task, store: JobStore, clock: Clock) -> tuple[Glance, list[Seen]]:
    """The last look, and those of its files that did not change for the job's time."""
    first = _look(task)
    known = store.sightings(task.name)
    now = clock.now()
    since = {seen: known.get(seen, iso(now)) for seen in first.files}
    seconds = task.job.source.stable
    if all(_age(since[seen], now) >= seconds for seen in first.files):
        # Nothing may have been written between the look of an earlier turn and this one.
        store.keep_sightings(task.name, {})
        return first, list(first.files)
    store.keep_sightings(task.name, since)
    began = clock.monotonic()
    clock.sleep(seconds)
    last = _look(task)
    if clock.monotonic() - began < seconds:
        # Somebody asked to stop: only what was stable before counts.
        return last, [seen for seen in unchanged(first.files, last.files) if _age(since[seen], now) >= seconds]
    stable = unchanged(first.files, last.files)
    later = iso(clock.now())
    store.keep_sightings(task.name, {seen: later for seen in last.files if seen not in stable})
    return last, stable


def _look(task: Task) -> Glance:
    source = task.job.source
    pattern = glob.escape(Path(source.path).name) if source.path is not None else source.pattern
    return look(task.inbox, pattern)


def _age(since: str, now: datetime) -> float:
    """Seconds since then; a clock that went back proves nothing."""
    return (now - datetime.fromisoformat(since)).total_seconds()


def _entry_for(task: Task, seen: Seen, sha: str, store: JobStore, clock: Clock, mapping_sha: str) -> Entry:
    """The entry under which this file is worked on: one that was begun, or a new one."""
    begun = store.unfinished(task.name, sha)
    if begun is None:
        return store.take(task.name, seen, sha, mapping_sha, clock.now())
    if begun.state == State.HELD.value and begun.mapping_sha != mapping_sha:
        # Another mapping may have nothing against it.
        begun = store.change(begun.id, state=State.TAKEN.value, mapping_sha=mapping_sha)
    if begun.path == str(seen.path):
        return store.change(begun.id, size=seen.size, mtime_ns=seen.mtime_ns, inode=seen.inode)
    if not Path(begun.path).exists():
        return store.change(begun.id, path=str(seen.path), size=seen.size, mtime_ns=seen.mtime_ns, inode=seen.inode)
    if begun.state == State.HELD.value:
        return begun
    return store.take(task.name, seen, sha, mapping_sha, clock.now())


def _close_lost(task: Task, store: JobStore, clock: Clock) -> None:
    """End the entries whose file is gone or holds other content now."""
    for entry in store.entries(task.name, [State.TAKEN, State.HELD, State.APPROVED]):
        path = Path(entry.path)
        try:
            if file_signature(path) == entry.signature or source_hash(path) == entry.sha:
                continue
            why = "was replaced by other content"
        except ImporterError:
            why = "was taken away"
        begun = f" Its run {entry.run} was begun: importer resume {entry.run}" if entry.run else ""
        store.change(
            entry.id,
            state=State.ARCHIVED.value,
            outcome=Result.FAILED.value,
            exit_status=1,
            ended_at=iso(clock.now()),
            message=f"{path} {why} before its import had ended.{begun}",
        )
