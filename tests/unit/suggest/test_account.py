"""With keys, the account's own fields, types, drop-downs and places go into the proposal, over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from importer.app import suggest_mapping
from importer.cli.main import run
from importer.cli.options import build_environment
from importer.core.errors import CrmError, RunStopped
from importer.core.model import Reply, Request
from importer.crm_schema.model import FieldFacts
from importer.leadsquared.interface import ApiUser
from importer.leadsquared.metadata import read_activity_fields
from importer.sandbox.options import Keys, Options
from importer.sandbox.seed import lead_id
from importer.sandbox.server import Sandbox
from importer.suggest.account import AccountProfile

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "sample_data"
KEY = "canary0key0that0must0never0appear"


class Told:
    """A CRM's answer to any question."""

    def __init__(self, body: Any) -> None:
        self.body = body

    def __call__(self, request: Request) -> Reply:
        return Reply(200, self.body)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    made = Sandbox(
        Options(calls_per_window=0, bulk_calls_per_window=0, async_calls_per_window=0), Keys(KEY, f"{KEY}-secret", "")
    )
    made.start()
    yield made
    made.stop()


@pytest.fixture(autouse=True)
def _keys(sandbox: Sandbox, _no_account: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADSQUARED_HOST", sandbox.host)
    monkeypatch.setenv("LEADSQUARED_ACCESS_KEY", KEY)
    monkeypatch.setenv("LEADSQUARED_SECRET_KEY", f"{KEY}-secret")


def proposed(*arguments: str) -> str:
    """The text of the mapping for these arguments."""
    assert run(["mapping", "new", *arguments, "-o", "proposed.yaml"]) == 0
    text = Path("proposed.yaml").read_text("utf-8")
    assert KEY not in text
    return text


@pytest.mark.slow
def test_the_activity_type_and_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    """Type 201 by the file's name; its fields by their names, its drop-down with a look-up, the account's zone."""
    text = proposed(str(SAMPLES / "webinar-attendance.csv"))
    assert "ActivityEvent: {value: 201}" in text
    assert "  mx_Custom_1: {column: Webinar, max_length: 200}\n" in text
    assert "  mx_Custom_2: {column: Score, type: integer}\n" in text
    assert "    lookup:\n      Bronze: B\n      Gold: G\n      Silver: S\n      # Platinum: ?\n" in text
    assert "timezone: Asia/Kolkata}" in text
    capsys.readouterr()
    assert run(["mapping", "check", "proposed.yaml", "--file", str(SAMPLES / "webinar-attendance.csv")]) == 0


@pytest.mark.slow
def test_lead_fields_of_the_account(capsys: pytest.CaptureFixture[str]) -> None:
    """Own fields are found by other names for the same thing; the country of phones is the account's."""
    text = proposed(str(SAMPLES / "website-enquiries.tsv"))
    assert (
        "mx_Course: {column: Interested in, type: choice, options: [Data Science, Design, Finance, Marketing]}" in text
    )
    assert "mx_Newsletter: {column: Newsletter, type: boolean}" in text
    assert "Phone: {column: Phone, type: phone, country: IN, max_length: 50}" in text
    assert run(["mapping", "check", "proposed.yaml"]) == 0


@pytest.mark.slow
def test_mandatory_fields(capsys: pytest.CaptureFixture[str]) -> None:
    """What LeadSquared demands of an activity is required."""
    text = proposed(str(SAMPLES / "store-visits.xlsx"), "--sheet", "Visits", "--header-row", "3")
    assert "mx_Custom_1: {column: Store, max_length: 200, required: true}" in text


@pytest.mark.slow
def test_a_mandatory_field_without_a_column(capsys: pytest.CaptureFixture[str]) -> None:
    """It is asked for, where it belongs."""
    Path("visits.csv").write_text(f"Lead ID,Visited on,Amount\n{lead_id(1)},14/02/2025 10:30,12\n", "utf-8")
    assert "LeadSquared demands mx_Custom_1 (Store)" in " ".join(proposed("visits.csv").split())


@pytest.mark.slow
def test_types_named_in_a_column(capsys: pytest.CaptureFixture[str]) -> None:
    """A column with the names of activity types becomes their codes."""
    kinds = ("Webinar attended", "Call logged", "Payment")
    rows = [f"{lead_id(row)},{kinds[row % 3]},2025-02-{row + 10} 10:30:00" for row in range(1, 13)]
    Path("mixed.csv").write_text("\n".join(["Lead ID,Activity,Happened at", *rows]) + "\n", "utf-8")
    assert "lookup: {Call logged: 203, Payment: 204, Webinar attended: 201}" in proposed("mixed.csv")


@pytest.mark.slow
def test_json_names_the_account(capsys: pytest.CaptureFixture[str]) -> None:
    """Programs see whom was asked."""
    assert run(["mapping", "new", str(SAMPLES / "fee-payments.csv"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["account"] == "default"
    assert told["notes"] == []
    assert told["check"] == []


@pytest.mark.slow
def test_without_an_answer_it_works_all_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wrong keys, and a host that is not there: a note says so, the standard fields do."""
    monkeypatch.setenv("LEADSQUARED_ACCESS_KEY", "wrong")
    assert "EmailAddress: {column: E-mail, type: email}" in proposed(str(SAMPLES / "new-students.csv"))
    assert "could not be asked about its fields" in capsys.readouterr().out
    Path("proposed.yaml").unlink()
    for name, value in (("HOST", "http://127.0.0.1:9"), ("ACCESS_KEY", KEY), ("SECRET_KEY", f"{KEY}-secret")):
        monkeypatch.setenv(f"LEADSQUARED_{name}", value)
    assert "EmailAddress: {column: E-mail, type: email}" in proposed(str(SAMPLES / "new-students.csv"))
    assert "could not be asked about its fields" in capsys.readouterr().out


@pytest.mark.parametrize("when", ["asking", "reading"])
def test_stopping(when: str, monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox) -> None:
    """Ctrl-C ends it before a file is written, whether LeadSquared is being asked or the file read."""
    env = build_environment(quiet=True, verbose=0)
    if when == "asking":
        env.stop.set()
    else:
        monkeypatch.setattr(suggest_mapping, "_read_account", lambda facts, *rest: env.stop.set() or facts)
    with pytest.raises(RunStopped):
        suggest_mapping.propose_mapping(suggest_mapping.ProposalRequest(SAMPLES / "new-students.csv"), env)
    assert not Path("new-students.yaml").exists()


@pytest.mark.slow
def test_a_named_account(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    """It is asked, and its name told."""
    Path("accounts.yaml").write_text(
        f"main:\n  host: {sandbox.host}\n  access_key: {{env: MY_ACCESS}}\n  secret_key: {{env: MY_SECRET}}\n", "utf-8"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MY_ACCESS", KEY)
        patch.setenv("MY_SECRET", f"{KEY}-secret")
        assert run(["mapping", "new", str(SAMPLES / "fee-payments.csv"), "--account", "main", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["account"] == "main"
    assert told["notes"] == []


@pytest.mark.slow
def test_what_is_proposed_arrives(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Days without a time and days with a time of their own are moments that LeadSquared takes."""
    rows = [f"lead{row:04}@example.com,{row + 10}/02/2025,paid {row}" for row in range(1, 9)]
    Path("fee-payments.csv").write_text("\n".join(["E-mail,Paid on,Remarks", *rows]) + "\n", "utf-8")
    text = proposed("fee-payments.csv")
    assert 'template: "{Paid on} 00:00", type: datetime, format: "%d/%m/%Y %H:%M", timezone: Asia/Kolkata' in text
    for name, value in (("HOST", sandbox.host), ("ACCESS_KEY", KEY), ("SECRET_KEY", f"{KEY}-secret")):
        monkeypatch.setenv(f"LEADSQUARED_{name}", value)
    assert run(["run", "fee-payments.csv", "-m", "proposed.yaml", "--yes", "--quiet"]) == 0
    found = [each for each in sandbox.state()["activities"] if each["note"].startswith("paid ")]
    assert len(found) == 8
    assert {each["CreatedOn"][11:16] for each in found} == {"18:30"}


@pytest.mark.slow
def test_options_are_known_by_what_people_see(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file has the words of the screen, the account wants its own codes: the look-up has both."""
    tier = FieldFacts(
        "mx_Custom_1", "Tier", "Dropdown", options=("10", "20"), option_texts=("Welcome Pack", "Full Year")
    )
    monkeypatch.setattr(suggest_mapping, "read_activity_fields", lambda ask, code: [tier])
    rows = [f"{lead_id(row)},14/02/2025 10:30,{('Welcome pack', 'Full year')[row % 2]}" for row in range(1, 9)]
    Path("store-visits.csv").write_text("\n".join(["Lead ID,Visited on,Tier", *rows]) + "\n", "utf-8")
    assert "lookup: {Full year: 20, Welcome pack: 10}" in proposed("store-visits.csv")


@pytest.mark.parametrize("body", [[], {}, {"Fields": "none"}, None])
def test_fields_of_a_type_that_are_not_told(body: Any) -> None:
    """An answer of another shape is an error with a remedy."""
    with pytest.raises(CrmError, match="does not list the fields of activity type 7"):
        read_activity_fields(Told(body), "7")


@pytest.mark.parametrize(
    ("options", "read"),
    [
        ('[{"Value": "G", "Text": "Gold"}, {"Value": "S"}, {}, 3]', ("G", "S")),
        ([{"Value": "G", "Text": ""}], ("G",)),
        ("", ()),
        ("{", ()),
        ("[" * 100_000, ()),
        (None, ()),
    ],
)
def test_drop_downs_of_activities(options: Any, read: tuple[str, ...]) -> None:
    """JSON inside a text, or what else may come."""
    fields = [{"SchemaName": "mx_Custom_1", "OptionSet": options, "MaxFieldLength": "200"}, {}, "odd"]
    (field,) = read_activity_fields(Told({"Fields": fields}), "7")
    assert field.options == read
    assert (field.max_length, field.mandatory, field.display_name) == (200, False, "")


@pytest.mark.slow
def test_a_type_whose_fields_are_not_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The proposal is made without them, and says so."""

    def refuse(ask: object, code: str) -> None:
        raise CrmError(f"no fields of {code}", "")

    monkeypatch.setattr(suggest_mapping, "read_activity_fields", refuse)
    assert "ActivityEvent: {value: 204}" in proposed(str(SAMPLES / "fee-payments.csv"))
    assert "does not tell the fields of activity type 204" in capsys.readouterr().out


def test_an_account_of_this_machine_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A country prefix that the CRM tells wrongly, and an account whose keys are gone, are as if not known."""
    assert (
        suggest_mapping._with_locale(AccountProfile(), ApiUser("", "", "o", "", "Nowhere/Town", "1", ""))
        == AccountProfile()
    )
    monkeypatch.delenv("LEADSQUARED_ACCESS_KEY")
    assert "activity:" in proposed(str(SAMPLES / "fee-payments.csv"))


@pytest.mark.slow
def test_a_file_that_appears_meanwhile(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The writing itself never replaces a file, whatever was seen before."""
    Path("proposed.yaml").write_text("mine", "utf-8")
    monkeypatch.setattr(suggest_mapping, "_check", lambda wish: None)
    assert run(["mapping", "new", str(SAMPLES / "fee-payments.csv"), "-o", "proposed.yaml"]) == 2
    assert "exists already" in capsys.readouterr().err
    assert Path("proposed.yaml").read_text("utf-8") == "mine"
