"""Values: addresses, odd characters, long texts, and what one row has to do with another."""

from __future__ import annotations

import re
from types import SimpleNamespace

from importer.delivery.reconciliation.read_back import ReadBack
from importer.leadsquared.interface import CrmLead
from importer.reports.xlsx_writer import sheet_text
from importer.targets import EffectType
from tests.acceptance.bad_inputs.bad_files import Desk, csv_of, mapping, row, xlsx
from tests.acceptance.bad_inputs.bad_words import DAY, MOMENT, NO_NUMBER, NUMBER, PHONE, UNSENDABLE, no_email, wrong
from tests.support.delivery_world import World, answer, before, lead

NAUGHTY = [
    *(
        "undefined",
        "true",
        "0x0",
        "-5",
        "007",
        "12345678901234567890",
        "1;DROP TABLE",
        "\\",
        "''",
        '"',
        "<!--",
        "]]>",
        "_x000D_",
    ),
    *(
        "¯\\_(ツ)_/¯",
        "Ω≈ç√∫",
        "社會科學院",
        "ﷺ",
        "Z̮̞̠͙͔ͅ",
        "مرحبا",
        "１２３",
        "½",
        "\u2028x",
        "\ufeffx",
        "\ufffe",
        "\uffff",
        "\U000e0041",
    ),
    *(
        "../../etc/passwd",
        "$(id)",
        "`id`",
        "; rm -rf ~",
        "CON",
        "' OR 1=1 --",
        "javascript:alert(1)",
        "#N/A",
        "&#x3c;b>",
        "NaN",
    ),
    *(
        "\x1b]0;owned\x07",
        "a\x08b",
        "\x9b2J",
        "\x7f",
        "a\x0bb",
        "{% raw %}",
        "%s%n%x",
        "{{7*7}}",
        "=1+1",
        "＝1",
        "1e5",
        "１２:３０",
    ),
]
_BROKEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")


def test_b067_e_mail_addresses(desk: Desk) -> None:
    good = [" a@b.in ", "a@b.in\u00a0", "a\u200b@b.in", "asha@münchen.de", "A.B+c@Example.COM"]
    assert desk.values("type: email", ["mailto:a@b.in"]) == ["a@b.in"]
    assert desk.values("type: email", good) == ["a@b.in", "a@b.in", "a@b.in", "asha@münchen.de", "A.B+c@Example.COM"]
    assert desk.values(
        "type: email", ["a@b.in, c@d.in", "a@b.in; c@d.in", "a@b.in.", "a b@c.in", "a@b", "a@@b.in", "Asha <a@b.in>"]
    ) == [
        wrong(2, "a@b.in, c@d.in", no_email("It holds several addresses: keep one of them in the cell.")),
        wrong(3, "a@b.in; c@d.in", no_email("It holds several addresses: keep one of them in the cell.")),
        wrong(4, "a@b.in.", no_email('It ends with ".": remove that.')),
        wrong(5, "a b@c.in", no_email("It has a blank in it.")),
        wrong(6, "a@b", no_email("The part behind the @ has no ending such as .com.")),
        wrong(7, "a@@b.in", no_email("It has more than one @.")),
        wrong(8, "Asha <a@b.in>", no_email("It holds a name, too: keep only a@b.in.")),
    ]


def test_b068_emoji(desk: Desk) -> None:
    texts = ["👩‍👩‍👧", "👍🏽", "🇮🇳"]
    assert desk.values("", texts) == texts
    assert desk.values("max_length: 2", texts) == [
        'row 2, column B "Value": The text has 5 characters; lead.mx_Value holds 2. Shorten the text.',
        "👍🏽",
        "🇮🇳",
    ]


def test_b069_direction_marks(desk: Desk) -> None:
    assert desk.values("", ["a\u202egpj.exe", "\u2067x\u2069"]) == ["a\u202egpj.exe", "\u2067x\u2069"]
    assert desk.values(NUMBER, ["a\u202egpj"]) == [wrong(2, "a\\u202egpj", NO_NUMBER)]


def test_b070_invisible_characters(desk: Desk) -> None:
    assert desk.values("", ["a\u200bb\u00adc\ufeffd"]) == ["a\u200bb\u00adc\ufeffd"]
    assert desk.values("type: email", ["a\u200b\u00ad@b.in\ufeff"]) == ["a@b.in"]
    assert desk.values(PHONE, ["98765\u200b43210"]) == ["+91-9876543210"]
    assert desk.values("type: uuid", ["2c1e8f0a-6b1d-4c52-9e8e-\u200b0d3f5a7b9c11"]) == [
        "2c1e8f0a-6b1d-4c52-9e8e-0d3f5a7b9c11"
    ]


