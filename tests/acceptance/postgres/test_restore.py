"""A shared ledger that is restored from a dump: refused until a person accepts it; then no row is sent twice."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from importer.core.redaction import Secret
from tests.support.postgres_server import PASSWORD, USER, Server
from tests.support.trial import KINDS, Trial

ROWS = 30


@pytest.fixture
def trial(tmp_path: Path, database: Secret) -> Iterator[Trial]:
    with Trial(tmp_path, KINDS["bulk"], ROWS) as made:
        made.environment["IMPORTER_DATABASE_URL"] = database.reveal()
        yield made


def tool(server: Server, name: str, *arguments: str) -> None:
    """Run one of PostgreSQL's own programs on the database of the trial."""
    command = [str(server._bin / name), "-h", str(server.folder), "-U", USER, *arguments]
    environment = {**os.environ, "PGPASSWORD": PASSWORD}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_rows_sent_since_the_dump_are_found(trial: Trial, server: Server) -> None:
    """With pg_dump and psql, as a person does it; the folder of the runs outlives the database."""
    trial.imported("before", range(100, 105))
    tool(server, "pg_dump", "-f", str(trial.folder / "dump.sql"), "trial")
    assert trial.run().status == 0
    server.fresh("trial")
    tool(server, "psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-f", str(trial.folder / "dump.sql"), "trial")
    refused = trial.run()
    assert refused.status == 1
    assert "IMPORTER_ADOPT_LEDGER" in refused.json["message"]
    assert trial.command("runs", IMPORTER_ADOPT_LEDGER="yes").status == 0
    assert trial.imported("again", range(ROWS + 4)) == {"created": ROWS + 4}
    found = Counter(trial.kind.effects(trial.sandbox.state()))
    assert set(found.values()) == {1}, "a row was sent twice"
    assert len(found) == ROWS + 4 + 5
    assert trial.imported("third", range(ROWS + 3)) == {"skipped": ROWS + 3}
    # The same content as before the backup: its finished run is told again.
    assert trial.imported("fourth", range(100, 105)) == {"created": 5}
    assert Counter(trial.kind.effects(trial.sandbox.state())) == found
