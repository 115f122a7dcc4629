"""Mappings and settings: YAML, keys, fields, patterns, paths, hosts, limits and time zones."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.config.accounts import account_from_environment
from importer.config.settings import parse_origin
from importer.core.errors import ImporterError
from importer.mapping.model import Mapping as MappingFile
from importer.reports.publisher import ReportPaths
from tests.acceptance.bad_inputs.bad_files import Desk, mapping
from tests.support.delivery_world import World, answer, before, lead

FILE = "Name,Phone\nAsha,9845098450\n"
OPTIONS = ", ".join(f"`{field.alias or name}`" for name, field in list(MappingFile.model_fields.items())[4:])
END = "Correct the mapping and run again; nothing was sent."
KEYS = {
    "LEADSQUARED_HOST": "https://api-in21.leadsquared.com",
    "LEADSQUARED_ACCESS_KEY": "access-of-nobody",
    "LEADSQUARED_SECRET_KEY": "secret-of-nobody",
}


def wrong(desk: Desk, text: str | bytes) -> list[str]:
    """What is wrong with a mapping, line by line, without the words around."""
    told = desk.refused(FILE, text)
    assert told.startswith("map.yaml has "), told
    assert told.endswith(f" {END}"), told
    return [line.strip() for line in told.removesuffix(f" {END}").split("\n")[1:]]


def setting(**changed: str) -> str:
    """What is wrong with the settings of an account."""
    with pytest.raises(ImporterError) as caught:
        account_from_environment({**KEYS, **{f"LEADSQUARED_{name}": value for name, value in changed.items()}})
    return f"{caught.value.message} {caught.value.remedy}"


def test_b121_broken_yaml(desk: Desk) -> None:
    assert (
        desk.refused(FILE, "target: create-lead\nlead:\n  Phone: {column: Phone\n")
        == "map.yaml has 1 problem:\n  line 4: A bracket or brace is not closed, or a comma is missing. Put quotes around texts that contain { } [ ] , # or a colon, or that begin with * & ! % @ ` | > or a dash. Correct the mapping and run again; nothing was sent."
    )
    assert wrong(desk, "target: create-lead\nlead:\n\tPhone: Phone\n") == [
        "line 3: A tab is used where YAML wants blanks. Indent with blanks, two for each level."
    ]
    assert wrong(desk, 'target: create-lead\nlead:\n  Phone: "Phone\n') == [
        "line 3, column 10: A quotation mark is never closed. Close it at the end of the text."
    ]
    assert wrong(desk, "target: create-lead\nlead:\n  Phone: Phone\n FirstName: Name\n") == [
        "line 4, column 2: The line does not fit the lines above it. Keys of one table begin in one column."
    ]
    assert wrong(desk, "target: create-lead\nlead:\n  Phone Phone\n  FirstName: Name\n") == [
        "line 4, column 12: A colon stands where no key can be. Indent evenly. Put quotes around texts that contain { } [ ] , # or a colon, or that begin with * & ! % @ ` | > or a dash."
    ]


def test_b122_a_key_twice(desk: Desk) -> None:
    assert wrong(desk, "target: create-lead\nlead:\n  Phone: Phone\n  Phone: Name\n") == [
        "line 4 (lead.Phone): `Phone` appears twice here; the first is in line 3. Keep one of them."
    ]
    assert wrong(desk, "target: create-lead\ntarget: capture-lead\nlead:\n  Phone: Phone\n") == [
        "line 2 (target): `target` appears twice here; the first is in line 1. Keep one of them."
    ]


def test_b123_texts_that_yaml_changes(desk: Desk) -> None:
    texts = ["no", "on", "0123", "12:30:45", "1_000", "2026-02-28", "1e5", "null"]
    fields = [f"mx_{number}: {{value: {text}}}" for number, text in enumerate(texts)]
    checked = desk.check(FILE, mapping("Phone: Phone", *fields))
    assert [checked.sent[2][f"lead.mx_{number}"] for number in range(len(texts))] == texts
    assert wrong(desk, mapping("Phone: Phone", "mx_1: {value: ~}")) == [
        "line 4 (lead.mx_1): Nothing says where the value comes from. Add one of `column`, `first_of`, `value`, "
        "`template`, `when`, `file_name`, `run_date`, `fields`."
    ]
    assert desk.check("no,Phone\nx,1\n", mapping("Phone: Phone", "mx_1: no")).column("mx_1") == ["x"]


def test_b124_tags(desk: Desk) -> None:
    assert wrong(desk, "target: !!python/object/apply:os.system ['touch made']\nlead:\n  Phone: Phone\n") == [
        'line 1 (target): A text that begins with ! means a tag in YAML, which mappings do not use. If it is a text, put quotes around it: "!…".'
    ]
    assert not Path("made").exists()


def test_b125_references_and_depth(desk: Desk) -> None:
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
    assert wrong(desk, bomb + "target: create-lead\nlead:\n  Phone: Phone\n")[:2] == [
        'line 1 (a): `&a` means something else in YAML (a reference), which mappings do not use. If it is a text, put quotes around it: "&…".',
        'line 2 (b): `&b` means something else in YAML (a reference), which mappings do not use. If it is a text, put quotes around it: "&…".',
    ]
    assert wrong(desk, "target: create-lead\nlead: " + "[" * 3000 + "]" * 3000) == [
        "line 2 (lead[1][1]): The file nests deeper than 20 levels. A mapping needs four."
    ]
    assert wrong(desk, "target: create-lead\nlead:\n" + "".join(f"{'  ' * deep}k:\n" for deep in range(1, 40))) == [
        "line 23 (lead.k.k): The file nests deeper than 20 levels. A mapping needs four."
    ]
    assert wrong(desk, "# " + "x" * (256 << 10)) == [
        "the mapping: The file is larger than 256 kB. A mapping has a few pages; is it the right file?"
    ]


def test_b126_unknown_keys(desk: Desk) -> None:
    assert wrong(desk, "target: create-lead\nfeilds: x\nlead:\n  Phone: {colum: Phone}\n") == [
        f"line 2 (feilds): `feilds` is not known here. Known: `target`, `source`, `lead`, `activity`, {OPTIONS}.",
        "line 4 (lead.Phone.colum): `colum` is not known here. Did you mean `column`?",
    ]
    assert wrong(desk, "target: creat-lead\nlead:\n  Phone: Phone\n") == [
        'line 1 (target): "creat-lead" is not a known target. Did you mean `create-lead`?'
    ]


def test_b127_the_wrong_shape(desk: Desk) -> None:
    assert wrong(desk, "") == ["line 1: The file is empty. Begin with a line `target:`."]
    assert wrong(desk, "# nothing\n") == ["line 1: The file is empty. Begin with a line `target:`."]
    assert wrong(desk, "- a\n- b\n") == ["line 1: The file is not a table of options. Begin with a line `target: …`."]
    assert wrong(desk, "just a text\n") == [
        "line 1: The file is not a table of options. Begin with a line `target: …`."
    ]
    assert wrong(desk, "lead:\n  Phone: Phone\n") == [
        "the mapping (target): The mapping does not say which LeadSquared call receives the rows. Add a line `target:`."
    ]
    assert wrong(desk, "target: create-lead\nlead: Phone\n") == [
        "line 1 (target): create-lead needs a section `lead:`. Add it with its fields.",
        "line 2 (lead): `lead` must be a table, not a single text. Write one `name: value` a line, or in braces: {Gold: G, Silver: S}.",
    ]
    assert wrong(desk, "target: [create-lead]\nlead:\n  Phone: [Phone]\n") == [
        "line 1 (target): `target` must be a text, not a list.",
        "line 3 (lead.Phone): `Phone` must be a table of options, not a list. Write them as `name: value`, or in braces: {column: City}.",
    ]
    assert wrong(
        desk, mapping("Phone: {column: Phone, transforms: [strip, titel], max_length: long, required: perhaps}")
    ) == [
        'line 3 (lead.Phone.transforms[2]): "titel" is not a known transform. Did you mean `title`?',
        'line 3 (lead.Phone.max_length): "long" is not a whole number. Write digits only, such as 200.',
        'line 3 (lead.Phone.required): "perhaps" is neither true nor false. Write true or false.',
    ]


def test_b128_a_field_filled_twice(desk: Desk) -> None:
    assert wrong(desk, mapping("Phone: Phone", "phone: Name")) == [
        "line 4 (lead.phone): `phone` is the same field as `Phone` in line 3. Keep one of them."
    ]
    assert wrong(desk, mapping("Phone: {column: Phone, template: '{Name}'}")) == [
        "line 3 (lead.Phone): The field has `column` and `template`, but its value can come from one place only. Keep one of them."
    ]
    # One column may fill several fields.
    assert desk.check(FILE, mapping("Phone: Phone", "Mobile: Phone")).sent == {
        2: {"lead.Phone": "9845098450", "lead.Mobile": "9845098450"}
    }


def test_b129_what_only_leadsquared_knows(desk: Desk) -> None:
    # A value that is not in the list of the field is found before anything is sent, when the mapping has the list.
    assert desk.check(
        FILE, mapping("Phone: Phone", "mx_1: {column: Name, type: choice, options: [Asha K, Meera]}")
    ).problems == [
        'row 2, column A "Name": "Asha" is not one of the allowed values. Did you mean "Asha K"? Allowed: Asha K, Meera.'
    ]
    # A check reaches no account; a code or field that the account lacks is refused by LeadSquared, and told row by row.
    world = World(desk.folder)
    world.crm.faults = [
        before(answer({"Response": [{"RowNumber": 1, "ActivityCreated": False, "ExceptionMessage": message}]}))
        for message in ("Activity event 999 does not exist", "Invalid field mx_Custom_99")
    ]
    for run, number in (("run-1", 1), ("run-2", 2)):
        world.deliver(world.plan([(lead(number), "x")], name=run))
    told = [(one.status.value, one.error) for run in ("run-1", "run-2") for one in world.ledger.outcomes(run)]
    assert told == [("rejected", "Activity event 999 does not exist"), ("rejected", "Invalid field mx_Custom_99")]


def test_b130_patterns_that_explode(desk: Desk) -> None:
    assert wrong(desk, mapping('Phone: {column: Phone, pattern: "(a+)+$"}')) == [
        'line 3 (lead.Phone.pattern): "(a+)+$" repeats something that itself repeats, which some texts would keep busy for hours. Write it without a repetition inside a repetition: `a+` in place of `(a+)+`.'
    ]
    assert wrong(desk, mapping('Phone: {column: Phone, pattern: "(a|a)*b"}')) == [
        'line 3 (lead.Phone.pattern): "(a|a)*b" repeats something that itself repeats, which some texts would keep busy for hours. Write it without a repetition inside a repetition: `a+` in place of `(a+)+`.'
    ]
    assert wrong(desk, mapping('Phone: {column: Phone, pattern: "(a"}')) == [
        'line 3 (lead.Phone.pattern): "(a" is not a regular expression: missing ), unterminated subpattern at character 1. Put a backslash before a character that is meant literally.'
    ]
    assert desk.check(FILE, mapping('Phone: {column: Phone, pattern: "[0-9]{10}"}')).counts == (1, 0)


def test_b131_code_in_templates(desk: Desk) -> None:
    assert wrong(desk, mapping("Phone: Phone", 'mx_1: {template: "{{7*7}}"}')) == [
        'line 4 (lead.mx_1.template): "{{7*7}}" has a brace without its partner, or braces inside braces. Braces only stand around a heading: {City}.'
    ]
    assert wrong(desk, mapping("Phone: Phone", 'mx_1: {template: "{Name.__class__}"}')) == [
        'line 4 (lead.mx_1.template): data.csv has no column "Name.__class__". It has: "Name", "Phone".'
    ]
    assert wrong(desk, mapping("Phone: Phone", 'mx_1: {template: "{Name!r:>10}"}')) == [
        'line 4 (lead.mx_1.template): data.csv has no column "Name!r:>10". It has: "Name", "Phone".'
    ]
    assert wrong(desk, mapping("Phone: Phone", 'mx_1: {template: "{}"}')) == [
        'line 4 (lead.mx_1.template): "{}" has empty braces. Write the heading of a column between them: {City}.'
    ]


def test_b132_paths_that_lead_elsewhere(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "data.csv").write_text(FILE, "utf-8")
    (tmp_path / "link.csv").symlink_to(outside / "data.csv")
    # A link is read as the file that it leads to, and shown by its own name.
    assert desk.check(tmp_path / "link.csv").counts == (1, 0)
    monkeypatch.chdir(tmp_path)
    for name in ("../../data.csv", "/abs/data.csv", "~/data.csv", "$HOME/data.csv", ".."):
        assert (tmp_path / ReportPaths().workbook(name, "1")).resolve().parent == tmp_path / "results"
    assert (
        desk.refused(tmp_path / "$HOME" / "~data.csv")
        == "There is no file $HOME/~data.csv. Check the name and the folder."
    )
    for schema in ("../rules.py:Rules", "~/rules.yaml", "$HOME/rules.yaml"):
        assert "map.yaml has 1 problem:\n  line 2 (schema): " in desk.refused(
            FILE, mapping(more=f"schema: {schema}\n")
        ), schema
    assert wrong(desk, mapping(more="schema: ../rules.yaml\n")) == [
        "line 2 (schema): The schema ../rules.yaml cannot be read: No such file or directory. Its path begins in the folder of the mapping."
    ]


def test_b133_hosts_that_are_not_leadsquareds(desk: Desk) -> None:
    for host in (
        "http://api-in21.leadsquared.com",
        "https://api-in21.leadsquared.com:8443",
        "https://me@api-in21.leadsquared.com",
        "https://api-in21.leadsquared.com@evil.example",
        "https://api-in21.leadsquared.com.evil.example",
        "https://api-in21-leadsquared.com",
        "https://аpi-in21.leadsquared.com",
        "https://api-in21.leadsquared.com.",
        "https://93.184.216.34",
        "https://[2606:2800::1]",
        "https://evil.example/api-in21.leadsquared.com",
        "https://evil.example#api-in21.leadsquared.com",
        "https:\\\\api-in21.leadsquared.com",
        "ftp://api-in21.leadsquared.com",
        "http://127.0.0.1.evil.example",
        "http://127.1",
    ):
        assert (
            setting(HOST=host)
            == "LEADSQUARED_HOST is not a LeadSquared host. Expected something like https://api-in21.leadsquared.com (see My Account > Settings > API and Webhooks); plain http:// is only accepted for this machine."
        )
    assert parse_origin("api-in21.leadsquared.com", "HOST") == "https://api-in21.leadsquared.com"


def test_b134_limits_without_sense(desk: Desk) -> None:
    assert setting(CALLS_PER_WINDOW="-1") == "LEADSQUARED_CALLS_PER_WINDOW is '-1'. Expected a number from 1 to 1000."
    assert setting(CALLS_PER_WINDOW="0") == "LEADSQUARED_CALLS_PER_WINDOW is '0'. Expected a number from 1 to 1000."
    assert (
        setting(CALLS_PER_WINDOW="1001") == "LEADSQUARED_CALLS_PER_WINDOW is '1001'. Expected a number from 1 to 1000."
    )
    assert setting(WINDOW_SECONDS="0") == "LEADSQUARED_WINDOW_SECONDS is '0'. Expected a number from 0.1 to 3600."
    assert setting(TIMEOUT_SECONDS="0") == "LEADSQUARED_TIMEOUT_SECONDS is '0'. Expected a number from 0.1 to 3600."
    assert setting(TIMEOUT_SECONDS="nan") == "LEADSQUARED_TIMEOUT_SECONDS is 'nan'. Expected a number from 0.1 to 3600."
    assert setting(SETTLE_SECONDS="soon") == "LEADSQUARED_SETTLE_SECONDS is 'soon'. Expected a number from 0 to 86400."
    assert wrong(desk, mapping("Phone: {column: Phone, max_length: 0}")) == [
        "line 3 (lead.Phone.max_length): `max_length` must be at least 1. Write a larger number."
    ]
    assert wrong(desk, mapping(more="max_invalid: 120%\n")) == [
        'line 2 (max_invalid): "120%" is more than all rows. 100% is all of them.'
    ]
    assert wrong(desk, mapping(more="source: {header_row: -3}\n")) == [
        "line 2 (source.header_row): `header_row` must be at least 1. Write a larger number."
    ]
    # How many rows go into one call is not to be set anywhere.
    assert wrong(desk, mapping(more="batch: 26\n")) == [
        f"line 2 (batch): `batch` is not known here. Known: `target`, `source`, `lead`, `activity`, {OPTIONS}."
    ]


def test_b135_a_key_in_the_mapping(desk: Desk) -> None:
    assert wrong(desk, mapping(more="access_key: u$r0123456789abcdef0123\n")) == [
        "line 2 (access_key): This looks like a key of an account, and everybody who gets the mapping could read it. Remove it here, give it to the LEADSQUARED_… environment variables, and have the key changed."
    ]
    assert wrong(desk, mapping("Phone: Phone", "mx_1: {value: u$r0123456789abcdef0123}")) == [
        "line 4 (lead.mx_1.value): This looks like a key of an account, and everybody who gets the mapping could read it. Remove it here, give it to the LEADSQUARED_… environment variables, and have the key changed."
    ]
    assert "0123456789abcdef" not in desk.refused(FILE, mapping(more="access_key: u$r0123456789abcdef0123\n"))


def test_b136_encodings_of_mappings(desk: Desk) -> None:
    text = mapping("FirstName: Näme", "Phone: Phone")
    file = "Näme,Phone\nAsha,1\n"
    assert desk.check(file, text.replace("\n", "\r\n").encode()).counts == (1, 0)
    assert desk.check(file, b"\xef\xbb\xbf" + text.encode()).counts == (1, 0)
    assert wrong(desk, text.encode("utf-16")) == [
        "line 1: The file is saved as UTF-16. Save it again with the encoding UTF-8."
    ]
    assert wrong(desk, text.encode("cp1252")) == [
        "line 3, column 15: The byte 0xe4 is not UTF-8. Save the file again with the encoding UTF-8."
    ]
    assert wrong(desk, text + "# \0\n") == ["line 6, column 3: The character U+0000 is not allowed in YAML. Remove it."]
    assert wrong(desk, b"PK\x03\x04" + b"\0" * 50) == [
        "line 1: The file is a workbook or zip file. Name the mapping (YAML), not the spreadsheet."
    ]


def test_b137_a_mapping_of_another_version(desk: Desk) -> None:
    assert wrong(desk, mapping(more="version: 2\n")) == [
        f"line 2 (version): `version` is not known here. Known: `target`, `source`, `lead`, `activity`, {OPTIONS}."
    ]


def test_b138_time_zones_with_wrong_names(desk: Desk) -> None:
    zones = ("IST", "Asia/Bombay_", "India", "UTC+5:30", "Kolkata", "Mars/Base")
    rule = "mx_1: {{column: Name, type: datetime, format: '%d/%m/%Y %H:%M', timezone: '{zone}'}}"
    place = "line 4 (lead.mx_1.timezone): "
    assert {
        zone: wrong(desk, mapping("Phone: Phone", rule.format(zone=zone)))[0].removeprefix(place) for zone in zones
    } == {
        "IST": '"IST" is not the name of a time zone. Did you mean Asia/Kolkata?',
        "Asia/Bombay_": '"Asia/Bombay_" is not the name of a time zone. Expected a name such as Asia/Kolkata or UTC.',
        "India": '"India" is not the name of a time zone. Did you mean Asia/Kolkata?',
        "UTC+5:30": '"UTC+5:30" is not the name of a time zone. Did you mean Asia/Kolkata?',
        "Kolkata": '"Kolkata" is not the name of a time zone. Did you mean Asia/Kolkata?',
        "Mars/Base": '"Mars/Base" is not the name of a time zone. Expected a name such as Asia/Kolkata or UTC.',
    }
    unknown = mapping("Phone: Phone", "mx_1: {column: Name, type: datetime, format: '%d/%m/%Y %H:%M'}")
    assert desk.check(FILE, unknown).problems == [
        'row 2, column A "Name": "Asha" is not a date and time of the form DD/MM/YYYY hh:mm. Expected something like 31/12/2026 18:30.'
    ]
