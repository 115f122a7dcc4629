"""What is known of a change on its way to a shared database."""

from __future__ import annotations

import pytest

pytest.importorskip("psycopg")

from importer.ledger.postgres.storage import _Change


def test_a_refusal_says_nothing_of_earlier_attempts() -> None:
    """Only one that found no trace of them proves that none was written."""
    change = _Change(1, asked=True)
    change.refused()
    assert change.asked
    change.claimed = True
    change.refused()
    assert not change.asked
