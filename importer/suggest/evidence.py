"""Evaluation of the values of a column for or against a kind of field."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from importer.suggest.profile import ColumnProfile, Shape
from importer.suggest.similarity import is_option, nearest_option, words_of
from importer.suggest.vocabulary import WORDS, CandidateField, ValueKind
from importer.transforms import folded

_PROGRESS_STATES = frozenset(WORDS["progress_states"])
_IDENTIFIERS = frozenset(WORDS["identifiers"])
_NEARLY_ALL, _MOST, _SOME = 0.97, 0.8, 0.5


class Fit(IntEnum):
    """How the values of a column fit a kind of field."""

    AGAINST = -2
    DOUBTFUL = -1
    SILENT = 0
    """The column is empty."""
    FITS = 1
    PROVES = 2
    """Hardly any other kind of column has such values."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """How well the values fit a field, with the reason in a few words."""

    fit: Fit
    reason: str


def assess_values(profile: ColumnProfile, field: CandidateField) -> Evidence:
    """Assess whether the values of the column can fill the field."""
    if not profile.filled and field.kind is ValueKind.DATE:
        return Evidence(Fit.AGAINST, "the column is empty, so nobody can tell how its dates are written")
    if not profile.filled:
        return Evidence(Fit.SILENT, "the column is empty")
    if field.options and field.kind is not ValueKind.FLAG:
        return _options(profile, field)
    if field.label and field.kind is ValueKind.TEXT and profile.share(Shape.FLAG) > _SOME:
        return Evidence(Fit.DOUBTFUL, "the values are yes and no, and the field holds any text")
    found = _by_share(profile, field.kind) if field.kind in _SHAPES else _BY_KIND.get(field.kind, _text)(profile)
    # A long column with so few different addresses holds those of the company's own people, as owners' are.
    few = profile.values is not None and len(profile.values) <= 3 and profile.filled >= 20
    personal = field.kind in (ValueKind.EMAIL, ValueKind.PHONE) and field.name != "ActivityOwnerEmail"
    if found.fit > Fit.DOUBTFUL and personal and few:
        return Evidence(Fit.DOUBTFUL, f"{found.reason}, but hardly any two are different")
    return found


def _counted(count: int, profile: ColumnProfile, what: str) -> str:
    """Return "all 40 values are …" or "37 of 40 values are …"."""
    if count == profile.filled:
        return f"all {count} values are {what}" if count > 1 else f"its one value is {what}"
    return f"{count} of {profile.filled} values are {what}"


_SHAPES = {
    ValueKind.EMAIL: (Shape.EMAIL, "e-mail addresses", "no value is an e-mail address"),
    ValueKind.ID: (Shape.UUID, "ids as LeadSquared writes them", "no value is an id as LeadSquared writes them"),
    ValueKind.URL: (Shape.URL, "web addresses", "no value is a web address"),
}
"""The shape of the values of a kind, their plural, and the reason against a column without any."""


def _by_share(profile: ColumnProfile, kind: ValueKind) -> Evidence:
    """Assess the share of values that have the shape of the kind."""
    shape, plural, none = _SHAPES[kind]
    if kind is ValueKind.URL and profile.share(Shape.EMAIL) > _SOME:
        return Evidence(Fit.AGAINST, "the values are e-mail addresses")
    count, share = profile.shapes[shape], profile.share(shape)
    if not count:
        return Evidence(Fit.AGAINST, none)
    fit = Fit.DOUBTFUL if share >= _SOME else Fit.AGAINST
    if share >= _MOST:
        fit = Fit.PROVES if share >= _NEARLY_ALL else Fit.FITS
    return Evidence(fit, _counted(count, profile, plural))


def _phone(profile: ColumnProfile) -> Evidence:
    if profile.dates.is_date or profile.share(Shape.IP) > _SOME:
        return Evidence(Fit.AGAINST, "the values are dates or addresses of computers")
    share, shaped = profile.phone_share, profile.share(Shape.PHONE)
    if share >= _MOST and profile.share(Shape.WRITTEN_PHONE) >= _SOME:
        return Evidence(Fit.PROVES, profile.phone_summary)
    if share >= _MOST:
        return Evidence(Fit.FITS, profile.phone_summary)
    if shaped >= _SOME:
        return Evidence(Fit.DOUBTFUL, _counted(profile.shapes[Shape.PHONE], profile, "shaped like phone numbers"))
    return Evidence(Fit.AGAINST, "the values are no phone numbers")


def _number(profile: ColumnProfile) -> Evidence:
    numbers = profile.numbers
    if not numbers.count:
        return Evidence(Fit.AGAINST, "the values are no numbers")
    words = _counted(numbers.count, profile, "numbers")
    if len(numbers.forms) > 1:
        return Evidence(Fit.FITS, f"{words}, which can be read in several ways")
    share = numbers.count / profile.filled
    fit = Fit.DOUBTFUL if share < _MOST else Fit.PROVES if share >= _NEARLY_ALL else Fit.FITS
    return Evidence(fit, words)


def _person(profile: ColumnProfile) -> Evidence:
    if profile.share(Shape.LETTERS) < _MOST:
        return Evidence(Fit.AGAINST, "the values do not look like names")
    many = profile.shapes[Shape.ONE_WORD] + profile.shapes[Shape.TWO_WORDS]
    if many < _SOME * profile.filled:
        return Evidence(Fit.DOUBTFUL, "most values have three words or more")
    return Evidence(Fit.FITS, "the values look like names")


def _whole_name(profile: ColumnProfile) -> Evidence:
    if profile.share(Shape.LETTERS) < _MOST:
        return Evidence(Fit.AGAINST, "the values do not look like names")
    if profile.share(Shape.ONE_WORD) > _SOME:
        return Evidence(Fit.DOUBTFUL, "most values are a single word")
    if profile.filled >= 12 and profile.values is not None and len(profile.values) * 3 < profile.filled:
        return Evidence(Fit.DOUBTFUL, "few different values, which names of people are not")
    return Evidence(Fit.FITS, "the values look like names of two words or more")


def _place(profile: ColumnProfile) -> Evidence:
    if any(folded(text) in _PROGRESS_STATES for text in profile.values or ()):
        return Evidence(Fit.AGAINST, "the values say how far something is, not where")
    if profile.share(Shape.LETTERS) < _MOST or profile.share(Shape.FLAG) > _SOME:
        return Evidence(Fit.AGAINST, "the values do not look like places")
    return Evidence(Fit.FITS, "the values are words without digits")


def _postcode(profile: ColumnProfile) -> Evidence:
    if profile.share(Shape.SHORT) < _MOST or profile.share(Shape.LETTERS) > _SOME or profile.dates.is_date:
        return Evidence(Fit.AGAINST, "the values do not look like postal codes")
    return Evidence(Fit.FITS, "the values are short and have digits")


def _note(profile: ColumnProfile) -> Evidence:
    typed = [Shape.NUMBER, Shape.EMAIL, Shape.UUID, Shape.FLAG, Shape.URL]
    if profile.dates.is_date or any(profile.share(shape) > _SOME for shape in typed):
        return Evidence(Fit.AGAINST, "the values are no sentences")
    return Evidence(Fit.FITS, "the values are texts")


def _text(profile: ColumnProfile) -> Evidence:
    typed = [Shape.EMAIL, Shape.UUID, Shape.FLAG]
    if profile.dates.is_date or any(profile.share(shape) > _SOME for shape in typed):
        return Evidence(Fit.AGAINST, "the values are of another kind")
    if profile.share(Shape.NUMBER) > _SOME and _IDENTIFIERS.isdisjoint(words_of(profile.column.heading)):
        return Evidence(Fit.DOUBTFUL, "most values are numbers")
    return Evidence(Fit.FITS, "the values are texts")


def _flag(profile: ColumnProfile) -> Evidence:
    if profile.share(Shape.FLAG) >= _NEARLY_ALL:
        return Evidence(Fit.PROVES, "all values are yes or no")
    return Evidence(Fit.AGAINST, "the values are not yes and no")


def _date(profile: ColumnProfile) -> Evidence:
    dates = profile.dates
    every = f"all {dates.dated} dates" if dates.dated > 1 else "its one date"
    if not dates.is_date:
        return Evidence(Fit.AGAINST, "the values are no dates that can be read")
    if dates.proven and dates.unfit:
        words = f"one form fits all but {dates.unfit} of {dates.dated} dates, and no other form fits these"
        return Evidence(Fit.FITS, words)
    if dates.proven:
        return Evidence(Fit.PROVES, f"one form fits {every}")
    if dates.ambiguous:
        return Evidence(Fit.FITS, f"day first and month first both fit {every}")
    return Evidence(Fit.FITS, f"no single form fits {every}")


def _code(profile: ColumnProfile) -> Evidence:
    if profile.share(Shape.INTEGER) >= _NEARLY_ALL and profile.longest <= 6 and profile.choices:
        return Evidence(Fit.FITS, "the values are few whole numbers, like codes of activity types")
    return Evidence(Fit.AGAINST, "the values are not codes of activity types")


def share_of_options(profile: ColumnProfile, field: CandidateField) -> float:
    """Return the share of the filled cells that are options of the field's drop-down."""
    if not field.options or not profile.values:
        return 0.0
    exact = sum(count for text, count in profile.values.items() if is_option(text, field.options))
    return exact / profile.filled


