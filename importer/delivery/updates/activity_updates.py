"""Correct the activities of earlier runs from which rows of the file differ, where the mapping or a person says so.

One row goes this way: find the fields that differ → read the activity, which must still hold what was sent → record the
update in the ledger, with the values that it replaces → call → read the activity back. The first update goes alone.

An update sets values and adds nothing, so making it twice leaves what making it once does. A row whose call was
interrupted, or had no clear answer, is therefore read, and updated again if its activity holds the former values.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from importer.core.errors import CrmError, RunStopped
from importer.core.model import Outcome, Record, Status
from importer.core.time import format_iso
from importer.delivery.batching import RowQueue
from importer.delivery.context import DeliveryContext
from importer.delivery.dispatcher import Dispatcher
from importer.delivery.held_rows import (
    ALREADY_SENT,
    CHANGED_SINCE,
    WantedUpdate,
    headings_by_field,
    read_earlier_records,
)
from importer.delivery.pairing import RowId, row_id
from importer.delivery.reconciliation.reconcile import Reconciler
from importer.delivery.updates.field_changes import (
    FieldChange,
    Shown,
    UpdateRules,
    compare_shown,
    knows_activity,
    values_shown,
)
from importer.leadsquared import CrmActivity, UnansweredError
from importer.ledger import CHANGE_ACCEPTED, UPDATE_ACCEPTED, RowUpdate
from importer.targets import UpdateActivities

_NOT_SHOWN = "LeadSquared does not show the corrected values."
_PORTION = 100
_PAUSES = (0.0, 5.0, 15.0)
"""Seconds before each reading back: LeadSquared may show a new value late."""


@dataclass(frozen=True, slots=True)
class _Update:
    """A row that may correct an activity: its outcome so far, the earlier row, and the fields to change."""

    record: Record
    outcome: Outcome
    origin: RowId
    activity_id: str
    changes: Sequence[FieldChange]

    @property
    def row(self) -> int:
        """The row's number."""
        return self.record.row


def update_activities(context: DeliveryContext, wanted: Mapping[int, WantedUpdate]) -> None:
    """Make the ``wanted`` updates, by row, and finish those that an earlier start of the run left open.

    What cannot be corrected stays changed, with the reason. Raises :class:`RunStopped` as a delivery does.
    """
    ledger, run_id = context.ledger, context.run.id
    recorded = ledger.updates(run_id)
    if not recorded and not wanted:
        return
    rows = recorded.keys() | wanted.keys()
    outcomes = ledger.outcomes_of(run_id, rows)
    sent_as_new = [row for row in recorded if outcomes[row].error_code == CHANGE_ACCEPTED]
    if sent_as_new:
        ledger.withdraw_updates(run_id, sent_as_new)
    origins = {row: (one.of_run, one.of_row) for row, one in recorded.items() if _is_open(outcomes[row])}
    origins |= {row: row_id(one.earlier) for row, one in wanted.items()}
    _Updater(context, wanted).run({row: (outcomes[row], origin) for row, origin in sorted(origins.items())})


def _is_open(outcome: Outcome) -> bool:
    """Whether a call of an update ended without being read back."""
    return outcome.status is Status.UNCERTAIN or (outcome.status is Status.UPDATED and not outcome.activity_id)


