"""Each change happens once, whatever becomes of the connection, the server or other writers."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, text

from importer.core.errors import AnotherRunActive, LedgerError
from importer.core.model import Status
from importer.core.redaction import Secret
from importer.ledger.ledger import Ledger
from importer.ledger.operations import calls, runs
from importer.ledger.postgres import storage
from importer.ledger.postgres.opening import database_has_ledger, open_shared_ledger
from tests.support.ledger_builders import TickingClock, call, ended, new_run, outcomes, send
from tests.support.postgres_server import PASSWORD, USER, Server

Opening = Callable[..., Ledger]


def cut_at(ledger: Ledger, monkeypatch: pytest.MonkeyPatch, when: str, how: Callable[[Any], None]) -> list[str]:
    """The first time that the ledger's connection is to commit, ``how`` gets it, before or after the commit itself."""
    happened: list[str] = []
    dialect = ledger.storage.engine.dialect
    real = dialect.do_commit

    def commit(raw: Any) -> None:
        if happened:
            real(raw)
            return
        happened.append(when)
        if when == "after":
            real(raw)
        how(raw.driver_connection)
        if when == "after":
            raise psycopg.OperationalError("the connection was cut")
        real(raw)

    monkeypatch.setattr(dialect, "do_commit", commit)
    return happened


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_commit_without_an_answer_is_looked_up(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, server: Server, when: str
) -> None:
    """Whether the server had committed or not: the change is there once, and the ledger goes on."""
    happened = cut_at(ledger, monkeypatch, when, lambda raw: server.cut("trial"))
    number = ledger.begin_call(call([2, 3]))
    assert happened == [when]
    assert ledger.counts("run-1") == {Status.UNCERTAIN: 2}
    assert [past.number for past in ledger.past_calls("run-1")] == [number]
    assert server.sql("SELECT count(*) FROM importer.events WHERE became = 'sending'", "trial") == "1"
    ledger.finish_call(number, ended(), outcomes([2, 3]))
    assert ledger.counts("run-1") == {Status.CREATED: 2}


def test_a_result_that_was_committed_unheard_is_the_first_one(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, server: Server
) -> None:
    """The number of the call is that of the attempt which was committed, not of one that came later."""
    asked: list[list[int]] = []
    real = calls._begin

    def begin(connection: Connection, wanted: Any, now: str) -> list[int]:
        asked.append(real(connection, wanted, now))
        return asked[-1]

    monkeypatch.setattr(calls, "_begin", begin)
    cut_at(ledger, monkeypatch, "after", lambda raw: server.cut("trial"))
    assert [ledger.begin_call(call([2]))] == asked[0]
    assert len(asked) == 1


@pytest.mark.parametrize("mode", ["immediate", "fast"])
def test_a_server_that_is_started_again(ledger: Ledger, server: Server, mode: str) -> None:
    """Reading and writing go on where they were."""
    number = ledger.begin_call(call([2]))
    server.stop(mode)
    server.start()
    assert ledger.counts("run-1") == {Status.UNCERTAIN: 1}
    server.restart()
    ledger.finish_call(number, ended(), outcomes([2]))
    assert ledger.counts("run-1") == {Status.CREATED: 1}


