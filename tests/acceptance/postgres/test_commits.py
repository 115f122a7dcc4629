"""What a call costs the server that keeps a shared ledger."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from importer.core.model import CallClass, Limit
from importer.core.redaction import Secret
from importer.delivery.deliver_plan import DeliveryOptions
from importer.ledger.postgres.opening import open_shared_ledger
from tests.support.delivery_world import World, make_plan, visits
from tests.support.postgres_server import Server


@pytest.mark.parametrize("calls", [25, 500])
def test_a_call_costs_at_most_two_commits(database: Secret, server: Server, tmp_path: Path, calls: int) -> None:
    """Those of the run, of its checks and of the sender lock included; a call is still recorded before it leaves."""
    world = World(tmp_path)
    world.account = replace(world.account, limits=dict.fromkeys(CallClass, Limit(calls, 5.0)))
    world.ledger = open_shared_ledger(database, tmp_path / "home", clock=world.clock.now)  # type: ignore[assignment]
    plan = make_plan(tmp_path / "run", visits(2500), chunk=30_000)
    recorded: list[bool] = []

    def look(number: int) -> None:
        if number == 1:
            written = "SELECT count(*) FROM importer.rows WHERE status = 'sending'"
            recorded.append(server.sql(written, "trial") != "0")

    world.crm.on_post = look
    before = commits(server)
    with world.ledger.sender("test", "run") as held:
        world.deliver(plan, DeliveryOptions(still_ours=held.still_ours))
    world.ledger.close()
    assert len(world.crm.notes()) == 2500
    assert recorded == [True]
    assert commits(server) - before <= 2 * world.crm.posts


def commits(server: Server) -> int:
    """Count the server's commits in the database of the ledger, those of closed connections for certain."""
    return int(server.sql("SELECT xact_commit FROM pg_stat_database WHERE datname = 'trial'"))