class _Updater:
    def __init__(self, context: DeliveryContext, wanted: Mapping[int, WantedUpdate]) -> None:
        self._context = context
        self._wanted = wanted
        headings = headings_by_field(context.plan)
        self._rules = UpdateRules(
            context.plan, context.target, lambda names: [headings.get(name, name.split(".", 1)[1]) for name in names]
        )
        self._target = UpdateActivities(context.target.mapping)
        self._proven = False
        self._doubt = ""

    def run(self, rows: Mapping[int, tuple[Outcome, RowId]]) -> None:
        """Make the updates of rows with these outcomes and earlier rows: one alone, then the others in portions."""
        left = list(self._planned(rows))
        while left:
            size = _PORTION if self._proven else 1
            portion, left = left[:size], left[size:]
            self._make(portion)

    def _planned(self, rows: Mapping[int, tuple[Outcome, RowId]]) -> Iterator[_Update]:
        """Yield what can be corrected; hold the other rows."""
        records = self._context.records_of(rows)
        earlier = read_earlier_records(self._context.ledger, {origin for _, origin in rows.values()})
        shared = Counter(origin for _, origin in rows.values())
        sent_rows = self._outcomes_of_origins(shared)
        for row, (outcome, origin) in rows.items():
            sent = sent_rows.get(origin)
            if shared[origin] > 1:
                found: list[FieldChange] | str = "Another row of this file differs from the same earlier row."
            elif origin not in earlier:
                found = "What was sent earlier is not known any more."
            elif sent is None or not knows_activity(sent):
                found = "Which activity the earlier row made is not known for certain."
            else:
                found = self._rules.find_changes(records[row], earlier[origin])
            if isinstance(found, str):
                self._hold(records[row], outcome, found)
            else:
                assert sent is not None
                yield _Update(records[row], outcome, origin, sent.activity_id, found)

    def _outcomes_of_origins(self, origins: Collection[RowId]) -> dict[RowId, Outcome]:
        """Return the outcomes of earlier rows; each of their runs is asked once."""
        by_run: defaultdict[str, set[int]] = defaultdict(set)
        for run_id, number in origins:
            by_run[run_id].add(number)
        ledger = self._context.ledger
        return {
            (run_id, number): outcome
            for run_id, numbers in by_run.items()
            for number, outcome in ledger.outcomes_of(run_id, numbers).items()
        }

    def _make(self, portion: Sequence[_Update]) -> None:
        self._context.check_stop()
        ready: dict[int, RowUpdate] = {}
        for one in portion:
            before = self._values_to_replace(one)
            if before is not None:
                ready[one.row] = RowUpdate(one.activity_id, *one.origin, before)
        if not ready:
            return
        updates = [one for one in portion if one.row in ready]
        self._send(updates, ready)
        self._read_back(updates)

    def _values_to_replace(self, one: _Update) -> Mapping[str, str] | None:
        """Return what the activity holds in the fields to change; else settle the row without a call."""
        if self._doubt:
            self._hold(one.record, one.outcome, self._doubt)
            return None
        activity = self._read(one)
        if isinstance(activity, str):
            self._hold(one.record, one.outcome, activity)
            return None
        shown, other = compare_shown(one.changes, activity)
        if shown is Shown.BEFORE and one.outcome.status is not Status.UPDATED:
            return values_shown(one.changes, activity)
        if shown is Shown.BEFORE:
            self._doubt_outcome(one.outcome, _NOT_SHOWN)
        elif shown is Shown.AFTER:
            self._settle_as_there(one, activity)
        else:
            text = f"{self._rules.describe(other)} of activity {activity.id} was changed in LeadSquared since."
            self._hold(one.record, one.outcome, text)
        return None

    def _read(self, one: _Update) -> CrmActivity | str:
        """Read the activity of a row; or return why it cannot be read. Raises :class:`RunStopped` without an answer."""
        try:
            activity = self._context.reader.activity(one.activity_id)
        except UnansweredError as error:
            raise RunStopped(error.message, error.remedy) from None
        except CrmError as error:
            return f"The activity could not be read. {error.message}"
        return activity or f"Activity {one.activity_id} is not in LeadSquared any more."

    def _settle_as_there(self, one: _Update, activity: CrmActivity) -> None:
        """Record that the activity holds the row's values: by a call of this run, or because somebody wrote them."""
        if one.outcome.status in (Status.UNCERTAIN, Status.UPDATED):
            self._confirm(one, one.outcome, activity)
            return
        text = f"Activity {activity.id} holds these values already, so nothing was sent."
        outcome = Outcome(
            one.row, Status.SKIPPED, lead_id=activity.lead_id, error_code=ALREADY_SENT, error=text, at=self._now()
        )
        self._leave(one.record, outcome)

    def _hold(self, record: Record, outcome: Outcome, reason: str) -> None:
        """Record why a row does not correct its activity now."""
        if outcome.status in (Status.UNCERTAIN, Status.UPDATED):
            self._doubt_outcome(outcome, reason)
            return
        wanted = self._wanted[record.row]
        text = f"{wanted.text} It was not corrected: {reason}"
        self._leave(record, Outcome(record.row, Status.CHANGED, error_code=CHANGED_SINCE, error=text, at=self._now()))

    def _leave(self, record: Record, outcome: Outcome) -> None:
        """Record a row of which no call is made. Its update is withdrawn first: it may be sent as a new row later."""
        self._context.ledger.withdraw_updates(self._context.run.id, [record.row])
        self._context.ledger.skip(self._context.run.id, [outcome], [record.key])

    # --- the calls

    def _send(self, updates: Sequence[_Update], ready: Mapping[int, RowUpdate]) -> None:
        """Record the updates, and send them as any other call is sent."""
        context = self._context
        context.ledger.record_updates(context.run.id, ready)
        released = [
            replace(one.outcome, status=Status.NOT_SENT, error_code=UPDATE_ACCEPTED, error="", at=self._now())
            for one in updates
            if one.outcome.status in (Status.CHANGED, Status.UNCERTAIN)
        ]
        if released:
            context.ledger.settle(context.run.id, released, "the activity holds what was sent earlier")
        records = [
            self._target.record(one.record, one.activity_id, {change.name: change.after for change in one.changes})
            for one in updates
        ]
        queue = RowQueue(iter(records), self._target.lead_key, same_lead_in_one_call=False)
        counts = context.ledger.counts(context.run.id)
        Dispatcher(replace(context, target=self._target), queue, Reconciler(context), counts).run()

    def _read_back(self, updates: Sequence[_Update]) -> None:
        """Read the activities until they show the new values, and record what each one shows in the end."""
        outcomes = self._context.ledger.outcomes_of(self._context.run.id, [one.row for one in updates])
        assert all(one.status is not Status.NOT_SENT for one in outcomes.values()), "the dispatcher sends every row"
        left = [one for one in updates if _is_open(outcomes[one.row])]
        reasons: dict[int, str] = {}
        for pause in _PAUSES:
            self._context.wait("LeadSquared may show corrected values late", pause if left else 0.0)
            waiting, left = left, []
            for one in waiting:
                activity = self._read(one)
                if isinstance(activity, str):
                    reasons[one.row] = activity
                elif compare_shown(one.changes, activity)[0] is Shown.AFTER:
                    self._confirm(one, outcomes[one.row], activity)
                    continue
                else:
                    reasons[one.row] = _NOT_SHOWN
                left.append(one)
        for one in left:
            self._doubt_outcome(outcomes[one.row], reasons[one.row])

    def _confirm(self, one: _Update, outcome: Outcome, activity: CrmActivity) -> None:
        """Record that a row corrected its activity."""
        run_id, number = one.origin
        text = f"Corrected activity {activity.id} of row {number} of run {run_id}"
        confirmed = replace(
            outcome,
            status=Status.UPDATED,
            activity_id=activity.id,
            lead_id=activity.lead_id,
            error_code="",
            error="",
            evidence=f"{text}: {self._rules.describe(one.changes)}. Confirmed by reading it back.",
            at=self._now(),
        )
        self._proven = True
        self._record(outcome, confirmed)

    def _doubt_outcome(self, outcome: Outcome, reason: str) -> None:
        """Record that it is not known whether a row corrected its activity; no other row does until that is known."""
        text = f"Whether this row corrected its activity is not known. {reason}"
        self._doubt = "Another update of this run is not confirmed yet."
        self._record(outcome, replace(outcome, status=Status.UNCERTAIN, error=text, at=self._now()))

    def _record(self, before: Outcome, after: Outcome) -> None:
        """Record what was read back: for an answered row as a correction of its answer."""
        run_id, ledger = self._context.run.id, self._context.ledger
        write = ledger.settle if before.status is Status.UNCERTAIN else ledger.correct
        write(run_id, [after], "read back")

    def _now(self) -> str:
        return format_iso(self._context.clock.now())
