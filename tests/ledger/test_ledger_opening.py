"""A ledger opens only when it is private, durable, undamaged and certainly the one used here last."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ledger_words import Ticking, call, ended, new_run, outcomes, send

from importer.errors import LedgerError
from importer.ledger import moved, opening, sqlite_file
from importer.ledger.identity import wants_adoption
from importer.ledger.store import SqlLedger, open_ledger
from importer.ledger.witness import Seen, read_witness, write_witness


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def opened(clock: Ticking, home: Path) -> Callable[..., SqlLedger]:
    def open_it(**options: Any) -> SqlLedger:
        return open_ledger(home, clock=clock, **{"this_machine": "machine-1", **options})

    return open_it


@pytest.fixture
def used(opened: Callable[..., SqlLedger]) -> Callable[..., SqlLedger]:
    """As ``opened``, for a ledger that has made one call."""
    ledger = opened()
    ledger.open_run(new_run())
    send(ledger, [2])
    ledger.close()
    return opened


def refusal(open_it: Callable[..., SqlLedger], **options: Any) -> LedgerError:
    with pytest.raises(LedgerError) as caught:
        open_it(**options)
    assert caught.value.remedy
    return caught.value


def change(home: Path, statement: str) -> None:
    connection = sqlite3.connect(home / "ledger.db")
    connection.execute(statement)
    connection.commit()
    connection.close()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_everything_is_private_whatever_the_umask(opened: Callable[..., SqlLedger], home: Path) -> None:
    """Folder 0700, files 0600, even when the umask would allow all and the files were open to all."""
    before = os.umask(0)
    try:
        opened().close()
        assert (mode(home), mode(home / "ledger.db"), mode(home / "ledger.head")) == (0o700, 0o600, 0o600)
        home.chmod(0o755)
        (home / "ledger.db").chmod(0o644)
        opened().close()
        assert (mode(home), mode(home / "ledger.db")) == (0o700, 0o600)
    finally:
        os.umask(before)


def test_the_ledger_survives_closing(used: Callable[..., SqlLedger]) -> None:
    """What one process wrote, the next one reads, with the same install key."""
    first = used()
    key = first.install_key()
    first.close()
    again = used(randomness=lambda count: b"\1" * count)
    assert [outcome.row for outcome in again.outcomes("run-1")] == [2]
    assert again.install_key() == key
    again.close()


def test_pragmas_are_in_force(opened: Callable[..., SqlLedger]) -> None:
    """The connection really writes with a rollback journal and EXTRA syncing."""
    ledger = opened()
    with ledger._reading() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "trusted_schema", "application_id")
        }
    assert found == {
        "journal_mode": "delete",
        "synchronous": 3,
        "foreign_keys": 1,
        "trusted_schema": 0,
        "application_id": 0x4C534951,
    }
    ledger.close()


@pytest.mark.parametrize("pragma", [("synchronous", "EXTRA", 4), ("no_such_pragma", "ON", 1)])
def test_a_pragma_that_does_not_take_is_refused(
    opened: Callable[..., SqlLedger], monkeypatch: pytest.MonkeyPatch, pragma: tuple[str, str, int]
) -> None:
    """Less durability than asked for is no ledger."""
    monkeypatch.setattr(sqlite_file, "_PRAGMAS", (pragma,))
    assert f"did not accept {pragma[0]}={pragma[1]}" in refusal(opened).message


def test_another_journal_mode_that_cannot_be_left_is_refused(
    used: Callable[..., SqlLedger], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that another program holds in WAL mode is not written to."""
    monkeypatch.setattr(sqlite_file, "_BUSY_SECONDS", 0.01)
    viewer = sqlite3.connect(home / "ledger.db")
    viewer.execute("PRAGMA journal_mode=WAL").fetchall()
    viewer.execute("SELECT count(*) FROM rows").fetchall()
    error = refusal(used)
    assert "another program is using it" in error.message or "did not accept journal_mode=DELETE" in error.message
    viewer.close()
    used().close()


def test_a_newer_ledger_is_refused(used: Callable[..., SqlLedger], home: Path) -> None:
    """An older program does not touch what a newer one wrote."""
    change(home, "PRAGMA user_version = 2")
    error = refusal(used)
    assert "newer version of importer" in error.message
    assert "Update importer" in error.remedy


def test_an_unknown_older_ledger_is_refused(used: Callable[..., SqlLedger], home: Path) -> None:
    """A format that never existed is damage."""
    change(home, "PRAGMA user_version = 0")
    assert "unknown format 0" in refusal(used).message


def test_a_strange_database_is_refused(opened: Callable[..., SqlLedger], home: Path) -> None:
    """Another program's file of the same name stays as it is."""
    home.mkdir()
    change(home, "CREATE TABLE addresses (name TEXT)")
    before = (home / "ledger.db").read_bytes()
    assert "not a ledger of this program" in refusal(opened).message
    assert (home / "ledger.db").read_bytes() == before


