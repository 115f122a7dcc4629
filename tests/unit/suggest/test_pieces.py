"""The pieces of a proposal: options, activity types, drop-downs, zones, names, and texts that mean harm."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from importer.core.errors import MappingError, SourceError
from importer.mapping.headings import match_headings
from importer.planning.plan import read_mapping
from importer.sources import open_source
from importer.sources.interface import SourceOptions
from importer.suggest.account import AccountProfile, KnownField
from importer.suggest.mapping_writer import mapping_text
from importer.suggest.model import MappingLine, Proposal
from importer.suggest.profile import ColumnProfile, profile_columns
from importer.suggest.proposal import propose
from importer.suggest.similarity import NearestOption, nearest_option
from importer.suggest.target_selection import choose_type
from importer.transforms.phones import only_country
from tests.support.sampled import examples

SAME = (("Online", "Online"), ("Campus", "Campus"), ("Call back", "Call back"))
CODES = (("G", "Gold"), ("S", "Silver"), ("B", "Bronze"))


def proposal_of(text: str, facts: AccountProfile | None = None, target: str | None = None, name: str = "f") -> Proposal:
    """The proposal for a small text file."""
    path = Path(f"{name}.csv")
    path.write_text(text, "utf-8")
    return propose(open_source(path, SourceOptions()), facts or AccountProfile(), target)


def profiles_of(text: str) -> list[ColumnProfile]:
    """The profiles of the columns of a small text file."""
    path = Path("profiled.csv")
    path.write_text(text, "utf-8")
    source = open_source(path, SourceOptions())
    return profile_columns(source.columns, source.chunks())


def entry_of(proposal: Proposal, field: str) -> MappingLine:
    """The line of a field."""
    return next(entry for entry in proposal.entries if entry.field == field)


@pytest.mark.parametrize(
    ("text", "options", "found"),
    [
        (" online ", SAME, NearestOption("Online", True)),
        ("call_back", SAME, NearestOption("Call back", True)),
        ("A -", (("A+", "A+"), ("A-", "A-")), NearestOption("A-", False)),
        ("Callback", SAME, NearestOption("Call back", False)),
        ("Zoom", SAME, None),
        ("Gold", CODES, NearestOption("G", True)),
        ("Gld", CODES, NearestOption("G", False)),
        ("Platinum", CODES, None),
        ("Si", (("S", "Small"), ("B", "Big")), NearestOption("S", False)),
        ("Sam", (("Sama", "Sama"), ("Samb", "Samb")), None),
        ("x", (), None),
    ],
)
def test_nearest_option(text: str, options: tuple[tuple[str, str], ...], found: NearestOption | None) -> None:
    """The same word, a near one, the one code that it begins with; nothing when several are as near."""
    assert nearest_option(text, options) == found


def test_the_activity_type_that_the_file_speaks_of() -> None:
    """One type must stand out; the name of the file counts more than the headings."""
    types = (("201", "Webinar attended"), ("202", "Store visit"), ("203", "Call logged"))
    facts = AccountProfile(activity_types=types)
    chosen = choose_type(facts, ["webinar-attendance", "", "Joined at"], [])
    assert chosen is not None
    assert chosen.code == "201"
    assert choose_type(facts, ["export", "", "Date"], []) is None
    assert choose_type(AccountProfile(), ["webinar"], []) is None
    twins = AccountProfile(activity_types=(("1", "Store visit"), ("2", "Store visit")))
    assert choose_type(twins, ["store-visits"], []) is None


def test_the_activity_type_whose_fields_the_headings_name() -> None:
    """Without a word for a type, its fields decide; one field alone does not."""
    fields = {
        "1": (KnownField("mx_Custom_1", "Disposition", "String"), KnownField("mx_Custom_2", "Talk Time", "String")),
        "2": (KnownField("mx_Custom_1", "Amount", "Number"), KnownField("mx_Custom_2", "Mode", "String")),
    }
    facts = AccountProfile(activity_types=(("1", "Outbound"), ("2", "Premium")), fields_of=lambda code: fields[code])
    chosen = choose_type(facts, ["export"], profiles_of("Disposition,Talk time\nBusy,00:10\n"))
    assert chosen is not None
    assert (chosen.code, chosen.reason) == ("1", '2 of the headings are names of fields of "Outbound"')
    assert choose_type(facts, ["export"], profiles_of("Disposition,Other\nBusy,x\n")) is None


ACCOUNT = (
    KnownField("EmailAddress", "Email", "Email"),
    KnownField("mx_Intake", "Intake", "Select", options=(("Next year", "Next year"), ("3-6 months", "3-6 months"))),
    KnownField("mx_Asked", "Enquiry Subject", "Text"),
    KnownField("mx_Program", "Program", "Select", options=(("P1", "Data Science (PG)"), ("P2", "MBA"))),
    KnownField("mx_Shop_Id", "Shop Customer ID", "Text"),
    KnownField("mx_Opt_In", "Accepts Marketing", "Boolean"),
    KnownField("mx_Enquired", "Enquiry Date", "DateTime"),
)


@pytest.mark.parametrize(
    ("heading", "values", "field", "confidence"),
    [
        ("When do you begin?", ("Next year", "3-6 months"), "mx_Intake", "low"),
        ("Subject", ("Price", "Visit"), "mx_Asked", "medium"),
        ("which_program_do_you_like", ("data_science_(pg)", "mba"), "mx_Program", "high"),
        ("Customer ID", ("7123", "7124"), "mx_Shop_Id", "low"),
        ("Accepts SMS Marketing", ("yes", "no"), "mx_Opt_In", "low"),
        ("created_time", ("2026-02-20 10:00:00", "2026-02-21 11:00:00"), "mx_Enquired", "medium"),
        ("Answer", ("yes", "no"), None, ""),
    ],
)
def test_fields_of_the_account_by_shared_words_and_options(
    heading: str, values: tuple[str, str], field: str | None, confidence: str
) -> None:
    """Sure only where the account's own name stands there; never when a word tells the two apart."""
    rows = "".join(f"a{row}@example.com,{values[row % 2]}\n" for row in range(12))
    proposal = proposal_of(f"E-mail,{heading}\n{rows}", AccountProfile(lead_fields=ACCOUNT))
    found = [(entry.field, entry.confidence.value) for entry in proposal.entries if entry.column == heading]
    assert found == ([(field, confidence)] if field else [])


