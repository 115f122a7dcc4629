"""Why a column is left out, in words that help to take it in."""

from __future__ import annotations

from collections.abc import Sequence

from importer.suggest.evidence import Fit, evidence
from importer.suggest.fields import WHOLE_NAME, Field
from importer.suggest.headings import QUALIFIED, likeness
from importer.suggest.lead_words import LEAD_FIELDS
from importer.suggest.matching import names_of
from importer.suggest.model import Entry
from importer.suggest.profile import Profile, Shape

_MOST_SHOWN, _LONGEST_SHOWN = 6, 60
_SHAPES = (Shape.EMAIL, Shape.UUID, Shape.FLAG, Shape.INTEGER, Shape.NUMBER, Shape.URL, Shape.IP)


def remark(profile: Profile, fields: Sequence[Field], entries: Sequence[Entry]) -> str:
    """Why nothing was found for the column, and what its values are like."""
    if not profile.filled:
        return "no field was found for it, and it is empty"
    heading = profile.column.heading
    wanted = _best(heading, fields)
    filled = {entry.field for entry in entries}
    if wanted is not None:
        found = evidence(profile, wanted)
        if found.fit is Fit.AGAINST:
            return f"named like {wanted.name}, but {found.words}"
        if wanted.name in filled or (wanted.name == WHOLE_NAME and "FirstName" in filled):
            return f"named like {wanted.name}, which another column fills"
    elsewhere = _best(heading, [field for field in LEAD_FIELDS if field.name not in {one.name for one in fields}])
    if elsewhere is not None and evidence(profile, elsewhere).fit > Fit.AGAINST:
        return f"looks like the lead field {elsewhere.name}, which this call does not write"
    return f"no field was found for it; {values_words(profile)}"


def _best(heading: str, fields: Sequence[Field]) -> Field | None:
    scores = [
        (likeness(heading, (*names_of(field), *field.vague))[0], -place, field) for place, field in enumerate(fields)
    ]
    best = max(scores, key=lambda entry: entry[:2], default=None)
    return best[2] if best is not None and best[0] >= QUALIFIED else None


def values_words(profile: Profile) -> str:
    """What the values are like; only words that repeat themselves are shown, never an address or a phone number."""
    choices = profile.choices
    for shape in _SHAPES:
        if profile.share(shape) >= 0.9:
            return f"its values are {shape.value}"
    if profile.share(Shape.PHONE) > 0.5:
        return "its values are shaped like phone numbers"
    if profile.dates.is_date:
        form = profile.dates.proven
        return f"its values are dates{f' of the form {form.text}' if form else ''}"
    shown = ", ".join(choices)
    if 0 < len(choices) <= _MOST_SHOWN and len(shown) <= _LONGEST_SHOWN and profile.filled >= 3 * len(choices):
        return f"its values are {shown}"
    return "its values are texts"
