"""Descriptions of damage to a column, with its remedy, for people who know Excel."""

from __future__ import annotations

from datetime import date, timedelta

from importer.data_quality.cells import Marks
from importer.data_quality.model import DamageKind
from importer.data_quality.texts import repair_mojibake

_FIRST_DAY = date(1899, 12, 30)

_AS_TEXT = (
    "Get the file from its origin again, and do not open it by double-click: in Excel choose Data > From Text/CSV and "
    "set this column to Text; or give the original file to the importer without opening it in Excel."
)
_DATES = (
    "Get the original file again and open it with Data > From Text/CSV, where you can say that this column holds dates "
    "with the {first} first; or give the original file to the importer, and say the form in the mapping."
)

_SWAPPED = {
    "both": "In most rows of this column the {first} stands first, but in these only the {other} can. Part of the "
    "file went through a computer with another regional setting, so rows that fit both ways may be wrong as well.",
    "real-dates": "All of these became real dates and none has a day above 12, while the other rows stayed text "
    "because their day is above 12: Excel read this column with day and month the wrong way round where it could.",
    "zeros": "These lost the zero before day or month and fit both ways, while rows with a day above 12 kept it: Excel "
    "read this column with day and month the wrong way round where it could, and left the rest as text.",
}


def describe_damage(kind: DamageKind, marks: Marks, more: tuple[str, ...] = ()) -> tuple[str, str]:
    """Describe what probably happened to the marked cells, and the remedy, as two texts.

    ``more`` has the width of the codes and an undamaged code for lost zeros, and the evidence and the order of day and
    month for swapped dates.
    """
    example = marks.example
    if kind is DamageKind.LEADING_ZEROS:
        width, whole = more
        seen = f'other rows have them ("{whole}")' if whole else "no code in this column begins with a zero any more"
        return (
            f"Nearly all codes here have {width} digits, but these have fewer, and {seen}: the leading zeros were "
            f'probably lost, so "{example}" was "{example.zfill(int(width))}".',
            f"{_AS_TEXT} If that file is lost and every code has {width} digits, the formula "
            f'=TEXT(A2,"{"0" * int(width)}") brings the zeros back.',
        )
    if kind is DamageKind.SWAPPED:
        how, first = more
        other = "month" if first == "day" else "day"
        return _SWAPPED[how].format(first=first, other=other), _DATES.format(first=first)
    if kind is DamageKind.SERIALS:
        day = _FIRST_DAY + timedelta(days=int(example[:5]))
        return (
            "This column holds dates, but in these rows the number by which Excel counts days: "
            f"{example[:5]} is {day.isoformat()}.",
            "In Excel, select the column, choose a date as its number format, and save the file again.",
        )
    if kind is DamageKind.MOJIBAKE:
        before = repair_mojibake(example)
        was = f': "{example}" was "{before}"' if before and len(example) <= 60 else ""
        return (
            f"These texts were saved in one encoding (UTF-8) and read in another{was}.",
            "Save the file from its origin again as CSV UTF-8, or as a workbook; what says \ufffd cannot be repaired.",
        )
    return _PLAIN[kind]


_PLAIN = {
    DamageKind.ERRORS: (
        "A formula had no result when the file was saved, or the column was too narrow for its numbers (####); the "
        "text of the error stands where the value should be.",
        "Correct the formula or widen the column in the workbook that the file comes from, and save it again.",
    ),
    DamageKind.SCIENTIFIC: (
        "Excel showed long numbers in its short form and saved what it showed: all digits behind the first few are "
        "lost, and nothing can bring them back.",
        _AS_TEXT,
    ),
    DamageKind.ROUNDED: (
        "Excel keeps 15 digits of a number: from the 16th on these have only zeros, so the real digits are lost.",
        _AS_TEXT,
    ),
    DamageKind.TURNED: (
        "Excel took names, codes or sizes such as MAR1 or 1-3 for dates and changed them.",
        _AS_TEXT,
    ),
}
