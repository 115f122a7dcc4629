"""What makes an import hesitate, where its reports go when a place is taken, and the marks that it leaves."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from importer.app.environment import Environment
from importer.app.imports import resume, run
from importer.app.preflight import clear_account
from importer.app.run_history import SUCCESS_FOLDER, Success, read_successes, record_success
from importer.config.settings import Account
from importer.core.errors import LedgerError, ReportError, RunStopped, UsageError
from importer.core.model import Status
from importer.core.progress import SilentProgress, StoppableReading
from importer.delivery.deliver_plan import DeliveryOptions
from importer.delivery.idempotency_keys import load_idempotency_keys
from importer.planning.plan import PlanRequest
from importer.planning.store import PlanFacts
from importer.reports import publisher
from importer.reports.publisher import Report, ReportPaths
from tests.support.delivery_world import BY_ID, BY_ID_WITH_KEY, LOST, World, answer, before, lead
from tests.unit.app.test_imports import account, crm_of, env, files  # noqa: F401  fixtures of the neighbour

# ruff: noqa: F811  the fixtures by their names


def imported(request: PlanRequest, account: Account, env: Environment, again: str = "") -> Report:
    return run(replace(request, again=again), account, ReportPaths(), DeliveryOptions(), env)


# --- what is not usual


@pytest.mark.slow
def test_a_script_needs_a_yes_for_what_is_unusual(env: Environment, account: Account) -> None:
    """A mapping that is new, far more rows, other headings: each is named, and nothing is sent without a yes."""
    alone = replace(env, vouched=False)
    with pytest.raises(UsageError, match="never used with this account"):
        imported(files(3), account, alone)
    assert not list((env.home / "runs").iterdir())
    imported(files(3), account, env)
    imported(files(4, name="usual.csv"), account, alone)
    with pytest.raises(UsageError, match="has 250 rows; imports with this mapping usually have about 4"):
        imported(files(250, name="many.csv"), account, alone)
    Path("other.csv").write_text(f"Lead,Note,Extra\n{lead(300)},visit,x\n", "utf-8")
    with pytest.raises(UsageError, match=r'new: "Extra"'):
        imported(replace(files(3), source=Path("other.csv")), account, alone)
    imported(files(250, name="many.csv"), account, env)
    assert any("usually have about" in note for note in env.progress.notes)  # type: ignore[attr-defined]


@pytest.mark.slow
def test_a_review_decides_where_nobody_is_asked(env: Environment, account: Account) -> None:
    """It sees the plan and what is unusual, not that a mapping is new; a run that was begun is not reviewed again."""
    crm = crm_of(env, account)
    seen: list[tuple[int, list[str]]] = []

    def review(facts: PlanFacts, odd: Sequence[str]) -> None:
        seen.append((facts.rows, list(odd)))
        if odd:
            raise UsageError("Held.", "")

    reviewed = replace(env, vouched=False, review=review, confirm=lambda question: False)
    crm.on_post = lambda number: env.stop.set() if number == 2 else None
    assert imported(files(60), account, reviewed).exit_status == 4
    env.stop.clear()
    assert imported(files(60), account, reviewed).exit_status == 0
    assert seen == [(60, [])]
    with pytest.raises(UsageError, match="Held"):
        imported(files(2000, name="many.csv"), account, reviewed)
    assert "usually have about 60" in seen[1][1][0]


@pytest.mark.slow
def test_a_run_that_has_begun_is_not_asked_about_again(env: Environment, account: Account) -> None:
    """What a person said yes to is finished by a script, and by resume."""
    crm = crm_of(env, account)
    crm.on_post = lambda number: env.stop.set() if number == 2 else None
    request = files(300)
    assert imported(request, account, env).exit_status == 4
    env.stop.clear()
    crm.on_post = lambda number: None
    alone = replace(env, vouched=False, confirm=lambda question: True)
    assert imported(request, account, alone).exit_status == 0
    with pytest.raises(UsageError, match="nothing to resume"):
        resume(None, lambda name: account, ReportPaths(), DeliveryOptions(), alone)


@pytest.mark.slow
def test_headings_are_compared_with_the_last_file_that_is_still_known(env: Environment, account: Account) -> None:
    """A removed plan and a sheet To fix say nothing about the headings of a file."""
    alone = replace(env, vouched=False)
    imported(files(3), account, env)
    (folder,) = (env.home / "runs").iterdir()
    shutil.rmtree(folder)
    Path("other.csv").write_text(f"Lead,Note,{','.join('abcdefg')}\n{lead(300)},visit{',' * 7}\n", "utf-8")
    imported(replace(files(3), source=Path("other.csv")), account, alone)
    with pytest.raises(UsageError, match=r'gone: "a", "b", "c", "d", "e" and 2 more'):
        imported(files(7, name="next.csv"), account, alone)


@pytest.mark.slow
def test_the_sheet_to_fix_has_columns_of_ours(env: Environment, account: Account) -> None:
    """Correcting rows in the workbook is no other file, and leaves no headings to compare with."""
    import openpyxl

    alone = replace(env, vouched=False)
    report = imported(files(3, bad=1), account, env)
    assert report.results is not None
    book = openpyxl.load_workbook(report.results)
    sheet = book["To fix"]
    column = [cell.value for cell in sheet[1]].index("Lead") + 1
    sheet.cell(2, column).value = lead(77)
    book.save("fixed.xlsx")
    fixed = imported(replace(files(3, bad=1), source=Path("fixed.xlsx")), account, alone)
    assert fixed.summary.counts[Status.CREATED] == 1
    imported(files(9, name="next.csv"), account, alone)


# --- a new ledger


@pytest.mark.slow
@pytest.mark.parametrize("mapping", [BY_ID, BY_ID_WITH_KEY])
def test_a_new_ledger_looks_into_the_crm(tmp_path: Path, mapping: str) -> None:
    """Rows that are there already stop the run, with an import key of a lost ledger, too; on purpose they are sent."""
    rows = [(lead(number), f"visit {number}") for number in range(5)]
    old, new = World(tmp_path / "old"), World(tmp_path / "new")
    old.deliver(old.plan(rows, mapping))
    new.crm.activities = old.crm.activities
    stopped = new.deliver(new.plan(rows, mapping)).stopped
    assert isinstance(stopped, RunStopped)
    assert "rows 2, 3, 4 of this file" in stopped.message
    assert set(new.crm.notes().values()) == {1}
    new.deliver(new.plan(rows, mapping, "run-2", again="twice"))
    assert set(new.crm.notes().values()) == {2}


def test_a_single_known_row_is_enough(tmp_path: Path) -> None:
    """One row that is there speaks for a lost ledger."""
    old, new = World(tmp_path / "old"), World(tmp_path / "new")
    old.deliver(old.plan([(lead(1), "visit")]))
    new.crm.activities = old.crm.activities
    stopped = new.deliver(new.plan([(lead(1), "visit"), (lead(2), "visit")])).stopped
    assert stopped is not None
    assert "exactly like row 2 of this file" in stopped.message


def test_a_crm_that_does_not_answer_the_first_question(tmp_path: Path) -> None:
    """The question is asked to be on the safe side only: without an answer the import begins all the same."""
    world = World(tmp_path)
    world.crm.read_faults = [before(LOST)] * 12
    assert world.deliver(world.plan([(lead(1), "visit")])).stopped is None
    assert world.statuses() == {"created": 1}


def test_a_lead_is_looked_up_before_its_activities(tmp_path: Path) -> None:
    """A mapping that names leads by e-mail asks for the lead first; one that makes leads asks nothing."""
    world = World(tmp_path)
    asked: list[str] = []
    send = world.crm.send

    def watched(request: object) -> object:
        asked.append(request.path)  # type: ignore[attr-defined]
        if "Leads.Get" in request.path:  # type: ignore[attr-defined]
            return answer([{"ProspectID": lead(1), "EmailAddress": "a@example.com"}])
        return send(request)  # type: ignore[arg-type]

    world.crm.send = watched  # type: ignore[method-assign,assignment]
    by_email = BY_ID.replace("bulk-activities-by-lead-id", "activity-by-email").replace(
        "RelatedProspectId", "EmailAddress"
    )
    plan = world.plan([("a@example.com", "visit")], by_email)
    records = [replace(record, fields={"activity.EmailAddress": "a@example.com"}) for record in _records(plan)]
    from importer.delivery.deliver_plan import make_context
    from importer.delivery.reconciliation import ledger_restore
    from importer.targets import make_target

    run_ = world.ledger.open_run(_new(plan))
    context = make_context(
        plan, run_, world.account, world.crm, world.ledger, world.clock, world.stop, world.progress, DeliveryOptions()
    )
    assert not ledger_restore._is_in_crm(records[0], context)
    assert [path.rsplit("/", 1)[-1] for path in asked] == ["Leads.GetByEmailaddress", "Retrieve"]
    from importer.mapping.loader import parse_mapping
    from importer.planning.mapping_files import mapping_vocabulary

    creates = "target: create-lead\nlead:\n  FirstName: Lead\n  EmailAddress: Note\n"
    target = make_target(parse_mapping(creates, Path("m.yaml"), **mapping_vocabulary()).mapping)
    ledger_restore.refuse_rows_already_in_crm(replace(context, target=target))
    assert len(asked) == 2


def _records(plan: object) -> list[object]:
    from importer.planning.store import to_records

    return [record for rows, batch in plan.ready_batches() for record in to_records(rows, batch, [""] * len(rows))]  # type: ignore[attr-defined]


def _new(plan: object) -> object:
    from importer.ledger.model import NewRun

    facts = plan.facts  # type: ignore[attr-defined]
    return NewRun("run-1", facts.fingerprint, "test", facts.target, "", "", "", "map", str(plan.folder), 1, "0")  # type: ignore[attr-defined]


# --- plans and reading


def test_keys_that_a_power_cut_left_in_part_are_made_again(tmp_path: Path) -> None:
    """An empty or cut file beside the plan is as good as none."""
    plan = World(tmp_path).plan([(lead(1), "a"), (lead(1), "a")])
    keys = load_idempotency_keys(plan).slice(0, 2)
    path = plan.folder / "keys.npy"
    whole = path.read_bytes()
    for part in (b"", whole[:40], whole[:-5]):
        path.write_bytes(part)
        assert load_idempotency_keys(plan).slice(0, 2) == keys


def test_a_disk_that_does_not_take_the_plan(
    env: Environment, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is an error in words, and nothing stays behind."""

    def full(*given: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("importer.planning.plan_writer.PlanWriter.add", full)
    with pytest.raises(LedgerError, match=r"plan cannot be written .*No space left"):
        imported(files(3), account, env)
    assert not list((env.home / "runs").iterdir())


def test_reading_stops_on_request(env: Environment, account: Account) -> None:
    """Between two chunks; the chunks before it are told on."""
    env.stop.set()
    with pytest.raises(RunStopped, match="while reading the file"):
        imported(files(3), account, env)
    env.stop.clear()
    seen: list[int] = []

    class Counting(SilentProgress):
        def reading(self, rows: int) -> None:
            seen.append(rows)

    StoppableReading(Counting(), env.stop).reading(7)
    assert seen == [7]


def test_a_clock_that_is_wrong_is_told(env: Environment, account: Account) -> None:
    """More than five minutes off is worth a sentence, and the skew is handed on."""
    crm = crm_of(env, account)
    with_ledger = World(env.home / "w").ledger
    for skew, told in ((-3600.0, True), (20.0, False), (None, False)):
        crm.skew = skew
        cleared = clear_account(account, crm, with_ledger, env.clock, env.stop.is_set)
        assert (cleared.clock_reading and cleared.clock_reading.server_skew) == skew
        assert any("differs from LeadSquared's by +3,600 s" in warning for warning in cleared.warnings) is told


# --- reports and marks


def test_the_name_of_the_results() -> None:
    """Control characters are replaced, long names cut, also between the bytes of a letter; never a name that exists."""
    assert ReportPaths().workbook("a/b\nc.csv", "r").name == "b_c-r.xlsx"
    assert ReportPaths().workbook("é" * 200 + ".csv", "r").name == "é" * 80 + "-r.xlsx"
    assert ReportPaths().workbook(".csv", "r").name == "import-r.xlsx"
    assert ReportPaths(Path("out.xlsx")).workbook("a.csv", "r") == Path("out.xlsx")


@pytest.mark.slow
def test_results_that_cannot_be_written_are_kept_with_the_run(
    env: Environment, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says where; when there is no room there either, it stays the error it was."""
    write = publisher.write_workbook

    def closed(path: Path, *rest: object) -> None:
        if path.parent.name == "results":
            raise ReportError(f"{path} cannot be written: it is closed.", "importer show draws it again.")
        write(path, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(publisher, "write_workbook", closed)
    with pytest.raises(ReportError, match=r"it is closed\. The results are kept in .*results\.xlsx"):
        imported(files(3), account, env)
    assert len(list((env.home / "runs").glob("*/results.xlsx"))) == 1
    with pytest.raises(ReportError, match="kept in"):
        imported(files(3), account, env)

    def full(path: Path, *rest: object) -> None:
        raise ReportError(f"{path} cannot be written.", "Make room.")

    monkeypatch.setattr(publisher, "write_workbook", full)
    with pytest.raises(ReportError) as caught:
        imported(files(3), account, env)
    assert "kept" not in caught.value.message
    with pytest.raises(ReportError) as caught:
        imported(files(0, bad=2, name="bad.csv"), account, env)
    assert "kept" not in caught.value.message


@pytest.mark.slow
def test_a_workbook_that_exists_is_not_replaced(env: Environment, account: Account) -> None:
    """The new one gets a name of its own, and a sentence says so."""
    Path("out.xlsx").write_text("mine", "utf-8")
    report = run(files(3), account, ReportPaths(Path("out.xlsx")), DeliveryOptions(), env)
    assert report.results is not None
    assert report.results.name.startswith("out-2026")
    assert any("is not replaced" in note for note in env.progress.notes)  # type: ignore[attr-defined]


def test_marks_of_success(tmp_path: Path) -> None:
    """One for each account and mapping, the newest; what says nothing is passed over; failing to write is told."""
    made = Success("a", "m.yaml", "r1", "s.csv", 3, "2026-11-20T10:00:00+00:00")
    assert record_success(tmp_path, made) == ""
    assert record_success(tmp_path, replace(made, run="r2")) == ""
    assert record_success(tmp_path, replace(made, account="b")) == ""
    for name, text in (("x.json", "{"), ("y.json", '{"account": 1}'), ("z.json", "[]")):
        (tmp_path / SUCCESS_FOLDER / name).write_text(text, "utf-8")
    assert [(one.account, one.run) for one in read_successes(tmp_path)] == [("a", "r2"), ("b", "r1")]
    assert made.days(datetime(2026, 11, 25, 9, tzinfo=UTC)) == 4
    assert made.days(datetime(2026, 11, 1, tzinfo=UTC)) == 0
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / SUCCESS_FOLDER).write_text("in the way", "utf-8")
    assert "could not be written" in record_success(tmp_path / "other", made)
    assert read_successes(tmp_path / "other") == []


@pytest.mark.slow
def test_a_run_that_ends_marks_its_success(env: Environment, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """A finished run leaves a mark, also when the same file comes again; trouble with it is only a note."""
    imported(files(3), account, env)
    (mark,) = read_successes(env.home)
    assert (mark.account, mark.rows) == ("test", 3)
    shutil.rmtree(env.home / SUCCESS_FOLDER)
    imported(files(3), account, env)
    assert read_successes(env.home) == [mark] or read_successes(env.home)[0].run == mark.run
    monkeypatch.setattr("importer.app.imports.record_success", lambda *given: "no room")
    imported(files(3), account, env)
    assert "no room" in env.progress.notes  # type: ignore[attr-defined]
