"""Finds out by reading back what became of doubtful rows, and only then lets an absent one be sent again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from importer.core.failpoints import reach
from importer.core.model import Outcome, Record, Status
from importer.core.time import iso
from importer.delivery.context import Work
from importer.delivery.outcomes import REFUSED_WHOLE
from importer.delivery.reconciliation.comparison import content_form
from importer.delivery.reconciliation.evidence import evidence
from importer.delivery.reconciliation.matcher import Finding, Found, Group, Looked, judge_lead
from importer.delivery.reconciliation.read_back import Looking
from importer.leadsquared.interface import ActivitySeen
from importer.targets.interface import Footprint

_READERS = 8
_CHUNK = 200
_ANY_CASE = frozenset({"ProspectID", "EmailAddress"})
_MAKES_LEADS = frozenset({"activity-by-email", "lead-and-activity", "lead-and-activity-async"})
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
        """What tells leads apart; ids and e-mail addresses may differ in case."""
        field, value = self.footprint.lead_field, self.footprint.lead_value
        return (field, value.strip().lower() if field in _ANY_CASE else value, self.footprint.event)


class Recovery:
    """Reads back doubtful rows of one delivery and writes into the ledger what it finds."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._looking = Looking(work)

    def resolve(self, doubtful: Sequence[Outcome], records: Mapping[int, Record], *, settle: bool) -> set[int]:
        """Settle what can be settled; the rows that are certainly absent and may be sent again.

        With ``settle`` each of the two readings first waits until LeadSquared has had time to finish what it may
        still be doing; without, the server has already answered, and the second reading only waits as long as
        LeadSquared was seen to need to show a new row. Rows that stay uncertain carry their evidence.
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
        unproven = self._looking.unproven()
        if unproven:
            self._remark(left, f"Not found, but reading back could not be proven: {unproven}", seen=0)
            return set()
        reach("between-readings")
        self._settle_time(len(left), settle)
        self._show_time(left)
        absent = self._read(left)
        return self._release(absent)

    def _doubt(self, outcome: Outcome, record: Record) -> _Doubt:
        sent, skew = self._work.ledger.sent_at(self._work.run.id, outcome.row)
        moment = datetime.fromisoformat(sent) if sent else self._work.clock.now()
        return _Doubt(outcome, self._work.target.footprint(record), moment, skew)

    def _can_be_known(self, doubt: _Doubt) -> bool:
        if not doubt.footprint.lead_field or not doubt.footprint.lead_value:
            self._note([doubt], "The row holds nothing by which its lead could be looked up.")
            return False
        known_at = doubt.sent_at + _ASYNC_HORIZON
        unanswered = self._work.target.is_async and not doubt.outcome.request_id
        if unanswered and self._work.clock.now() < known_at:
            self._note(
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

    def _show_time(self, doubts: Sequence[_Doubt]) -> None:
        """Wait until the newest of the doubts is as old as the row was that reading back is known to show."""
        now = self._work.clock.now()
        age = min((now - doubt.sent_at).total_seconds() for doubt in doubts)
        seconds = min(self._looking.visible_after - age, self._work.account.settle_seconds)
        self._work.wait("LeadSquared gets time to show what it may have stored", seconds)

    def _read(self, doubts: Sequence[_Doubt]) -> list[_Doubt]:
        """Read back, book what is found, and give the rows that are absent."""
        by_lead: dict[tuple[str, str, str], list[_Doubt]] = {}
        for doubt in doubts:
            by_lead.setdefault(doubt.lead, []).append(doubt)
        absent: list[_Doubt] = []
        leads = list(by_lead)
        self._looking.begin()
        with ThreadPoolExecutor(_READERS, thread_name_prefix="read-back") as pool:
            for start in range(0, len(leads), _CHUNK):
                self._work.check_stop()
                chunk = leads[start : start + _CHUNK]
                for lead, looked in zip(chunk, pool.map(self._looking.at, chunk), strict=True):
                    absent.extend(self._book(by_lead[lead], looked))
        self._work.note_lessons()
        return absent

    def _book(self, doubts: Sequence[_Doubt], looked: Looked) -> list[_Doubt]:
        """Decide for all rows of one lead together, so that no activity is booked twice."""
        by_content: dict[object, list[_Doubt]] = {}
        for doubt in sorted(doubts, key=lambda doubt: doubt.outcome.row):
            by_content.setdefault(self._alike(doubt.footprint), []).append(doubt)
        alike = list(by_content.values())
        findings = judge_lead(
            list(map(self._group, alike)), looked, self._booked(looked.activities), self._looking.import_key
        )
        absent: list[_Doubt] = []
        for members, found in zip(alike, findings, strict=True):
            for doubt, finding in zip(members, found, strict=True):
                if finding.found is Found.ABSENT:
                    absent.append(doubt)
                else:
                    self._write(doubt, finding, looked)
        return absent

    def _group(self, doubts: Sequence[_Doubt]) -> Group:
        # A refusal has answered for the rows of its call: what a lead that is gone did not get then, it never will.
        answered = all(doubt.outcome.error_code == REFUSED_WHOLE for doubt in doubts)
        return Group(
            footprint=doubts[0].footprint,
            rows=len(doubts),
            sent_at=min(doubt.sent_at for doubt in doubts),
            skew=min(doubt.skew for doubt in doubts),
            without_lead=answered or self._work.target.name in _MAKES_LEADS,
        )

    def _alike(self, footprint: Footprint) -> object:
        """What makes two rows of one lead indistinguishable when read back."""
        key = footprint.content.get(self._looking.import_key, "") if self._looking.import_key else ""
        return key or content_form(footprint)

    def _booked(self, activities: Sequence[ActivitySeen]) -> set[str]:
        ids = [seen.id for seen in activities]
        return set(self._work.ledger.activity_owner(self._work.account.name, ids)) if ids else set()

    def _write(self, doubt: _Doubt, finding: Finding, looked: Looked) -> None:
        if finding.found is Found.UNCLEAR:
            seen = None if looked.trouble or looked.gone else len(looked.leads or looked.activities)
            outcome = replace(doubt.outcome, lead_id=finding.lead_id or doubt.outcome.lead_id)
            self._remark([replace(doubt, outcome=outcome)], finding.text, seen=seen, fitting=finding.fitting)
            return
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
        reach("decision-made")
        self._work.ledger.settle(self._work.run.id, [outcome], finding.text)

    def _remark(
        self, doubts: Sequence[_Doubt], text: str, *, seen: int | None = None, fitting: Sequence[str] = ()
    ) -> None:
        """Leave rows uncertain, with the evidence that a person needs to settle them."""
        now = self._work.clock.now()
        outcomes = [
            replace(
                doubt.outcome,
                evidence=evidence(
                    text,
                    doubt.footprint,
                    sent_at=doubt.sent_at,
                    looked_at=now,
                    import_key=self._looking.import_key,
                    seen=seen,
                    fitting=fitting,
                ),
            )
            for doubt in doubts
        ]
        self._work.ledger.settle(self._work.run.id, outcomes, text)

    def _note(self, doubts: Sequence[_Doubt], text: str) -> None:
        """Leave rows uncertain that were not looked for."""
        outcomes = [replace(doubt.outcome, evidence=text) for doubt in doubts]
        self._work.ledger.settle(self._work.run.id, outcomes, text)

    def _release(self, absent: Sequence[_Doubt]) -> set[int]:
        """Let rows that two complete readings did not find be sent once more."""
        released: list[Outcome] = []
        most = MOST_REPOSTS_WITH_KEY if self._looking.import_key else MOST_REPOSTS
        for doubt in absent:
            whole_call_refused = doubt.outcome.error_code == REFUSED_WHOLE
            reposts = self._work.ledger.reposts(self._work.run.id, doubt.outcome.row)
            if reposts >= most and not whole_call_refused:
                times = "a second time" if reposts == 1 else f"{reposts + 1} times"
                self._remark([doubt], f"Absent after it was sent {times}; somebody has to look.", seen=0)
                continue
            released.append(replace(doubt.outcome, status=Status.NOT_SENT, evidence="Absent in two complete readings."))
        if released:
            reach("decision-made")
            self._work.ledger.settle(self._work.run.id, released, "absent in two complete readings")
            reach("row-released")
        return {outcome.row for outcome in released}
