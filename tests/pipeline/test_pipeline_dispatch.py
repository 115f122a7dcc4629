"""Corners of sending that depend on what other threads do at the same moment."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pipeline_world import World, visits

from importer.model import CallClass
from importer.pipeline.limits import Allowances


def test_a_slot_that_somebody_else_takes_first(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the look for a free slot and the taking another thread may be faster: the rows wait for the next slot."""
    really = Allowances.take
    refused: list[CallClass] = []

    def take(allowances: Allowances, kind: CallClass) -> Any:
        if kind is CallClass.BULK and len(refused) < 3:
            refused.append(kind)
            return None
        return really(allowances, kind)

    monkeypatch.setattr(Allowances, "take", take)
    # The calls that were not made cost nothing of the day's budget: three questions, a canary and two calls fit in it.
    world.account = replace(world.account, daily_calls=6)
    assert world.deliver(world.plan(visits(30))).stopped is None
    assert len(refused) == 3
    assert world.statuses() == {"created": 30}
    assert set(world.crm.notes().values()) == {1}