def test_a_second_phone_is_not_taken_by_its_values_alone() -> None:
    """The heading of another column names the lead's phone; numbers of records are none, whatever they look like."""
    rows = "".join(f"+91 98200 1111{row},+91 98200 2222{row},1758 111{row}\n" for row in range(9))
    proposal = proposal_of(f"Mobile,Spare,Call ID\n{rows}")
    assert [(entry.field, entry.column) for entry in proposal.entries] == [("Phone", "Mobile")]


def test_a_drop_down_that_nothing_fits() -> None:
    """A column named like it is left out, and the remark says why."""
    stage = KnownField("ProspectStage", "Lead Stage", "Select", options=(("Prospect", "Prospect"),))
    mail = KnownField("EmailAddress", "Email", "Email", mandatory=True, max_length=10)
    rows = "".join(f"a{n}@example.com,{('Applied', 'Enrolled')[n % 2]}\n" for n in range(10))
    proposal = proposal_of("Email,Lead Stage\n" + rows, AccountProfile(lead_fields=(stage, mail)))
    assert proposal.ignored[0].remark.startswith("named like ProspectStage, but no value is like an option")
    line = entry_of(proposal, "EmailAddress")
    assert line.rule["required"] == "true"
    assert "the longest value has 14 characters, the field holds 10" in line.reason


