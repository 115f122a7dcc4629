"""Contract of every ledger store: uncertain rows, decisions about them, and activities."""

from __future__ import annotations

from dataclasses import replace

import pytest

from importer.core.errors import LedgerError
from importer.core.model import Outcome, Status, VerdictKind
from importer.ledger.ledger import Ledger
from importer.ledger.model import DECIDED, UNDECIDED, RowInCall, RunState
from tests.support.ledger_builders import call, ended, key_of, new_run, outcomes, send, status_of


class ResolutionContract:
    def test_an_uncertain_row_is_settled(self, ledger: Ledger) -> None:
        """What a read-back found replaces the uncertain outcome, with its evidence; attempts stay as counted."""
        send(ledger, [2], Status.UNCERTAIN)
        found = Outcome(2, Status.CREATED, "act", "lead", evidence="found by content", attempts=77)
        ledger.settle("run-1", [found], "read back")
        settled = ledger.outcomes_between("run-1", 2, 2)[2]
        assert settled == replace(found, attempts=1, at=settled.at)
        assert settled.at

    def test_a_pending_row_is_settled(self, ledger: Ledger) -> None:
        """Polling ends in any status, also in uncertain."""
        send(ledger, [2, 3, 4], Status.PENDING, request_id="r")
        ledger.settle("run-1", [Outcome(2, Status.UPDATED), Outcome(3, Status.REJECTED)], "polled")
        ledger.settle("run-1", [Outcome(4, Status.UNCERTAIN, request_id="r")], "nothing known of it")
        assert ledger.counts("run-1") == {Status.UPDATED: 1, Status.REJECTED: 1, Status.UNCERTAIN: 1}

    def test_only_uncertain_and_pending_rows_are_settled(self, ledger: Ledger) -> None:
        """A row that is certain, on its way or unknown keeps its state, and so do the others of the same change."""
        send(ledger, [2])
        send(ledger, [5], Status.UNCERTAIN)
        ledger.begin_call(call([3]))
        for row, words in ((2, "created"), (3, "sending"), (4, "not known yet")):
            with pytest.raises(LedgerError, match=f"Row {row} cannot be settled: it is {words}"):
                ledger.settle("run-1", [Outcome(5, Status.CREATED), Outcome(row, Status.NOT_SENT)], "why")
        assert status_of(ledger, 5) is Status.UNCERTAIN

    def test_an_answered_row_is_corrected(self, ledger: Ledger) -> None:
        """What its answer said gives way to what was found since; rows without a clear answer are settled instead."""
        send(ledger, [2], Status.UNCHANGED, lead_id="lead")
        send(ledger, [3], Status.REJECTED)
        send(ledger, [4], Status.UNCERTAIN)
        ledger.correct("run-1", [Outcome(2, Status.CREATED, lead_id="lead"), Outcome(3, Status.CREATED)], "times")
        assert ledger.counts("run-1") == {Status.CREATED: 2, Status.UNCERTAIN: 1}
        with pytest.raises(LedgerError, match="Row 4 cannot be corrected: it is uncertain"):
            ledger.correct("run-1", [Outcome(4, Status.CREATED)], "times")

    def test_unclear_calls_may_have_written_their_rows(self, ledger: Ledger) -> None:
        """Those without a clear answer, and refusals of several rows: one of which may not stand for the others."""
        send(ledger, [2])
        for rows, kind, status in (
            ([3, 4], VerdictKind.UNCERTAIN, Status.UNCERTAIN),
            ([5], VerdictKind.REFUSED, Status.REJECTED),
            ([6, 7], VerdictKind.REFUSED, Status.UNCERTAIN),
            ([8, 9], VerdictKind.THROTTLED, Status.NOT_SENT),
        ):
            ledger.finish_call(ledger.begin_call(call(rows)), ended(kind), outcomes(rows, status))
        assert [one.rows for one in ledger.unclear_calls("run-1")] == [(3, 4), (6, 7)]

    def test_rows_are_found_in_their_last_call(self, ledger: Ledger) -> None:
        """With their position in it; a row that no call carried is in none."""
        send(ledger, [2, 3, 4], Status.NOT_SENT)
        second = send(ledger, [2, 4, 7])
        ledger.skip("run-1", [Outcome(9, Status.SKIPPED)], ["key-9"])
        found = ledger.calls_of_rows("run-1", 3, 9)
        assert found == {3: RowInCall(second - 1, 2), 4: RowInCall(second, 2), 7: RowInCall(second, 3)}

    def test_a_person_decides_about_an_uncertain_row(self, ledger: Ledger) -> None:
        """Created with the id seen, given up, or to be sent again: then the run is open again."""
        send(ledger, [2, 3, 4], Status.UNCERTAIN)
        ledger.finish_run("run-1")
        ledger.decide("run-1", Outcome(2, Status.CREATED, "act", error_code=DECIDED), "seen")
        ledger.decide("run-1", Outcome(3, Status.SKIPPED, error_code=DECIDED), "given up")
        assert ledger.run("run-1").state is RunState.FINISHED
        ledger.decide("run-1", Outcome(4, Status.NOT_SENT, error_code=DECIDED), "not there")
        assert ledger.run("run-1").state is RunState.OPEN
        assert ledger.reposts("run-1", 4) == 0
        assert ledger.activity_owner("acme", ["act"]) == {"act": ("run-1", 2)}
        send(ledger, [4])
        assert ledger.counts("run-1") == {Status.CREATED: 2, Status.SKIPPED: 1}

    def test_a_decision_can_be_taken_back(self, ledger: Ledger) -> None:
        """Until the row is sent again; the activity is free for another row then."""
        send(ledger, [2, 3], Status.UNCERTAIN)
        ledger.decide("run-1", Outcome(2, Status.CREATED, "act", error_code=DECIDED), "seen")
        ledger.decide("run-1", Outcome(2, Status.UNCERTAIN, error_code=UNDECIDED), "a mistake")
        assert (status_of(ledger, 2), ledger.activity_owner("acme", ["act"])) == (Status.UNCERTAIN, {})
        ledger.decide("run-1", Outcome(3, Status.NOT_SENT, error_code=DECIDED), "not there")
        send(ledger, [3])
        with pytest.raises(LedgerError, match="Row 3 cannot be decided: it is created"):
            ledger.decide("run-1", Outcome(3, Status.UNCERTAIN), "too late")
        with pytest.raises(LedgerError, match="Row 9 cannot be decided: it is not known yet"):
            ledger.decide("run-1", Outcome(9, Status.CREATED), "never seen")

    def test_a_row_given_up_is_known_to_later_runs(self, ledger: Ledger) -> None:
        """Nobody knows whether it is in the CRM, so nobody sends it again unasked."""
        send(ledger, [2], Status.UNCERTAIN)
        ledger.decide("run-1", Outcome(2, Status.SKIPPED, error_code=DECIDED), "given up")
        known = ledger.known_keys("acme", new_run().target, [key_of(2)], "run-2")
        assert known[key_of(2)].status is Status.SKIPPED

    def test_a_row_found_absent_is_sent_again_and_counted(self, ledger: Ledger) -> None:
        """Releasing an uncertain row counts as a repost."""
        send(ledger, [2], Status.UNCERTAIN)
        assert ledger.reposts("run-1", 2) == 0
        ledger.settle("run-1", outcomes([2], Status.NOT_SENT), "absent twice")
        assert ledger.reposts("run-1", 2) == 1
        send(ledger, [2], Status.UNCERTAIN)
        ledger.settle("run-1", outcomes([2], Status.UNCERTAIN, evidence="still absent"), "somebody has to look")
        assert ledger.reposts("run-1", 2) == 1
        assert ledger.outcomes_between("run-1", 2, 2)[2].attempts == 2
        assert ledger.reposts("run-1", 99) == 0

    def test_settling_nothing_is_allowed(self, ledger: Ledger) -> None:
        """An empty change changes nothing."""
        ledger.settle("run-1", [], "why")
        ledger.skip("run-1", [], [])
        assert list(ledger.outcomes("run-1")) == []

    def test_rows_are_skipped(self, ledger: Ledger) -> None:
        """Rows not yet sent, certainly not applied, skipped before, or waiting without a call can be skipped."""
        send(ledger, [3], Status.NOT_SENT)
        ledger.skip("run-1", outcomes([2], Status.UNCERTAIN, evidence="waits for run-0"), ["k2"])
        assert ledger.outcomes_between("run-1", 2, 2)[2].attempts == 0
        ledger.skip("run-1", outcomes([2, 3, 4], Status.SKIPPED, lead_id="lead"), ["k2", "k3", "k4"])
        ledger.skip("run-1", outcomes([4], Status.SKIPPED), ["k4"])
        assert ledger.counts("run-1") == {Status.SKIPPED: 3}

    def test_a_row_that_waited_without_a_call_is_no_repost(self, ledger: Ledger) -> None:
        """It is sent for the first time when it is released."""
        ledger.skip("run-1", outcomes([2], Status.UNCERTAIN), [key_of(2)])
        ledger.settle("run-1", outcomes([2], Status.NOT_SENT), "the other run did not send it")
        assert ledger.reposts("run-1", 2) == 0
        send(ledger, [2])
        assert ledger.outcomes_between("run-1", 2, 2)[2].attempts == 1

    def test_a_row_that_was_sent_is_not_skipped(self, ledger: Ledger) -> None:
        """Skipping would hide an uncertain outcome; and nothing else than skipping is done by it."""
        send(ledger, [2], Status.UNCERTAIN)
        with pytest.raises(LedgerError, match="Row 2 cannot be skipped: it is uncertain"):
            ledger.skip("run-1", outcomes([2], Status.SKIPPED), ["k"])
        with pytest.raises(LedgerError, match="cannot be created"):
            ledger.skip("run-1", outcomes([3], Status.CREATED), ["k"])
        with pytest.raises(LedgerError, match="1 rows are skipped with 2 keys"):
            ledger.skip("run-1", outcomes([3], Status.SKIPPED), ["k", "l"])

    def test_an_activity_belongs_to_one_row_of_the_account(self, ledger: Ledger) -> None:
        """A second row with its id is refused, in whatever case; another account may have the same id."""
        send(ledger, [2], activity_id="Act-1")
        number = ledger.begin_call(call([3, 4]))
        with pytest.raises(LedgerError, match="Activity act-1 already belongs to row 2 of run run-1"):
            ledger.finish_call(number, ended(), outcomes([3]) + outcomes([4], activity_id="ACT-1"))
        with pytest.raises(LedgerError, match="Activity act-2 is named for two rows"):
            ledger.finish_call(number, ended(), outcomes([3, 4], activity_id="act-2"))
        assert ledger.counts("run-1") == {Status.CREATED: 1, Status.UNCERTAIN: 2}
        assert ledger.activity_owner("acme", ["ACT-1", "act-1", "act-2"]) == {
            "ACT-1": ("run-1", 2),
            "act-1": ("run-1", 2),
        }
        ledger.open_run(new_run("run-2", account="other"))
        other = ledger.begin_call(call([2], "run-2", account="other"))
        ledger.finish_call(other, ended(), outcomes([2], activity_id="Act-1"))
        assert ledger.activity_owner("other", ["Act-1"]) == {"Act-1": ("run-2", 2)}

    def test_a_row_keeps_changes_or_gives_up_its_activity(self, ledger: Ledger) -> None:
        """The booking follows the row: it may settle with the same id, with another, or with none."""
        send(ledger, [2, 3], Status.PENDING)
        ledger.settle("run-1", [Outcome(2, Status.UNCERTAIN, "act-1")], "told by the status")
        ledger.settle("run-1", [Outcome(2, Status.UNCERTAIN, "act-1", evidence="e")], "remarked")
        assert ledger.activity_owner("acme", ["act-1"]) == {"act-1": ("run-1", 2)}
        ledger.settle("run-1", [Outcome(2, Status.UNCERTAIN, "act-2"), Outcome(3, Status.CREATED, "act-1")], "looked")
        assert ledger.activity_owner("acme", ["act-1", "act-2"]) == {"act-1": ("run-1", 3), "act-2": ("run-1", 2)}
        ledger.settle("run-1", [Outcome(2, Status.NOT_SENT, "act-2")], "decided")
        ledger.begin_call(call([2]))
        assert ledger.activity_owner("acme", ["act-2"]) == {}
