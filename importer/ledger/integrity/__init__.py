"""Checks that a ledger is undamaged, the newest one, and on its own machine."""