def test_b071_two_ways_to_write_a_letter(desk: Desk) -> None:
    composed, decomposed = "José", "Jose\u0301"
    assert desk.values("", [composed, decomposed]) == [composed, decomposed]
    assert desk.values("unique: true", [composed, decomposed]) == [
        "José",
        'row 3, column B "Value": "José" already appears in row 2. Keep one of the rows.',
    ]
    assert desk.values(f"type: choice, options: [{composed}]", [decomposed]) == ["José"]
    assert desk.values(
        "type: email",
        ["\u0430sha@example.com", "ivan@ex\u0430mple.com", "\u0438\u0432@example.com", "zoë@bücher.de"],
    ) == [
        'row 2, column B "Value": "\u0430sha@example.com" has the letter \u0430, which is Cyrillic, in a word of another alphabet. Type the address again.',
        'row 3, column B "Value": "ivan@ex\u0430mple.com" has the letter \u0430, which is Cyrillic, in a word of another alphabet. Type the address again.',
        "\u0438\u0432@example.com",
        "zoë@bücher.de",
    ]


def test_b072_control_characters(desk: Desk) -> None:
    texts = ["a\x1b[31mb", "a\x07b", "a\x9bb"]
    assert desk.values("", texts) == [
        wrong(2, "a\\u001b[31mb", UNSENDABLE),
        wrong(3, "a\\u0007b", UNSENDABLE),
        wrong(4, "a\\u009bb", UNSENDABLE),
    ]
    assert desk.values(NUMBER, texts) == [
        wrong(2, "a\\u001b[31mb", NO_NUMBER),
        wrong(3, "a\\u0007b", NO_NUMBER),
        wrong(4, "a\\u009bb", NO_NUMBER),
    ]


def test_b073_halves_of_characters(desk: Desk) -> None:
    assert (
        desk.refused(b"Name,Phone\nA\xed\xa0\xbd,1\n")
        == 'data.csv, line 2, behind "A": the byte 0xED is not valid UTF-8. Save the file as CSV UTF-8, or say how it is encoded, for example `source: {encoding: cp932}`.'
    )
    assert desk.values("", ["\\ud83d"]) == ["\\ud83d"]
    assert (
        desk.refused(xlsx(desk.folder / "data.xlsx", row(1, "Name", "Phone") + row(2, "A&#xD83D;", "1")))
        == "data.xlsx is damaged or incomplete and cannot be read as a workbook. Open it in Excel, save it under a new name, and use that file."
    )


def test_b074_line_breaks_in_a_field_of_one_line(desk: Desk) -> None:
    texts = ["two\nlines", "a\ttab", "two\r\nlines"]
    assert desk.values("", texts) == texts
    assert desk.values("transforms: [collapse_spaces]", texts) == ["two lines", "a tab", "two lines"]
    assert desk.values('pattern: "[^\\\\r\\\\n\\\\t]*"', texts) == [
        'row 2, column B "Value": "two\\nlines" does not have the form [^\\r\\n\\t]*. Correct the text.',
        'row 3, column B "Value": "a\\ttab" does not have the form [^\\r\\n\\t]*. Correct the text.',
        'row 4, column B "Value": "two\\r\\nlines" does not have the form [^\\r\\n\\t]*. Correct the text.',
    ]


def test_b075_a_note_longer_than_its_field(desk: Desk) -> None:
    assert desk.values("max_length: 200", ["x" * 201]) == [
        'row 2, column B "Value": The text has 201 characters; lead.mx_Value holds 200. Shorten the text.'
    ]


def test_b076_cells_longer_than_excel_holds(desk: Desk) -> None:
    texts = ["x" * 33_000, "😀" * 20_000]
    assert desk.values("", texts) == texts
    # In our own workbook a cell ends where Excel's does, which counts emoji twice.
    for text in texts:
        cut = sheet_text(text)
        assert len(cut.encode("utf-16-le")) // 2 <= 32_767
        assert cut.endswith("[cut]")


def test_b077_pages_and_scripts(desk: Desk) -> None:
    texts = ["<script>alert(1)</script>", "<b>bold</b>", "&amp;"]
    assert desk.values("", texts) == texts


