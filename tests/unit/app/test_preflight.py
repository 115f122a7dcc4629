"""What is checked between the plan and the first call."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.app.preflight import hold_tenant, identify_account
from importer.core.errors import AnotherRunActive, SettingsError
from tests.support.delivery_world import UNREACHED, World, before


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_every_name_of_a_tenant_is_held(world: World) -> None:
    """One import at a time sends to a tenant, whatever its accounts are called; other tenants are free."""
    for name, tenant in (("test", "1"), ("other name", "1"), ("elsewhere", "2")):
        world.ledger.bind_account(name, tenant)
    with hold_tenant(world.ledger, "other name") as lock:
        assert lock.still_ours()
        with pytest.raises(AnotherRunActive), hold_tenant(world.ledger, "test"):
            pass
        with hold_tenant(world.ledger, "elsewhere"), hold_tenant(world.ledger, "not bound"):
            pass


def test_an_account_without_an_answer_cannot_be_reached(world: World) -> None:
    """That is no word about its keys."""
    world.crm.read_faults = [before(UNREACHED)] * 50
    with pytest.raises(SettingsError, match="cannot be reached"):
        identify_account(world.account, world.crm, world.clock, lambda: False, lambda: None)
