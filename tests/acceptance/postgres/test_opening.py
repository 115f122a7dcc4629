"""The shared ledger is opened only where it is safe, and only if it is the one that was used last."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from importer.core.errors import LedgerError, SettingsError
from importer.core.model import Outcome, Status
from importer.core.redaction import Secret
from importer.ledger.factory import ledger_exists, open_ledger
from importer.ledger.ledger import Ledger
from importer.ledger.opening import open_sqlite_ledger
from importer.ledger.postgres.connection import Database, advisory_lock_number
from importer.ledger.postgres.opening import open_shared_ledger
from tests.support.ledger_builders import TickingClock, call, new_run, send
from tests.support.postgres_server import USER, Server

Opening = Callable[..., Ledger]


def test_what_one_wrote_another_reads(opening: Opening, ledger: Ledger, database: Secret, tmp_path: Path) -> None:
    """Also after it was closed; and it is known to be there."""
    send(ledger, [2, 3])
    key = ledger.install_key()
    ledger.close()
    again = opening()
    assert again.counts("run-1") == {Status.CREATED: 2}
    assert again.install_key() == key
    assert ledger_exists(tmp_path, database)


def test_a_database_without_a_ledger(database: Secret, tmp_path: Path) -> None:
    """Looking for one makes none."""
    assert not ledger_exists(tmp_path, database)
    assert not ledger_exists(tmp_path, database)


def test_several_open_a_new_ledger_at_once(database: Secret, tmp_path: Path) -> None:
    """One of them makes the tables, and all use them."""
    keys: list[bytes] = []

    def open_it() -> None:
        made = open_shared_ledger(database, tmp_path, clock=TickingClock())
        keys.append(made.install_key())
        made.close()

    threads = [threading.Thread(target=open_it) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 5
    assert len(set(keys)) == 1


def test_a_writer_leaves_no_line_behind(opening: Opening, server: Server) -> None:
    """And lines of those that were killed long ago are cleared away."""
    opening().close()
    assert server.sql("SELECT count(*) FROM importer.writers", "trial") == "0"
    server.sql("INSERT INTO importer.writers VALUES ('old', 3, now() - interval '31 days'), ('new', 3, now())", "trial")
    opening()
    assert server.sql("SELECT count(*) FROM importer.writers", "trial") == "2"


def test_the_settings_of_a_session(opening: Opening, server: Server) -> None:
    """A user's weaker settings are not taken over."""
    server.sql(f"ALTER ROLE {USER} SET synchronous_commit = off")
    try:
        ledger = opening()
        asked = "SELECT current_setting('synchronous_commit'), current_setting('transaction_isolation')"
        found = ledger.storage.read(lambda connection: connection.exec_driver_sql(asked).one())
        assert tuple(found) == ("on", "repeatable read")
    finally:
        server.sql(f"ALTER ROLE {USER} RESET synchronous_commit")


def test_a_server_that_does_not_sync_is_refused(opening: Opening, server: Server) -> None:
    """It could lose what it said was written."""
    server.configure("fsync = off")
    try:
        with pytest.raises(LedgerError, match="fsync=off"):
            opening()
    finally:
        server.configure("fsync = on")


def test_an_encoding_that_does_not_hold_every_text(server: Server, tmp_path: Path) -> None:
    """Only UTF8 does."""
    server.sql("DROP DATABASE IF EXISTS latin")
    server.sql("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'")
    with pytest.raises(LedgerError, match="its encoding is LATIN1"):
        open_shared_ledger(Secret(server.url("latin")), tmp_path, clock=TickingClock())


def test_a_database_that_takes_no_changes(opening: Opening, server: Server) -> None:
    """Without the rights to make a schema the person learns what is missing."""
    server.sql("CREATE ROLE poor LOGIN PASSWORD 'poor0words'")
    url = server.url("trial").replace(f"//{USER}:", "//poor:").replace(server.password_in_url, "poor0words")
    with pytest.raises(LedgerError, match=r"this user may not do that \(permission denied"):
        open_shared_ledger(Secret(url), Path("/nowhere"), clock=TickingClock())