def test_b078_texts_that_are_orders_elsewhere(desk: Desk) -> None:
    texts = ["{{7*7}}", "%s%n", "{0}", "'; DROP TABLE leads; --", "$(touch made)", "${HOME}"]
    assert desk.values("", texts) == texts
    assert desk.check(
        csv_of([["Name", "Phone"], *([text, "1"] for text in texts)]),
        mapping('FirstName: {template: "{Name}!"}', "Phone: Phone"),
    ).column("FirstName") == [f"{text}!" for text in texts]
    assert desk.values(NUMBER, ["{0}", "{value}", "%s"]) == [
        wrong(2, "{0}", NO_NUMBER),
        wrong(3, "{value}", NO_NUMBER),
        wrong(4, "%s", NO_NUMBER),
    ]


def test_b079_identical_rows(desk: Desk) -> None:
    checked = desk.check("Name,Phone\nAsha,9845098450\nAsha,9845098450\n")
    assert checked.counts == (2, 0)
    assert checked.notes == []


def test_b080_one_person_in_several_rows(desk: Desk) -> None:
    rows = "Name,Phone\nAsha,98450 98450\nAsha R,+91 9845098450\n"
    assert desk.check(rows, mapping("FirstName: Name", f"Phone: {{column: Phone, {PHONE}}}")).counts == (2, 0)
    checked = desk.check(rows, mapping("FirstName: Name", f"Phone: {{column: Phone, {PHONE}, unique: true}}"))
    assert checked.problems == [
        'row 3, column B "Phone": "+91 9845098450" already appears in row 2. Keep one of the rows.'
    ]


def test_b081_a_required_cell_is_empty(desk: Desk) -> None:
    assert desk.values("required: true", ["", "   ", "\u00a0", "\u200b", "'"]) == [
        'row 2, column B "Value": The cell is empty, but lead.mx_Value is required. Fill in the cell.',
        'row 3, column B "Value": The cell is empty, but lead.mx_Value is required. Fill in the cell.',
        'row 4, column B "Value": The cell is empty, but lead.mx_Value is required. Fill in the cell.',
        'row 5, column B "Value": The cell is empty, but lead.mx_Value is required. Fill in the cell.',
        "'",
    ]


def test_b082_the_lead_is_not_there_or_twice(desk: Desk) -> None:
    rules = "target: bulk-activities-by-lead-id\nactivity:\n  RelatedProspectId: {column: Lead, type: uuid}\n  ActivityEvent: {value: 201}\n"
    assert desk.check(f"Lead,Note\n{lead(1)},x\n,y\n", rules).problems == [
        'row 3, column A "Lead": The cell is empty, but activity.RelatedProspectId is required. Fill in the cell.'
    ]
    world = World(desk.folder)
    refusal = {"RowNumber": 1, "ActivityCreated": False, "ExceptionMessage": "Lead not found"}
    world.crm.faults = [before(answer({"Response": [refusal]}))]
    world.deliver(world.plan([(lead(1), "x")]))
    (outcome,) = world.ledger.outcomes("run-1")
    assert (outcome.row, outcome.status.value, outcome.error) == (2, "rejected", "Lead not found")
    twins = SimpleNamespace(find_leads=lambda field, value: [CrmLead(lead(1), ""), CrmLead(lead(2), "")])
    target = SimpleNamespace(effect=lambda: EffectType.ACTIVITY, mapping=SimpleNamespace(import_key=""))
    looking = ReadBack(twins, target)  # type: ignore[arg-type]
    assert (
        looking.read(("EmailAddress", "a@b.in", "201")).trouble
        == "2 leads have EmailAddress a@b.in: a867e74f-8364-5e47-a6f4-fcd3e29110b3, 69275cf5-d15b-5f17-b4dd-502e9887fd54."
    )


def test_b083_naughty_texts(desk: Desk) -> None:
    sound = [text for text in NAUGHTY if not _BROKEN.search(text)]
    assert desk.values("", sound) == [text.strip("\u2028\ufeff") for text in sound]
    broken = [
        text
        for text in NAUGHTY
        if _BROKEN.search(text) and text.isprintable() is False and "\0" not in text and text != "\ud800"
    ]
    assert all(
        str(told).endswith("holds a character that cannot be sent. Type the text again.")
        for told in desk.values("", broken)
    )
    for kind in (
        PHONE,
        NUMBER,
        DAY,
        MOMENT,
        "type: email",
        "type: integer",
        "type: boolean",
        "type: uuid",
        "type: choice, options: [a, b]",
    ):
        for text, told in zip(sound, desk.values(kind, sound), strict=True):
            assert told is None or told.startswith("row ") or told in ("1", "-5", "7", "12345678901234567890"), (
                kind,
                text,
                told,
            )
