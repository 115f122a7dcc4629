"""What every ledger store promises about the identities of rows."""

from __future__ import annotations

import pytest

from importer.core.errors import LedgerError
from importer.core.model import Outcome, Status
from importer.ledger.ledger import Ledger
from importer.ledger.model import CHANGE_DECLINED, IdentityPart, RowIdentity
from tests.support.ledger_builders import new_run, outcomes, send


def identity(row: int, key: str = "k", content: str = "c", named: str = "") -> RowIdentity:
    return RowIdentity(row, key.encode(), content.encode(), f"source {row}".encode(), named.encode() or None)


def found(ledger: Ledger, part: IdentityPart, digest: str, account: str = "acme", version: int = 1) -> list[int]:
    return [one.known.row for one in ledger.earlier_rows(account, part, [digest.encode()], version, "run-2")]


class IdentitiesContract:
    def test_earlier_rows_are_found_by_each_part(self, ledger: Ledger) -> None:
        """The oldest call first; of what may be in the CRM, or a person declined, and of nothing else."""
        rows = [identity(row, named="T" if row == 3 else "") for row in range(2, 9)]
        ledger.record_identities("run-1", 1, ["Lead", "Größe"], rows)
        send(ledger, [4])
        send(ledger, [2, 3], Status.UNCERTAIN)
        send(ledger, [5], Status.REJECTED)
        ledger.skip("run-1", [Outcome(6, Status.SKIPPED, error_code=CHANGE_DECLINED)], ["key-6"])
        ledger.skip("run-1", outcomes([7], Status.CHANGED), ["key-7"])
        assert found(ledger, IdentityPart.KEY, "k") == [6, 4, 2, 3]
        assert found(ledger, IdentityPart.NAMED, "T") == [3]
        assert found(ledger, IdentityPart.SOURCE, "source 4") == [4]
        assert found(ledger, IdentityPart.KEY, "other") == []
        assert found(ledger, IdentityPart.KEY, "k", version=2) == []
        (one,) = ledger.earlier_rows("acme", IdentityPart.NAMED, [b"T"], 1, "run-2")
        assert (one.identity, one.known.status, one.number) == (rows[1], Status.UNCERTAIN, 2)
        assert ledger.earlier_rows("acme", IdentityPart.KEY, [b"k"], 1, "run-1") == []

    def test_identities_belong_to_the_tenant(self, ledger: Ledger) -> None:
        """Another name of it knows them, another tenant does not; what is recorded first stays."""
        ledger.record_identities("run-1", 1, ["Lead"], [identity(2)])
        ledger.record_identities("run-1", 1, ["Lead"], [identity(2, key="changed"), identity(3)])
        ledger.record_identities("run-1", 1, ["Lead"], [])
        send(ledger, [2, 3])
        for account, tenant in (("acme", "org-1"), ("same", "org-1"), ("other", "org-2")):
            ledger.bind_account(account, tenant)
        assert found(ledger, IdentityPart.KEY, "k", "same") == [2, 3]
        assert found(ledger, IdentityPart.KEY, "k", "other") == []
        assert found(ledger, IdentityPart.KEY, "changed") == []

    def test_the_columns_of_runs_are_known(self, ledger: Ledger) -> None:
        """Each set once, the newest first; runs that have none are listed."""
        for run, columns in (("run-2", ("A", "B")), ("run-3", ("A",)), ("run-4", ("A", "B"))):
            ledger.open_run(new_run(run))
            ledger.record_identities(run, 1, columns, [])
        assert ledger.source_columns("acme", "run-9") == [("A", "B"), ("A",)]
        assert ledger.source_columns("acme", "run-4") == [("A",), ("A", "B")]
        assert [run.id for run in ledger.runs_without_identities("acme")] == ["run-1"]

    def test_a_held_row_is_released_or_declined_and_nothing_else(self, ledger: Ledger) -> None:
        """It was never sent, so it cannot have arrived; and a row that was sent is not held any more."""
        ledger.skip("run-1", outcomes([2, 3], Status.CHANGED), ["key-2", "key-3"])
        with pytest.raises(LedgerError, match="Row 2 is changed, so it cannot become created"):
            ledger.settle("run-1", outcomes([2], Status.CREATED), "why")
        ledger.settle("run-1", outcomes([2], Status.NOT_SENT) + outcomes([3], Status.SKIPPED), "why")
        send(ledger, [2], Status.UNCERTAIN)
        with pytest.raises(LedgerError, match="Row 2 is uncertain, so it cannot become changed"):
            ledger.settle("run-1", outcomes([2], Status.CHANGED), "why")
