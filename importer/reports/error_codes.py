"""Explanations of all codes in reports: problems of rows, refusals by LeadSquared, and results of the delivery."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from importer.core.errors import UsageError
from importer.core.issues import CATALOGUE
from importer.core.text import find_nearest
from importer.delivery import (
    ALREADY_SENT,
    CHANGED_SINCE,
    CORRECTED_IN,
    DUPLICATE_ID,
    GIVEN_UP,
    NO_ANSWER,
    NO_RECEIPT,
    POSSIBLE_REPEAT,
    REFUSED_WHOLE,
    TWIN_IN_FILE,
    WAITS_FOR_OTHER_RUN,
)
from importer.leadsquared import DUPLICATE_ENTRY, ERROR_EXPLANATIONS, ErrorExplanation
from importer.ledger import CHANGE_ACCEPTED, CHANGE_DECLINED, DECIDED, UNDECIDED
from importer.targets import EffectType, Target
from importer.validation import example_of

_DECIDE_CHANGED = "Decide: importer decide RUN --changed send, or --changed keep."
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
            "The answer does not mention this row",
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
            CORRECTED_IN,
            "A corrected sheet has this row",
            "The row could not be sent as it stood. Somebody corrected it on a sheet *To fix* and imported that, so it "
            "is settled, here and in other files that hold it.",
            "Nothing. The message says where the corrected row is.",
        ),
        ErrorExplanation(
            CHANGED_SINCE,
            "An earlier import sent this row with other values",
            "A row with the same lead, activity type and time, the same `row_key`, or the same cells was sent before. "
            "It may be the same thing corrected, or another one.",
            _DECIDE_CHANGED,
        ),
        ErrorExplanation(
            POSSIBLE_REPEAT,
            "An equal row was sent before",
            "Nothing in the row tells whether it happened again: the activity has no time of its own and the mapping "
            "names no `row_key`. Either the file repeats the row, or it is a new event.",
            f"{_DECIDE_CHANGED} Map a column with the time, or name one under `row_key:`, or write `repeat:`.",
        ),
        ErrorExplanation(
            TWIN_IN_FILE,
            "Another row of the file is the same",
            "The file holds the same lead with the same values, or the same `row_key`, more than once.",
            f"Remove one of the two, or correct the `row_key`. {_DECIDE_CHANGED}",
        ),
        ErrorExplanation(
            CHANGE_ACCEPTED,
            "A person decided to send this changed row",
            "It looked like a row sent earlier; somebody decided that it is to be sent.",
            "Run: importer resume",
        ),
        ErrorExplanation(
            CHANGE_DECLINED,
            "A changed row is left as it was sent earlier",
            "Somebody decided, or the mapping says, that LeadSquared keeps what was sent earlier. The same row in a "
            "later file is skipped as well.",
            "Nothing. To take a decision back: importer decide RUN --row ROW --as undecided --why …",
        ),
        ErrorExplanation(
            DECIDED,
            "A person decided what became of this row",
            "The row was uncertain, and somebody looked in LeadSquared. Name, time and reason stand in the evidence.",
            "Nothing. To take the decision back: importer decide RUN --row ROW --as undecided --why …",
        ),
        ErrorExplanation(
            UNDECIDED,
            "A decision about this row was taken back",
            "The row is uncertain again, as it was before.",
            "Run `importer resume`, or decide again: importer decide",
        ),
        ErrorExplanation(
            GIVEN_UP,
            "A person gave this row up in an earlier run",
            "A row with the same content was uncertain there, and somebody decided not to pursue it.",
            'Nothing. To send it on purpose: importer run … --again "why"',
        ),
        ErrorExplanation(
            WAITS_FOR_OTHER_RUN,
            "Another run is not sure about the same row",
            "A row with the same content is uncertain in an earlier run. Sending it here could double it.",
            "Run `importer resume` with the run that the message names, then this one.",
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """A code with its title, explanation, an example and a remedy; ``kind`` says where such codes come from."""

    code: str
    kind: str
    title: str
    explanation: str
    example: str
    remedy: str


def explanations() -> Iterator[Explanation]:
    """Yield the explanation of every known code, grouped by kind."""
    for code, kind in CATALOGUE.items():
        example = example_of(code)
        text, remedy = f"{example.message} {example.remedy}", example.remedy
        # Beside a value a remedy says what is expected there; by itself it has to say what to do.
        if remedy.startswith("Expected "):
            remedy = f"Write {remedy.removeprefix('Expected ')}"
        yield Explanation(code, "A problem of a row", kind.title, kind.explanation, text, remedy)
    for kind_name, group in (("Found out while sending", DELIVERY), ("LeadSquared's own", ERROR_EXPLANATIONS)):
        for one in group.values():
            yield Explanation(one.code, kind_name, one.title, one.explanation, "", one.remedy)


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
    """Return the explanation of a code, in whatever capitals it is given.

    Raises :class:`UsageError` with the nearest known code when it is unknown.
    """
    known = {one.code.casefold(): one for one in explanations()}
    found = known.get(code.strip().casefold())
    if found is not None:
        return found
    nearest = find_nearest(code, [one.code for one in known.values()])
    hint = f"Did you mean {nearest[0]}? " if nearest else ""
    raise UsageError(f"There is no explanation of the code {code!r}.", f"{hint}List them all: importer explain")
