"""Lead fields of a mapping against an account: what certainly fails, what may, and what the cells must be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from importer.crm_schema.checks.findings import REFRESH_HINT, CallTraits
from importer.crm_schema.model import CrmFieldKind, FieldConstraint, FieldFacts, Metadata, Owners
from tests.unit.crm_schema.builders import ACCOUNT, LEAD_FIELDS, NEW_LEADS, UPSERTS, found, leads, problems, warnings

NUMBER = '"Score" (mx_Score) is a number field in the account'

CERTAIN = [
    ("mx_Citty: Town", 'line 3 (lead.mx_Citty): The account has no field mx_Citty. Did you mean mx_City ("City")?'),
    ("mx_city: Town", 'line 3 (lead.mx_city): The account has no field mx_city. Did you mean mx_City ("City")?'),
    (
        "Town_of_birth: Town",
        "line 3 (lead.Town_of_birth): The account has no field Town_of_birth. "
        'Did you mean mx_Home_Town ("Town of birth")?',
    ),
    (
        "mx_Q_7: Newsletter",
        'line 3 (lead.mx_Q_7): The account has no field mx_Q_7. Did you mean mx_News ("Newsletter")?',
    ),
    (
        "mx_Twn_of_birth: X",
        "line 3 (lead.mx_Twn_of_birth): The account has no field mx_Twn_of_birth. "
        'Did you mean mx_Home_Town ("Town of birth")?',
    ),
    (
        "Zzzzzzzzz: Q",
        "line 3 (lead.Zzzzzzzzz): The account has no field Zzzzzzzzz. "
        "LeadSquared shows the schema names under Settings > Leads.",
    ),
    (
        "Source: {value: Radio}",
        'line 3 (lead.Source.value): "Radio" is not an option of "Lead Source" (Source). '
        'It has: "Website", "Event", "Import".',
    ),
    (
        "Source: {column: S, default: Evnt}",
        'line 3 (lead.Source.default): "Evnt" is not an option of "Lead Source" (Source). Did you mean "Event"? '
        'It has: "Website", "Event", "Import".',
    ),
    (
        "Source: {column: S, lookup: {r: Radio, t: TV}}",
        'line 3 (lead.Source.lookup): "Lead Source" (Source) has no option "Radio", "TV". '
        'It has: "Website", "Event", "Import".',
    ),
    (
        "FirstName: {value: Bartholomew}",
        'line 3 (lead.FirstName.value): The text has 11 characters; "First Name" (FirstName) holds 10. Shorten it.',
    ),
    ("mx_Score: {value: ten}", f'line 3 (lead.mx_Score.value): {NUMBER} and cannot hold "ten". Correct the text.'),
    (
        "mx_Score: {column: S, type: email}",
        f"line 3 (lead.mx_Score): {NUMBER} and cannot hold what `type: email` gives. Use `type: number`.",
    ),
    (
        "mx_Birth_Date: {value: soon}",
        'line 3 (lead.mx_Birth_Date.value): "Date of Birth" (mx_Birth_Date) is a date field in the account and cannot '
        'hold "soon". Correct the text.',
    ),
    (
        "mx_News: {column: N, default: maybe}",
        'line 3 (lead.mx_News.default): "Newsletter" (mx_News) is a yes or no field in the account and cannot hold '
        '"maybe". Correct the text.',
    ),
    (
        "OwnerId: {value: id-eve}",
        'line 3 (lead.OwnerId.value): "id-eve" is no user of the account. Name an active user.',
    ),
    (
        "OwnerId: {value: ID-OMAR}",
        'line 3 (lead.OwnerId.value): "ID-OMAR" is a user who is not active. Name an active user.',
    ),
    (
        "OwnerId: {column: O, type: email}",
        'line 3 (lead.OwnerId): "Owner" (OwnerId) is a user field in the account and cannot hold what `type: email` '
        "gives. Use a column with the ids of users.",
    ),
    (
        "mx_City:\n  fields: {Status: S}",
        'line 4 (lead.mx_City.fields): "City" (mx_City) is a text field in the account, not a custom field set. '
        "Give it a column or value.",
    ),
]


@pytest.mark.parametrize(("rules", "words"), CERTAIN, ids=[rules for rules, _ in CERTAIN])
def test_what_is_certain_to_fail(rules: str, words: str) -> None:
    """Each with its line and what to write instead."""
    assert problems(leads(rules)) == [words]


UNCERTAIN = [
    (
        "Source: {column: S, lookup: {r: Radio, e: Event}}",
        'line 3 (lead.Source.lookup): "Lead Source" (Source) has no option "Radio". It has: "Website", "Event", "Import".',
    ),
    (
        "Source: {column: S, lookup: {r: Radio}, default: Event}",
        'line 3 (lead.Source.lookup): "Lead Source" (Source) has no option "Radio". It has: "Website", "Event", "Import".',
    ),
    (
        "Source: {column: S, type: choice, options: [Event, Evnts]}",
        'line 3 (lead.Source.options): "Lead Source" (Source) has no option "Evnts". Did you mean "Event"? '
        'It has: "Website", "Event", "Import".',
    ),
    (
        "FirstName: {column: F, max_length: 30}",
        "line 3 (lead.FirstName.max_length): `max_length: 30` is more than the 10 characters that "
        '"First Name" (FirstName) holds. Write `max_length: 10`; longer cells are problems of their rows.',
    ),
    (
        "mx_Score: S",
        f"line 3 (lead.mx_Score): {NUMBER}, but the mapping sends `type: text`. Better use `type: number`.",
    ),
    (
        "mx_Birth_Date: {column: B, type: datetime, timezone: Asia/Kolkata}",
        'line 3 (lead.mx_Birth_Date): "Date of Birth" (mx_Birth_Date) is a date field in the account, but the mapping '
        "sends `type: datetime`. Better use `type: date`.",
    ),
    (
        "ProspectAutoId: N",
        'line 3 (lead.ProspectAutoId): "Lead Number" (ProspectAutoId) is read-only in the account; LeadSquared may '
        "refuse or ignore it. Better leave it out.",
    ),
    (
        "Phone: {column: P, type: phone}",
        'line 3 (lead.Phone): "Phone Number" (Phone) is locked once a lead was made; for leads that exist LeadSquared '
        "may refuse or ignore it. Leave it out where leads are updated.",
    ),
    (
        "mx_KYC: K",
        'line 3 (lead.mx_KYC): "KYC" (mx_KYC) is a custom field set in the account. Fill its fields with `fields:`.',
    ),
]


@pytest.mark.parametrize(("rules", "words"), UNCERTAIN, ids=[rules for rules, _ in UNCERTAIN])
def test_what_may_fail(rules: str, words: str) -> None:
    """It stops nothing, and says so with its line."""
    findings = leads(rules)
    assert (problems(findings), warnings(findings)) == ([], [words])


FITTING = [
    "mx_City: Town",
    "ProspectID: Id",
    "mx_Odd: {column: O, type: email}",
    "mx_Score: {column: S, type: integer}",
    "mx_Score: {value: '-12.5'}",
    "mx_Score: {column: S, lookup: {ten: '10'}}",
    "mx_Birth_Date: {value: '2026-02-14'}",
    "mx_Seen: {column: B, type: date}",
    "mx_News: {value: 'True'}",
    "Source: {column: S, lookup: {e: Event}, options: [Event], type: choice}",
    "Source: {column: S, type: choice, options: [Event, Import]}",
    "OwnerId: {value: ID-ANN}",
    "EmailAddress: {column: E, max_length: 100}",
    "mx_Tags: {value: c}",
    "mx_KYC:\n  fields: {Status: S}",
]


@pytest.mark.parametrize("rules", FITTING)
def test_what_fits(rules: str) -> None:
    """Nothing is said."""
    findings = leads(rules)
    assert (problems(findings), warnings(findings)) == ([], [])


def test_what_the_cells_must_be() -> None:
    """Options, lengths, owners, types are for the rows; a phone number is stored in another form than it is sent."""
    findings = leads("FirstName: F\nSource: S\nOwnerId: O\nPhone: P\nmx_Odd: X\nmx_Tags: T")
    assert findings.constraints == {
        "lead.Phone": FieldConstraint('"Phone Number" (Phone)', kind=CrmFieldKind.PHONE),
        "lead.FirstName": FieldConstraint('"First Name" (FirstName)', max_length=10),
        "lead.Source": FieldConstraint('"Lead Source" (Source)', options=("Website", "Event", "Import")),
        "lead.OwnerId": FieldConstraint(
            '"Owner" (OwnerId)', owners=Owners(frozenset({"id-ann"}), frozenset({"id-omar"}))
        ),
    }


@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        ("EmailAddress: E", CrmFieldKind.EMAIL),
        ("EmailAddress: {column: E, type: email}", None),
        ("EmailAddress: {value: a@example.com}", None),
        ("mx_Score: S", CrmFieldKind.NUMBER),
        ("mx_Birth_Date: B", CrmFieldKind.DATE),
        ("mx_Seen: S", CrmFieldKind.DATETIME),
        ("mx_News: N", CrmFieldKind.BOOLEAN),
        ("mx_City: C", None),
    ],
)
def test_a_field_without_a_type_has_that_of_the_account(rule: str, kind: CrmFieldKind | None) -> None:
    """Its cells are checked by it; a type in the mapping checks them already."""
    name = rule.partition(":")[0]
    assert leads(rule).constraints.get(f"lead.{name}", FieldConstraint("")).kind is kind


def test_blanks_around_an_option_do_not_matter() -> None:
    """Neither in the account nor in the mapping; the account's spelling is sent."""
    stage = FieldFacts("mx_Stage", "Stage", "Select", options=("Interested ", "Not  now"))
    account = replace(ACCOUNT, lead_fields=(*LEAD_FIELDS, stage))
    findings = leads("mx_Stage: {column: S, default: Interested, lookup: {n: Not now}}", UPSERTS, account)
    assert (problems(findings), warnings(findings)) == ([], [])


