"""What every ledger store promises. A store's test class inherits these tests and gives the fixture ``ledger``."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ledger_words import Ticking, call, ended, key_of, new_run, outcomes, send

from importer.errors import AnotherRunActive, LedgerError
from importer.ledger.interface import DECIDED, UNDECIDED, LearnedLimit, Ledger, RunState
from importer.model import CallClass, Limit, Outcome, Status, VerdictKind


def status_of(ledger: Ledger, row: int, run_id: str = "run-1") -> Status:
    return ledger.outcomes_between(run_id, row, row)[row].status


class RunsContract:
    def test_a_new_run_is_open_and_remembered(self, ledger: Ledger) -> None:
        """A run comes back as it was opened, with the time."""
        opened = ledger.open_run(new_run("run-9"))
        assert (opened.id, opened.new, opened.state) == ("run-9", new_run("run-9"), RunState.OPEN)
        assert opened.started_at.startswith("2026-01-01T00:00:")
        assert opened.started_at.endswith("+00:00")
        assert (opened.finished_at, opened.stop_reason) == ("", "")
        assert ledger.run("run-9") == opened

    def test_a_run_is_opened_once(self, ledger: Ledger) -> None:
        """A second run of the same name is refused."""
        with pytest.raises(LedgerError, match="already knows a run run-1"):
            ledger.open_run(new_run())

    def test_a_run_is_found_by_the_beginning_of_its_id(self, ledger: Ledger) -> None:
        """A prefix finds its run only when no other run begins so; the full id always does."""
        ledger.open_run(new_run("run-12"))
        ledger.open_run(new_run("Run-2"))
        assert ledger.run("run-12").id == "run-12"
        assert ledger.run("run-1").id == "run-1"
        assert ledger.run("run-") is None
        assert ledger.run("Ru").id == "Run-2"
        assert ledger.run("") is None
        assert ledger.run("%") is None

    def test_the_newest_run_of_a_plan_is_found(self, ledger: Ledger) -> None:
        """A plan may have several runs; the one opened last counts."""
        ledger.open_run(new_run("a", fingerprint="plan"))
        ledger.open_run(new_run("b", fingerprint="plan"))
        assert ledger.find_run("plan").id == "b"
        assert ledger.find_run("another") is None

    def test_runs_are_listed_newest_first(self, ledger: Ledger) -> None:
        """The list can be narrowed by account and state, and cut."""
        ledger.open_run(new_run("run-2", account="other"))
        ledger.open_run(new_run("run-3"))
        ledger.finish_run("run-3")
        assert [run.id for run in ledger.runs()] == ["run-3", "run-2", "run-1"]
        assert [run.id for run in ledger.runs("acme")] == ["run-3", "run-1"]
        assert [run.id for run in ledger.runs(state=RunState.OPEN)] == ["run-2", "run-1"]
        assert [run.id for run in ledger.runs(limit=1)] == ["run-3"]

    def test_a_stopped_run_stays_open_until_it_is_finished(self, ledger: Ledger) -> None:
        """The reason of a stop is kept, and cleared by finishing."""
        ledger.stop_run("run-1", "the budget is used up")
        stopped = ledger.run("run-1")
        assert (stopped.state, stopped.stop_reason, stopped.finished_at) == (RunState.OPEN, "the budget is used up", "")
        ledger.finish_run("run-1")
        finished = ledger.run("run-1")
        assert (finished.state, finished.stop_reason) == (RunState.FINISHED, "")
        assert finished.finished_at > finished.started_at
        ledger.reopen_run("run-1")
        assert (ledger.run("run-1").state, ledger.run("run-1").finished_at) == (RunState.OPEN, "")

    def test_an_unknown_run_is_an_error(self, ledger: Ledger) -> None:
        """Nothing is written for a run that was never opened."""
        for write in (
            lambda: ledger.finish_run("no"),
            lambda: ledger.reopen_run("no"),
            lambda: ledger.stop_run("no", "why"),
            lambda: ledger.begin_call(call([2], "no")),
            lambda: ledger.settle("no", outcomes([2]), "why"),
            lambda: ledger.skip("no", outcomes([2], Status.SKIPPED), ["k"]),
            lambda: ledger.recover_interrupted("no"),
        ):
            with pytest.raises(LedgerError, match="knows no run no"):
                write()

    def test_text_that_a_database_refuses_is_kept_readable(self, ledger: Ledger) -> None:
        """Broken text from a file name or an answer never stops a run."""
        opened = ledger.open_run(new_run("run-2", source="caf\udce9.csv"))
        assert opened.new.source == "caf\\udce9.csv"
        ledger.begin_call(call([2]))
        ledger.finish_call(1, ended(answer="\0"), [Outcome(2, Status.REJECTED, error="\ud800 and \0")])
        assert ledger.outcomes_between("run-1", 2, 2)[2].error == "\\ud800 and \\x00"


class CallsContract:
    def test_rows_of_a_call_are_uncertain_until_it_ends(self, ledger: Ledger) -> None:
        """What is being sent shows as uncertain, then as what the answer said."""
        number = ledger.begin_call(call([2, 3]))
        assert ledger.counts("run-1") == {Status.UNCERTAIN: 2}
        assert [outcome.row for outcome in ledger.outcomes("run-1", [Status.UNCERTAIN])] == [2, 3]
        rejected = Outcome(3, Status.REJECTED, error_code="MX", error="no")
        created = Outcome(2, Status.CREATED, "act", "lead", "req", at="2026-01-01T09:00:00.000+00:00", evidence="seen")
        ledger.finish_call(number, ended(), [rejected, created])
        assert ledger.counts("run-1") == {Status.CREATED: 1, Status.REJECTED: 1}
        found = list(ledger.outcomes("run-1"))
        assert found[0] == replace(created, attempts=1)
        assert found[1] == replace(rejected, attempts=1, at=found[1].at)
        assert found[1].at.startswith("2026-01-01T00:00:")

    def test_calls_are_numbered_in_order(self, ledger: Ledger) -> None:
        """Several calls may be under way at once, and end in any order."""
        first, second = ledger.begin_call(call([2])), ledger.begin_call(call([3]))
        assert second > first
        ledger.finish_call(second, ended(), outcomes([3]))
        ledger.finish_call(first, ended(), outcomes([2]))
        assert ledger.counts("run-1") == {Status.CREATED: 2}

    @pytest.mark.parametrize(
        "status",
        [Status.CREATED, Status.UPDATED, Status.UNCHANGED, Status.PENDING, Status.UNCERTAIN, Status.REJECTED],
    )
    def test_a_row_that_may_be_in_the_crm_is_not_sent_again(self, ledger: Ledger, status: Status) -> None:
        """The whole call is refused when one of its rows could be doubled, and nothing of it is written."""
        send(ledger, [2], status)
        with pytest.raises(LedgerError, match=f"Row 2 cannot be sent: it is {status.value}"):
            ledger.begin_call(call([1, 2, 3]))
        assert set(ledger.outcomes_between("run-1", 1, 3)) == {2}
        assert ledger.calls_since("acme", "2026-01-01T00:00:00+00:00") == 1

    def test_a_row_on_its_way_is_not_sent_again(self, ledger: Ledger) -> None:
        """Not even the call that carries a row may begin a second time."""
        ledger.begin_call(call([2]))
        with pytest.raises(LedgerError, match="Row 2 cannot be sent: it is sending"):
            ledger.begin_call(call([2]))

    def test_a_skipped_row_is_not_sent(self, ledger: Ledger) -> None:
        """A row that is left out on purpose stays out."""
        ledger.skip("run-1", outcomes([2], Status.SKIPPED), ["k"])
        with pytest.raises(LedgerError, match="Row 2 cannot be sent: it is skipped"):
            ledger.begin_call(call([2]))

    def test_a_row_that_was_certainly_not_applied_is_sent_again(self, ledger: Ledger) -> None:
        """Each call that carried a row counts as an attempt, and the new one starts with a clean sheet."""
        send(ledger, [2], Status.NOT_SENT, error_code="limit", error="too fast", evidence="text")
        number = ledger.begin_call(call([2, 3]))
        under_way = ledger.outcomes_between("run-1", 2, 2)[2]
        assert (under_way.attempts, under_way.error_code, under_way.error, under_way.evidence) == (2, "", "", "")
        ledger.finish_call(number, ended(), outcomes([2, 3]))
        assert [outcome.attempts for outcome in ledger.outcomes("run-1")] == [2, 1]
        assert ledger.reposts("run-1", 2) == 0

    def test_rejected_rows_are_sent_again_only_after_reopening(self, ledger: Ledger) -> None:
        """Reopening a run allows one more attempt for rows rejected until then, not for those rejected since."""
        send(ledger, [2], Status.REJECTED)
        ledger.reopen_run("run-1")
        send(ledger, [2], Status.REJECTED)
        with pytest.raises(LedgerError, match="rejected"):
            ledger.begin_call(call([2]))
        ledger.reopen_run("run-1")
        send(ledger, [2])
        assert status_of(ledger, 2) is Status.CREATED

    def test_a_call_must_make_sense(self, ledger: Ledger) -> None:
        """Calls without rows, with a row twice, or of another account or target are refused."""
        with pytest.raises(LedgerError, match="without rows"):
            ledger.begin_call(call([]))
        with pytest.raises(LedgerError, match="Row 2 of run run-1 is named twice"):
            ledger.begin_call(call([2, 2]))
        with pytest.raises(LedgerError, match="does not belong to run run-1"):
            ledger.begin_call(call([2], account="other"))
        with pytest.raises(LedgerError, match="does not belong to run run-1"):
            ledger.begin_call(call([2], target="capture-lead"))

    def test_a_call_ends_once_with_exactly_its_rows(self, ledger: Ledger) -> None:
        """Missing, foreign, doubled and impossible outcomes are refused, and the rows stay uncertain."""
        number = ledger.begin_call(call([2, 3]))
        for wrong in ([2], [2, 3, 4], [2, 2], [2, 4], []):
            with pytest.raises(LedgerError, match=f"Call {number} carried the rows 2-3"):
                ledger.finish_call(number, ended(), outcomes(wrong))
        for impossible in (Status.SKIPPED, Status.INVALID):
            with pytest.raises(LedgerError, match="Row 2 was sent, so it cannot be"):
                ledger.finish_call(number, ended(), outcomes([2, 3], impossible))
        assert ledger.counts("run-1") == {Status.UNCERTAIN: 2}
        ledger.finish_call(number, ended(), outcomes([2, 3]))
        with pytest.raises(LedgerError, match="has already ended"):
            ledger.finish_call(number, ended(), outcomes([2, 3]))
        with pytest.raises(LedgerError, match="knows no call 99"):
            ledger.finish_call(99, ended(), outcomes([2]))

    def test_rows_on_their_way_when_the_program_died_become_uncertain(self, ledger: Ledger) -> None:
        """Recovering tells the rows, says why, and finds nothing the second time; their calls cannot end any more."""
        send(ledger, [9])
        first, _ = ledger.begin_call(call([4, 2])), ledger.begin_call(call([3]))
        assert ledger.recover_interrupted("run-1") == [2, 3, 4]
        assert ledger.recover_interrupted("run-1") == []
        found = ledger.outcomes_between("run-1", 2, 2)[2]
        assert (found.status, found.error_code) == (Status.UNCERTAIN, "interrupted")
        assert "program ended" in found.error
        with pytest.raises(LedgerError, match="has already ended"):
            ledger.finish_call(first, ended(), outcomes([2, 4]))

    def test_recovering_one_run_leaves_other_runs_alone(self, ledger: Ledger) -> None:
        """Another account may be sending at the same time."""
        ledger.open_run(new_run("run-2"))
        number = ledger.begin_call(call([2], "run-2"))
        assert ledger.recover_interrupted("run-1") == []
        ledger.finish_call(number, ended(), outcomes([2]))

    def test_the_last_call_of_a_row_is_known(self, ledger: Ledger) -> None:
        """When it left, the clock skew seen then, and its fellow rows, even if those left again later."""
        assert ledger.sent_at("run-1", 2) == ("", 0.0)
        assert ledger.call_peers("run-1", 2) == ()
        number = ledger.begin_call(call([5, 2, 3]))
        left, skew = ledger.sent_at("run-1", 2)
        assert left.startswith("2026-01-01T00:00:")
        assert skew == 0.0
        ledger.finish_call(number, ended(server_skew=-1.5), outcomes([2, 3, 5], Status.NOT_SENT))
        ledger.begin_call(call([3]))
        assert ledger.sent_at("run-1", 2) == (left, -1.5)
        assert ledger.sent_at("run-1", 3)[0] > left
        assert ledger.call_peers("run-1", 2) == (2, 3, 5)
        assert ledger.call_peers("run-1", 3) == (3,)

    def test_figures_speak_of_calls_that_ended(self, ledger: Ledger) -> None:
        """How many by verdict, and their seconds; a recovered call counts as uncertain."""
        empty = ledger.call_figures("run-1")
        assert (dict(empty.by_verdict), empty.seconds, empty.slowest) == ({}, 0.0, 0.0)
        for row, seconds, verdict in ((2, 1.0, VerdictKind.APPLIED), (3, 2.5, VerdictKind.APPLIED)):
            number = ledger.begin_call(call([row]))
            ledger.finish_call(number, ended(verdict, elapsed=seconds), outcomes([row]))
        ledger.begin_call(call([4]))
        ledger.recover_interrupted("run-1")
        ledger.begin_call(call([5]))
        figures = ledger.call_figures("run-1")
        assert dict(figures.by_verdict) == {VerdictKind.APPLIED: 2, VerdictKind.UNCERTAIN: 1}
        assert (figures.seconds, figures.slowest) == (3.5, 2.5)

    def test_the_run_s_calls_are_listed(self, ledger: Ledger) -> None:
        """In the order in which they left, those without an end included."""
        number = ledger.begin_call(call([2, 3]))
        ledger.finish_call(number, ended(VerdictKind.APPLIED, elapsed=0.5), outcomes([2, 3]))
        ledger.begin_call(call([4]))
        first, second = ledger.past_calls("run-1")
        assert (first.rows, first.verdict, first.elapsed) == (2, VerdictKind.APPLIED, 0.5)
        assert (second.rows, second.verdict) == (1, None)
        assert first.number < second.number
        assert first.sent_at <= second.sent_at
        assert ledger.past_calls("run-unknown") == []

    def test_the_account_s_calls_are_counted(self, ledger: Ledger, clock: Ticking) -> None:
        """From a moment on, whatever the zone it is written in; and when the last one ended or left."""
        assert ledger.last_call_ended_at("acme") == ""
        send(ledger, [2])
        last = ledger.last_call_ended_at("acme")
        before = clock.now
        assert last == before.isoformat(timespec="milliseconds")
        number = ledger.begin_call(call([3]))
        left, _ = ledger.sent_at("run-1", 3)
        assert ledger.last_call_ended_at("acme") == left
        assert ledger.last_call_ended_at("acme", before=left) == last
        assert ledger.calls_since("acme", "2026-01-01T00:00:00.000+00:00") == 2
        assert ledger.calls_since("acme", left) == 1
        assert ledger.calls_since("acme", "2026-01-01T05:30:00+05:30") == 2
        assert ledger.calls_since("other", "2026-01-01T00:00:00+00:00") == 0
        ledger.finish_call(number, ended(), outcomes([3]))
        assert ledger.last_call_ended_at("acme") > left
        assert ledger.last_call_ended_at("other") == ""


class DoubtsContract:
    def test_an_uncertain_row_is_settled(self, ledger: Ledger) -> None:
        """What a read-back found replaces the doubt, with its evidence; attempts stay as counted."""
        send(ledger, [2], Status.UNCERTAIN)
        found = Outcome(2, Status.CREATED, "act", "lead", evidence="found by content", attempts=77)
        ledger.settle("run-1", [found], "read back")
        settled = ledger.outcomes_between("run-1", 2, 2)[2]
        assert settled == replace(found, attempts=1, at=settled.at)
        assert settled.at

    def test_a_pending_row_is_settled(self, ledger: Ledger) -> None:
        """Polling ends in anything, also in doubt."""
        send(ledger, [2, 3, 4], Status.PENDING, request_id="r")
        ledger.settle("run-1", [Outcome(2, Status.UPDATED), Outcome(3, Status.REJECTED)], "polled")
        ledger.settle("run-1", [Outcome(4, Status.UNCERTAIN, request_id="r")], "nothing known of it")
        assert ledger.counts("run-1") == {Status.UPDATED: 1, Status.REJECTED: 1, Status.UNCERTAIN: 1}

    def test_only_rows_in_doubt_are_settled(self, ledger: Ledger) -> None:
        """A row that is certain, on its way or unknown keeps its state, and so do the others of the same change."""
        send(ledger, [2])
        send(ledger, [5], Status.UNCERTAIN)
        ledger.begin_call(call([3]))
        for row, words in ((2, "created"), (3, "sending"), (4, "not known yet")):
            with pytest.raises(LedgerError, match=f"Row {row} cannot be settled: it is {words}"):
                ledger.settle("run-1", [Outcome(5, Status.CREATED), Outcome(row, Status.NOT_SENT)], "why")
        assert status_of(ledger, 5) is Status.UNCERTAIN

    def test_a_person_decides_about_a_row_in_doubt(self, ledger: Ledger) -> None:
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
        """Skipping would hide a doubt; and nothing else than skipping is done by it."""
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


class LookingContract:
    def test_outcomes_come_in_the_order_of_the_rows(self, ledger: Ledger) -> None:
        """Whatever the order in which rows were sent, and however many portions it takes."""
        rows = list(range(12_001, 0, -1))
        ledger.skip("run-1", outcomes(rows, Status.SKIPPED), [key_of(row) for row in rows])
        send(ledger, [12_002, 12_003])
        found = ledger.outcomes("run-1")
        assert next(found).row == 1
        ledger.finish_run("run-1")
        assert [outcome.row for outcome in found] == list(range(2, 12_004))
        assert [outcome.row for outcome in ledger.outcomes("run-1", [Status.CREATED])] == [12_002, 12_003]
        assert list(ledger.outcomes("run-1", [])) == []
        assert list(ledger.outcomes("run-1", [Status.PENDING, Status.UNCERTAIN])) == []
        assert set(ledger.outcomes_between("run-1", 11_999, 12_002)) == {11_999, 12_000, 12_001, 12_002}
        assert ledger.outcomes_between("run-1", 20_000, 30_000) == {}
        assert ledger.counts("another") == {}

    def test_the_newest_created_rows(self, ledger: Ledger) -> None:
        """Of the latest calls first, and only those that the answer itself created."""
        send(ledger, [2, 3], activity_id="")
        send(ledger, [4], Status.UNCERTAIN)
        ledger.settle("run-1", outcomes([4], evidence="read back"), "found")
        send(ledger, [9, 5])
        send(ledger, [6], Status.REJECTED)
        ledger.begin_call(call([7]))
        assert [outcome.row for outcome in ledger.newest_created("run-1", 3)] == [9, 5, 3]
        assert [outcome.row for outcome in ledger.newest_created("run-1", 9)] == [9, 5, 3, 2]
        assert ledger.newest_created("another", 3) == []

    def test_keys_that_other_runs_may_have_sent_are_known(self, ledger: Ledger) -> None:
        """Delivered, pending, uncertain and being sent count; what surely is not in the CRM does not."""
        statuses = [
            *(Status.CREATED, Status.UPDATED, Status.UNCHANGED, Status.PENDING, Status.UNCERTAIN),
            *(Status.REJECTED, Status.NOT_SENT),
        ]
        for row, status in enumerate(statuses, start=2):
            send(ledger, [row], status, activity_id=f"act-{row}", lead_id=f"lead-{row}")
        ledger.begin_call(call([9]))
        ledger.skip("run-1", outcomes([10], Status.SKIPPED) + outcomes([11], Status.UNCERTAIN), ["key-10", "key-11"])
        keys = [key_of(row) for row in range(1, 13)]
        found = ledger.known_keys("acme", "create-lead", keys, "run-2")
        assert {key: known.status for key, known in found.items()} == {
            "key-2": Status.CREATED,
            "key-3": Status.UPDATED,
            "key-4": Status.UNCHANGED,
            "key-5": Status.PENDING,
            "key-6": Status.UNCERTAIN,
            "key-9": Status.UNCERTAIN,
        }
        first = found["key-2"]
        assert (first.run_id, first.row, first.source) == ("run-1", 2, "run-1.csv")
        assert (first.activity_id, first.lead_id) == ("act-2", "lead-2")
        assert first.at == ledger.outcomes_between("run-1", 2, 2)[2].at

    def test_known_keys_are_those_of_the_same_account_and_target(self, ledger: Ledger) -> None:
        """The run itself, other accounts and other targets do not count."""
        send(ledger, [2])
        assert set(ledger.known_keys("acme", "create-lead", ["key-2"], "run-2")) == {"key-2"}
        assert ledger.known_keys("acme", "create-lead", ["key-2"], "run-1") == {}
        assert ledger.known_keys("other", "create-lead", ["key-2"], "run-2") == {}
        assert ledger.known_keys("acme", "capture-lead", ["key-2"], "run-2") == {}
        assert ledger.known_keys("acme", "create-lead", [], "run-2") == {}

    @pytest.mark.parametrize(
        ("statuses", "best"),
        [
            ([Status.UNCERTAIN, Status.CREATED, Status.PENDING], "run-b"),
            ([Status.PENDING, Status.UNCERTAIN, Status.UNCERTAIN], "run-a"),
            ([Status.CREATED, Status.CREATED, Status.UNCERTAIN], "run-b"),
            ([Status.UNCERTAIN, Status.UNCERTAIN, Status.UNCERTAIN], "run-c"),
        ],
    )
    def test_the_most_certain_of_several_known_rows_counts(
        self, ledger: Ledger, statuses: list[Status], best: str
    ) -> None:
        """Delivered before pending before uncertain; among equals the one sent last."""
        for run_id, status in zip(("run-a", "run-b", "run-c"), statuses, strict=True):
            ledger.open_run(new_run(run_id))
            send(ledger, [2], status, run_id)
        assert ledger.known_keys("acme", "create-lead", ["key-2"], "run-1")["key-2"].run_id == best

    def test_many_keys_and_ids_are_looked_up_at_once(self, ledger: Ledger) -> None:
        """More than fit into one question to the database."""
        rows = range(2, 1_300)
        number = ledger.begin_call(call(rows))
        ledger.finish_call(number, ended(), [Outcome(row, Status.CREATED, f"act-{row}") for row in rows])
        keys = [key_of(row) for row in range(1, 1_400)]
        assert set(ledger.known_keys("acme", "create-lead", keys, "")) == {key_of(row) for row in rows}
        owners = ledger.activity_owner("acme", [f"act-{row}" for row in range(1, 1_400)])
        assert owners == {f"act-{row}": ("run-1", row) for row in rows}

    def test_a_mapping_is_proven_by_a_delivered_row(self, ledger: Ledger) -> None:
        """A row in doubt or refused proves nothing; neither does another account."""
        send(ledger, [2], Status.UNCERTAIN)
        send(ledger, [3], Status.REJECTED)
        assert not ledger.mapping_proven("acme", "m")
        send(ledger, [4], Status.UPDATED)
        assert ledger.mapping_proven("acme", "m")
        assert not ledger.mapping_proven("acme", "another")
        assert not ledger.mapping_proven("other", "m")


class PruningContract:
    def test_a_pruned_run_loses_texts_and_nothing_else(self, ledger: Ledger) -> None:
        """Its rows are recognised, its activities booked, its calls counted; other runs keep their texts."""
        ledger.open_run(new_run("run-2"))
        for run_id, rows in (("run-1", (2, 3)), ("run-2", (4,))):
            number = ledger.begin_call(call(rows, run_id))
            found = outcomes(rows, Status.CREATED, error="about Ann", activity_id="", error_code="X")
            found[0] = replace(found[0], activity_id=f"a-{run_id}", evidence="seen beside Ann")
            ledger.finish_call(number, ended(answer="Ann"), found)
            ledger.finish_run(run_id)
        ledger.prune_run("run-1", "2026-02-01")
        ledger.prune_run("run-1", "2026-02-01")
        first, second = ledger.outcomes("run-1")
        assert (first.error, first.evidence, second.error, second.evidence) == ("", "pruned", "", "")
        assert (first.activity_id, first.error_code, first.status) == ("a-run-1", "X", Status.CREATED)
        assert set(ledger.known_keys("acme", "create-lead", [key_of(2), key_of(3)], "new")) == {key_of(2), key_of(3)}
        assert ledger.activity_owner("acme", ["a-run-1"]) == {"a-run-1": ("run-1", 2)}
        assert ledger.call_figures("run-1").by_verdict == {VerdictKind.APPLIED: 1}
        assert [row.row for row in ledger.newest_created("run-1", 9)] == [3], "the other was not created by its answer"
        (other,) = ledger.outcomes("run-2")
        assert (other.error, other.evidence) == ("about Ann", "seen beside Ann")
        assert ledger.compact() >= 0

    def test_a_run_that_is_not_over_is_not_pruned(self, ledger: Ledger) -> None:
        """Open, too young, or with a row whose end is not known."""
        send(ledger, [2])
        with pytest.raises(LedgerError, match="has not finished"):
            ledger.prune_run("run-1", "9999")
        ledger.finish_run("run-1")
        with pytest.raises(LedgerError, match="not long enough ago"):
            ledger.prune_run("run-1", "2026-01-01")
        for status in (Status.UNCERTAIN, Status.PENDING, Status.NOT_SENT):
            ledger.reopen_run("run-1")
            send(ledger, [10 + len(status.value)], status)
            ledger.finish_run("run-1")
            with pytest.raises(LedgerError, match="not settled"):
                ledger.prune_run("run-1", "9999")
        with pytest.raises(LedgerError, match="knows no run"):
            ledger.prune_run("nothing", "9999")


class AccountsContract:
    def test_limits_are_learned_per_account_and_class(self, ledger: Ledger) -> None:
        """The newest lesson of a class replaces the one before."""
        assert ledger.learned_limits("acme") == {}
        bulk = LearnedLimit(CallClass.BULK, Limit(5, 10.0), "5 in 10 s", "2026-01-01T00:00:00.000+00:00")
        newer = replace(bulk, limit=Limit(3, 0.5), evidence="3 in half a second")
        standard = replace(bulk, call_class=CallClass.STANDARD)
        for learned in (bulk, standard, newer):
            ledger.learn_limit("acme", learned)
        assert ledger.learned_limits("acme") == {CallClass.BULK: newer, CallClass.STANDARD: standard}
        assert ledger.learned_limits("other") == {}
        ledger.forget_limits("other")
        assert len(ledger.learned_limits("acme")) == 2
        ledger.forget_limits("acme")
        assert ledger.learned_limits("acme") == {}

    def test_an_account_is_bound_to_its_first_tenant(self, ledger: Ledger) -> None:
        """Later tenants are not remembered, and an unknown one binds nothing."""
        assert ledger.bind_account("acme", "") == ""
        assert ledger.bind_account("acme", "org-1") == "org-1"
        assert ledger.bind_account("acme", "org-2") == "org-1"
        assert ledger.bind_account("other", "org-2") == "org-2"

    def test_the_install_key_stays(self, ledger: Ledger) -> None:
        """32 bytes, the same each time."""
        assert len(ledger.install_key()) == 32
        assert ledger.install_key() == ledger.install_key()

    def test_an_account_has_one_sender_at_a_time(self, ledger: Ledger) -> None:
        """A second one is turned away, another account is not, and the right is free again at the end."""
        with ledger.sender("acme", "run-1") as first, ledger.sender("other") as second:
            assert first.still_ours()
            assert second.still_ours()
            with pytest.raises(AnotherRunActive, match="sending to account acme"), ledger.sender("acme"):
                pass
            number = ledger.begin_call(call([2]))
        ledger.finish_call(number, ended(), outcomes([2]))
        with ledger.sender("acme") as again:
            assert again.still_ours()

    def test_a_closed_ledger_says_so(self, ledger: Ledger) -> None:
        """Neither reading nor writing reopens it."""
        ledger.close()
        ledger.close()
        with pytest.raises(LedgerError, match="closed"):
            ledger.counts("run-1")
        with pytest.raises(LedgerError, match="closed"):
            ledger.finish_run("run-1")


class LedgerContract(RunsContract, CallsContract, DoubtsContract, LookingContract, PruningContract, AccountsContract):
    """All of it."""
