"""`importer ledger move`: from the file of this computer into a database that several share."""

from __future__ import annotations

import click

from importer.cli.main import print_json
from importer.cli.options import surroundings
from importer.cli.streams import answer


@click.command("move")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def move_command(as_json: bool) -> int:
    """Move the ledger of this computer into the database that IMPORTER_DATABASE_URL names. Doing it again is safe."""
    from importer.config.settings import database_of
    from importer.core.errors import UsageError
    from importer.ledger.factory import move_ledger
    from importer.ledger.identity import wants_adoption
    from importer.reports.summary_text import number_of

    outside = surroundings(quiet=True, verbose=0)
    database = database_of(outside.environment)
    if database is None:
        raise UsageError(
            "There is no database to move the ledger to.",
            "Set IMPORTER_DATABASE_URL, such as postgresql://user@host:5432/database; see docs/postgresql.md.",
        )
    adopt = wants_adoption(outside.environment)
    moved = move_ledger(outside.home, database, clock=outside.clock.now, adopt=adopt)
    if as_json:
        counts = {"runs": moved.runs, "calls": moved.calls, "rows": moved.rows}
        print_json({"place": moved.place, "moved_before": moved.before, **counts, "exit_status": 0})
        return 0
    was = "were moved earlier; now in" if moved.before else "are now in"
    counted = [number_of(moved.runs, "run"), number_of(moved.calls, "call"), number_of(moved.rows)]
    answer(f"{counted[0]}, {counted[1]} and {counted[2]} {was} {moved.place}.")
    answer("The ledger file stays as a copy and is not used any more.")
    return 0