@pytest.mark.parametrize("content", [b"garbage " * 1000, b"x", b"SQLite format 3\0" + b"\xff" * 5000])
def test_garbage_is_refused(opened: Callable[..., SqlLedger], home: Path, content: bytes) -> None:
    """A file that is no database is reported as damaged and left alone."""
    home.mkdir()
    (home / "ledger.db").write_bytes(content)
    refusal(opened)
    assert (home / "ledger.db").read_bytes() == content


@pytest.mark.parametrize("part", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_a_truncated_file_is_refused(used: Callable[..., SqlLedger], home: Path, part: float) -> None:
    """A ledger that lost its end is damaged, never half a ledger."""
    file = home / "ledger.db"
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * part)])
    refusal(used)


@pytest.mark.parametrize("page", range(1, 12, 2))
def test_a_damaged_page_is_refused(used: Callable[..., SqlLedger], home: Path, page: int) -> None:
    """Garbage in the middle is found when opening, before anything is sent."""
    file = home / "ledger.db"
    content = bytearray(file.read_bytes())
    content[page * 4096 : page * 4096 + 200] = b"\xa5" * 200
    file.write_bytes(content)
    assert "damaged" in refusal(used).message


def test_a_ledger_that_does_not_say_who_it_is_is_refused(used: Callable[..., SqlLedger], home: Path) -> None:
    """Missing or broken particulars are damage."""
    change(home, "UPDATE meta SET value = 'no hexadecimal' WHERE name = 'install_key'")
    assert "does not say who it is" in refusal(used).message
    change(home, "DELETE FROM meta")
    assert "does not say who it is" in refusal(used).message


@pytest.mark.parametrize(
    ("limit", "unfinished", "cut_short", "looked"),
    [(10**9, False, False, False), (0, False, False, False), (0, True, False, True), (0, False, True, True)],
)
def test_files_are_checked_after_an_unclean_end(
    used: Callable[..., SqlLedger],
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    limit: int,
    unfinished: bool,
    cut_short: bool,
    looked: bool,
) -> None:
    """Not when the last end was a clean one; when a call never ended or a transaction was cut."""
    if unfinished:
        ledger = used()
        ledger.begin_call(call([3]))
        ledger.close()
    if cut_short:
        (home / "ledger.db-journal").write_bytes(b"\0" * 512)
    checks: list[Path] = []
    monkeypatch.setattr(sqlite_file, "DAILY_CHECKED_BYTES", limit)
    monkeypatch.setattr(sqlite_file, "check_for_damage", lambda connection, path: checks.append(path))
    used().close()
    assert bool(checks) is looked


def test_a_cut_transaction_is_rolled_back(used: Callable[..., SqlLedger], home: Path, tmp_path: Path) -> None:
    """A journal left by a dying process brings the last durable state back."""
    ledger = used()
    with ledger._writing() as connection:
        connection.exec_driver_sql("PRAGMA cache_spill = 1")
        connection.exec_driver_sql("PRAGMA cache_size = 1")
        for number in range(2000):
            connection.exec_driver_sql(f"INSERT INTO tenants VALUES ('{number}', '{'x' * 500}', '')")
        shutil.copytree(home, tmp_path / "copy")
    ledger.close()
    assert (tmp_path / "copy" / "ledger.db-journal").stat().st_size > 0
    revived = open_ledger(tmp_path / "copy", clock=Ticking(), this_machine="machine-1")
    assert revived.bind_account("0", "") == ""
    assert len(list(revived.outcomes("run-1"))) == 1
    revived.close()


# --- the witness


def test_the_witness_follows_each_call(used: Callable[..., SqlLedger], home: Path) -> None:
    """It knows the call before begin_call returns."""
    ledger = used()
    number = ledger.begin_call(call([3]))
    assert read_witness(home).number == number == 2
    ledger.close()


def test_a_witness_behind_the_ledger_is_brought_up(used: Callable[..., SqlLedger], home: Path) -> None:
    """A crash between the commit and the witness is harmless."""
    seen = read_witness(home)
    write_witness(home, Seen(seen.uuid, 0), anew=True)
    used().close()
    assert read_witness(home) == seen


