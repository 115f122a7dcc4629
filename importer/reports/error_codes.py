"""Explanations of what reports hold: statuses, problems of rows, results of the delivery, refusals by LeadSquared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from importer.core.errors import UsageError
from importer.core.issues import CATALOGUE
from importer.core.text import find_nearest
from importer.leadsquared import DUPLICATE_ENTRY, ERROR_EXPLANATIONS, ErrorExplanation, load_explanations
from importer.targets import EffectType, Target
from importer.validation import example_of

STATUSES = load_explanations(Path(__file__).with_name("statuses.toml"))
DELIVERY = load_explanations(Path(__file__).with_name("delivery_codes.toml"))


@dataclass(frozen=True, slots=True)
class Explanation:
    """A code or status with title, explanation, an example and a remedy; ``kind`` says where such codes come from."""

    code: str
    kind: str
    title: str
    explanation: str
    example: str
    remedy: str


def explanations() -> Iterator[Explanation]:
    """Yield the explanation of every status and known code, grouped by kind."""
    yield from _of_kind("What became of a row", STATUSES)
    for code, kind in CATALOGUE.items():
        example = example_of(code)
        text, remedy = f"{example.message} {example.remedy}", example.remedy
        # Beside a value a remedy says what is expected there; by itself it has to say what to do.
        if remedy.startswith("Expected "):
            remedy = f"Write {remedy.removeprefix('Expected ')}"
        yield Explanation(code, "A problem of a row", kind.title, kind.explanation, text, remedy)
    yield from _of_kind("Found out while sending", DELIVERY)
    yield from _of_kind("LeadSquared's own", ERROR_EXPLANATIONS)


def _of_kind(kind: str, group: Mapping[str, ErrorExplanation]) -> Iterator[Explanation]:
    for one in group.values():
        yield Explanation(one.code, kind, one.title, one.explanation, "", one.remedy)


def remedy_of(code: str, target: type[Target]) -> str:
    """Return what to do about rows of a target that LeadSquared answered with this code.

    Empty where only LeadSquared's own text says it.
    """
    if code == DUPLICATE_ENTRY:
        return _remedy_of_duplicate(target)
    known = DELIVERY.get(code) or ERROR_EXPLANATIONS.get(code)
    return known.remedy if known else ""


def _remedy_of_duplicate(target: type[Target]) -> str:
    """Return what to do about a row with a unique value that another lead has."""
    if target.effect() is EffectType.LEAD and not target.updates_leads:
        return (
            "If the row means that lead, use a target that updates leads (bulk-upsert-leads, capture-lead). Else "
            "correct the value."
        )
    own = "that the row updates" if target.updates_leads else "with the row's e-mail address"
    return (
        f"The value belongs to another lead than the one {own}. Correct the value that is wrong, leave it out, or "
        "merge the two leads in LeadSquared."
    )


def explain(code: str) -> Explanation:
    """Return the explanation of a code or status, in whatever capitals it is given.

    Raises :class:`UsageError` with the nearest known code when it is unknown.
    """
    known = {one.code.casefold(): one for one in explanations()}
    found = known.get(code.strip().casefold())
    if found is not None:
        return found
    nearest = find_nearest(code, [one.code for one in known.values()])
    hint = f"Did you mean {nearest[0]}? " if nearest else ""
    raise UsageError(f"There is no code or status {code!r}.", f"{hint}List them all: importer explain")
