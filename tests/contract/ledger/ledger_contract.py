"""What every ledger store promises. A store's test class inherits these tests and gives the fixture ``ledger``."""

from __future__ import annotations

from dataclasses import replace

import pytest

from importer.core.errors import AnotherRunActive, LedgerError
from importer.core.model import CallClass, Limit, Outcome, Status, VerdictKind
from importer.ledger.ledger import Ledger
from importer.ledger.model import LearnedLimit, RunState
from tests.contract.ledger.calls_contract import CallsContract
from tests.contract.ledger.cleaning_contract import CleaningContract
from tests.contract.ledger.corrections_contract import CorrectionsContract
from tests.contract.ledger.identities_contract import IdentitiesContract
from tests.contract.ledger.resolution_contract import ResolutionContract
from tests.contract.ledger.updates_contract import UpdatesContract
from tests.support.ledger_builders import call, ended, key_of, new_run, outcomes, send


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


class ReadingContract:
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
        """An uncertain or refused row proves nothing; neither does another account."""
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
        assert ledger.call_statistics("run-1").by_verdict == {VerdictKind.APPLIED: 1}
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


class LedgerContract(
    RunsContract,
    CallsContract,
    ResolutionContract,
    ReadingContract,
    PruningContract,
    AccountsContract,
    CleaningContract,
    IdentitiesContract,
    CorrectionsContract,
    UpdatesContract,
):
    """All of it."""
