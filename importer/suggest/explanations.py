"""Explanations of why a column is left out, which help a person to use it after all."""

from __future__ import annotations

from collections.abc import Sequence

from importer.suggest.evidence import Fit, assess_values
from importer.suggest.headings import QUALIFIED, likeness
from importer.suggest.matching import names_of
from importer.suggest.model import MappingLine
from importer.suggest.profile import ColumnProfile, Shape
from importer.suggest.vocabulary import LEAD_FIELDS, WHOLE_NAME, CandidateField

_MOST_SHOWN, _LONGEST_SHOWN = 6, 60
_SHAPES = (Shape.EMAIL, Shape.UUID, Shape.FLAG, Shape.INTEGER, Shape.NUMBER, Shape.URL, Shape.IP)


def explain_unused_column(
    profile: ColumnProfile, fields: Sequence[CandidateField], entries: Sequence[MappingLine]
) -> str:
    """Explain why no field was found for the column, and describe its values."""
    if not profile.filled:
        return "no field was found for it, and it is empty"
    heading = profile.column.heading
    wanted = _best(heading, fields)
    filled = {entry.field for entry in entries}
    if wanted is not None:
        found = assess_values(profile, wanted)
        if found.fit is Fit.AGAINST:
            return f"named like {wanted.name}, but {found.reason}"
        if wanted.name in filled or (wanted.name == WHOLE_NAME and "FirstName" in filled):
            return f"named like {wanted.name}, which another column fills"
    elsewhere = _best(heading, [field for field in LEAD_FIELDS if field.name not in {one.name for one in fields}])
    if elsewhere is not None and assess_values(profile, elsewhere).fit > Fit.AGAINST:
        return f"looks like the lead field {elsewhere.name}, which this call does not write"
    return f"no field was found for it; {describe_values(profile)}"


def _best(heading: str, fields: Sequence[CandidateField]) -> CandidateField | None:
    scores = [
        (likeness(heading, (*names_of(field), *field.vague))[0], -place, field) for place, field in enumerate(fields)
    ]
    best = max(scores, key=lambda entry: entry[:2], default=None)
    return best[2] if best is not None and best[0] >= QUALIFIED else None


def describe_values(profile: ColumnProfile) -> str:
    """Describe the values of a column; only repeated words are shown, never an address or a phone number."""
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