def test_mandatory_fields() -> None:
    """They are certain where the call only makes leads; what LeadSquared fills of its own is not."""
    must = replace(ACCOUNT, lead_fields=tuple(replace(one, mandatory=True) for one in LEAD_FIELDS[5:7]))
    city = 'line 2 (lead): "City" (mx_City) is mandatory in the account, and the mapping does not fill it.'
    source = 'line 2 (lead): "Lead Source" (Source) is mandatory in the account, and the mapping does not fill it.'
    rest = ["ProspectID: Id"]
    new = leads(rest[0], NEW_LEADS, must)
    assert problems(new) == [f"{city} Add a line `mx_City: …` below `lead:`."]
    assert warnings(new) == [f"{source} Add a line `Source: …` below `lead:`."]
    both = leads(rest[0], UPSERTS, must)
    assert (problems(both), len(both.warnings)) == ([], 2)
    filled = leads("mx_City: Town\nSource: S", NEW_LEADS, must)
    assert filled.constraints["lead.mx_City"] == FieldConstraint('"City" (mx_City)', max_length=100, required=True)
    assert not filled.constraints["lead.Source"].required
    constant = leads("mx_City: {value: Pune}\nSource: S", NEW_LEADS, must)
    assert not constant.constraints["lead.mx_City"].required
    assert leads("mx_City: Town\nSource: S", UPSERTS, must).warnings == ()
    key = leads("Source: S", NEW_LEADS, must, "import_key: mx_City\n")
    assert (problems(key), warnings(key)) == ([], [])