def test_yes_and_no_in_other_languages() -> None:
    """Words that mappings do not know by themselves get a look-up."""
    flag = KnownField("mx_Newsletter", "Newsletter", "Boolean")
    mail = KnownField("EmailAddress", "Email", "Email")
    proposal = proposal_of(
        "Email,Newsletter\na@example.com,Ja\nb@example.com,Nein\n", AccountProfile(lead_fields=(flag, mail))
    )
    assert entry_of(proposal, "mx_Newsletter").rule == {
        "column": "Newsletter",
        "type": "boolean",
        "lookup": {"Ja": "1", "Nein": "0"},
    }


@pytest.mark.parametrize(
    ("heading", "account_zone", "zone", "held"),
    [
        ("Join time (UTC)", "Asia/Kolkata", "UTC", False),
        ("Join time (IST)", "Asia/Kolkata", "Asia/Kolkata", False),
        ("Join time (MEZ)", "Europe/Berlin", "Europe/Berlin", False),
        ("Join time (EST)", "Asia/Kolkata", None, True),
        ("Join time (EST)", "", None, True),
        ("Join time", "", None, False),
    ],
)
def test_a_zone_in_the_heading(heading: str, account_zone: str, zone: str | None, held: bool) -> None:
    """It counts when it is certain; when it contradicts the account a person decides."""
    rows = "".join(f"a{n}@example.com,{n}/02/2025 10:30\n" for n in range(10, 20))
    proposal = proposal_of(f"Email,{heading}\n{rows}", AccountProfile(time_zone=account_zone))
    line = entry_of(proposal, "ActivityDateTime")
    assert line.held is held
    assert line.rule.get("timezone") == zone


def test_dates_of_mixed_orders_are_held_back() -> None:
    """The form that most have is offered, with the number of the others."""
    rows = "".join(f"a{n}@example.com,{n}/02/2025 10:30\n" for n in range(10, 29)) + "z@example.com,02/25/2025 10:30\n"
    line = entry_of(proposal_of(f"Email,Called on\n{rows}"), "ActivityDateTime")
    assert line.held
    assert line.todo.startswith("1 of 20 dates")
    assert line.alternatives[0]["format"] == "%d/%m/%Y %H:%M"


def test_names_that_cannot_be_split() -> None:
    """All of the text becomes the first name; beside a first name, a vague `Name` is the last name."""
    whole = proposal_of("Full name,Email\nAsha Rani Rao,a@example.com\nVikram Das,b@example.com\n")
    assert entry_of(whole, "FirstName").rule["transforms"] == ("collapse_spaces",)
    parts = proposal_of("Vorname,Name,E-Mail\nAnna,Lang,a@example.com\nUte,Vogel,b@example.com\n")
    assert entry_of(parts, "LastName").column == "Name"
    three = proposal_of("First name,Last name,Full name,Email\nA,B,A B,a@example.com\nC,D,C D,b@example.com\n")
    assert [column.column for column in three.ignored] == ["Full name"]


def test_an_account_that_names_the_mobile_number_so() -> None:
    """The display name of a field counts more than what is usual, also for finding the lead."""
    fields = (KnownField("Phone", "Phone Number", "Phone"), KnownField("Mobile", "Mobile", "Phone"))
    rows = "".join(f"+91 98450 98{n:03}\n" for n in range(10))
    proposal = proposal_of(f"Mobile\n{rows}", AccountProfile(lead_fields=fields), "bulk-upsert-leads")
    assert entry_of(proposal, "Mobile").column == "Mobile"
    assert proposal.search_by == "Mobile"
    offline = proposal_of(f"Mobile\n{rows}", None, "bulk-upsert-leads")
    assert entry_of(offline, "Phone").column == "Mobile"
    assert offline.search_by == "Phone"


def test_nothing_is_recognised() -> None:
    """The mapping says so, in place of a guess; a check finds that it has no fields."""
    proposal = proposal_of("Q1,Q2\nx,7\ny,8\n")
    text = mapping_text(proposal)
    assert proposal.entries == ()
    assert "every row would make a new lead" in " ".join(text.replace("#", " ").split())
    place = Path("m.yaml")
    place.write_text(text, "utf-8")
    with pytest.raises(MappingError, match=r"section `lead:`|no fields"):
        read_mapping(place)


