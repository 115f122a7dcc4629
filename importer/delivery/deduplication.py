"""Compare the rows of a plan with what earlier runs sent: skip what is the same, hold what is the same but differs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import groupby
from typing import TYPE_CHECKING

from importer.config import Account
from importer.core.model import DELIVERED, Outcome, Status
from importer.core.text import format_count, pluralize
from importer.core.time import format_iso
from importer.delivery.context import ComparisonScope, DeliveryContext
from importer.delivery.held_rows import SKIP_CODES, WAITS_FOR_OTHER_RUN, DecisionWriter, WantedUpdate
from importer.delivery.idempotency_keys import load_idempotency_keys
from importer.delivery.identity_table import IdentityTable, load_identities, record_earlier_runs
from importer.delivery.lineage.comparison import CorrectedRows
from importer.delivery.pairing import (
    CONTAINS_EARLIER,
    Disposition,
    FileRow,
    Likeness,
    RowDecision,
    RowId,
    contained_share,
    decide_group,
    row_id,
    unidentified,
)
from importer.delivery.row_identity import IDENTITY_VERSION
from importer.delivery.similar_rows import SimilarRows
from importer.ledger import CHANGE_ACCEPTED, CHANGE_DECLINED, UPDATE_ACCEPTED, EarlierRow, IdentityPart, KnownRow
from importer.mapping import OnEarlierRow, SameLead
from importer.planning import Plan, mapping_of_plan
from importer.targets import EffectType, make_target

if TYPE_CHECKING:
    from importer.ledger import Ledger

_CHUNK = 5_000
_MOST_COMPARED = 50_000
"""So many rows a check compares in every spelling."""


Decisions = dict[int, RowDecision]
"""Decisions other than to send, by the place of the row among the ready rows."""

Index = Mapping[bytes, list[EarlierRow]]
"""Earlier rows by one of their digests."""


def compare_with_earlier_runs(context: DeliveryContext) -> dict[int, WantedUpdate]:
    """Decide about every row that this run has not sent: skip it, hold it, let it wait for another run, or send it.

    Rows that waited for another run, or for a decision, are decided anew. A plan that is deliberately sent once more is
    only recorded. Returns the rows that shall correct an earlier one, by number; until they have, they are held.
    """
    table = load_identities(context.plan, context.account, context.ledger.install_key())
    table.record(context.ledger, context.run.id)
    corrected = CorrectedRows.of(context, table)
    if context.plan.facts.again:
        return {}
    unknown = record_earlier_runs(context.ledger, context.account)
    comparison = _Comparison(context.scope, table, corrected)
    decisions = comparison.decide()
    if unknown:
        comparison.recognise_by_exact_content(decisions)
    if comparison.older:
        context.progress.note(describe_older(comparison.older))
    return _record(context, table, comparison, decisions)


def count_earlier_rows(plan: Plan, account: Account, ledger: Ledger) -> EarlierRows:
    """Count the ready rows of a plan that earlier runs sent; nothing is recorded.

    Rows of runs of an earlier version of the program, whose identities no run has recorded yet, are known by their
    exact content only; so are all rows of a long plan, because a check must not take much longer than reading it.
    """
    target = make_target(mapping_of_plan(plan.facts).mapping)
    scope = ComparisonScope(plan, load_idempotency_keys(plan), "", target, account, ledger)
    if plan.facts.ready > _MOST_COMPARED:
        exact = sum(len(found) for _, found in known_keys(scope, range(plan.facts.ready)))
        return EarlierRows(exact, exact, changed=0, waiting=0, older=0, is_complete=False)
    table = load_identities(plan, account, ledger.install_key())
    unknown = ledger.runs_without_identities(account.name)
    comparison = _Comparison(scope, table, CorrectedRows.read(scope, table))
    decisions = comparison.decide()
    if unknown:
        comparison.recognise_by_exact_content(decisions)
    twins = sum(one.disposition is Disposition.SKIP and one.likeness is Likeness.TWIN for one in decisions.values())
    by_disposition = Counter(one.disposition for one in decisions.values())
    return EarlierRows(
        sent=by_disposition[Disposition.SKIP] - twins,
        exact=comparison.count_exact(decisions),
        changed=by_disposition[Disposition.HOLD],
        waiting=by_disposition[Disposition.WAIT],
        older=comparison.older,
        twins=twins,
    )


@dataclass(frozen=True, slots=True)
class EarlierRows:
    """Numbers of rows of a plan that earlier runs sent.

    ``exact`` of the rows ``sent`` have exactly the same values, the others only in another spelling. ``changed`` rows
    would be held, and those ``waiting`` depend on a run that is not settled. ``older`` are rows that update leads with
    values that were sent before and replaced since. ``twins`` repeat the lead of another row of the file. Unless the
    count ``is_complete``, only exact values were compared.
    """

    sent: int
    exact: int
    changed: int
    waiting: int
    older: int
    is_complete: bool = True
    twins: int = 0


def known_keys(scope: ComparisonScope, places: Sequence[int]) -> Iterator[tuple[dict[str, int], dict[str, KnownRow]]]:
    """Yield the idempotency keys of rows with their places, and those that other runs sent, in portions."""
    for start in range(0, len(places), _CHUNK):
        portion = places[start : start + _CHUNK]
        keys = dict(zip(scope.keys.take(portion), portion, strict=True))
        yield keys, scope.ledger.known_keys(scope.account.name, scope.target.name, list(keys), scope.run_id)


def describe_older(rows: int) -> str:
    """Describe rows that bring back values of leads that were replaced since."""
    return (
        f"{format_count(rows)} {pluralize(rows, 'has', 'have')} values that were sent before and replaced since. "
        "If this file is older than the last one, it takes the leads back."
    )


class _Part(IntEnum):
    """The part that a row of this run takes in the comparison."""

    OPEN = 0
    """Not sent yet, held, or waiting for another run: to be decided."""
    SKIPPED = 1
    """Skipped for an earlier row, which no other row may have."""
    ACCEPTED = 2
    """A person decided to send it as changed."""
    CLOSED = 3
    """Sent by this run, or settled otherwise."""


class _Comparison:
    """The comparison of one plan with the earlier rows of its tenant."""

    def __init__(self, scope: ComparisonScope, table: IdentityTable, corrected: CorrectedRows) -> None:
        self._corrected = corrected
        self._scope = scope
        self._table = table
        self._mapping = scope.target.mapping
        self._latest_wins = scope.target.latest_wins()
        self._writes_leads = scope.target.effect() is EffectType.LEAD
        self._taken: dict[RowId, EarlierRow] = {}
        # One byte for each row: the run may be long, and be continued when most of its rows are sent.
        self._parts = bytearray([_Part.OPEN]) * len(table)
        self.older = 0
        """The number of rows with values of a lead that were sent before and replaced since."""
        self.waiting: dict[int, Outcome] = {}
        """Outcomes of the rows that were held, or waited for another run, by place."""
        self.updating: set[int] = set()
        """Places of rows that correct an earlier one, by a person's decision or by a call that did not arrive."""
        recorded = scope.ledger.updates(scope.run_id)
        for outcome in scope.ledger.outcomes(scope.run_id):
            place = table.place_of(outcome.row)
            self._parts[place] = _part_of(outcome)
            if self._parts[place] == _Part.OPEN and outcome.status is not Status.NOT_SENT:
                self.waiting[place] = outcome
            unsent = self._parts[place] == _Part.OPEN and outcome.status is Status.NOT_SENT
            if unsent and (outcome.error_code == UPDATE_ACCEPTED or outcome.row in recorded):
                self.updating.add(place)

    def open_places(self) -> list[int]:
        """Return the places of the rows that this run has not sent."""
        return [place for place, part in enumerate(self._parts) if part in (_Part.OPEN, _Part.ACCEPTED)]

    def decide(self) -> Decisions:
        """Return what not to send: by key and name first, then by the cells that a row came from."""
        decisions: Decisions = {}
        for portion in self._table.groups():
            self._decide_portion(portion, decisions)
        if not self._latest_wins:
            for columns in self._scope.ledger.source_columns(self._scope.account.name, self._scope.run_id):
                self._decide_by_source(columns, decisions)
        # A bad row as it was has the key of its correction, whose values differ; that it was corrected says more.
        unpaired = [
            place
            for place, part in enumerate(self._parts)
            if part == _Part.OPEN and (place not in decisions or decisions[place].is_difference)
        ]
        decisions |= {
            place: decision
            for place, decision in self._corrected.decide(unpaired).items()
            if place not in decisions or decision.likeness is Likeness.CORRECTED
        }
        undecided = (place for place, part in enumerate(self._parts) if part == _Part.OPEN and place not in decisions)
        decisions |= self._corrected.find_sent(undecided)
        self._hold_similar(decisions)
        self._settle_repeats(decisions)
        return decisions

    def _hold_similar(self, decisions: Decisions) -> None:
        """Hold rows that are almost an earlier one which the file lacks."""
        unknown = [place for place, part in enumerate(self._parts) if part == _Part.OPEN and place not in decisions]
        there = self._taken.keys() | {row_id(one.earlier) for one in decisions.values() if one.earlier is not None}
        found = SimilarRows(self._scope, self._table, there).find(unknown)
        for place, known in found.items():
            disposition = Disposition.WAIT if known.is_open else Disposition.HOLD
            decisions[place] = RowDecision(disposition, Likeness.ALMOST, unidentified(known))

    def _decide_portion(self, places: Sequence[int], decisions: Decisions) -> None:
        rows = {
            place: self._table.file_row(place, accepted=self._parts[place] == _Part.ACCEPTED)
            for place in places
            if self._parts[place] != _Part.CLOSED
        }
        by_key = self._find(IdentityPart.KEY, {row.key for row in rows.values()})
        by_name = self._find(IdentityPart.NAMED, {row.named for row in rows.values() if row.named is not None})
        # Rows of one name, or without a name one key, lie side by side.
        for _, together in groupby(rows, lambda place: rows[place].named or rows[place].key):
            group = list(together)
            members = [rows[place] for place in group]
            earlier = self._earlier_of(members, by_key, by_name)
            if not earlier and (len(members) == 1 or (members[0].named is None and not self._writes_leads)):
                continue
            made = decide_group(
                members,
                earlier,
                self._taken,
                latest_wins=self._latest_wins,
                first_of_file=self._mapping.same_lead is SameLead.FIRST,
                creates_leads=self._writes_leads,
            )
            for place, decision in zip(group, made, strict=True):
                self._note(place, decision, decisions)

    def _note(self, place: int, decision: RowDecision, decisions: Decisions) -> None:
        if decision.disposition is Disposition.SEND:
            self.older += decision.likeness is Likeness.OLDER
            return
        decisions[place] = decision
        if decision.earlier is not None and decision.likeness is Likeness.CONTENT:
            self._taken[row_id(decision.earlier)] = decision.earlier

    def _find(self, part: IdentityPart, digests: set[bytes]) -> Index:
        found: dict[bytes, list[EarlierRow]] = defaultdict(list)
        if digests:
            scope = self._scope
            for one in scope.ledger.earlier_rows(
                scope.account.name, part, sorted(digests), IDENTITY_VERSION, scope.run_id
            ):
                digest = getattr(one.identity, part.value)
                found[digest].append(one)
        return found

    def _earlier_of(self, rows: Sequence[FileRow], by_key: Index, by_name: Index) -> list[EarlierRow]:
        """Return the earlier rows of a group: by name where both have one, else by key; the oldest call first."""
        named = rows[0].named
        found = {row_id(one): one for one in by_name.get(named, ())} if named is not None else {}
        for key in dict.fromkeys(row.key for row in rows):
            for one in by_key.get(key, ()):
                if named is None or one.identity.named is None:
                    found[row_id(one)] = one
        return sorted(found.values(), key=lambda one: one.number)

    def _decide_by_source(self, columns: Sequence[str], decisions: Decisions) -> None:
        """Hold rows whose cells were sent with another version of the mapping."""
        start = 0
        for digests in self._table.source_digests(columns):
            wanted = {
                place: digest
                for place, digest in enumerate(digests, start)
                if place not in decisions and self._parts[place] == _Part.OPEN
            }
            start += len(digests)
            found = self._find(IdentityPart.SOURCE, set(wanted.values()))
            for place, digest in wanted.items():
                free = [one for one in found.get(digest, ()) if self._is_free(one)]
                if free:
                    match = free[-1]
                    self._taken[row_id(match)] = match
                    disposition = Disposition.WAIT if match.known.is_open else Disposition.HOLD
                    decisions[place] = RowDecision(disposition, Likeness.SOURCE, match)

    def _is_free(self, earlier: EarlierRow) -> bool:
        return earlier.error_code != CHANGE_DECLINED and row_id(earlier) not in self._taken

    def _settle_repeats(self, decisions: Decisions) -> None:
        """Decide about rows that equal an earlier one and do not say whether they are a new event.

        A file that holds nearly all rows of the earlier imports is a grown or repeated export: its rows are those. So
        are the rows of an annotated copy that were sent.
        """
        repeats = {place: one for place, one in decisions.items() if one.is_repeat}
        if not repeats:
            return
        chosen = self._mapping.repeat
        if chosen is OnEarlierRow.ASK:
            paired = Counter(run for run, _ in self._taken)
            # A run also has rows that count and were not delivered: those that a person gave up.
            delivered = sum(max(count, self._delivered_rows(run)) for run, count in paired.items())
            if contained_share(paired.total(), delivered) >= CONTAINS_EARLIER:
                chosen = OnEarlierRow.SKIP
        for place, decision in repeats.items():
            if self._corrected.was_sent(place) or chosen is OnEarlierRow.SKIP:
                decisions[place] = replace(decision, disposition=Disposition.SKIP)
            elif chosen is OnEarlierRow.SEND:
                del decisions[place]

    def _delivered_rows(self, run_id: str) -> int:
        counts = self._scope.ledger.counts(run_id)
        return sum(counts.get(status, 0) for status in (*DELIVERED, Status.PENDING, Status.UNCERTAIN))

    def count_exact(self, decisions: Decisions) -> int:
        """Count the skipped rows of which an earlier run sent exactly the same values."""
        places = [place for place, one in decisions.items() if one.disposition is Disposition.SKIP]
        return sum(len(found) for _, found in known_keys(self._scope, places))

    def recognise_by_exact_content(self, decisions: Decisions) -> None:
        """Skip or hold rows that runs without identities sent: they are known only by the exact texts they sent."""
        places = [place for place in self.open_places() if place not in decisions]
        for keys, found in known_keys(self._scope, places):
            for key, known in found.items():
                disposition = Disposition.WAIT if known.is_open else Disposition.SKIP
                decisions[keys[key]] = RowDecision(disposition, Likeness.CONTENT, unidentified(known))


