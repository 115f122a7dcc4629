"""Finds out by reading back what became of doubtful rows, and only then lets an absent one be sent again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from importer.crm.interface import ActivitySeen, LeadSeen
from importer.errors import CrmError
from importer.failpoints import reach
from importer.model import Outcome, Record, Status
from importer.pipeline.clock import iso
from importer.pipeline.finding import Finding, Found, Looked, judge_group
from importer.pipeline.interpret import REFUSED_WHOLE
from importer.pipeline.matching import content_form, same_activity
from importer.pipeline.work import Work
from importer.targets.interface import Footprint, Trace

_READERS = 8
_CHUNK = 200
_ASYNC_HORIZON = timedelta(hours=9, minutes=30)
MOST_REPOSTS = 1
MOST_REPOSTS_WITH_KEY = 4
"""With an import key each sending is found for certain, and a second effect would be seen; yet there must be an end."""


@dataclass(frozen=True, slots=True)
class _Doubt:
    """A doubtful row with all that a read-back needs."""

    outcome: Outcome
    footprint: Footprint
    sent_at: datetime
    skew: float

    @property
    def lead(self) -> tuple[str, str, str]:
        return (self.footprint.lead_field, self.footprint.lead_value, self.footprint.event)


class Recovery:
    """Reads back doubtful rows of one delivery and writes into the ledger what it finds."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._proof: bool | None = None

    def resolve(self, doubtful: Sequence[Outcome], records: Mapping[int, Record], *, settle: bool) -> set[int]:
        """Settle what can be settled; the rows that are certainly absent and may be sent again.

        With ``settle`` each of the two readings first waits until LeadSquared has had time to finish what it may
        still be doing; without, the server has already answered. Rows that stay uncertain carry their evidence.
        Raises :class:`RunStopped` when the person asks to stop; nothing is lost by that.
        """
        doubts = [self._doubt(outcome, records[outcome.row]) for outcome in doubtful if outcome.row in records]
        doubts = [doubt for doubt in doubts if self._can_be_known(doubt)]
        if not doubts:
            return set()
        self._settle_time(len(doubts), settle)
        left = self._read(doubts)
        if not left:
            return set()
        if not self._proven():
            self._remark(left, "Not found, but reading back could not be proven on a row known to be there.")
            return set()
        reach("between-readings")
        self._settle_time(len(left), settle)
        absent = self._read(left)
        return self._release(absent)

    def _doubt(self, outcome: Outcome, record: Record) -> _Doubt:
        sent, skew = self._work.ledger.sent_at(self._work.run.id, outcome.row)
        moment = datetime.fromisoformat(sent) if sent else self._work.clock.now()
        return _Doubt(outcome, self._work.target.footprint(record), moment, skew)

    def _can_be_known(self, doubt: _Doubt) -> bool:
        if not doubt.footprint.lead_field or not doubt.footprint.lead_value:
            self._remark([doubt], "The row holds nothing by which its lead could be looked up.")
            return False
        known_at = doubt.sent_at + _ASYNC_HORIZON
        unanswered = self._work.target.is_async and not doubt.outcome.request_id
        if unanswered and self._work.clock.now() < known_at:
            self._remark(
                [doubt],
                f"LeadSquared may still be working on it until {known_at:%Y-%m-%d %H:%M} UTC; "
                "`importer resume` then looks.",
            )
            return False
        return True

    def _settle_time(self, rows: int, settle: bool) -> None:
        if settle:
            reach("settling")
            self._work.wait(
                f"{rows} row{'s' if rows != 1 else ''} without a clear answer: "
                "LeadSquared gets time to finish before the import looks",
                self._work.account.settle_seconds,
            )

    def _read(self, doubts: Sequence[_Doubt]) -> list[_Doubt]:
        """Read back, book what is found, and give the rows that are absent."""
        by_lead: dict[tuple[str, str, str], list[_Doubt]] = {}
        for doubt in doubts:
            by_lead.setdefault(doubt.lead, []).append(doubt)
        absent: list[_Doubt] = []
        leads = list(by_lead)
        with ThreadPoolExecutor(_READERS, thread_name_prefix="read-back") as pool:
            for start in range(0, len(leads), _CHUNK):
                self._work.check_stop()
                chunk = leads[start : start + _CHUNK]
                for lead, looked in zip(chunk, pool.map(self._look, chunk), strict=True):
                    absent.extend(self._book(by_lead[lead], looked))
        self._work.note_lessons()
        return absent

    def _look(self, lead: tuple[str, str, str]) -> Looked:
        field, value, event = lead
        reader = self._work.reader
        try:
            if self._trace is Trace.LEAD:
                return Looked(leads=tuple(reader.find_leads(field, value)))
            ids = [value] if field == "ProspectID" else [seen.id for seen in reader.find_leads(field, value)]
            if len(ids) > 1:
                return Looked(trouble=f"{len(ids)} leads have {field} {value}.")
            return Looked(
                activities=tuple(seen for lead_id in ids for seen in reader.activities_of_lead(lead_id, event))
            )
        except CrmError as error:
            return Looked(trouble=f"Reading back failed: {error.message}")

    @property
    def _trace(self) -> Trace:
        return Trace.ACTIVITY if "activity" in self._work.target.sections else Trace.LEAD

    def _book(self, doubts: Sequence[_Doubt], looked: Looked) -> list[_Doubt]:
        """Decide for all rows of one lead together, so that no activity is booked twice."""
        absent: list[_Doubt] = []
        booked = self._booked(looked.activities)
        groups: dict[object, list[_Doubt]] = {}
        for doubt in doubts:
            groups.setdefault(self._alike(doubt.footprint), []).append(doubt)
        for group in groups.values():
            sent_at = min(doubt.sent_at for doubt in group)
            skew = min(doubt.skew for doubt in group)
            findings = judge_group(
                group[0].footprint, len(group), looked, booked, self._import_key, sent_at=sent_at, skew=skew
            )
            for doubt, finding in zip(sorted(group, key=lambda doubt: doubt.outcome.row), findings, strict=True):
                if finding.found is Found.ABSENT:
                    absent.append(doubt)
                else:
                    self._write(doubt, finding)
        return absent

    @property
    def _import_key(self) -> str:
        """Name of the field with our key as it stands in a footprint's content; empty when none is in use."""
        return self._work.target.mapping.import_key or "" if self._trace is Trace.ACTIVITY else ""

    def _alike(self, footprint: Footprint) -> object:
        """What makes two rows of one lead indistinguishable when read back."""
        key = footprint.content.get(self._import_key, "") if self._import_key else ""
        return key or content_form(footprint)

    def _booked(self, activities: Sequence[ActivitySeen]) -> set[str]:
        ids = [seen.id for seen in activities]
        return set(self._work.ledger.activity_owner(self._work.account.name, ids)) if ids else set()

    def _write(self, doubt: _Doubt, finding: Finding) -> None:
        outcome = replace(
            doubt.outcome,
            status=finding.status,
            activity_id=finding.activity_id,
            lead_id=finding.lead_id or doubt.outcome.lead_id,
            error_code=finding.code,
            error=finding.text if finding.status is not Status.CREATED else "",
            evidence=finding.text,
            at=iso(self._work.clock.now()),
        )
        if finding.status is Status.UNCERTAIN:
            outcome = replace(outcome, error_code=doubt.outcome.error_code, error=doubt.outcome.error)
        reach("decision-made")
        self._work.ledger.settle(self._work.run.id, [outcome], finding.text)

    def _remark(self, doubts: Sequence[_Doubt], evidence: str) -> None:
        outcomes = [replace(doubt.outcome, evidence=evidence) for doubt in doubts]
        self._work.ledger.settle(self._work.run.id, outcomes, evidence)

    def _release(self, absent: Sequence[_Doubt]) -> set[int]:
        """Let rows that two complete readings did not find be sent once more."""
        released: list[Outcome] = []
        most = MOST_REPOSTS_WITH_KEY if self._import_key else MOST_REPOSTS
        for doubt in absent:
            whole_call_refused = doubt.outcome.error_code == REFUSED_WHOLE
            reposts = self._work.ledger.reposts(self._work.run.id, doubt.outcome.row)
            if reposts >= most and not whole_call_refused:
                times = "a second time" if reposts == 1 else f"{reposts + 1} times"
                self._remark([doubt], f"Absent after it was sent {times}; somebody has to look.")
                continue
            released.append(replace(doubt.outcome, status=Status.NOT_SENT, evidence="Absent in two complete readings."))
        if released:
            reach("decision-made")
            self._work.ledger.settle(self._work.run.id, released, "absent in two complete readings")
            reach("row-released")
        return {outcome.row for outcome in released}

    def _proven(self) -> bool:
        """Whether reading back finds a row that is known to be in the CRM, and knows it by its content."""
        if not self._proof:
            self._proof = self._prove()
        return self._proof

    def _prove(self) -> bool:
        work = self._work
        for outcome in work.ledger.outcomes(work.run.id, [Status.CREATED]):
            if (outcome.activity_id or self._trace is Trace.LEAD) and not outcome.evidence:
                record = work.records_of([outcome.row]).get(outcome.row)
                return record is not None and self._recognised(outcome, work.target.footprint(record))
        return False

    def _recognised(self, outcome: Outcome, footprint: Footprint) -> bool:
        looked = self._look((footprint.lead_field, footprint.lead_value, footprint.event))
        if self._trace is Trace.LEAD:
            return _lead_among(looked.leads, outcome.lead_id)
        own = [seen for seen in looked.activities if seen.id == outcome.activity_id]
        if not own:
            return False
        if self._import_key:
            return own[0].fields.get(self._import_key, "") == footprint.content.get(self._import_key)
        return same_activity(footprint, own[0])


def _lead_among(leads: Sequence[LeadSeen], lead_id: str) -> bool:
    return any(seen.id.lower() == lead_id.lower() for seen in leads)
