"""What came back: answers are judged in memory, all that came at the same moment together, and then written at once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from importer.core.failpoints import reach
from importer.core.model import Record, Reply, Status, Verdict, VerdictKind
from importer.core.redaction import redact
from importer.core.time import iso
from importer.delivery.context import Work
from importer.delivery.outcomes import Judgement, doubt_booked_ids, judge
from importer.leadsquared.responses import classify
from importer.ledger.changes import same_id
from importer.ledger.interface import CallEnd, Ended

_log = logging.getLogger(__name__)

_KEPT_ANSWER = 2_000


@dataclass(frozen=True, slots=True)
class Flight:
    """A call on its way: its number in the ledger, the rows it carries, and their leads."""

    number: int
    records: tuple[Record, ...]
    leads: frozenset[str]


@dataclass(frozen=True, slots=True)
class Landed:
    """A call that came back, and what that means for its rows."""

    flight: Flight
    reply: Reply
    verdict: Verdict
    judgement: Judgement

    @property
    def ended(self) -> Ended:
        """What the ledger writes of it."""
        return Ended(self.flight.number, _call_end(self.reply, self.verdict), self.judgement.outcomes)


def land(work: Work, flight: Flight, reply: Reply, repeats: int) -> Landed:
    """Judge one answer by itself. ``repeats`` counts how often its rows were already repeated."""
    reach("answer-read")
    work.asker.notice(reply)
    verdict = classify(reply, batch_of_one=len(flight.records) == 1)
    judgement = judge(work.target, flight.records, reply, verdict, iso(work.clock.now()), repeats)
    return Landed(flight, reply, verdict, judgement)


def without_booked_ids(work: Work, landed: Sequence[Landed]) -> list[Landed]:
    """The same calls; rows whose activity id another row has, in the ledger or in a call before, are in doubt."""
    ids = [outcome.activity_id for each in landed for outcome in each.judgement.outcomes if outcome.activity_id]
    if not ids:
        return list(landed)
    booked = {same_id(activity_id) for activity_id in work.ledger.activity_owner(work.account.name, ids)}
    checked = []
    for each in landed:
        own = {outcome.activity_id for outcome in each.judgement.outcomes if outcome.activity_id}
        judgement = doubt_booked_ids(each.judgement, {one for one in own if same_id(one) in booked})
        booked.update(map(same_id, own))
        checked.append(replace(each, judgement=judgement))
    return checked


def log_call(landed: Landed) -> None:
    """Each call for whoever looks for a fault; those that LeadSquared did not simply take, for everybody."""
    number, kind = landed.flight.number, landed.verdict.kind
    level = logging.DEBUG if kind is VerdictKind.APPLIED else logging.INFO
    told = {"call": number, "verdict": kind.value, "code": landed.verdict.code, "seconds": landed.reply.elapsed}
    _log.log(level, "call %d with %d rows ended: %s", number, len(landed.flight.records), kind.value, extra=told)


def reach_judged(landed: Landed) -> None:
    """The crash points between an answer and its place in the ledger, by what the answer means."""
    reach("answer-judged")
    statuses = {outcome.status for outcome in landed.judgement.outcomes}
    if landed.verdict.kind is VerdictKind.THROTTLED:
        reach("throttled")
    if len(statuses) > 1:
        reach("partly-done")
    if Status.PENDING in statuses:
        reach("request-id-read")


def reach_written(landed: Landed) -> None:
    """The crash points behind an answer's place in the ledger."""
    reach("outcome-committed")
    if any(outcome.status is Status.PENDING for outcome in landed.judgement.outcomes):
        reach("request-id-committed")


def _call_end(reply: Reply, verdict: Verdict) -> CallEnd:
    return CallEnd(
        verdict=verdict.kind,
        http_status=reply.status or 0,
        code=verdict.code,
        answer=redact(reply.text or reply.detail)[:_KEPT_ANSWER],
        elapsed=reply.elapsed,
        server_skew=reply.server_skew,
    )