def test_empty_columns_and_a_file_without_rows() -> None:
    """The heading alone speaks, without certainty; dates need values."""
    proposal = proposal_of("Email,Phone,Called on,Thing\n")
    assert {entry.field: entry.confidence.value for entry in proposal.entries} == {
        "EmailAddress": "medium",
        "Phone": "medium",
    }
    assert [column.remark for column in proposal.ignored][1] == "no field was found for it, and it is empty"


@pytest.mark.parametrize(
    ("prefix", "country"), [("91", "IN"), ("1", ""), ("49", "DE"), ("", ""), ("999", ""), ("x", "")]
)
def test_the_only_country_of_a_prefix(prefix: str, country: str) -> None:
    """+1 is shared by many."""
    assert only_country(prefix) == country


HOSTILE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=25)


@pytest.mark.slow
@settings(max_examples=examples(60), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(HOSTILE, min_size=1, max_size=5), st.lists(HOSTILE, min_size=3, max_size=3))
def test_whatever_the_headings_are(headings: list[str], words: list[str]) -> None:
    """No heading and no value gets out of its quotes: the mapping is read, and names every column of the file."""
    import csv
    import io

    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["Email", *headings])
    for number, word in enumerate(words):
        writer.writerow([f"a{number}@example.com", *[word] * len(headings)])
    path = Path("hostile.csv")
    path.write_text(file.getvalue(), "utf-8", newline="")
    try:
        source = open_source(path, SourceOptions())
        proposal = propose(source, AccountProfile(), "capture-lead")
    except SourceError:
        return
    place = Path("hostile.yaml")
    place.write_text(mapping_text(proposal), "utf-8")
    loaded = read_mapping(place)
    match = match_headings(loaded, [(column.label, column.heading) for column in source.columns])
    unlisted = {column.column for column in proposal.ignored if not column.listed}
    assert match.problems == ()
    assert set(match.unused) <= unlisted


def test_a_zone_in_the_values() -> None:
    """A word such as IST in every value is a part of the form, and counts as one in the heading does."""
    rows = "".join(f'a{n}@example.com,"Feb {n}, 2025 10:30 AM IST"\n' for n in range(10, 20))
    india = entry_of(
        proposal_of(f"Email,Join time\n{rows}", AccountProfile(time_zone="Asia/Kolkata")), "ActivityDateTime"
    )
    assert india.rule["format"] == "%b %d, %Y %I:%M %p IST"
    assert india.rule["timezone"] == "Asia/Kolkata"
    assert entry_of(proposal_of(f"Email,Join time\n{rows}"), "ActivityDateTime").held


def test_an_address_of_the_house() -> None:
    """A column in which the same two addresses stand again and again is nobody's own, whatever its heading."""
    rows = "".join(f"desk{n % 2}@example.com,x\n" for n in range(30))
    proposal = proposal_of(f"Sender e-mail,Thing\n{rows}")
    assert entry_of(proposal, "EmailAddress").confidence.value == "low"


def test_no_numbers_in_remarks() -> None:
    """Phone numbers that repeat themselves are not shown."""
    rows = "".join(f"a{n}@example.com,+91980000000{n % 2}\n" for n in range(30))
    proposal = proposal_of(f"Email,Agent number\n{rows}")
    assert proposal.ignored[0].remark.endswith("its values are shaped like phone numbers")


def test_headings_with_braces() -> None:
    """They cannot stand in a template, so that a day stays a day."""
    rows = "".join(f"a{n}@example.com,{n}/02/2025,10:{n}\n" for n in range(10, 20))
    proposal = proposal_of(f"Email,Visit date {{x}},Visit time\n{rows}", AccountProfile(time_zone="UTC"))
    line = entry_of(proposal, "ActivityDateTime")
    assert line.rule == {"column": "Visit date {x}", "type": "date", "format": "%d/%m/%Y"}
