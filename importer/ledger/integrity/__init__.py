"""Checks that a ledger is intact, the newest one, and on its own machine."""
