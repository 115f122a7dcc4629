"""`importer ledger`: the memory of what was sent."""

from __future__ import annotations

from pathlib import Path

import click

from importer.cli.ledger_move import move_command
from importer.cli.main import print_json
from importer.cli.options import surroundings


@click.group("ledger")
def command() -> None:
    """The memory of what was sent to which account, and what became of it."""


@command.command("backup")
@click.argument("dest", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def backup_command(dest: Path, as_json: bool) -> int:
    """Copy the ledger to DEST, a new file; imports may go on meanwhile. docs/operating.md says how to put it back."""
    from importer.config.settings import database_of
    from importer.core.errors import UsageError
    from importer.ledger.backup import back_up
    from importer.ledger.store import ledger_file

    outside = surroundings(quiet=True, verbose=0)
    if database_of(outside.environment) is not None:
        raise UsageError("The ledger is in PostgreSQL.", "Back it up with its own tools: pg_dump or WAL archiving.")
    last = back_up(ledger_file(outside.home), dest)
    if as_json:
        print_json({"backup": str(dest), "last_call": last, "exit_status": 0})
    else:
        click.echo(f"{dest} holds the ledger up to call {last}.")
    return 0


command.add_command(move_command)