def test_a_server_that_stays_away(ledger: Ledger, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The person learns that nothing was written; once the server is back, the ledger works again."""
    monkeypatch.setattr(storage, "PAUSES", (0.01, 0.01))
    server.stop()
    try:
        with pytest.raises(LedgerError, match=r"cannot be reached .*Nothing of the last change was written") as caught:
            ledger.begin_call(call([2]))
        with pytest.raises(LedgerError, match="cannot be reached"):
            ledger.counts("run-1")
    finally:
        server.start()
    assert PASSWORD not in str(caught.value)
    assert ledger.counts("run-1") == {}
    send(ledger, [2])


def test_a_commit_whose_end_is_never_known(
    ledger: Ledger, server: Server, monkeypatch: pytest.MonkeyPatch, opening: Opening
) -> None:
    """Nothing more is written by this process, for its picture may be wrong; the next start sees the truth."""
    monkeypatch.setattr(storage, "PAUSES", (0.01, 0.01))
    cut_at(ledger, monkeypatch, "after", lambda raw: server.stop())
    try:
        with pytest.raises(LedgerError, match="Whether the last change was written is not known"):
            ledger.begin_call(call([2]))
    finally:
        server.start()
    with pytest.raises(LedgerError, match="Whether the last change was written is not known"):
        ledger.begin_call(call([3]))
    assert opening().recover_interrupted("run-1") == [2]


def test_a_server_that_freezes(opening: Opening, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not waited for without end."""
    monkeypatch.setattr(storage, "PAUSES", (0.01,))
    ledger = opening(answer_seconds=4.0)
    ledger.open_run(new_run())
    frozen = server.signal_backends("trial", signal.SIGSTOP)
    assert frozen
    try:
        begun = time.monotonic()
        ledger.begin_call(call([2]))
        assert 0.9 < time.monotonic() - begun < 60
    finally:
        for pid in frozen:
            _thaw(pid)
    assert ledger.counts("run-1") == {Status.UNCERTAIN: 1}


def _thaw(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


def test_writers_in_each_other_s_way(opening: Opening, ledger: Ledger) -> None:
    """Many changes of one line at once: each of them happens once."""
    ledgers = [opening() for _ in range(4)]

    def reopen(each: Ledger) -> None:
        for _ in range(10):
            each.reopen_run("run-1")

    threads = [threading.Thread(target=reopen, args=(each,)) for each in ledgers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ledger.storage.read(lambda connection: runs.generation(connection, "run-1")) == 40


def test_two_that_want_the_same_row(opening: Opening, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both found it unsent: only one of them begins a call with it."""
    other = opening()
    real = calls._begin
    met = threading.Event()

    def begin(connection: Connection, wanted: Any, now: str) -> int:
        number = real(connection, wanted, now)
        if not met.is_set():
            met.set()
            time.sleep(0.3)
        return number

    monkeypatch.setattr(calls, "_begin", begin)
    refused: list[str] = []

    def late() -> None:
        met.wait()
        try:
            other.begin_call(call([2]))
        except LedgerError as error:
            refused.append(error.message)

    thread = threading.Thread(target=late)
    thread.start()
    ledger.begin_call(call([2]))
    thread.join()
    assert refused == ["Row 2 cannot be sent: it is sending."]


def test_one_activity_for_two_accounts_at_once(opening: Opening, ledger: Ledger) -> None:
    """Accounts do not stand in each other's way."""
    ledger.open_run(new_run("run-2", account="other"))
    other = opening()
    first, second = ledger.begin_call(call([2])), other.begin_call(call([2], "run-2", account="other"))
    ledger.finish_call(first, ended(), outcomes([2], activity_id="a"))
    other.finish_call(second, ended(), outcomes([2], activity_id="a"))
    assert other.activity_owner("other", ["a"]) == {"a": ("run-2", 2)}


def test_a_line_that_is_always_taken(ledger: Ledger) -> None:
    """It is not tried for ever."""

    def work(connection: Connection) -> None:
        connection.execute(text("INSERT INTO tenants VALUES ('a', 'o', 't')"))
        connection.execute(text("INSERT INTO tenants VALUES ('a', 'o', 't')"))

    with pytest.raises(LedgerError, match="changed by another process at the same time"):
        ledger.storage.write(work)
    send(ledger, [2])


def test_what_the_server_refuses_is_not_tried_again(ledger: Ledger) -> None:
    """Neither are the contents of the rows in the message."""
    tries: list[int] = []

    def work(connection: Connection) -> None:
        tries.append(1)
        connection.execute(text("INSERT INTO runs (id, state) VALUES ('private words', 'nonsense')"))

    with pytest.raises(LedgerError, match="it refused") as caught:
        ledger.storage.write(work)
    assert tries == [1]
    assert "private" not in caught.value.message
    with pytest.raises(LedgerError, match="it refused"):
        ledger.storage.read(lambda connection: connection.execute(text("SELECT nonsense")))


def test_events_are_never_changed(ledger: Ledger) -> None:
    """Not even by emptying the table."""
    for statement in ("UPDATE events SET why = ''", "DELETE FROM events", "TRUNCATE events"):
        with pytest.raises(LedgerError, match="events are only ever added"):
            ledger.storage.write(lambda connection, words=statement: connection.execute(text(words)))


def test_a_database_that_is_put_back_while_in_use(ledger: Ledger, server: Server) -> None:
    """The writer's line is gone or tells another story: nothing more is written."""
    server.sql("UPDATE importer.writers SET number = 7", "trial")
    with pytest.raises(LedgerError, match="was replaced while it was in use"):
        ledger.begin_call(call([2]))
    server.sql("DELETE FROM importer.writers", "trial")
    with pytest.raises(LedgerError, match="was replaced while it was in use"):
        ledger.begin_call(call([2]))


def test_a_sender_whose_connection_is_cut(opening: Opening, ledger: Ledger, server: Server) -> None:
    """It notices before the next call, and stays stopped; somebody else may send now."""
    with ledger.sender("acme", "run-1") as held:
        assert held.still_ours()
        assert server.cut("trial") == 2
        assert not held.still_ours()
        assert not held.still_ours()
        with opening().sender("acme") as successor:
            assert successor.still_ours()


def test_a_sender_that_did_not_notice(opening: Opening, ledger: Ledger, server: Server) -> None:
    """Once somebody has taken over, it begins no call, whatever it believes."""
    with ledger.sender("acme"):
        ledger.begin_call(call([2]))
        server.cut("trial", "query LIKE '%senders%'")
        other = opening()
        with other.sender("acme"):
            with pytest.raises(LedgerError, match="has taken over"):
                ledger.begin_call(call([3]))
            assert other.recover_interrupted("run-1") == [2]
            other.begin_call(call([3]))
    ledger.open_run(new_run("run-9", account="fourth"))
    with ledger.sender("third"):
        ledger.begin_call(call([4], "run-9", account="fourth"))


def test_a_second_sender_learns_who_has_the_account(opening: Opening, ledger: Ledger, server: Server) -> None:
    """Machine, process, run and time."""
    other = opening()
    with ledger.sender("acme", "run-1"):
        holder = r"process \d+ on \S+, run run-1, since 2026-01-01 00:0\d UTC"
        with pytest.raises(AnotherRunActive, match=holder), other.sender("acme"):
            pass
        server.sql("DELETE FROM importer.senders", "trial")
        with pytest.raises(AnotherRunActive, match="an unknown process"), other.sender("acme"):
            pass


def test_a_server_that_freezes_under_a_sender(opening: Opening, server: Server) -> None:
    """The right counts as lost: better stop than wait. Neither does its end wait."""
    ledger = opening(answer_seconds=4.0)
    frozen: list[int] = []
    try:
        for asked in (True, False):
            with ledger.sender("acme" if asked else "other") as held:
                frozen += server.signal_backends("trial", signal.SIGSTOP)
                if asked:
                    assert not held.still_ours()
        begun = time.monotonic()
        ledger.close()
        assert time.monotonic() - begun < 60
    finally:
        for pid in frozen:
            _thaw(pid)


def test_no_sender_without_a_server(ledger: Ledger, server: Server) -> None:
    """Whoever cannot ask for the right has not got it."""
    server.stop()
    try:
        with pytest.raises(LedgerError, match="cannot be reached"), ledger.sender("acme"):
            pass
    finally:
        server.start()


def test_the_url_s_words_are_in_no_message(server: Server, tmp_path: Any) -> None:
    """Neither the password nor the user, when the server does not want them."""
    url = server.url("trial")
    for wrong in (url.replace(USER, "private-user"), url.replace("canary", "canarx"), server.url("nowhere")):
        for attempt in (partial(open_shared_ledger, home=tmp_path, clock=TickingClock()), database_has_ledger):
            with pytest.raises(LedgerError, match="cannot be used") as caught:
                attempt(Secret(wrong))
            told = caught.value.message + caught.value.remedy
            assert "private-user" not in told
            assert "0canar" not in told


def test_a_commit_that_is_still_under_way(opening: Opening, server: Server) -> None:
    """The connection is cut while the server is at it: whoever looks it up waits until the server has come to an end."""
    ledger = opening(answer_seconds=4.0)
    ledger.open_run(new_run())
    begun: list[int] = []
    # No standby of this name exists, so every commit waits for it.
    server.configure("synchronous_standby_names = 'nobody'")
    try:
        thread = threading.Thread(target=lambda: begun.append(ledger.begin_call(call([2, 3]))))
        thread.start()
        time.sleep(3.0)
        assert not begun
    finally:
        server.configure("synchronous_standby_names = ''")
    thread.join(30)
    assert begun
    assert server.sql("SELECT count(*) FROM importer.calls", "trial") == "1"
    assert server.sql("SELECT number FROM importer.writers ORDER BY number DESC", "trial").split()[0] == "2"
