"""The fixtures of the ledger's own tests."""

from tests.unit.ledger.conftest import clock, home, opened, used

__all__ = ["clock", "home", "opened", "used"]
