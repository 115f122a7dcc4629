"""Every code that a report can hold, explained: problems of rows, LeadSquared's refusals, and doubts of our own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from importer.core.errors import UsageError
from importer.core.issues import CATALOGUE
from importer.delivery.deduplication import ALREADY_SENT, GIVEN_UP, WAITS_FOR_OTHER_RUN
from importer.delivery.outcomes import DUPLICATE_ID, NO_ANSWER, NO_RECEIPT, REFUSED_WHOLE
from importer.leadsquared.error_catalog import ERROR_EXPLANATIONS, ErrorExplanation
from importer.ledger.interface import DECIDED, UNDECIDED
from importer.validation.catalogue import example_of

_LIKENESS = 60.0
_LOOK_AGAIN = "Do not enter or import the row again. Run: importer resume"

DELIVERY: dict[str, ErrorExplanation] = {
    one.code: one
    for one in (
        ErrorExplanation(
            NO_ANSWER,
            "No complete answer came back",
            "The connection was cut, timed out, or what came back could not be read. The row may be in LeadSquared or "
            "not; the importer looks there before it sends anything again.",
            _LOOK_AGAIN,
        ),
        ErrorExplanation(
            NO_RECEIPT,
            "The answer does not speak of this row",
            "LeadSquared answered a call of several rows without a receipt for this one. That is no success, and no "
            "refusal.",
            _LOOK_AGAIN,
        ),
        ErrorExplanation(
            REFUSED_WHOLE,
            "A call was refused because of one of its rows",
            "The importer looks which of its rows were stored, and sends the others again in smaller calls, until the "
            "bad row is alone.",
            _LOOK_AGAIN,
        ),
        ErrorExplanation(
            DUPLICATE_ID,
            "LeadSquared gave the id of another row",
            "Two rows cannot be the same activity, so one of the two answers is wrong.",
            f"Compare the lead in LeadSquared with both rows. {_LOOK_AGAIN}",
        ),
        ErrorExplanation(
            ALREADY_SENT,
            "An earlier run created this row",
            "A row with the same content went to the same account before, so it was not sent again.",
            'Nothing. To send it once more on purpose: importer run … --again "why"',
        ),
        ErrorExplanation(
            DECIDED,
            "A person decided what became of this row",
            "It was in doubt, and somebody looked in LeadSquared. Name, time and reason stand in the evidence.",
            "Nothing. To take the decision back: importer decide RUN --row ROW --as undecided --why …",
        ),
        ErrorExplanation(
            UNDECIDED,
            "A decision about this row was taken back",
            "The row is in doubt again, as it was before.",
            "Run `importer resume`, or decide again: importer decide",
        ),
        ErrorExplanation(
            GIVEN_UP,
            "A person gave this row up in an earlier run",
            "A row with the same content was in doubt there, and somebody decided not to go after it.",
            'Nothing. To send it on purpose: importer run … --again "why"',
        ),
        ErrorExplanation(
            WAITS_FOR_OTHER_RUN,
            "Another run is not sure about the same row",
            "A row with the same content is in doubt in an earlier run. Sending it here could double it.",
            "Run `importer resume` with the run that the message names, then this one.",
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """A code with what it means, what is behind it, an example and what to do; ``kind`` says where it comes from."""

    code: str
    kind: str
    title: str
    explanation: str
    example: str
    remedy: str


def explanations() -> Iterator[Explanation]:
    """Every code that is known, by where it comes from."""
    for code, kind in CATALOGUE.items():
        example = example_of(code)
        words = f"{example.message} {example.remedy}"
        yield Explanation(code, "A problem of a row", kind.title, kind.explanation, words, _advice(example.remedy))
    for one in DELIVERY.values():
        yield Explanation(one.code, "Found out while sending", one.title, one.explanation, "", one.remedy)
    for one in ERROR_EXPLANATIONS.values():
        yield Explanation(one.code, "LeadSquared's own", one.title, one.explanation, "", one.remedy)


def _advice(remedy: str) -> str:
    """A remedy beside a value says what is expected there; by itself it says what to do."""
    return f"Write {remedy.removeprefix('Expected ')}" if remedy.startswith("Expected ") else remedy


def remedy_of(code: str) -> str:
    """What to do about rows that came back from LeadSquared with this code, or nothing where only its text can tell."""
    known = DELIVERY.get(code) or ERROR_EXPLANATIONS.get(code)
    return known.remedy if known else ""


def explain(code: str) -> Explanation:
    """The explanation of a code, however it is capitalised.

    Raises :class:`UsageError` with the nearest known code when it is unknown.
    """
    known = {one.code.casefold(): one for one in explanations()}
    found = known.get(code.strip().casefold())
    if found is not None:
        return found
    from rapidfuzz import fuzz, process

    best = process.extractOne(code.casefold(), list(known), scorer=fuzz.ratio, score_cutoff=_LIKENESS)
    hint = f"Did you mean {known[best[0]].code}? " if best else ""
    raise UsageError(f"There is no explanation of the code {code!r}.", f"{hint}List them all: importer explain")