def _options(profile: ColumnProfile, field: CandidateField) -> Evidence:
    if profile.values is None:
        return Evidence(Fit.AGAINST, "more different values than a drop-down has")
    exact = round(share_of_options(profile, field) * profile.filled)
    if exact >= _MOST * profile.filled:
        fit = Fit.PROVES if len(profile.values) > 1 else Fit.FITS
        return Evidence(fit, _counted(exact, profile, "options of the account's drop-down"))
    near = sum(count for text, count in profile.values.items() if nearest_option(text, field.options))
    if near >= _MOST * profile.filled:
        return Evidence(Fit.FITS, _counted(near, profile, "like options of the account's drop-down"))
    if near:
        return Evidence(Fit.DOUBTFUL, _counted(near, profile, "like options of the account's drop-down"))
    return Evidence(Fit.AGAINST, "no value is like an option of the account's drop-down")


_BY_KIND = {
    ValueKind.PHONE: _phone,
    ValueKind.NUMBER: _number,
    ValueKind.PERSON: _person,
    ValueKind.WHOLE_NAME: _whole_name,
    ValueKind.PLACE: _place,
    ValueKind.NOTE: _note,
    ValueKind.POSTCODE: _postcode,
    ValueKind.FLAG: _flag,
    ValueKind.DATE: _date,
    ValueKind.CODE: _code,
}
