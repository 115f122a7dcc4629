"""Which forms of dates a text can have, read from its structure alone: both orders of day and month, always."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from importer.transforms.date_forms import NAMES, ORDINAL

_TIME = re.compile(
    r"(?<![0-9:.])(?P<hour>[0-9]{1,2})(?P<mark>[:h])[0-9]{2}(?P<second>:[0-9]{2})?(?P<fraction>\.[0-9]{1,6})?"
    r"(?:(?P<gap>\s?)(?P<half>[AaPp][Mm])\b)?(?P<offset>\s?(?:[Zz]|[+-][0-9]{2}:?[0-9]{2}))?(?![0-9:])"
)
# Letters of Devanagari carry signs that are no letters by themselves.
_TOKEN = re.compile(r"(?:[^\W\d_]|[\u0900-\u0963])+|[0-9]+|.", re.DOTALL)
_ORDINAL_DAY = re.compile(rf"(?<![0-9])([0-9]{{1,2}}){ORDINAL}(?!\w)")
_LONGEST = 60
ZONE_WORDS = (
    *("UTC", "GMT", "IST", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT", "CET", "CEST", "MEZ", "MESZ"),
    *("BST", "SGT", "GST", "WIB", "BRT", "AEST"),
)
"""What people call time zones; only the first two mean one zone for certain."""
_GLUE = frozenset(("t", "at", "um", "a", "as", "uhr", "h", "hrs", "de", "on", *map(str.lower, ZONE_WORDS)))
"""Words between or behind the parts of a date that are no part of it themselves."""
_UTC = re.compile(r"(?i)\b(?:utc|gmt)\s*\Z")
_ORDERS = {4: (("d", "m", "Y"), ("m", "d", "Y")), 2: (("d", "m", "y"), ("m", "d", "y"), ("y", "m", "d"))}


@dataclass(frozen=True, slots=True)
class Form:
    """A form of dates as mappings write it. ``order`` is that of day, month and year, such as ``dmY``.

    ``utc`` says that the text itself names UTC as its zone.
    """

    text: str
    order: str
    timed: bool
    utc: bool


def forms_of(text: str) -> frozenset[Form]:
    """Every form that a text of this structure can have, fitting or not; nothing when it is no date."""
    plain = text.strip()
    if len(plain) > _LONGEST or not any(character.isdigit() for character in plain):
        return frozenset()
    found = _TIME.search(plain)
    utc = _UTC.search(plain) is not None
    if found is None:
        return frozenset(Form(form, order, False, False) for form, order in _days(plain) if not utc)
    clock = _clock(found)
    before, after = plain[: found.start()], plain[found.end() :]
    # The mark keeps the place of the time while the rest is read as a day.
    days = _days(f"{before}\0{after}")
    return frozenset(Form(form.replace("\0", clock), order, True, utc) for form, order in days)


def _clock(found: re.Match[str]) -> str:
    hour = "%I" if found["half"] else "%H"
    form = f"{hour}{found['mark']}%M"
    if found["second"]:
        form += ":%S"
    if found["fraction"]:
        form += ".%f"
    if found["half"]:
        form += f"{found['gap']}%p"
    if found["offset"]:
        form += " %z" if found["offset"][0].isspace() else "%z"
    return form


def _days(text: str) -> Iterator[tuple[str, str]]:
    """Forms of the day with their order; every token of the text becomes one part or stays as it is."""
    plain = _ORDINAL_DAY.sub(r"\1", text)
    tokens = _TOKEN.findall(plain)
    numbers = [place for place, token in enumerate(tokens) if token.isdigit()]
    choices = [_word_choices(token) for token in tokens]
    for before, choice in itertools.pairwise(choices):
        # The dot of a short name belongs to it: in other rows a name without one may stand.
        if "%b" in before and choice == ["."]:
            choice.append("")
    if not all(choices) or not all(len(tokens[place]) in (1, 2, 4, 8) for place in numbers):
        return
    named = sum(any(choice in ("%b", "%B") for choice in found) for found in choices)
    if plain != text and named != 1:
        return
    for order in _orders([tokens[place] for place in numbers], named):
        parts = list(choices)
        for place, letters in zip(numbers, order, strict=True):
            parts[place] = ["".join(f"%{letter}" for letter in letters)]
        for form in itertools.product(*parts):
            yield "".join(form), "".join(order)


def _orders(numbers: list[str], named: int) -> Iterator[tuple[str, ...]]:
    lengths = [len(number) for number in numbers]
    if named == 1 and len(numbers) == 2:
        if lengths[0] <= 2:
            yield ("d", "Y" if lengths[1] == 4 else "y")
        if lengths[1] <= 2:
            yield ("Y" if lengths[0] == 4 else "y", "d")
    elif named == 0 and lengths == [8]:
        yield ("Ymd",)
    elif named == 0 and len(numbers) == 3 and lengths[1] <= 2:
        if lengths[0] == 4 and lengths[2] <= 2:
            yield ("Y", "m", "d")
        elif lengths[0] <= 2 and lengths[2] in _ORDERS:
            yield from _ORDERS[lengths[2]]


def _word_choices(part: str) -> list[str]:
    """What a token may be in a form, numbers as they are; nothing when no date has it."""
    word = part.casefold()
    months = [f"%{letter}" for letter in "Bb" if word in NAMES[letter]]
    days = [f"%{letter}" for letter in "Aa" if word in NAMES[letter]]
    if months or days:
        return months or days
    if not part.isalpha():
        return [part.replace("%", "%%")]
    return [part] if word in _GLUE else []
