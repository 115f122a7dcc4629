"""Compare the rows of a plan with what earlier runs sent: skip what is the same, hold what is the same but differs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from importer.core.model import DELIVERED, Outcome, Status
from importer.core.time import format_iso
from importer.delivery.context import DeliveryContext
from importer.delivery.held_rows import SKIP_CODES, WAITS_FOR_OTHER_RUN, DecisionWriter
from importer.delivery.identity_table import IdentityTable, load_identities, record_earlier_runs
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
)
from importer.delivery.row_identity import IDENTITY_VERSION, RowIdentifier
from importer.ledger import CHANGE_ACCEPTED, CHANGE_DECLINED, EarlierRow, IdentityPart, RowIdentity
from importer.mapping import Repeat, SameLead

_CHUNK = 5_000
_NO_IDENTITY = RowIdentity(0, b"", b"", b"")

Decisions = dict[int, RowDecision]
"""Decisions other than to send, by the place of the row among the ready rows."""

Index = Mapping[bytes, list[EarlierRow]]
"""Earlier rows by one of their digests."""


def compare_with_earlier_runs(context: DeliveryContext) -> None:
    """Decide about every row that this run has not sent: skip it, hold it, let it wait for another run, or send it.

    Rows that waited for another run, or for a decision, are decided anew. A plan that is deliberately sent once more is
    only recorded.
    """
    table = load_identities(context.plan, context.account, context.ledger.install_key())
    table.record(context.ledger, context.run.id)
    if context.plan.facts.again:
        return
    unknown = record_earlier_runs(context.ledger, context.account)
    comparison = _Comparison(context, table)
    decisions = comparison.decide()
    if unknown:
        comparison.recognise_by_exact_content(decisions)
    _record(context, table, comparison.open_places(), decisions)


class _Comparison:
    """The comparison of one plan with the earlier rows of its tenant."""

    def __init__(self, context: DeliveryContext, table: IdentityTable) -> None:
        self._context = context
        self._table = table
        self._mapping = context.target.mapping
        self._latest_wins = context.target.latest_wins()
        self._taken: dict[RowId, EarlierRow] = {}
        self._status: dict[int, tuple[Status, str]] = {}
        for outcome in context.ledger.outcomes(context.run.id):
            self._status[outcome.row] = outcome.status, outcome.error_code

    def open_places(self) -> list[int]:
        """Return the places of the rows that this run has not sent."""
        return [place for place, row in enumerate(self._table.rows.tolist()) if self._is_open(row)]

    def _is_open(self, row: int) -> bool:
        status, code = self._status.get(row, (Status.NOT_SENT, ""))
        return status in (Status.NOT_SENT, Status.CHANGED) or code == WAITS_FOR_OTHER_RUN

    def _takes_part(self, row: int) -> bool:
        """Whether a row is compared: it is open, or was skipped for an earlier row, which no other row may have."""
        return self._is_open(row) or self._status[row][1] in SKIP_CODES

    def decide(self) -> Decisions:
        """Return what not to send: by key and name first, then by the cells that a row came from."""
        decisions: Decisions = {}
        for portion in self._table.groups():
            self._decide_portion(portion, decisions)
        if not self._latest_wins:
            for columns in self._context.ledger.source_columns(self._context.account.name, self._context.run.id):
                self._decide_by_source(columns, decisions)
        self._settle_repeats(decisions)
        return decisions

    def _decide_portion(self, places: Sequence[int], decisions: Decisions) -> None:
        rows: dict[int, FileRow] = {}
        for place in places:
            number = int(self._table.rows[place])
            if self._takes_part(number):
                accepted = self._status.get(number, (None, ""))[1] == CHANGE_ACCEPTED
                rows[place] = self._table.file_row(place, accepted=accepted)
        by_key = self._find(IdentityPart.KEY, {row.key for row in rows.values()})
        by_name = self._find(IdentityPart.NAMED, {row.named for row in rows.values() if row.named is not None})
        for group in _group(rows):
            members = [rows[place] for place in group]
            earlier = self._earlier_of(members, by_key, by_name)
            if not earlier and (len(members) == 1 or (members[0].named is None and not self._latest_wins)):
                continue
            made = decide_group(
                members,
                earlier,
                self._taken,
                latest_wins=self._latest_wins,
                first_of_file=self._mapping.same_lead is SameLead.FIRST,
            )
            for place, decision in zip(group, made, strict=True):
                self._note(place, decision, decisions)

    def _note(self, place: int, decision: RowDecision, decisions: Decisions) -> None:
        if decision.disposition is Disposition.SEND:
            return
        decisions[place] = decision
        if decision.earlier is not None and decision.likeness is Likeness.CONTENT:
            self._taken[row_id(decision.earlier)] = decision.earlier

    def _find(self, part: IdentityPart, digests: set[bytes]) -> Index:
        found: dict[bytes, list[EarlierRow]] = defaultdict(list)
        if digests:
            context = self._context
            for one in context.ledger.earlier_rows(
                context.account.name, part, sorted(digests), IDENTITY_VERSION, context.run.id
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
        identifier = RowIdentifier(self._context.plan, self._context.account, self._context.ledger.install_key())
        start = 0
        for digests in identifier.source_digests(columns):
            wanted: dict[int, bytes] = {}
            for place, (row, digest) in enumerate(digests, start):
                accepted = self._status.get(row, (None, ""))[1] == CHANGE_ACCEPTED
                if place not in decisions and self._is_open(row) and not accepted:
                    wanted[place] = digest
            start += len(digests)
            found = self._find(IdentityPart.SOURCE, set(wanted.values()))
            for place, digest in wanted.items():
                free = [one for one in found.get(digest, ()) if self._is_free(one)]
                if free:
                    self._taken[row_id(free[-1])] = free[-1]
                    waits = free[-1].known.status in (Status.UNCERTAIN, Status.PENDING)
                    disposition = Disposition.WAIT if waits else Disposition.HOLD
                    decisions[place] = RowDecision(disposition, Likeness.SOURCE, free[-1])

    def _is_free(self, earlier: EarlierRow) -> bool:
        return earlier.error_code != CHANGE_DECLINED and row_id(earlier) not in self._taken

    def _settle_repeats(self, decisions: Decisions) -> None:
        """Decide about rows that equal an earlier one and do not say whether they are a new event.

        A file that holds nearly all rows of the earlier imports is a grown or repeated export: its rows are those.
        """
        repeats = {
            place: one
            for place, one in decisions.items()
            if one.disposition is Disposition.HOLD and one.likeness is Likeness.CONTENT
        }
        if not repeats:
            return
        chosen = self._mapping.repeat
        if chosen is Repeat.ASK:
            paired = Counter(run for run, _ in self._taken)
            # A run also has rows that count and were not delivered: those that a person gave up.
            delivered = sum(max(count, self._delivered_rows(run)) for run, count in paired.items())
            if contained_share(paired.total(), delivered) >= CONTAINS_EARLIER:
                chosen = Repeat.SKIP
        for place, decision in repeats.items():
            if chosen is Repeat.SEND:
                del decisions[place]
            elif chosen is Repeat.SKIP:
                decisions[place] = RowDecision(Disposition.SKIP, Likeness.CONTENT, decision.earlier)

    def _delivered_rows(self, run_id: str) -> int:
        counts = self._context.ledger.counts(run_id)
        return sum(counts.get(status, 0) for status in (*DELIVERED, Status.PENDING, Status.UNCERTAIN))

    def recognise_by_exact_content(self, decisions: Decisions) -> None:
        """Skip or hold rows that runs without identities sent: they are known only by the exact texts they sent."""
        context = self._context
        places = [place for place in self.open_places() if place not in decisions]
        for start in range(0, len(places), _CHUNK):
            keys = {context.keys.slice(place, place + 1)[0]: place for place in places[start : start + _CHUNK]}
            for key, known in context.ledger.known_keys(
                context.account.name, context.target.name, list(keys), context.run.id
            ).items():
                waits = known.status in (Status.UNCERTAIN, Status.PENDING)
                earlier = EarlierRow(known, _NO_IDENTITY, "", 0)
                disposition = Disposition.WAIT if waits else Disposition.SKIP
                decisions[keys[key]] = RowDecision(disposition, Likeness.CONTENT, earlier)


def _group(rows: Mapping[int, FileRow]) -> Iterator[list[int]]:
    """Yield the places of rows with one name, or without a name one key; such rows lie side by side."""
    group: list[int] = []
    last: bytes | None = None
    for place, row in rows.items():
        digest = row.named or row.key
        if group and digest != last:
            yield group
            group = []
        group.append(place)
        last = digest
    if group:
        yield group


def _record(context: DeliveryContext, table: IdentityTable, open_places: Sequence[int], decisions: Decisions) -> None:
    """Record the decisions; rows that waited and may be sent now are released."""
    ledger, run_id = context.ledger, context.run.id
    before = {one.row: one for one in ledger.outcomes(run_id, [Status.CHANGED, Status.UNCERTAIN])}
    rows = {place: int(table.rows[place]) for place in open_places}
    writer = DecisionWriter(context, decisions, rows)
    released: list[Outcome] = []
    for start in range(0, len(open_places), _CHUNK):
        outcomes, keys = [], []
        for place in open_places[start : start + _CHUNK]:
            was, after = before.get(rows[place]), writer.outcome(place, rows[place])
            if after is None:
                if was is not None:
                    released.append(Outcome(was.row, Status.NOT_SENT, at=format_iso(context.clock.now())))
            elif was is None or (was.status, was.error_code) != (after.status, after.error_code):
                outcomes.append(after)
                keys.append(context.keys.slice(place, place + 1)[0])
        if outcomes:
            ledger.skip(run_id, outcomes, keys)
    if released:
        ledger.settle(run_id, released, "the other run is known now")
