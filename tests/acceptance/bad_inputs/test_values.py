"""Values: numbers, phones, dates and times as people and programs write them."""

from __future__ import annotations

from tests.acceptance.bad_inputs.bad_files import Desk, formats, mapping, row, xlsx
from tests.acceptance.bad_inputs.bad_words import (
    DAY,
    MOMENT,
    NO_DAY,
    NO_FLAG,
    NO_ISO_DAY,
    NO_MOMENT,
    NO_NUMBER,
    NO_PHONE,
    NUMBER,
    PHONE,
    ZONED,
    no_number,
    no_phone,
    wrong,
)


def cells(desk: Desk, rule: str, *made: str, styles: str = "", **change: str) -> list[str | None]:
    """What becomes of cells of a workbook, in column B: what LeadSquared would get, or the problem."""
    rows = "".join(row(number, f"N{number}", cell.replace("B#", f"B{number}")) for number, cell in enumerate(made, 2))
    path = xlsx(desk.folder / "data.xlsx", row(1, "Name", "Value") + rows, styles=styles or formats(), **change)
    checked = desk.check(path, mapping("FirstName: Name", f"mx_Value: {{column: Value{rule and ', '}{rule}}}"))
    return desk.outcomes(checked, "mx_Value", len(made))


def test_b046_leading_zeros(desk: Desk) -> None:
    assert desk.values("", ["0012", "007"]) == ["0012", "007"]
    assert cells(desk, "", '<c r="B#" t="str"><v>0012</v></c>') == ["0012"]
    assert desk.values(NUMBER, ["0012"]) == ["12"]


def test_b047_a_phone_that_is_a_number(desk: Desk) -> None:
    number = '<c r="B#"><v>9876543210</v></c>'
    assert (
        cells(desk, "", number, '<c r="B#"><v>9876543210.0</v></c>', '<c r="B#"><v>9.87654321E9</v></c>')
        == ["9876543210"] * 3
    )
    assert cells(desk, PHONE, number) == ["+91-9876543210"]
    assert desk.values(PHONE, ["9876543210.0"]) == ["+91-9876543210"]


def test_b048_a_phone_in_scientific_form(desk: Desk) -> None:
    assert desk.values(PHONE, ["9.19876E+11"]) == [
        wrong(
            2,
            "9.19876E+11",
            no_phone(
                "Excel has shortened it and lost the last digits: format the column as text where the file comes from."
            ),
        )
    ]


def test_b049_more_digits_than_excel_keeps(desk: Desk) -> None:
    long = '<c r="B#"><v>1234567890123456</v></c>'
    assert cells(desk, "", long, '<c r="B#"><v>1.23456789012345E+19</v></c>') == [
        'row 2, column B "Value": The cell holds the number 1234567890123456, of which Excel keeps only the first 15 digits. Format the column as text, then type or paste the number again.',
        'row 3, column B "Value": The cell holds the number 12345678901234500000, of which Excel keeps only the first 15 digits. Format the column as text, then type or paste the number again.',
    ]
    assert cells(desk, "", '<c r="B#" t="str"><v>12345678901234567890</v></c>') == ["12345678901234567890"]
    assert desk.values("", ["12345678901234567890"]) == ["12345678901234567890"]


def test_b050_phones_in_other_spellings(desk: Desk) -> None:
    good = [
        "+91 98765 43210",
        "098765-43210",
        "(098765) 43210",
        "98765–43210",
        "９８７６５４３２１０",
        "٩٨٧٦٥٤٣٢١٠",
        "98765\u00a043210",
    ]
    assert desk.values(PHONE, good) == ["+91-9876543210"] * len(good)
    assert desk.values(PHONE, ["98_765_43210", "98765 43210 ext 5", "98765/43210", "call me", "12345"]) == [
        wrong(2, "98_765_43210", NO_PHONE),
        wrong(
            3,
            "98765 43210 ext 5",
            no_phone("It has an extension, which LeadSquared does not keep: move it into a column of its own."),
        ),
        wrong(4, "98765/43210", no_phone("It seems to be several numbers: keep one of them in the cell.")),
        wrong(5, "call me", NO_PHONE),
        wrong(6, "12345", NO_PHONE),
    ]


def test_b051_words_for_nothing(desk: Desk) -> None:
    words = ["NA", "null", "None", "nan", "inf", "-", "N/A"]
    assert desk.values("", words) == words
    assert desk.values(NUMBER, words) == [
        wrong(2, "NA", NO_NUMBER),
        wrong(3, "null", NO_NUMBER),
        wrong(4, "None", NO_NUMBER),
        wrong(5, "nan", NO_NUMBER),
        wrong(6, "inf", NO_NUMBER),
        wrong(7, "-", NO_NUMBER),
        wrong(8, "N/A", NO_NUMBER),
    ]
    assert desk.values('lookup: {NA: "", x: y}', ["NA", "x"]) == ["", "y"]


