"""The records of a plan: a field without a value is not sent, and all others keep their order."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from importer.planning import store
from importer.planning.store import to_records

COLUMNS = {
    "activity.ActivityEvent": ["201", "201", "201", "201", "201"],
    "activity.mx_A": ["a", None, "", "d", None],
    "activity.mx_B": [None, None, "c", "d", "e"],
    "lead.City": ["x", "y", "z", "u", "v"],
}


@pytest.mark.parametrize("at_once", [1, 2, 100])
def test_missing_fields_are_left_out(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many rows are made at once; an empty text is a value."""
    monkeypatch.setattr(store, "_ROWS_PER_SLICE", at_once)
    batch = pa.RecordBatch.from_pydict({name: pa.array(texts, pa.large_string()) for name, texts in COLUMNS.items()})
    rows, keys = np.arange(2, 7), ["k2", "k3", "k4", "k5", "k6"]
    found = list(to_records(rows, batch, keys))
    assert [(record.row, record.key) for record in found] == list(zip(rows.tolist(), keys, strict=True))
    for place, record in enumerate(found):
        expected = [(name, texts[place]) for name, texts in COLUMNS.items() if texts[place] is not None]
        assert list(record.fields.items()) == expected


def test_a_plan_without_fields_has_records() -> None:
    """As many as it has rows."""
    nothing = pa.RecordBatch.from_arrays([], names=[])
    assert [dict(record.fields) for record in to_records(np.arange(2, 4), nothing, ["a", "b"])] == [{}, {}]
