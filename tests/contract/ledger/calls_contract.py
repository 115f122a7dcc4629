"""What every ledger store promises of calls and their rows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from importer.core.errors import LedgerError
from importer.core.model import Outcome, Status, VerdictKind
from importer.ledger.ledger import Ledger
from tests.support.ledger_builders import TickingClock, call, ended, new_run, outcomes, send, status_of


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
        for impossible in (Status.SKIPPED, Status.CHANGED, Status.INVALID):
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
        assert ledger.sent_at("run-1", 2) == ("", None)
        assert ledger.call_peers("run-1", 2) == ()
        number = ledger.begin_call(call([5, 2, 3]))
        left, skew = ledger.sent_at("run-1", 2)
        assert left.startswith("2026-01-01T00:00:")
        assert skew is None
        ledger.finish_call(number, ended(server_skew=-1.5), outcomes([2, 3, 5], Status.NOT_SENT))
        ledger.begin_call(call([3]))
        assert ledger.sent_at("run-1", 2) == (left, -1.5)
        assert ledger.sent_at("run-1", 3)[0] > left
        assert ledger.call_peers("run-1", 2) == (2, 3, 5)
        assert ledger.call_peers("run-1", 3) == (3,)

    def test_figures_speak_of_calls_that_ended(self, ledger: Ledger) -> None:
        """How many by verdict, and their seconds; a recovered call counts as uncertain."""
        empty = ledger.call_statistics("run-1")
        assert (dict(empty.by_verdict), empty.seconds, empty.slowest) == ({}, 0.0, 0.0)
        for row, seconds, verdict in ((2, 1.0, VerdictKind.APPLIED), (3, 2.5, VerdictKind.APPLIED)):
            number = ledger.begin_call(call([row]))
            ledger.finish_call(number, ended(verdict, elapsed=seconds), outcomes([row]))
        ledger.begin_call(call([4]))
        ledger.recover_interrupted("run-1")
        ledger.begin_call(call([5]))
        figures = ledger.call_statistics("run-1")
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

    def test_the_account_s_calls_are_counted(self, ledger: Ledger, clock: TickingClock) -> None:
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