def test_b052_words_for_yes_and_no(desk: Desk) -> None:
    assert desk.values("type: boolean", ["TRUE", "yes", "1", "No"]) == ["1", "1", "1", "0"]
    assert desk.values("type: boolean", ["Ja", "✓", "2"]) == [
        wrong(2, "Ja", NO_FLAG),
        wrong(3, "✓", NO_FLAG),
        wrong(4, "2", NO_FLAG),
    ]
    assert desk.values("type: boolean, lookup: {Ja: yes, Nein: no}", ["Ja", "nein"]) == ["1", "0"]
    assert desk.values("", ["TRUE", "yes"]) == ["TRUE", "yes"]


def test_b053_codes_that_look_like_powers(desk: Desk) -> None:
    assert desk.values("", ["1E5", "12e3"]) == ["1E5", "12e3"]
    assert desk.values(NUMBER, ["1E5"]) == [wrong(2, "1E5", NO_NUMBER)]


def test_b054_thousands_and_decimals(desk: Desk) -> None:
    assert desk.values(NUMBER, ["1234.56", "1.234,56", "1,234.56", "1,234", "1.234"]) == [
        "1234.56",
        wrong(3, "1.234,56", no_number('With `decimal: ",", thousands: "."` it is 1234.56.')),
        wrong(4, "1,234.56", no_number('With `decimal: ".", thousands: ","` it is 1234.56.')),
        wrong(5, "1,234", no_number('With `thousands: ","` it is 1234, with `decimal: ","` it is 1.234.')),
        wrong(
            6,
            "1.234",
            'can mean two numbers. With `thousands: "."` it is 1234, with `decimal: "."` it is 1.234. '
            "Add to the field in the mapping what is meant.",
        ),
    ]
    assert desk.values(NUMBER, ["12.5", "1.234"]) == ["12.5", "1.234"]
    assert desk.values(f'{NUMBER}, decimal: ","', ["1,234", "7"]) == ["1.234", "7"]


def test_b055_other_thousands(desk: Desk) -> None:
    assert desk.values(NUMBER, ["1 234", "1\u00a0234", "1\u2009234", "₹ 1,00,000", "1'234"]) == [
        wrong(2, "1 234", no_number("With `thousands: space` it is 1234.")),
        wrong(3, "1\xa0234", no_number("With `thousands: space` it is 1234.")),
        wrong(4, "1\u2009234", no_number("With `thousands: space` it is 1234.")),
        wrong(5, "₹ 1,00,000", no_number('With `thousands: ",", currency: "₹"` it is 100000.')),
        wrong(6, "1'234", no_number('With `thousands: "\'"` it is 1234.')),
    ]
    assert desk.values(f'{NUMBER}, thousands: ",", currency: "₹"', ["₹ 1,00,000"]) == ["100000"]


def test_b056_other_signs(desk: Desk) -> None:
    assert desk.values(NUMBER, ["-123", "(123)", "123-", "−123", "12%", "+5", "١٢", "1_000"]) == [
        "-123",
        wrong(3, "(123)", no_number("With `negative: parentheses` it is -123.")),
        wrong(4, "123-", no_number("With `negative: trailing` it is -123.")),
        "-123",
        wrong(6, "12%", no_number("With `percent: number` it is 12, with `percent: fraction` it is 0.12.")),
        "5",
        wrong(8, "١٢", NO_NUMBER),
        wrong(9, "1_000", NO_NUMBER),
    ]


def test_b057_the_order_of_day_and_month(desk: Desk) -> None:
    assert desk.values(DAY, ["01/02/2026", "13/02/2026", "02/13/2026"]) == [
        "2026-02-01",
        "2026-02-13",
        wrong(4, "02/13/2026", NO_DAY),
    ]
    assert desk.values('type: date, format: "%m/%d/%Y"', ["01/02/2026"]) == ["2026-01-02"]
    assert desk.values("type: date", ["01/02/2026"]) == [wrong(2, "01/02/2026", NO_ISO_DAY)]


def test_b058_days_that_do_not_exist(desk: Desk) -> None:
    assert desk.values(DAY, ["31/02/2026", "00/00/0000", "29/02/2025", "29/02/2024"]) == [
        wrong(2, "31/02/2026", NO_DAY),
        wrong(3, "00/00/0000", NO_DAY),
        wrong(4, "29/02/2025", NO_DAY),
        "2024-02-29",
    ]


def test_b059_years_of_two_digits(desk: Desk) -> None:
    assert desk.values(DAY, ["1/1/26"]) == [wrong(2, "1/1/26", NO_DAY)]
    assert desk.values('type: date, format: "%d/%m/%y"', ["1/1/26", "1/1/68", "1/1/69"]) == [
        "2026-01-01",
        "2068-01-01",
        "1969-01-01",
    ]


