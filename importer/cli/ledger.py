"""`importer ledger`: the memory of what was sent."""

from __future__ import annotations

import click

from importer.cli.ledger_move import move_command


@click.group("ledger")
def command() -> None:
    """The memory of what was sent to which account, and what became of it."""


command.add_command(move_command)