def test_a_ledger_restored_from_a_backup_is_refused_until_adopted(
    used: Callable[..., SqlLedger], home: Path, tmp_path: Path
) -> None:
    """The witness is ahead; a person who has looked may go on, and the old state is then a stranger."""
    shutil.copy(home / "ledger.db", tmp_path / "backup.db")
    ledger = used()
    send(ledger, [3])
    ledger.close()
    shutil.copy(home / "ledger.db", tmp_path / "newest.db")
    shutil.copy(tmp_path / "backup.db", home / "ledger.db")
    error = refusal(used)
    assert "ends with call 1, but call 2 was made" in error.message
    assert "restored from a backup" in error.message
    assert "IMPORTER_ADOPT_LEDGER=yes" in error.remedy
    adopted = used(adopt=True)
    assert read_witness(home).number == 1
    with adopted._reading() as connection:
        events = connection.exec_driver_sql("SELECT why FROM events WHERE became = 'adopted'").scalars().all()
    assert events == [error.message]
    adopted.close()
    used().close()
    shutil.copy(tmp_path / "newest.db", home / "ledger.db")
    assert "not the one that was used here last" in refusal(used).message


def test_a_removed_ledger_is_noticed(used: Callable[..., SqlLedger], home: Path) -> None:
    """Deleting the ledger to start clean would forget what was sent."""
    (home / "ledger.db").unlink()
    error = refusal(used)
    assert "is missing or empty, but 1 calls were made" in error.message
    used(adopt=True).close()
    assert read_witness(home).number == 0
    used().close()


def test_another_ledger_in_its_place_is_refused(used: Callable[..., SqlLedger], home: Path, tmp_path: Path) -> None:
    """A ledger from elsewhere does not know what was sent from here."""
    open_ledger(tmp_path / "other", clock=Ticking(), this_machine="machine-1").close()
    shutil.copy(tmp_path / "other" / "ledger.db", home / "ledger.db")
    assert "not the one that was used here last" in refusal(used).message


def test_a_missing_witness_is_refused_once_calls_were_made(used: Callable[..., SqlLedger], home: Path) -> None:
    """Without it nothing shows that the ledger is the newest; a ledger without calls needs none."""
    (home / "ledger.head").unlink()
    assert "ledger.head is missing" in refusal(used).message
    used(adopt=True).close()
    used().close()


def test_a_ledger_without_calls_gets_a_new_witness(opened: Callable[..., SqlLedger], home: Path) -> None:
    """Nothing was sent yet, so nothing can be forgotten."""
    opened().close()
    (home / "ledger.head").unlink()
    opened().close()
    assert read_witness(home).number == 0


@pytest.mark.parametrize("content", ["", "garbage", "uuid -1\n", " 5\n", "uuid ٣\n", "\xff\xfe"])
def test_an_unreadable_witness_is_refused(used: Callable[..., SqlLedger], home: Path, content: str) -> None:
    """A witness that says nothing is no witness."""
    (home / "ledger.head").write_bytes(content.encode("utf-8"))
    assert "does not hold what this program writes there" in refusal(used).message
    used(adopt=True).close()
    used().close()


def test_a_ledger_of_another_machine_is_refused_until_adopted(used: Callable[..., SqlLedger]) -> None:
    """Two machines with one history could send the same rows; a machine without id is not held against it."""
    error = refusal(used, this_machine="machine-2")
    assert "made on another computer" in error.message
    used(this_machine="").close()
    used(this_machine="machine-2", adopt=True).close()
    used(this_machine="machine-2").close()
    assert "made on another computer" in refusal(used).message


def test_adopting_is_only_needed_when_something_is_wrong(used: Callable[..., SqlLedger], home: Path) -> None:
    """A ledger in order keeps its name even when the person would vouch for it."""
    before = read_witness(home)
    used(adopt=True).close()
    assert read_witness(home) == before


@pytest.mark.parametrize(("text", "wanted"), [("yes", True), (" YES ", True), ("1", True), ("", False), ("no", False)])
def test_adoption_is_asked_for_by_the_environment(text: str, wanted: bool) -> None:
    """Only a clear yes counts."""
    assert wants_adoption({"IMPORTER_ADOPT_LEDGER": text}) is wanted
    assert not wants_adoption({})


def test_the_machine_is_asked_when_it_is_not_told(home: Path, clock: Ticking) -> None:
    """The ledger binds itself to this machine by default."""
    open_ledger(home, clock=clock).close()
    open_ledger(home, clock=clock).close()


# --- races with another process that opens the same ledger