def test_b060_serial_numbers_in_text(desk: Desk) -> None:
    assert desk.values("type: date", ["45231", "45231.5"]) == [
        wrong(2, "45231", NO_ISO_DAY),
        wrong(3, "45231.5", NO_ISO_DAY),
    ]


def test_b061_both_epochs_of_workbooks(desk: Desk) -> None:
    cell = '<c r="B#" s="1"><v>45231</v></c>'
    assert cells(desk, "type: date", cell, styles=formats("dd/mm/yyyy")) == ["2023-11-01"]
    assert cells(desk, "type: date", cell, styles=formats("dd/mm/yyyy"), book='<workbookPr date1904="1"/>') == [
        "2027-11-02"
    ]


def impossible(row: int, number: str) -> str:
    return (
        f'row {row}, column B "Value": The cell holds {number} in the format of a date or time, but dates end with the '
        "year 9999 and none is below zero. If it is a number, choose the number format General for the cell in Excel; "
        "if it is a date, type it again, or empty the cell."
    )


def test_b062_serial_numbers_that_are_no_day(desk: Desk) -> None:
    made = [f'<c r="B#" s="1"><v>{serial}</v></c>' for serial in ("60", "0", "-1", "2958466")]
    assert cells(desk, "type: date", *made, styles=formats("dd/mm/yyyy")) == [
        wrong(2, "1900-02-29", NO_ISO_DAY),
        wrong(3, "00:00:00", NO_ISO_DAY),
        impossible(4, "-1"),
        impossible(5, "2958466"),
    ]


def test_b063_times_and_zones(desk: Desk) -> None:
    assert desk.values(
        MOMENT, ["28/02/2026 18:30", "18:30", "28/02/2026", "28/02/2026 24:00", "28/02/2026 18:30 +0200"]
    ) == [
        "2026-02-28 13:00:00",
        wrong(3, "18:30", NO_MOMENT),
        wrong(4, "28/02/2026", NO_MOMENT),
        wrong(5, "28/02/2026 24:00", NO_MOMENT),
        "2026-02-28 16:30:00",
    ]
    zoned = 'type: datetime, format: "%d/%m/%Y %H:%M:%S %z"'
    assert desk.values(
        zoned, ["28/02/2026 18:30:00 +0200", "30/06/2026 23:59:60 +0000", "28/02/2026 18:30:00 IST"]
    ) == [
        "2026-02-28 16:30:00",
        wrong(3, "30/06/2026 23:59:60 +0000", ZONED),
        wrong(4, "28/02/2026 18:30:00 IST", ZONED),
    ]


def test_b064_times_when_clocks_change(desk: Desk) -> None:
    berlin = 'type: datetime, format: "%d/%m/%Y %H:%M", timezone: Europe/Berlin'
    assert desk.values(berlin, ["29/03/2026 02:30", "25/10/2026 02:30", "25/10/2026 03:30"]) == [
        'row 2, column B "Value": "29/03/2026 02:30" happens never or twice in Europe/Berlin, because the clocks change then. Write its offset behind it, such as +0100, or correct it.',
        'row 3, column B "Value": "25/10/2026 02:30" happens never or twice in Europe/Berlin, because the clocks change then. Write its offset behind it, such as +0100, or correct it.',
        "2026-10-25 02:30:00",
    ]
    assert desk.values(berlin, ["25/10/2026 02:30 +0100"]) == ["2026-10-25 01:30:00"]


def test_b065_days_long_ago_and_far_ahead(desk: Desk) -> None:
    assert desk.values(DAY, ["31/12/1899", "01/01/2400", "01/01/0001"]) == [
        "1899-12-31",
        "2400-01-01",
        wrong(4, "01/01/0001", NO_DAY),
    ]


def test_b066_fractions_of_seconds(desk: Desk) -> None:
    cell = '<c r="B#" s="1"><v>46081.58680555550</v></c>'
    assert cells(desk, "type: datetime, timezone: UTC", cell, styles=formats("dd/mm/yyyy hh:mm")) == [
        "2026-02-28 14:05:00"
    ]
    assert desk.values(
        'type: datetime, timezone: UTC, format: "%Y-%m-%d %H:%M:%S.%f"',
        ["2026-02-28 14:04:59.9999997", "2026-02-28 14:04:59.999999"],
    ) == [
        'row 2, column B "Value": "2026-02-28 14:04:59.9999997" is not a date and time of the form YYYY-MM-DD hh:mm:ss.ffffff. Expected something like 2026-12-31 18:30:00.000000.',
        "2026-02-28 14:05:00",
    ]
