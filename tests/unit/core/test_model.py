"""The shared words: values that reports and ledger store, and objects that nobody can change."""

from __future__ import annotations

import dataclasses

import pytest

from importer.core import model
from importer.core.model import DELIVERED, NEEDS_PERSON, CallClass, Record, Reply, Request, Status


def test_statuses_are_in_one_group_at_most() -> None:
    """A row is delivered, or needs a person, or neither; never both."""
    assert not DELIVERED & NEEDS_PERSON
    assert {Status.SKIPPED, Status.PENDING, Status.NOT_SENT, Status.LEFT_OUT} == set(Status) - DELIVERED - NEEDS_PERSON


def test_the_words_that_are_stored_stay() -> None:
    """Ledgers on disk hold these texts; changing one needs a migration."""
    assert [status.value for status in Status] == [
        "created", "updated", "unchanged", "skipped", "changed", "invalid", "rejected", "uncertain", "pending", "not_sent",
        "left_out",
    ]  # fmt: skip
    assert [kind.value for kind in CallClass] == ["standard", "bulk", "async"]


def test_all_dataclasses_are_frozen() -> None:
    """They are shared between threads."""
    kinds = [kind for kind in vars(model).values() if dataclasses.is_dataclass(kind)]
    assert len(kinds) >= 6
    for kind in kinds:
        assert kind.__dataclass_params__.frozen, kind  # type: ignore[union-attr]
    with pytest.raises(dataclasses.FrozenInstanceError):
        Record(1, "k", {}).row = 2  # type: ignore[misc]


def test_defaults() -> None:
    """A request goes to the sync host without body; a reply without status was no answer."""
    request = Request("GET", "/x", CallClass.STANDARD)
    assert (request.body, dict(request.params), request.host) == (None, {}, model.HostKind.SYNC)
    assert Reply(status=None).failure is None
