"""`importer ledger`: back up the record of what was sent, or move it into a database."""

from __future__ import annotations

from pathlib import Path

import click

from importer.cli.options import build_environment, json_option
from importer.cli.streams import print_json, print_output
from importer.core.errors import UsageError
from importer.core.text import format_count


@click.group("ledger")
def command() -> None:
    """The memory of what was sent to which account, and what became of it."""


@command.command("backup")
@click.argument("dest", type=click.Path(path_type=Path))
@json_option
def backup_command(dest: Path, as_json: bool) -> int:
    """Copy the ledger to DEST, a new file; imports may go on meanwhile. docs/operating.md says how to put it back."""
    from importer.config import read_database_url
    from importer.ledger import back_up, ledger_file

    env = build_environment(quiet=True, verbose=0)
    if read_database_url(env.variables) is not None:
        raise UsageError("The ledger is in PostgreSQL.", "Back it up with its own tools: pg_dump or WAL archiving.")
    last = back_up(ledger_file(env.home), dest)
    if as_json:
        print_json({"backup": str(dest), "last_call": last, "exit_status": 0})
    else:
        click.echo(f"{dest} holds the ledger up to call {last}.")
    return 0


@command.command("move")
@json_option
def move_command(as_json: bool) -> int:
    """Move the ledger of this computer into the database that IMPORTER_DATABASE_URL names. Doing it again is safe."""
    from importer.config import read_database_url
    from importer.ledger import move_ledger, wants_adoption

    env = build_environment(quiet=True, verbose=0)
    database = read_database_url(env.variables)
    if database is None:
        raise UsageError(
            "There is no database to move the ledger to.",
            "Set IMPORTER_DATABASE_URL, such as postgresql://user@host:5432/database; see docs/postgresql.md.",
        )
    adopt = wants_adoption(env.variables)
    moved = move_ledger(env.home, database, clock=env.clock.now, adopt=adopt)
    if as_json:
        counts = {"runs": moved.runs, "calls": moved.calls, "rows": moved.rows}
        print_json({"place": moved.place, "moved_before": moved.before, **counts, "exit_status": 0})
        return 0
    was = "were moved earlier; now in" if moved.before else "are now in"
    counted = [format_count(moved.runs, "run"), format_count(moved.calls, "call"), format_count(moved.rows)]
    print_output(f"{counted[0]}, {counted[1]} and {counted[2]} {was} {moved.place}.")
    print_output("The ledger file stays as a copy and is not used any more.")
    return 0