def test_a_copy_is_refused_until_it_is_adopted(
    opening: Opening, ledger: Ledger, server: Server, tmp_path: Path
) -> None:
    """A dump that was put back, and a copy, do not know what was sent since."""
    send(ledger, [2])
    ledger.close()
    server.sql("DROP DATABASE IF EXISTS copied")
    server.sql("CREATE DATABASE copied TEMPLATE trial")
    copied = Secret(server.url("copied"))
    with pytest.raises(LedgerError, match="not where it was used last") as caught:
        open_shared_ledger(copied, tmp_path, clock=TickingClock())
    assert "IMPORTER_ADOPT_LEDGER=yes" in caught.value.remedy
    adopted = open_shared_ledger(copied, tmp_path, clock=TickingClock(), adopt=True)
    assert adopted.counts("run-1") == {Status.CREATED: 1}
    adopted.close()
    open_shared_ledger(copied, tmp_path, clock=TickingClock()).close()
    assert server.sql("SELECT became FROM importer.events ORDER BY id DESC LIMIT 1", "copied") == "adopted"
    opening()


def test_a_server_that_does_not_tell_who_it_is(opening: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some that are rented out do not; then what they do tell has to be enough."""
    monkeypatch.setattr("importer.ledger.postgres.opening._PLACE_QUERIES", ("SELECT nonsense", "SELECT 'mark'"))
    opening().close()
    opening()


def test_a_url_without_a_user(server: Server, tmp_path: Path) -> None:
    """The server decides; here it does not know who runs the tests."""
    with pytest.raises(LedgerError, match="cannot be used"):
        open_shared_ledger(Secret(f"postgresql:///trial?host={server.folder}"), tmp_path, clock=TickingClock())


def test_a_ledger_of_another_format(opening: Opening, server: Server) -> None:
    """Another version of the program made it, or it is damaged."""
    opening().close()
    server.sql("UPDATE importer.meta SET value = '9' WHERE name = 'schema_version'", "trial")
    with pytest.raises(LedgerError, match="has the format 9"):
        opening()
    server.sql("DELETE FROM importer.meta WHERE name = 'uuid'", "trial")
    with pytest.raises(LedgerError, match="has no identity"):
        opening()


_FORMAT_1 = """
    DROP TABLE importer.identities;
    ALTER TABLE importer.runs DROP COLUMN columns;
    ALTER TABLE importer.rows DROP CONSTRAINT known_status;
    ALTER TABLE importer.rows ADD CONSTRAINT known_status CHECK (status IN ('sending', 'created', 'skipped'));
    UPDATE importer.meta SET value = '1' WHERE name = 'schema_version'
"""


def test_a_ledger_of_the_format_before_is_upgraded(opening: Opening, ledger: Ledger, server: Server) -> None:
    """By one of several processes that open it at once; its rows stay, and new statuses can be stored."""
    send(ledger, [2, 3])
    ledger.close()
    server.sql(_FORMAT_1, "trial")
    opened: list[Ledger] = []
    threads = [threading.Thread(target=lambda: opened.append(opening())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 4
    again = opening()
    again.skip("run-1", [Outcome(9, Status.CHANGED)], ["key"])
    assert again.counts("run-1") == {Status.CREATED: 2, Status.CHANGED: 1}
    assert [run.id for run in again.runs_without_identities("acme")] == ["run-1"]
    upgraded = server.sql("SELECT count(*) FROM importer.events WHERE became = 'upgraded'", "trial")
    assert upgraded == "1"


def test_a_folder_with_a_ledger_of_its_own(database: Secret, tmp_path: Path, opening: Opening) -> None:
    """What was sent with it would not be known: refused until a person vouches."""
    own = open_sqlite_ledger(tmp_path / "home", clock=TickingClock())
    own.open_run(new_run())
    own.begin_call(call([2]))
    own.close()
    with pytest.raises(LedgerError, match="would not be known"):
        opening()
    opening(adopt=True).close()
    opening()


@pytest.mark.parametrize("url", ["postgresql://[", "postgresql://u:database0canary0pass@h/d?nonsense=1"])
def test_a_url_that_is_none(tmp_path: Path, url: str) -> None:
    """It is not quoted."""
    with pytest.raises(SettingsError, match="cannot be read as the URL") as caught:
        open_ledger(tmp_path, Secret(url), clock=TickingClock())
    assert url not in caught.value.message + caught.value.remedy


def test_many_open_it_at_the_same_time(opening: Opening, database: Secret) -> None:
    """Those that only open the ledger do not wait for each other; who adopts it waits for them."""
    opening()
    own = Database.of(database).connect(autocommit=True)
    own.execute("SELECT pg_advisory_lock_shared(%s)", (advisory_lock_number("opening"),))
    for _ in range(5):
        begun = time.monotonic()
        opening()
        assert time.monotonic() - begun < 9, "nobody waited until a lock is given up"
    begun = time.monotonic()
    threading.Timer(1.0, own.close).start()
    opening(adopt=True)
    assert time.monotonic() - begun >= 1
