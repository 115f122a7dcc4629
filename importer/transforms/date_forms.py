"""Forms of dates (strptime's parts) as RE2 patterns, in the spelling of spreadsheets, and as an example.

Names of months and days of the week are known as exports of several languages write them, in lower case: English,
German, French, Spanish, Portuguese, Italian, Dutch, Indonesian, and Hindi in Latin letters, its months in Devanagari,
too. Each name means one month or day whatever the language (a test holds that), so reading them guesses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

FULL_MONTHS: tuple[tuple[str, ...], ...] = (
    ("january", "januar", "jänner", "janvier", "enero", "janeiro", "gennaio", "januari", "janvari", "जनवरी"),
    (
        "february",
        "februar",
        "février",
        "fevrier",
        "febrero",
        "fevereiro",
        "febbraio",
        "februari",
        "farvari",
        "फरवरी",
        "फ़रवरी",
        "फ़रवरी",
    ),
    ("march", "märz", "maerz", "mars", "marzo", "março", "marco", "maart", "maret", "मार्च"),
    ("april", "avril", "abril", "aprile", "aprail", "अप्रैल"),
    ("may", "mai", "mayo", "maio", "maggio", "mei", "मई"),
    ("june", "juni", "juin", "junio", "junho", "giugno", "joon", "जून"),
    ("july", "juli", "juillet", "julio", "julho", "luglio", "julai", "जुलाई"),
    ("august", "août", "aout", "agosto", "augustus", "agustus", "agast", "अगस्त"),
    ("september", "septembre", "septiembre", "setiembre", "setembro", "settembre", "sitambar", "सितंबर", "सितम्बर"),
    ("october", "oktober", "octobre", "octubre", "outubro", "ottobre", "aktubar", "अक्टूबर", "अक्तूबर"),
    ("november", "novembre", "noviembre", "novembro", "navambar", "नवंबर", "नवम्बर"),
    (
        "december",
        "dezember",
        "décembre",
        "decembre",
        "diciembre",
        "dezembro",
        "dicembre",
        "desember",
        "disambar",
        "दिसंबर",
        "दिसम्बर",
    ),
)
"""By month; the first name of each is the English one."""

SHORT_MONTHS: tuple[tuple[str, ...], ...] = (
    ("jan", "jän", "janv", "ene", "gen"),
    ("feb", "févr", "fevr", "fév", "fev"),
    ("mar", "mär", "mrz", "märz", "mars", "mrt"),
    ("apr", "avr", "abr"),
    ("may", "mai", "mag", "mei"),
    ("jun", "juni", "juin", "giu"),
    ("jul", "juli", "juil", "lug"),
    ("aug", "août", "aout", "ago", "agu", "agt"),
    ("sep", "sept", "set"),
    ("oct", "okt", "out", "ott"),
    ("nov",),
    ("dec", "dez", "déc", "dic", "des"),
)
"""By month; a dot may follow. Short words such as "mars" have no other short form."""

FULL_DAYS: tuple[tuple[str, ...], ...] = (
    ("monday", "montag", "lundi", "lunes", "lunedì", "maandag", "senin"),
    ("tuesday", "dienstag", "mardi", "martes", "martedì", "dinsdag", "selasa"),
    ("wednesday", "mittwoch", "mercredi", "miércoles", "mercoledì", "woensdag", "rabu"),
    ("thursday", "donnerstag", "jeudi", "jueves", "giovedì", "donderdag", "kamis"),
    ("friday", "freitag", "vendredi", "viernes", "venerdì", "vrijdag", "jumat"),
    ("saturday", "samstag", "sonnabend", "samedi", "sábado", "sabato", "zaterdag", "sabtu"),
    ("sunday", "sonntag", "dimanche", "domingo", "domenica", "zondag", "minggu"),
)
"""By day, Monday first."""

SHORT_DAYS: tuple[tuple[str, ...], ...] = tuple((names[0][:3],) for names in FULL_DAYS)
"""The English ones; those of other languages mean several days, such as "mar"."""


def places(names: Sequence[Sequence[str]]) -> dict[str, int]:
    """Return each name with the place of its month or day, counted from 0."""
    return {name: place for place, alike in enumerate(names) for name in alike}


NAMES = {"b": places(SHORT_MONTHS), "B": places(FULL_MONTHS), "a": places(SHORT_DAYS), "A": places(FULL_DAYS)}
"""For each part of a form that is a name: the names with the place of their month or day, counted from 0."""

_EXAMPLE = datetime(2026, 12, 31, 18, 30)  # noqa: DTZ001  a wall clock, in no zone
_BLANK = "[\\s\u00a0\u202f]+"
_NUMERIC = frozenset("dmYyHIMSf")
_FIXED = {
    "Y": "[1-9][0-9]{3}",
    "y": "[0-9]{2}",
    "M": "[0-9]{2}",
    "S": "[0-9]{2}",
    "f": "[0-9]{1,6}",
    "p": "(?i:am|pm)",
    "z": "[Zz]|[+-][0-9]{2}:?[0-9]{2}",
    # The longest first: "juin" begins like "jui", and the first that fits is taken.
    **{part: f"(?i:{'|'.join(sorted(names, key=len, reverse=True))})" for part, names in NAMES.items()},
}
_BEHIND = {"b": "\\.?"}
"""What may stand behind a part: short names of months often end with a dot, and the shortest never do."""
ORDINAL = "(?:(?i:st|nd|rd|th|er)|\\.?[º°])"
"""What makes a number a first, second, ...: 1st, 1er, 1º. The dot of German ones stands in the form."""
_SHOWN = {"d": "DD", "m": "MM", "Y": "YYYY", "y": "YY", "H": "hh", "I": "hh", "M": "mm", "S": "ss", "p": "AM/PM"}
_SHOWN |= {"b": "MMM", "B": "MMMM", "a": "DDD", "A": "DDDD", "f": "ffffff", "z": "+hhmm", "%": "%"}


@dataclass(frozen=True, slots=True)
class DateForm:
    """One form, such as ``%d/%m/%Y``: ``pattern`` is an RE2 pattern with a group for each part, named by its letter."""

    pattern: str
    parts: frozenset[str]


def date_form(form: str) -> DateForm:
    """Compile a form, which the mapping has checked, to a pattern.

    Days, months and hours may have one digit, but only where something other than a digit stands on both sides.
    A blank stands for any number of blanks. Beside the name of a month, days may be ordinals: 1st, 1er, 1º.
    """
    tokens = re.findall(r"%.|\s+|[^%\s]", form, re.DOTALL)
    # Beside the name of a month a first is the same as a one; between numbers nobody writes it.
    behind = {**_BEHIND, "d": f"{ORDINAL}?"} if {"%b", "%B"} & set(tokens) else _BEHIND
    pattern = ""
    for position, token in enumerate(tokens):
        part = token[1:]
        if token.isspace():
            pattern += _BLANK
        elif not token.startswith("%") or part == "%":
            pattern += re.escape(part or token)
        else:
            beside = tokens[max(position - 1, 0) : position] + tokens[position + 1 : position + 2]
            alone = not any(_is_digits(other) for other in beside)
            pattern += (
                f"(?P<{part}>{_FIXED.get(part) or ('[0-9]{1,2}' if alone else '[0-9]{2}')}){behind.get(part, '')}"
            )
    parts = frozenset(token[1:] for token in tokens if token.startswith("%")) - {"%"}
    return DateForm(rf"\A{pattern}\z", parts)


def _is_digits(token: str) -> bool:
    return token[1:] in _NUMERIC if token.startswith("%") else token.isdigit()


def shown_form(form: str) -> str:
    """Format the form as spreadsheets spell it: ``DD/MM/YYYY hh:mm``."""
    return re.sub(r"%(.)", lambda part: _SHOWN[part[1]], form)


def example_of(form: str) -> str:
    """Return an example of a date in this form: ``31/12/2026 18:30``."""
    return _EXAMPLE.strftime(form.replace("%z", "+0530"))
