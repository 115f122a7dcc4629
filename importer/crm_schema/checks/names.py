"""The account's field that was probably meant by a name that it lacks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from importer.crm_schema.model import ActivityType, FieldFacts
from importer.mapping.model import FieldRule
from importer.mapping.suggestions import nearest
from importer.mapping.uses import folded

_SHOWN = 12


def proposal(name: str, rule: FieldRule | None, fields: Sequence[FieldFacts]) -> str:
    """What to write instead of ``name``: the field that has this name for people, that the column's heading names, or
    whose schema name is nearest; else where to look."""
    found = _meant(name, rule.column if rule and rule.column else "", fields)
    if found is None:
        return "LeadSquared shows the schema names under Settings > Leads."
    shown = f' ("{found.display_name}")' if found.display_name else ""
    return f"Did you mean {found.schema_name}{shown}?"


def _meant(name: str, heading: str, fields: Sequence[FieldFacts]) -> FieldFacts | None:
    plain = name.removeprefix("mx_").replace("_", " ")
    for words in ([name], [plain, name], [heading]):
        wanted = {folded(word) for word in words if word}
        for field in fields:
            if folded(field.schema_name) in wanted or (field.display_name and folded(field.display_name) in wanted):
                return field
    by_word = {field.schema_name: field for field in reversed(fields)}
    by_word.update({field.display_name: field for field in reversed(fields) if field.display_name not in by_word})
    for word in (name, plain):
        for near in nearest(word, (known for known in by_word if known)):
            return by_word[near]
    return None


def type_proposal(code: str, hints: Iterable[str], types: Sequence[ActivityType]) -> str:
    """The activity types of the account, the one that was probably meant first: by its name, or by the ``hints``."""
    names = {kind.name: kind for kind in reversed(types) if kind.name}
    meant = ""
    for hint in (code, *hints):
        for near in nearest(hint, names):
            meant = meant or f"Did you mean {shown_type(names[near])}? "
    listed = ", ".join(shown_type(kind) for kind in types[:_SHOWN])
    more = f" and {len(types) - _SHOWN} more" if len(types) > _SHOWN else ""
    return f"{meant}It has: {listed}{more}." if types else "It has none."


def shown_type(kind: ActivityType) -> str:
    """An activity type for people: ``201 "Webinar attended"``."""
    return f'{kind.event} "{kind.name}"' if kind.name else kind.event
