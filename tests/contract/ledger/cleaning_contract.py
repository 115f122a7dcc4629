"""Keys that an earlier version kept in texts of the ledger are hidden in every store."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Connection, select, update

from importer.core.errors import LedgerError
from importer.core.model import CallClass, Limit, Status, VerdictKind
from importer.core.redaction import HIDDEN, Secret
from importer.ledger.ledger import Ledger
from importer.ledger.model import LearnedLimit
from importer.ledger.schema import events, metadata
from tests.support.ledger_builders import call, ended, new_run, outcomes

KEY = "canary-access-0001"


class CleaningContract:
    def test_keys_that_were_kept_are_hidden(self, ledger: Ledger) -> None:
        """In answers, errors, reasons and events; whole, escaped, or cut; what has no key stays."""
        escaped = "".join(f"%{ord(letter):02x}" for letter in KEY)
        number = ledger.begin_call(call([2, 3, 4]))
        answer = ended(VerdictKind.REFUSED, answer=f"no: {escaped}!")
        errors = [f"the key {KEY}", f"cut {escaped[:-4]}", "canary yellow"]
        rejected = [
            replace(outcome, error=error, evidence=error)
            for outcome, error in zip(outcomes([2, 3, 4], Status.REJECTED), errors, strict=True)
        ]
        ledger.finish_call(number, answer, rejected)
        ledger.stop_run("run-1", f"stopped because of {KEY}")
        ledger.learn_limit("acme", LearnedLimit(CallClass.BULK, Limit(5, 1.0), f"said {KEY}", ""))
        ledger.open_run(new_run("run-2", account="other"))
        assert ledger.accounts_to_clean() == ["acme", "other"]
        Secret(KEY)
        assert ledger.clean("acme") >= 5
        assert ledger.accounts_to_clean() == ["other"]
        cleaned = ledger.outcomes_between("run-1", 2, 4)
        assert [cleaned[row].error for row in (2, 3, 4)] == [f"the key {HIDDEN}", f"cut {HIDDEN}", "canary yellow"]
        assert ledger.run("run-1").stop_reason == f"stopped because of {HIDDEN}"
        assert ledger.learned_limits("acme")[CallClass.BULK].evidence == f"said {HIDDEN}"
        assert "canary-a" not in (texts := everything_in(ledger))
        assert f"no: {HIDDEN}!" in texts
        with pytest.raises(LedgerError, match="events are only ever added"):
            ledger.storage.write(lambda connection: connection.execute(update(events).values(why="changed")))


def everything_in(ledger: Ledger) -> str:
    def read(connection: Connection) -> str:
        tables = (connection.execute(select(table)).all() for table in metadata.sorted_tables)
        return "\n".join(str(line) for lines in tables for line in lines)

    return str(ledger.storage.read(read))
