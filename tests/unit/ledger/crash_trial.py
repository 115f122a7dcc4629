"""Kills a process that begins and ends calls, again and again, and prints as JSON what the ledger then holds.

Run as: python -m tests.unit.ledger.crash_trial HOME KILLS SEED. The killed processes are forked from this one, so that loading the
libraries costs its time only once.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from importer.core.model import Status
from importer.ledger.integrity.rollback_witness import read_witness
from importer.ledger.model import EndedCall
from importer.ledger.opening import open_sqlite_ledger
from importer.ledger.operations.calls import last_number
from tests.support.ledger_builders import call, ended, new_run, outcomes

ROWS_A_CALL = 25


def now() -> datetime:
    return datetime.now(UTC)


def send_until_killed(home: Path, first_row: int, pipe: int) -> None:
    """Some calls end and others begin in each transaction; each is told of only when the transaction is over."""
    ledger = open_sqlite_ledger(home, clock=now)
    row, flights, size = first_row, {}, 1
    while True:
        ends = [
            EndedCall(number, ended(), outcomes(range(first, first + ROWS_A_CALL))) for number, first in flights.items()
        ]
        firsts = [row + place * ROWS_A_CALL for place in range(size)]
        numbers = ledger.record(ends, [call(range(first, first + ROWS_A_CALL)) for first in firsts])
        told = [f"ended {number} {first}\n" for number, first in flights.items()]
        flights = dict(zip(numbers, firsts, strict=True))
        told += [f"begun {number} {first}\n" for number, first in flights.items()]
        os.write(pipe, "".join(told).encode())
        row, size = row + size * ROWS_A_CALL, size % 4 + 1


def kill_once(home: Path, first_row: int, seconds: float, *, begun: bool) -> list[list[str]]:
    """What the process told before it was killed. With ``begun`` its time counts from its first call."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            send_until_killed(home, first_row, writer)
        finally:
            os._exit(1)
    os.close(writer)
    if begun:
        # However busy the computer is, some of the kills must come in the middle of calls.
        select.select([reader], [], [], 20)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(reader, "rb") as told:
        return [line.decode().split() for line in told.read().splitlines(keepends=False)]


def main(home: Path, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    first = open_sqlite_ledger(home, clock=now)
    first.open_run(new_run())
    first.close()
    row, begun, wrong, recovered = 2, 0, [], 0
    for turn in range(kills):
        told = kill_once(home, row, 0.02 + chance.random() * 0.2, begun=turn % 2 == 0)
        witness = read_witness(home)
        ledger = open_sqlite_ledger(home, clock=now)
        with ledger.storage.engine.begin() as connection:
            last = last_number(connection)
        if witness.number > last:
            wrong.append(f"turn {turn}: witness {witness.number} ahead of {last}")
        rows = {outcome.row: outcome.status for outcome in ledger.outcomes("run-1")}
        for what, number, first_row in told:
            begun += what == "begun"
            expected = {Status.CREATED} if what == "ended" else {Status.CREATED, Status.UNCERTAIN}
            carried = {rows.get(int(first_row) + offset) for offset in range(ROWS_A_CALL)}
            if int(number) > last or len(carried) != 1 or not carried <= expected:
                wrong.append(f"turn {turn}: {what} {number} shows as {carried}")
        interrupted = ledger.recover_interrupted("run-1")
        recovered += len(interrupted)
        if len(interrupted) not in range(0, 5 * ROWS_A_CALL, ROWS_A_CALL):
            wrong.append(f"turn {turn}: {len(interrupted)} rows recovered")
        row = max(rows, default=1) + 1
        ledger.close()
    json.dump({"begun": begun, "recovered": recovered, "wrong": wrong, "rows": row - 2}, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
