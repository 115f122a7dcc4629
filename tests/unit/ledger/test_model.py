"""Whatever the order of events, the ledger agrees with a plain dictionary, and no row can leave twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from importer.core.errors import LedgerError
from importer.core.model import DELIVERED, Outcome, Status
from importer.ledger.model import EndedCall
from importer.ledger.monitor import LedgerMonitor
from tests.support.ledger_builders import TickingClock, call, ended, key_of, new_run
from tests.support.memory_ledger import MemoryLedger
from tests.support.sampled import examples

ROWS = range(2, 9)
RUNS = ("run-1", "run-2")
SENDING = "sending"

some_rows = st.lists(st.sampled_from(ROWS), min_size=1, max_size=4, unique=True)
some_run = st.sampled_from(RUNS)
after_a_call = st.sampled_from(
    [status for status in Status if status not in (Status.SKIPPED, Status.CHANGED, Status.INVALID, Status.LEFT_OUT)]
)


@dataclass
class Known:
    """What the dictionary knows of a row. ``in_crm`` says whether a request with it may have had its effect."""

    status: str = ""
    attempts: int = 0
    reposts: int = 0
    generation: int = 0
    in_crm: bool = False


class LedgerAgainstDictionary(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.ledger = MemoryLedger(clock=TickingClock())
        for run_id in RUNS:
            self.ledger.open_run(new_run(run_id))
        self.rows = {run_id: {row: Known() for row in ROWS} for run_id in RUNS}
        self.generation = dict.fromkeys(RUNS, 0)
        self.under_way: dict[int, tuple[str, list[int]]] = {}
        self.watch = LedgerMonitor(lambda: self.ledger.storage.engine.begin(), growing=True)

    def teardown(self) -> None:
        self.ledger.close()

    def _refused(self, change: object, *arguments: object) -> bool:
        try:
            change(*arguments)  # type: ignore[operator]
        except LedgerError:
            return True
        return False

    @rule(run_id=some_run, numbers=some_rows)
    def begin(self, run_id: str, numbers: list[int]) -> None:
        allowed = all(self._may_leave(run_id, number, None) for number in numbers)
        try:
            call_number = self.ledger.begin_call(call(numbers, run_id))
        except LedgerError:
            assert not allowed
            return
        assert allowed
        self._began(call_number, run_id, numbers)

    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        if not self.under_way:
            return
        number = data.draw(st.sampled_from(sorted(self.under_way)))
        self._ends(data, [number], [])

    @rule(data=st.data(), groups=st.lists(st.tuples(some_run, some_rows), max_size=3))
    def record(self, data: st.DataObject, groups: list[tuple[str, list[int]]]) -> None:
        """Some calls end and others begin in one transaction: all of it happens, or nothing."""
        ending = [number for number in sorted(self.under_way) if data.draw(st.booleans())]
        self._ends(data, ending, groups)

    def _ends(self, data: st.DataObject, ending: list[int], groups: list[tuple[str, list[int]]]) -> None:
        ends = {number: [data.draw(after_a_call) for _ in self.under_way[number][1]] for number in ending}
        after = {
            (run_id, row): status
            for number, statuses in ends.items()
            for run_id, rows in [self.under_way[number]]
            for row, status in zip(rows, statuses, strict=True)
        }
        leaving = [(run_id, row) for run_id, rows in groups for row in rows]
        allowed = len(set(leaving)) == len(leaving) and all(self._may_leave(*one, after.get(one)) for one in leaving)
        told = [
            EndedCall(
                number, ended(), [Outcome(*pair) for pair in zip(self.under_way[number][1], statuses, strict=True)]
            )
            for number, statuses in ends.items()
        ]
        try:
            numbers = self.ledger.record(told, [call(rows, run_id) for run_id, rows in groups])
        except LedgerError:
            assert not allowed
            return
        assert allowed
        for (run_id, row), status in after.items():
            self._judge(self.rows[run_id][row], status)
        for number in ending:
            del self.under_way[number]
        for number, (run_id, rows) in zip(numbers, groups, strict=True):
            self._began(number, run_id, rows)

    def _may_leave(self, run_id: str, row: int, ends_as: Status | None) -> bool:
        known = self.rows[run_id][row]
        status = known.status if ends_as is None else ends_as
        reopened = status == Status.REJECTED and known.generation < self.generation[run_id]
        return status in ("", Status.NOT_SENT) or reopened

    def _began(self, number: int, run_id: str, numbers: list[int]) -> None:
        for row in numbers:
            known = self.rows[run_id][row]
            # The heart of it: a row leaves only when no earlier request with it can have had its effect.
            assert not known.in_crm
            known.status, known.in_crm, known.generation = SENDING, True, self.generation[run_id]
            known.attempts += 1
        self.under_way[number] = (run_id, numbers)

    def _judge(self, known: Known, status: Status) -> None:
        known.status = status
        known.in_crm = status in DELIVERED or status in (Status.PENDING, Status.UNCERTAIN)

    @rule(run_id=some_run)
    def crash(self, run_id: str) -> None:
        sending = sorted(row for row, known in self.rows[run_id].items() if known.status == SENDING)
        assert self.ledger.recover_interrupted(run_id) == sending
        for row in sending:
            self.rows[run_id][row].status = Status.UNCERTAIN
        self.under_way = {number: flight for number, flight in self.under_way.items() if flight[0] != run_id}

    @rule(run_id=some_run, numbers=some_rows, status=st.sampled_from(Status))
    def settle(self, run_id: str, numbers: list[int], status: Status) -> None:
        rows = self.rows[run_id]
        allowed = status not in (Status.CHANGED, Status.LEFT_OUT) and all(
            rows[number].status in (Status.UNCERTAIN, Status.PENDING)
            or (rows[number].status == Status.CHANGED and status in (Status.NOT_SENT, Status.SKIPPED))
            for number in numbers
        )
        refused = self._refused(self.ledger.settle, run_id, [Outcome(number, status) for number in numbers], "why")
        assert refused is not allowed
        if allowed:
            for number in numbers:
                self._judge(rows[number], status)
                rows[number].reposts += status is Status.NOT_SENT and rows[number].attempts > 0

    @rule(
        run_id=some_run, numbers=some_rows, status=st.sampled_from([Status.SKIPPED, Status.UNCERTAIN, Status.CHANGED])
    )
    def skip(self, run_id: str, numbers: list[int], status: Status) -> None:
        rows = self.rows[run_id]
        never_sent = ("", Status.NOT_SENT, Status.SKIPPED, Status.CHANGED)
        allowed = all(
            rows[number].status in never_sent or (rows[number].status == Status.UNCERTAIN and not rows[number].attempts)
            for number in numbers
        )
        keys = [key_of(number) for number in numbers]
        refused = self._refused(self.ledger.skip, run_id, [Outcome(number, status) for number in numbers], keys)
        assert refused is not allowed
        if allowed:
            for number in numbers:
                rows[number].status = status

    @rule(run_id=some_run)
    def reopen(self, run_id: str) -> None:
        self.ledger.reopen_run(run_id)
        self.generation[run_id] += 1

    @invariant()
    def outcomes_agree(self) -> None:
        for run_id, rows in self.rows.items():
            shown = {outcome.row: (outcome.status, outcome.attempts) for outcome in self.ledger.outcomes(run_id)}
            expected = {
                row: (Status.UNCERTAIN if known.status == SENDING else Status(known.status), known.attempts)
                for row, known in rows.items()
                if known.status
            }
            assert shown == expected
            counts = self.ledger.counts(run_id)
            assert sum(counts.values()) == len(expected)
            assert all(self.ledger.reposts(run_id, row) == known.reposts for row, known in rows.items())

    @invariant()
    def the_watch_agrees(self) -> None:
        shown = self.watch.read_metrics()
        rows = Counter(
            (run, known.status) for run, rows in self.rows.items() for known in rows.values() if known.status
        )
        assert shown.rows == dict(rows)
        assert sum(shown.calls.values()) == self._calls_ended()

    def _calls_ended(self) -> int:
        return sum(call.verdict is not None for run_id in RUNS for call in self.ledger.past_calls(run_id))

    @invariant()
    def known_keys_agree(self) -> None:
        other = self.rows["run-1"]
        found = self.ledger.known_keys("acme", "create-lead", [key_of(row) for row in ROWS], "run-2")
        may_be_there = {
            key_of(row)
            for row, known in other.items()
            if known.attempts and (known.status == SENDING or known.status in _MAY_BE_IN_CRM)
        }
        assert set(found) == may_be_there


# A row that was sent and then skipped is one that a person gave up.
_MAY_BE_IN_CRM = {*DELIVERED, Status.PENDING, Status.UNCERTAIN, Status.SKIPPED}

LedgerAgainstDictionary.TestCase.settings = settings(max_examples=examples(20), stateful_step_count=20, deadline=None)
TestLedgerAgainstDictionary = LedgerAgainstDictionary.TestCase
