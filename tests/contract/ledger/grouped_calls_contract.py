"""Contract of every ledger store: calls that end and begin in one transaction."""

from __future__ import annotations

import pytest

from importer.core.errors import LedgerError
from importer.core.model import CallClass, Outcome, Status, VerdictKind
from importer.ledger.ledger import Ledger
from importer.ledger.model import EndedCall
from tests.support.ledger_builders import call, ended, new_run, outcomes, send


def end(number: int, rows: list[int], status: Status = Status.CREATED, **changed: str) -> EndedCall:
    return EndedCall(number, ended(), outcomes(rows, status, **changed))


class GroupedCallsContract:
    def test_several_calls_begin_at_once(self, ledger: Ledger) -> None:
        """Each has its number, in order, and its own rows; each ends by itself or with others."""
        numbers = ledger.record([], [call([2, 3]), call([4]), call([5])])
        assert numbers == sorted(set(numbers))
        assert ledger.counts("run-1") == {Status.UNCERTAIN: 4}
        assert [ledger.call_peers("run-1", row) for row in (2, 4, 5)] == [(2, 3), (4,), (5,)]
        ledger.record([end(numbers[2], [5]), end(numbers[0], [3, 2], Status.REJECTED)], [])
        assert ledger.counts("run-1") == {Status.CREATED: 1, Status.REJECTED: 2, Status.UNCERTAIN: 1}
        assert [past.verdict for past in ledger.past_calls("run-1")] == [VerdictKind.APPLIED, None, VerdictKind.APPLIED]

    def test_nothing_to_record(self, ledger: Ledger) -> None:
        """Without calls nothing happens."""
        assert ledger.record([], []) == []
        assert ledger.past_calls("run-1") == []

    def test_a_row_that_came_back_leaves_again_in_the_same_transaction(self, ledger: Ledger) -> None:
        """The ends are written before the beginnings, so that a refused call goes again at once."""
        number = ledger.begin_call(call([2, 3]))
        again = ledger.record([end(number, [2, 3], Status.NOT_SENT)], [call([2]), call([3])])
        assert ledger.counts("run-1") == {Status.UNCERTAIN: 2}
        assert {row: outcome.attempts for row, outcome in ledger.outcomes_between("run-1", 2, 3).items()} == {
            2: 2,
            3: 2,
        }
        assert ledger.recover_interrupted("run-1") == [2, 3]
        assert [past.number for past in ledger.past_calls("run-1")] == [number, *again]

    def test_what_may_not_begin_leaves_everything_as_it_was(self, ledger: Ledger) -> None:
        """When one call is refused, no other begins and none ends; the ends can then be written by themselves."""
        send(ledger, [9])
        number = ledger.begin_call(call([2]))
        with pytest.raises(LedgerError, match="Row 9 cannot be sent: it is created"):
            ledger.record([end(number, [2])], [call([3]), call([9])])
        assert set(ledger.outcomes_between("run-1", 1, 9)) == {2, 9}
        assert ledger.outcomes_of("run-1", [9, 4]) == ledger.outcomes_between("run-1", 3, 9)
        assert ledger.counts("run-1") == {Status.CREATED: 1, Status.UNCERTAIN: 1}
        assert ledger.record([end(number, [2])], []) == []
        assert ledger.counts("run-1") == {Status.CREATED: 2}

    def test_an_end_that_is_refused_leaves_everything_as_it_was(self, ledger: Ledger) -> None:
        """A call ends once, with an outcome for each of its rows; otherwise none ends and none begins."""
        first, second = ledger.record([], [call([2]), call([3])])
        for wrong in (
            [end(first, [2]), end(second, [4])],
            [end(first, [2]), end(77, [3])],
            [end(first, [2]), end(first, [2])],
            [end(first, [2]), end(second, [3], Status.SKIPPED)],
        ):
            with pytest.raises(LedgerError):
                ledger.record(wrong, [call([5])])
            assert ledger.counts("run-1") == {Status.UNCERTAIN: 2}

    def test_one_row_in_two_calls_is_refused(self, ledger: Ledger) -> None:
        """Calls that begin together carry different rows, also with calls of another run between them."""
        ledger.open_run(new_run("run-2"))
        for begun in ([call([2]), call([2])], [call([2]), call([2], "run-2"), call([2])], [call([2]), call([])]):
            with pytest.raises(LedgerError):
                ledger.record([], begun)
        assert ledger.counts("run-1") == ledger.counts("run-2") == {}

    def test_one_activity_in_two_calls_is_refused(self, ledger: Ledger) -> None:
        """Two answers that name the same activity cannot both be right, however it is spelled."""
        first, second = ledger.record([], [call([2]), call([3])])
        with pytest.raises(LedgerError, match="named for two rows"):
            ledger.record([end(first, [2], activity_id="A-1"), end(second, [3], activity_id="a-1")], [])
        assert ledger.counts("run-1") == {Status.UNCERTAIN: 2}

    def test_calls_of_several_runs(self, ledger: Ledger) -> None:
        """Whatever their order, each call has its own run's rows, account and number."""
        ledger.open_run(new_run("run-2", account="other"))
        begun = [call([2]), call([2], "run-2", account="other"), call([3], call_class=CallClass.STANDARD)]
        one, two, three = ledger.record([], begun)
        assert one < two < three
        ledger.record([end(three, [3]), end(two, [2], activity_id="x"), end(one, [2], activity_id="x")], [])
        assert ledger.counts("run-1") == {Status.CREATED: 2}
        assert ledger.activity_owner("acme", ["x"]) == {"x": ("run-1", 2)}
        assert ledger.activity_owner("other", ["x"]) == {"x": ("run-2", 2)}

    def test_what_an_answer_tells_of_the_clock(self, ledger: Ledger) -> None:
        """Each call keeps what was known before it, unless its own answer told more."""
        first, second = ledger.record([], [call([2], server_skew=7.0), call([3], server_skew=7.0)])
        silent = EndedCall(first, ended(), [Outcome(2, Status.CREATED)])
        telling = EndedCall(second, ended(server_skew=9.0), [Outcome(3, Status.CREATED)])
        ledger.record([silent, telling], [])
        assert [ledger.sent_at("run-1", row)[1] for row in (2, 3)] == [7.0, 9.0]

    def test_more_rows_than_one_question_holds(self, ledger: Ledger) -> None:
        """A group may be larger than what a database takes in one list."""
        groups = [list(range(first, first + 25)) for first in range(2, 1002, 25)]
        numbers = ledger.record([], [call(rows) for rows in groups])
        ledger.record([end(number, rows) for number, rows in zip(numbers, groups, strict=True)], [])
        assert ledger.counts("run-1") == {Status.CREATED: 1000}