def _part_of(outcome: Outcome) -> _Part:
    if outcome.error_code == CHANGE_ACCEPTED:
        return _Part.ACCEPTED
    if outcome.status in (Status.NOT_SENT, Status.CHANGED) or outcome.error_code == WAITS_FOR_OTHER_RUN:
        return _Part.OPEN
    return _Part.SKIPPED if outcome.error_code in SKIP_CODES else _Part.CLOSED


def _record(
    context: DeliveryContext, table: IdentityTable, comparison: _Comparison, decisions: Decisions
) -> dict[int, WantedUpdate]:
    """Record the decisions; rows that waited and may be sent now are released. Returns the updates to make."""
    rows = {place: int(table.rows[place]) for place in comparison.open_places()}
    writer = DecisionWriter(context, decisions, rows, comparison.updating)
    shared = sum(writer.shares_key(place, row) for place, row in rows.items())
    context.guards.check_row_key(", ".join(context.target.mapping.row_key), shared, table.named_rows)
    news: list[tuple[int, Outcome]] = []
    released: list[Outcome] = []
    for place, row in rows.items():
        was, after = comparison.waiting.get(place), writer.outcome(place, row)
        if place in comparison.updating and row in writer.wanted_updates:
            # The decision stays in the ledger until the update is made.
            continue
        if after is None:
            if was is not None:
                released.append(Outcome(row, Status.NOT_SENT, at=format_iso(context.clock.now())))
        elif was is None or (was.status, was.error_code) != (after.status, after.error_code):
            news.append((place, after))
    for start in range(0, len(news), _CHUNK):
        places, outcomes = zip(*news[start : start + _CHUNK], strict=True)
        context.ledger.skip(context.run.id, outcomes, context.keys.take(places))
    if released:
        context.ledger.settle(context.run.id, released, "the other run is known now")
    return writer.wanted_updates