def test_two_processes_may_create_the_ledger_at_once(
    opened: Callable[..., SqlLedger], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The slower one finds the tables and uses them."""
    original = opening.identity.is_empty
    raced: list[bool] = []

    def slowly(connection: Any, path: Path) -> bool:
        if not raced:
            raced.append(True)
            opened().close()
            return True
        return original(connection, path)

    monkeypatch.setattr(opening.identity, "is_empty", slowly)
    ledger = opened()
    ledger.open_run(new_run())
    assert ledger.run("run-1") is not None
    ledger.close()


def test_calls_made_between_witness_and_ledger_are_no_alarm(
    opened: Callable[..., SqlLedger], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process creates the ledger and sends while this one is opening."""
    original = opening.read_witness
    raced: list[bool] = []

    def late(folder: Path) -> Seen | None:
        if raced:
            return original(folder)
        raced.append(True)
        other = opened()
        other.open_run(new_run())
        other.begin_call(call([2]))
        other.close()
        return None

    monkeypatch.setattr(opening, "read_witness", late)
    opened().close()
    assert len(raced) == 1


# --- where and whose the file is


def test_a_link_in_place_of_the_file_is_refused(opened: Callable[..., SqlLedger], home: Path, tmp_path: Path) -> None:
    """Nothing is written through a symbolic link."""
    home.mkdir()
    (home / "ledger.db").symlink_to(tmp_path / "elsewhere.db")
    assert "not an ordinary file" in refusal(opened).message
    assert not (tmp_path / "elsewhere.db").exists()


def test_a_folder_in_place_of_the_file_is_refused(opened: Callable[..., SqlLedger], home: Path) -> None:
    """Only a file can be the ledger."""
    (home / "ledger.db").mkdir(parents=True)
    assert "not an ordinary file" in refusal(opened).message


def test_a_home_that_is_a_file_is_refused(opened: Callable[..., SqlLedger], home: Path) -> None:
    """The folder must be a folder."""
    home.write_text("")
    assert "cannot be used" in refusal(opened).message


def test_another_user_s_ledger_is_refused(used: Callable[..., SqlLedger], monkeypatch: pytest.MonkeyPatch) -> None:
    """Running as somebody else (root, say) would lock the owner out of files made meanwhile."""
    monkeypatch.setattr(sqlite_file.os, "geteuid", lambda: os.getuid() + 1, raising=False)
    error = refusal(used)
    assert "belongs to another user" in error.message
    monkeypatch.delattr(sqlite_file.os, "geteuid")
    used().close()


@pytest.mark.parametrize(("kind", "refused"), [("nfs4", True), ("fuse.sshfs", True), ("ext4", False), ("", False)])
def test_a_network_disk_is_refused(
    opened: Callable[..., SqlLedger], monkeypatch: pytest.MonkeyPatch, kind: str, refused: bool
) -> None:
    """Syncing and locks of a network disk cannot be relied on."""
    monkeypatch.setattr(sqlite_file, "file_system", lambda home: kind)
    if refused:
        assert f"a network disk ({kind})" in refusal(opened).message
    else:
        opened().close()


def test_a_file_that_is_replaced_while_in_use_stops_the_sending(used: Callable[..., SqlLedger], home: Path) -> None:
    """What is written into a removed file would be lost, so no call may begin."""
    ledger = used()
    (home / "ledger.db").rename(home / "moved.db")
    with pytest.raises(LedgerError, match="removed or replaced while it was in use"):
        ledger.begin_call(call([3]))
    shutil.copy(home / "moved.db", home / "ledger.db")
    with pytest.raises(LedgerError, match="removed or replaced while it was in use"):
        ledger.begin_call(call([3]))
    os.replace(home / "moved.db", home / "ledger.db")
    number = ledger.begin_call(call([3]))
    ledger.finish_call(number, ended(), outcomes([3]))
    ledger.close()


def test_a_ledger_from_before_questions_were_counted(opened: Callable[..., SqlLedger], home: Path) -> None:
    """It gets the table for them when it is opened, and keeps everything else."""
    first = opened()
    first.open_run(new_run())
    first.close()
    with sqlite3.connect(home / "ledger.db") as connection:
        connection.execute("DROP TABLE questions")
    connection.close()
    again = opened()
    again.note_questions("acme", 2)
    assert again.questions_on("acme", again.last_day_asked("acme")) == 2
    assert [run.id for run in again.runs()] == ["run-1"]
    again.close()


def test_a_ledger_that_was_moved_is_not_used(opened: Callable[..., SqlLedger], home: Path) -> None:
    """Until a person says that it is the one to go on with."""
    opened().close()
    moved.set_aside(home, "the database")
    assert moved.unmoved_runs(home) == 0
    error = refusal(opened)
    assert "was moved: the database is used" in error.message
    assert "IMPORTER_DATABASE_URL" in error.remedy
    opened(adopt=True).close()
    opened().close()


def test_runs_that_nobody_moved_are_counted(opened: Callable[..., SqlLedger], home: Path) -> None:
    """A missing or empty file has none; one that cannot be read may have some."""
    assert moved.unmoved_runs(home) == 0
    ledger = opened()
    assert moved.unmoved_runs(home) == 0
    ledger.open_run(new_run())
    assert moved.unmoved_runs(home) == 1
    ledger.close()
    (home / "ledger.db").write_bytes(b"nothing that is a database" * 50)
    assert moved.unmoved_runs(home) == 1
    (home / "ledger.db").write_bytes(b"")
    assert moved.unmoved_runs(home) == 0
