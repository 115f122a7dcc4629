"""Names of months and days of the week as exports of several languages write them, in lower case.

English, German, French, Spanish, Portuguese, Italian, Dutch, Indonesian, and Hindi in Latin letters, its months in
Devanagari, too. Each name means one month or day whatever the language (a test holds that), so reading them guesses
nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

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
    """Each name with the place of its month or day, counted from 0."""
    return {name: place for place, alike in enumerate(names) for name in alike}
