"""What every ledger store promises about rows that correct the activity of an earlier row."""

from __future__ import annotations

from dataclasses import replace

import pytest

from importer.core.errors import LedgerError
from importer.core.model import Outcome, Status
from importer.ledger.ledger import Ledger
from importer.ledger.model import IdentityPart, RowIdentity, RowUpdate
from tests.support.ledger_builders import call, ended, new_run, outcomes

UPDATE = RowUpdate("ACT-2", "run-1", 2, {"mx_Custom_1": "5"})
KEY = b"key"


def make_activity(ledger: Ledger, activity_id: str = "ACT-2") -> None:
    """Deliver row 2 of run-1 and open run-2."""
    ledger.record_identities("run-1", 1, ["A"], [RowIdentity(2, KEY, b"old", b"source")])
    number = ledger.begin_call(call([2]))
    ledger.finish_call(number, ended(), outcomes([2], activity_id=activity_id))
    ledger.open_run(new_run("run-2"))


def earlier(ledger: Ledger) -> list[tuple[str, int]]:
    found = ledger.earlier_rows("acme", IdentityPart.KEY, [KEY], 1, "run-9")
    return [(one.known.run_id, one.known.row) for one in found]


class UpdatesContract:
    def test_updates_are_kept_replaced_and_withdrawn(self, ledger: Ledger) -> None:
        """A row has one update at most."""
        make_activity(ledger)
        ledger.record_updates("run-2", {3: UPDATE, 4: UPDATE})
        again = replace(UPDATE, before={"mx_Custom_1": "6"})
        ledger.record_updates("run-2", {3: again})
        assert ledger.updates("run-2") == {3: again, 4: UPDATE}
        ledger.withdraw_updates("run-2", [3])
        ledger.record_updates("run-2", {})
        assert (ledger.updates("run-2"), ledger.updates("run-1")) == ({4: UPDATE}, {})

    def test_a_corrected_activity_stays_with_its_row(self, ledger: Ledger) -> None:
        """Both rows have its id; another row, and one that corrects another activity, may not have it."""
        make_activity(ledger)
        ledger.record_updates("run-2", {3: UPDATE, 4: replace(UPDATE, activity_id="ACT-4")})
        ledger.finish_call(ledger.begin_call(call([3, 4, 5], "run-2")), ended(), outcomes([3, 4, 5], Status.UPDATED))
        ledger.correct("run-2", outcomes([3], Status.UPDATED, activity_id="act-2"), "read back")
        assert ledger.outcomes_between("run-2", 3, 3)[3].activity_id == "act-2"
        assert ledger.activity_owner("acme", ["ACT-2"]) == {"ACT-2": ("run-1", 2)}
        for row in (4, 5):
            with pytest.raises(LedgerError, match="belongs to row 2 of run run-1"):
                ledger.correct("run-2", outcomes([row], Status.UPDATED, activity_id="ACT-2"), "read back")
        # Without the correction the activity is still the earlier row's.
        ledger.correct("run-2", outcomes([3], Status.UPDATED), "not seen")
        assert ledger.activity_owner("acme", ["ACT-2"]) == {"ACT-2": ("run-1", 2)}

    def test_an_updated_row_is_no_earlier_row_any_more(self, ledger: Ledger) -> None:
        """From the call on, for its values are or may be replaced; a call that certainly did nothing changes nothing."""
        make_activity(ledger)
        ledger.record_identities("run-2", 1, ["A"], [RowIdentity(3, KEY, b"new", b"source")])
        ledger.record_updates("run-2", {3: UPDATE})
        assert earlier(ledger) == [("run-1", 2)]
        number = ledger.begin_call(call([3], "run-2"))
        assert earlier(ledger) == [("run-2", 3)]
        ledger.finish_call(number, ended(), outcomes([3], Status.NOT_SENT))
        assert earlier(ledger) == [("run-1", 2)]
        ledger.finish_call(ledger.begin_call(call([3], "run-2")), ended(), outcomes([3], Status.UPDATED))
        assert earlier(ledger) == [("run-2", 3)]

    def test_pruning_removes_replaced_values(self, ledger: Ledger) -> None:
        """What was corrected stays known."""
        make_activity(ledger)
        ledger.record_updates("run-2", {3: UPDATE})
        ledger.finish_call(ledger.begin_call(call([3], "run-2")), ended(), [Outcome(3, Status.UPDATED)])
        ledger.finish_run("run-2")
        ledger.prune_run("run-2", "2100-01-01T00:00:00.000+00:00")
        assert ledger.updates("run-2") == {3: replace(UPDATE, before={})}
