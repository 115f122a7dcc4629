"""Describe for people why a row is skipped, held or waits: which earlier row it is, and in which fields they differ."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from importer.core.errors import ImporterError
from importer.core.model import DELIVERED, Outcome, Record, Status
from importer.core.text import join_words, pluralize
from importer.core.time import format_iso
from importer.delivery.context import DeliveryContext
from importer.delivery.pairing import Disposition, Likeness, RowDecision, RowId, row_id
from importer.delivery.similar_rows import RecordComparer, read_records
from importer.ledger import CHANGE_DECLINED, EarlierRow, KnownRow
from importer.mapping import OnChange
from importer.planning import Plan, open_plan
from importer.targets import EffectType

if TYPE_CHECKING:
    from importer.ledger import Ledger

ALREADY_SENT = "already-sent"
CHANGED_SINCE = "changed-since"
POSSIBLE_REPEAT = "possible-repeat"
TWIN_IN_FILE = "twin-in-file"
WAITS_FOR_OTHER_RUN = "waits-for-other-run"
GIVEN_UP = "given-up"
CORRECTED_IN = "corrected-in"

SKIP_CODES = frozenset({ALREADY_SENT, CORRECTED_IN, GIVEN_UP, TWIN_IN_FILE, CHANGE_DECLINED})
"""Error codes of rows that a comparison with earlier rows has skipped."""

_NOTHING_TO_CORRECT = "It was decided to correct an earlier row, and there is none any more that differs."
_AFTER_EARLIER = re.compile(r"\(run [^()]*, sent on [^()]*\)[^.]*\. (.+)", re.DOTALL)
_SAME_BY = {
    Likeness.SOURCE: "the same cells, sent with another version of the mapping",
    Likeness.NAMED: "the same `row_key`",
    Likeness.MARKED: "this row of the workbook before it was changed",
}


@dataclass(frozen=True, slots=True)
class WantedUpdate:
    """A row that shall correct an earlier one, and the description of both for a person."""

    earlier: EarlierRow
    text: str


class DecisionWriter:
    """Turns decisions into outcomes. ``decisions`` are by the place of the row among the ready rows.

    ``updating`` are the places of rows of which a person decided that they correct the earlier ones.
    """

    def __init__(
        self,
        context: DeliveryContext,
        decisions: Mapping[int, RowDecision],
        rows: Mapping[int, int],
        updating: Collection[int] = (),
    ) -> None:
        self.wanted_updates: dict[int, WantedUpdate] = {}
        """The rows, by number, that correct an earlier row; filled by :meth:`outcome`."""
        self._context = context
        self._decisions = decisions
        self._updating = updating
        self._on_change = context.target.mapping.on_change
        self._comparer = RecordComparer(context.target)
        self._headings = headings_by_field(context.plan)
        held = {
            place: decision.earlier
            for place, decision in decisions.items()
            if place in rows and decision.disposition is Disposition.HOLD and not decision.is_repeat
        }
        twins = {decision.twin for place, decision in decisions.items() if place in held and decision.twin}
        self._own = read_records(context.plan, {rows[place] for place in held} | twins)
        self._earlier = read_earlier_records(context.ledger, {row_id(one) for one in held.values() if one})

    def outcome(self, place: int, row: int) -> Outcome | None:
        """Return the outcome of a row; ``None`` if it may be sent."""
        decision = self._decisions.get(place)
        at = format_iso(self._context.clock.now())
        if decision is None:
            if place not in self._updating:
                return None
            return Outcome(row, Status.CHANGED, error_code=CHANGED_SINCE, error=_NOTHING_TO_CORRECT, at=at)
        if decision.disposition is Disposition.WAIT and decision.earlier:
            return _waiting(row, decision.earlier, at)
        if decision.disposition is Disposition.SKIP:
            return _skipped(row, decision, at)
        return self._held(place, row, decision, at)

    def shares_key(self, place: int, row: int) -> bool:
        """Whether a held row has the `row_key` of a row of another lead, as far as that one is still known."""
        decision = self._decisions.get(place)
        if decision is None or decision.disposition is not Disposition.HOLD:
            return False
        if decision.likeness is Likeness.NAMED and decision.earlier:
            other = self._earlier.get(row_id(decision.earlier))
        else:
            other = self._own.get(decision.twin) if decision.likeness is Likeness.TWIN else None
        return other is not None and self._comparer.lead(other) != self._comparer.lead(self._own[row])

    def _held(self, place: int, row: int, decision: RowDecision, at: str) -> Outcome | None:
        repeat = decision.is_repeat
        text = self._describe(row, decision)
        if decision.is_difference and decision.earlier and self._updates(place):
            self.wanted_updates[row] = WantedUpdate(decision.earlier, text)
        elif not repeat and self._on_change is OnChange.SEND:
            return None
        # A key that two leads share is no key: not to send the row would lose it.
        if not repeat and self._on_change is OnChange.SKIP and not self.shares_key(place, row):
            text = f"{text} The mapping says `on_change: skip`."
            return Outcome(row, Status.SKIPPED, error_code=CHANGE_DECLINED, error=text, at=at)
        code = POSSIBLE_REPEAT if repeat else TWIN_IN_FILE if decision.likeness is Likeness.TWIN else CHANGED_SINCE
        return Outcome(row, Status.CHANGED, error_code=code, error=text, at=at)

    def _updates(self, place: int) -> bool:
        return place in self._updating or self._on_change is OnChange.UPDATE

    def _describe(self, row: int, decision: RowDecision) -> str:
        if decision.earlier is None:
            return f"It has the same `row_key` as row {decision.twin} of this file, with other values."
        where = describe_earlier(decision.earlier)
        if decision.likeness is Likeness.CONTENT:
            return f"{where} is equal, and nothing in the row tells whether this is a new event."
        if decision.likeness is Likeness.CORRECTED:
            return f"{where} corrects an equal row, and nothing in the row tells whether this is a new event."
        if decision.likeness is Likeness.RECORRECTED:
            return f"{where} corrects the same row already. {self._describe_difference(row, decision.earlier)}"
        if decision.likeness is Likeness.ALMOST:
            missing = "is almost the same, and is missing in this file, which has nearly all other rows of that import"
            return f"{where} {missing}. {self._describe_difference(row, decision.earlier)}"
        if decision.likeness is Likeness.KEY:
            is_lead = self._context.target.effect() is EffectType.LEAD
            same = "the same lead" if is_lead else "the same lead, activity type and time"
        else:
            same = _SAME_BY[decision.likeness]
        return f"{where} is {same}. {self._describe_difference(row, decision.earlier)}"

    def _describe_difference(self, row: int, earlier: EarlierRow) -> str:
        before = self._earlier.get(row_id(earlier))
        if before is None:
            return "Which fields differ is not known any more."
        names = self._comparer.differing_fields(self._own[row], before)
        listed = join_words([self._headings.get(name, name.split(".", 1)[1]) for name in names])
        return f"{listed} {pluralize(len(names), 'differs', 'differ')}." if names else "It was sent by another call."


def read_earlier_records(ledger: Ledger, wanted: Collection[RowId]) -> dict[RowId, Record]:
    """Read the records of rows of other runs from the plans that are still there."""
    by_run: dict[str, set[int]] = defaultdict(set)
    for run_id, row in wanted:
        by_run[run_id].add(row)
    found: dict[RowId, Record] = {}
    for run_id, rows in by_run.items():
        run = ledger.run(run_id)
        try:
            plan = open_plan(Path(run.new.folder)) if run else None
            records = read_records(plan, rows) if plan else {}
        except (ImporterError, OSError):
            continue
        found.update({(run_id, row): record for row, record in records.items()})
    return found


def describe_earlier(earlier: EarlierRow) -> str:
    """Describe where and when an earlier row was sent."""
    known = earlier.known
    return f"Row {known.row} of {known.source} (run {known.run_id}, sent on {known.at[:10]})"


def describe_difference(error: str) -> str:
    """Return the last sentences of the error of a held row: in which fields it differs from the earlier one."""
    found = _AFTER_EARLIER.search(error)
    return found.group(1) if found else error


def describe_correction(correction: KnownRow) -> str:
    """Describe the correction of a row that is settled by it."""
    where = f"row {correction.row} of {correction.source} (run {correction.run_id}"
    if correction.status not in DELIVERED:
        return f"Corrected in {where}); that row needed no sending."
    activity = f", activity {correction.activity_id}" if correction.activity_id else ""
    return f"Corrected in {where}, sent on {correction.at[:10]}{activity})."


def _skipped(row: int, decision: RowDecision, at: str) -> Outcome:
    if decision.likeness is Likeness.TWIN:
        text = f"Row {decision.twin} of this file is the same, so this one is not sent."
        return Outcome(row, Status.SKIPPED, error_code=TWIN_IN_FILE, error=text, at=at)
    if decision.earlier is None:
        text = "It was decided earlier not to send this change."
        return Outcome(row, Status.SKIPPED, error_code=CHANGE_DECLINED, error=text, at=at)
    known = decision.earlier.known
    if decision.likeness is Likeness.CORRECTED:
        text = describe_correction(known)
        return Outcome(row, Status.SKIPPED, lead_id=known.lead_id, error_code=CORRECTED_IN, error=text, at=at)
    if known.status in DELIVERED:
        text = f"Already sent on {known.at[:10]} from row {known.row} of {known.source} (run {known.run_id}" + (
            f", activity {known.activity_id})." if known.activity_id else ")."
        )
        return Outcome(row, Status.SKIPPED, lead_id=known.lead_id, error_code=ALREADY_SENT, error=text, at=at)
    text = f"A person gave this row up in run {known.run_id} (its row {known.row} of {known.source})."
    return Outcome(row, Status.SKIPPED, error_code=GIVEN_UP, error=text, at=at)


def _waiting(row: int, earlier: EarlierRow, at: str) -> Outcome:
    known = earlier.known
    text = (
        f"Run {known.run_id} may already have sent this row (its row {known.row}). "
        f"Finish that run first: importer resume {known.run_id}"
    )
    return Outcome(row, Status.UNCERTAIN, error_code=WAITS_FOR_OTHER_RUN, error=text, at=at)


def headings_by_field(plan: Plan) -> dict[str, str]:
    """Return the column that fills each field, by the field's flat name."""
    found: dict[str, str] = {}
    for label, names in plan.facts.fields.items():
        for name in names.split(", "):
            found.setdefault(name, label)
    return found
