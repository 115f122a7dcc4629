"""Drafts and corrections that several requests change at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from importer.web.drafts import DraftStore
from importer.web.edits import CellChange, EditLog

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> DraftStore:
    return DraftStore(tmp_path, lambda: "draft-0001")


def test_steps_of_two_tabs_are_both_kept(store: DraftStore) -> None:
    draft = store.create("visits.csv", "asha", "", NOW)
    first, second = EditLog(store, draft), EditLog(store, draft)
    first.add([CellChange(2, "A", "one")], "asha")
    second.add([CellChange(3, "B", "two")], "ravi")
    assert EditLog(store, draft).cells() == {2: {"A": "one"}, 3: {"B": "two"}}
    assert first.undo() == {3}
    assert second.undo() == {2}
    assert first.undo() == set()


def test_no_process_loses_the_change_of_another(store: DraftStore, tmp_path: Path) -> None:
    """Each of two servers has a store of its own for the same folder."""
    draft = store.create("visits.csv", "asha", "", NOW)
    stores = [store, DraftStore(tmp_path, lambda: "unused-1")]
    names = [f"person-{number}" for number in range(20)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: stores[number % 2].note_preparer(draft.id, names[number]), range(20)))
    assert sorted(store.load(draft.id).prepared_by) == sorted(names)


def test_a_change_waits_for_the_one_before(store: DraftStore, tmp_path: Path) -> None:
    draft = store.create("visits.csv", "asha", "", NOW)
    other = DraftStore(tmp_path, lambda: "unused-1")
    done = threading.Event()
    thread = threading.Thread(target=lambda: (other.update(draft.id, account="second"), done.set()))
    with store.changing(), store.changing():
        thread.start()
        assert not done.wait(0.05)
        store.update(draft.id, account="first")
    thread.join(10)
    assert store.load(draft.id).account == "second"
