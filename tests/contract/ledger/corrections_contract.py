"""What every ledger store promises about rows of corrected sheets."""

from __future__ import annotations

from importer.core.model import Outcome, Status
from importer.ledger.ledger import Ledger
from importer.ledger.model import Correction, RowOrigin
from tests.support.ledger_builders import new_run, outcomes, send


def origin(row: int, source: str = "bad", run: str = "run-0") -> RowOrigin:
    return RowOrigin(run, row, source.encode())


class CorrectionsContract:
    def test_corrections_are_found_by_cells_and_by_run(self, ledger: Ledger) -> None:
        """Those that are settled or may be in the CRM, of the tenant, and of no run that is left out."""
        ledger.record_origins("run-1", {row: origin(row) for row in range(2, 7)} | {7: origin(9, "other", "")})
        ledger.record_origins("run-1", {2: origin(99)})
        assert ledger.origins("run-1")[2] == origin(2)
        assert ledger.origins("run-9") == {}
        send(ledger, [2])
        send(ledger, [3], Status.UNCERTAIN)
        send(ledger, [4], Status.REJECTED)
        ledger.skip("run-1", outcomes([5], Status.SKIPPED), ["key-5"])
        ledger.skip("run-1", [Outcome(7, Status.SKIPPED)], ["key-7"])

        def rows(found: list[Correction]) -> list[tuple[int, bool]]:
            return [(one.known.row, one.is_settled) for one in found]

        assert rows(ledger.corrections("acme", [b"bad"])) == [(2, True), (3, False), (5, True)]
        assert rows(ledger.corrections("acme", [], "run-0")) == [(2, True), (3, False), (5, True)]
        assert rows(ledger.corrections("acme", [b"other"])) == [(7, True)]
        assert ledger.corrections("acme", [b"bad"], "", "run-1") == []
        assert ledger.corrections("acme", [b"else"]) == []
        ledger.bind_account("acme", "org-1")
        ledger.bind_account("same", "org-1")
        assert len(ledger.corrections("same", [b"bad"])) == 3
        assert ledger.corrections("stranger", [b"bad"]) == []

    def test_columns_of_corrections_are_known(self, ledger: Ledger) -> None:
        """Those of runs that correct, and of runs that were corrected; the newest first."""
        assert ledger.correction_columns("acme") == []
        for run, columns in (("run-2", ("A",)), ("run-3", ("B",)), ("run-4", ("C",))):
            ledger.open_run(new_run(run))
            ledger.record_identities(run, 1, columns, [])
        ledger.record_origins("run-3", {2: origin(5, run="run-2")})
        assert ledger.correction_columns("acme") == [("B",), ("A",)]
        assert ledger.correction_columns("stranger") == []
