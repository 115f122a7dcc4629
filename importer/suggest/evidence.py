"""What the values of a column say for or against a kind of field."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from importer.suggest.fields import Field, Kind
from importer.suggest.options import nearest_option
from importer.suggest.profile import Profile, Shape
from importer.transforms.choices import folded

_STATES_OF_AFFAIRS = frozenset(
    (
        *("open", "closed", "active", "inactive", "pending", "completed", "complete", "done", "cancelled", "canceled"),
        *("paid", "unpaid", "new", "approved", "rejected", "confirmed", "failed", "success", "successful", "sent"),
        *("offen", "erledigt", "bezahlt", "activo", "pendiente", "completado", "pagado", "pago", "pendente", "ativo"),
        *("concluido", "concluído", "actif", "termine", "terminé", "paye", "payé", "en cours", "en attente"),
    )
)
"""Words that show that a column called `State` is no place."""
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
    """How the values fit, and the same in a few words."""

    fit: Fit
    words: str


def evidence(profile: Profile, field: Field) -> Evidence:
    """What the values of the column say about its filling the field."""
    if not profile.filled and field.kind is Kind.DATE:
        return Evidence(Fit.AGAINST, "the column is empty, so nobody can tell how its dates are written")
    if not profile.filled:
        return Evidence(Fit.SILENT, "the column is empty")
    if field.options and field.kind is not Kind.FLAG:
        return _options(profile, field)
    if field.label and field.kind is Kind.TEXT and profile.share(Shape.FLAG) > _SOME:
        return Evidence(Fit.DOUBTFUL, "the values are yes and no, and the field holds any text")
    found = _BY_KIND.get(field.kind, _text)(profile)
    if found.fit > Fit.DOUBTFUL and field.kind in (Kind.EMAIL, Kind.PHONE) and _always_the_same(profile, field):
        return Evidence(Fit.DOUBTFUL, f"{found.words}, but hardly any two are different")
    return found


def _always_the_same(profile: Profile, field: Field) -> bool:
    """Whether a long column has so few different addresses that they are somebody's of the house, as owners' are."""
    few = profile.values is not None and len(profile.values) <= 3
    return few and profile.filled >= 20 and field.name != "ActivityOwnerEmail"


def counted(count: int, profile: Profile, what: str) -> str:
    """`all 40 values are …` or `37 of 40 values are …`."""
    if count == profile.filled:
        return f"all {count} values are {what}" if count > 1 else f"its one value is {what}"
    return f"{count} of {profile.filled} values are {what}"


def _by_share(profile: Profile, shape: Shape, what: str = "") -> Evidence:
    count = profile.shapes[shape]
    words = counted(count, profile, what or shape.value)
    share = profile.share(shape)
    if share >= _NEARLY_ALL:
        return Evidence(Fit.PROVES, words)
    if share >= _MOST:
        return Evidence(Fit.FITS, words)
    return Evidence(Fit.DOUBTFUL if share >= _SOME else Fit.AGAINST, words if count else f"no value is {_one(what)}")


def _one(what: str) -> str:
    return f"among {what}" if what else "of that form"


def _email(profile: Profile) -> Evidence:
    found = _by_share(profile, Shape.EMAIL, "e-mail addresses")
    return found if profile.shapes[Shape.EMAIL] else Evidence(Fit.AGAINST, "no value is an e-mail address")


def _id(profile: Profile) -> Evidence:
    found = _by_share(profile, Shape.UUID, "ids as LeadSquared writes them")
    return (
        found if profile.shapes[Shape.UUID] else Evidence(Fit.AGAINST, "no value is an id as LeadSquared writes them")
    )


def _url(profile: Profile) -> Evidence:
    if profile.share(Shape.EMAIL) > _SOME:
        return Evidence(Fit.AGAINST, "the values are e-mail addresses")
    found = _by_share(profile, Shape.URL, "web addresses")
    return found if profile.shapes[Shape.URL] else Evidence(Fit.AGAINST, "no value is a web address")


def _phone(profile: Profile) -> Evidence:
    if profile.dates.is_date or profile.share(Shape.IP) > _SOME:
        return Evidence(Fit.AGAINST, "the values are dates or addresses of computers")
    share, shaped = profile.phone_share, profile.share(Shape.PHONE)
    if share >= _MOST and profile.share(Shape.WRITTEN_PHONE) >= _SOME:
        return Evidence(Fit.PROVES, profile.phone_words)
    if share >= _MOST:
        return Evidence(Fit.FITS, profile.phone_words)
    if shaped >= _MOST:
        return Evidence(Fit.DOUBTFUL, counted(profile.shapes[Shape.PHONE], profile, "shaped like phone numbers"))
    if profile.share(Shape.PREFIXED_PHONE) >= _MOST:
        return Evidence(Fit.AGAINST, "the numbers have a word in front, such as p:, which no phone number has")
    return Evidence(Fit.AGAINST, "the values are no phone numbers")


def _person(profile: Profile) -> Evidence:
    if profile.share(Shape.LETTERS) < _MOST:
        return Evidence(Fit.AGAINST, "the values do not look like names")
    many = profile.shapes[Shape.ONE_WORD] + profile.shapes[Shape.TWO_WORDS]
    if many < _SOME * profile.filled:
        return Evidence(Fit.DOUBTFUL, "most values have three words or more")
    return Evidence(Fit.FITS, "the values look like names")


def _whole_name(profile: Profile) -> Evidence:
    if profile.share(Shape.LETTERS) < _MOST:
        return Evidence(Fit.AGAINST, "the values do not look like names")
    if profile.share(Shape.ONE_WORD) > _SOME:
        return Evidence(Fit.DOUBTFUL, "most values are a single word")
    if _repeats(profile):
        return Evidence(Fit.DOUBTFUL, "few different values, which names of people are not")
    return Evidence(Fit.FITS, "the values look like names of two words or more")


def _repeats(profile: Profile) -> bool:
    """Whether a column of some length has so few different values that they do not tell people apart."""
    return profile.filled >= 12 and profile.values is not None and len(profile.values) * 3 < profile.filled


def _place(profile: Profile) -> Evidence:
    if any(folded(text) in _STATES_OF_AFFAIRS for text in profile.values or ()):
        return Evidence(Fit.AGAINST, "the values say how far something is, not where")
    if profile.share(Shape.LETTERS) < _MOST or profile.share(Shape.FLAG) > _SOME:
        return Evidence(Fit.AGAINST, "the values do not look like places")
    return Evidence(Fit.FITS, "the values are words without digits")


def _postcode(profile: Profile) -> Evidence:
    if profile.share(Shape.SHORT) < _MOST or profile.share(Shape.LETTERS) > _SOME or profile.dates.is_date:
        return Evidence(Fit.AGAINST, "the values do not look like postal codes")
    return Evidence(Fit.FITS, "the values are short and have digits")


def _note(profile: Profile) -> Evidence:
    typed = [Shape.NUMBER, Shape.EMAIL, Shape.UUID, Shape.FLAG, Shape.URL]
    if profile.dates.is_date or any(profile.share(shape) > _SOME for shape in typed):
        return Evidence(Fit.AGAINST, "the values are no sentences")
    return Evidence(Fit.FITS, "the values are texts")


def _text(profile: Profile) -> Evidence:
    typed = [Shape.EMAIL, Shape.UUID, Shape.FLAG]
    if profile.dates.is_date or any(profile.share(shape) > _SOME for shape in typed):
        return Evidence(Fit.AGAINST, "the values are of another kind")
    if profile.share(Shape.NUMBER) > _SOME:
        return Evidence(Fit.DOUBTFUL, "most values are numbers")
    return Evidence(Fit.FITS, "the values are texts")


def _number(profile: Profile) -> Evidence:
    return _by_share(profile, Shape.NUMBER, "numbers")


def _flag(profile: Profile) -> Evidence:
    if profile.share(Shape.FLAG) >= _NEARLY_ALL:
        return Evidence(Fit.PROVES, "all values are yes or no")
    return Evidence(Fit.AGAINST, "the values are not yes and no")


def _date(profile: Profile) -> Evidence:
    dates = profile.dates
    if not dates.is_date:
        return Evidence(Fit.AGAINST, "the values are no dates that can be read")
    if dates.proven and dates.unfit:
        words = f"one form fits all but {dates.unfit} of {dates.dated} dates, and no other form fits these"
        return Evidence(Fit.FITS, words)
    if dates.proven:
        return Evidence(Fit.PROVES, f"one form fits {_every(dates.dated)}")
    if dates.ambiguous:
        return Evidence(Fit.FITS, f"day first and month first both fit {_every(dates.dated)}")
    return Evidence(Fit.FITS, f"no single form fits {_every(dates.dated)}")


def _every(count: int) -> str:
    return f"all {count} dates" if count > 1 else "its one date"


def _code(profile: Profile) -> Evidence:
    if profile.share(Shape.INTEGER) >= _NEARLY_ALL and profile.longest <= 6 and profile.choices:
        return Evidence(Fit.FITS, "the values are few whole numbers, like codes of activity types")
    return Evidence(Fit.AGAINST, "the values are not codes of activity types")


def _options(profile: Profile, field: Field) -> Evidence:
    if profile.values is None:
        return Evidence(Fit.AGAINST, "more different values than a drop-down has")
    found = {text: nearest_option(text, field.options) for text in profile.values}
    exact = sum(count for text, count in profile.values.items() if (option := found[text]) and option.exact)
    near = sum(count for text, count in profile.values.items() if found[text])
    if exact >= _MOST * profile.filled:
        fit = Fit.PROVES if len(profile.values) > 1 else Fit.FITS
        return Evidence(fit, counted(exact, profile, "options of the account's drop-down"))
    if near >= _MOST * profile.filled:
        return Evidence(Fit.FITS, counted(near, profile, "like options of the account's drop-down"))
    if near:
        return Evidence(Fit.DOUBTFUL, counted(near, profile, "like options of the account's drop-down"))
    return Evidence(Fit.AGAINST, "no value is like an option of the account's drop-down")


_BY_KIND = {
    Kind.EMAIL: _email,
    Kind.PHONE: _phone,
    Kind.ID: _id,
    Kind.PERSON: _person,
    Kind.WHOLE_NAME: _whole_name,
    Kind.PLACE: _place,
    Kind.TEXT: _text,
    Kind.CHOICE: _text,
    Kind.NOTE: _note,
    Kind.URL: _url,
    Kind.POSTCODE: _postcode,
    Kind.NUMBER: _number,
    Kind.FLAG: _flag,
    Kind.DATE: _date,
    Kind.CODE: _code,
}