def test_search_by_and_import_key() -> None:
    """Both must be fields of the account, and the key must fit into its own."""
    assert problems(leads("EmailAddress: E", more="search_by: mx_Citty\n")) == [
        'line 4 (search_by): The account has no lead field mx_Citty. Did you mean mx_City ("City")?'
    ]
    for by in ("EmailAddress", "mx_City", "ProspectId"):
        assert problems(leads("EmailAddress: E", more=f"search_by: {by}\n")) == []
    for key, words in (
        ("mx_Kee", 'line 4 (import_key): The account has no field mx_Kee. Did you mean mx_Key ("Key")?'),
        ("mx_Score", f"line 4 (import_key): {NUMBER}. Name a field for plain text."),
        (
            "mx_Key",
            'line 4 (import_key): "Key" (mx_Key) holds 12 characters, and the import key has 20. '
            "Name a longer field, or make this one longer in LeadSquared.",
        ),
    ):
        assert problems(leads("EmailAddress: E", more=f"import_key: {key}\n")) == [words]
    assert problems(leads("EmailAddress: E", more="import_key: mx_City\n")) == []


def test_search_by_of_activities() -> None:
    """A call that finds leads by a field needs that field, without any section `lead`."""
    text = "target: any\nsearch_by: Student\nactivity:\n  SearchByValue: S\n"
    findings = found(text, CallTraits(("SearchByValue",), creates=False, updates=False))
    assert problems(findings)[0].startswith("line 2 (search_by): The account has no lead field Student.")


def test_what_could_not_be_compared_is_named() -> None:
    """What the account does not show is no problem, and no secret."""
    nothing = Metadata("test", "h", "", ACCOUNT.read_at)
    assert leads("mx_City: C", account=nothing).unchecked == (f"lead fields {REFRESH_HINT}",)
    findings = leads("OwnerId: O\nmx_Unlisted: U\nmx_Tags: T\nmx_KYC:\n  fields: {Status: S}\nmx_Odd:\n  fields: {A: B}",
                     account=replace(ACCOUNT, users=None))  # fmt: skip
    assert findings.unchecked == (
        f"owners {REFRESH_HINT}",
        'the options of "Unlisted" (mx_Unlisted)',
        'the options of "Tags" (mx_Tags)',
        "the fields inside custom field sets",
    )


def test_softened() -> None:
    """Where nothing is certain, problems are warnings, and cells are left alone."""
    soft = leads("mx_Citty: C\nSource: S").softened()
    assert (soft.problems, len(soft.warnings), soft.constraints) == ((), 1, {})


def test_fields_without_names_for_people() -> None:
    """The schema name is enough."""
    bare = replace(ACCOUNT, lead_fields=(FieldFacts("mx_City", data_type="Select", options=tuple("abcdefghij")),))
    assert problems(leads("mx_Ciity: C", account=bare)) == [
        "line 3 (lead.mx_Ciity): The account has no field mx_Ciity. Did you mean mx_City?"
    ]
    assert problems(leads("mx_City: {value: z}", account=bare))[0].endswith('"h" and 2 more.')
