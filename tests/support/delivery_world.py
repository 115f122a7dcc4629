"""A small environment for deliveries: a plan on disk, a ledger in memory, a CRM in memory with scripted faults."""

from __future__ import annotations

import json
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd

from importer.config.settings import Account, Keys
from importer.core.model import CallClass, Counts, Limit, Reply, Request, TransportFailure
from importer.core.redaction import Secret
from importer.delivery.deliver_plan import Delivered, DeliveryOptions, deliver
from importer.leadsquared import ClockReading
from importer.planning.issue_table import problem_batch
from importer.planning.plan_writer import PlanWriter
from importer.planning.store import Plan, PlanFacts
from importer.sources.interface import Column, SourceFacts
from importer.validation import CheckedChunk
from tests.support.memory_ledger import MemoryLedger

BY_ID = """repeat: skip
target: bulk-activities-by-lead-id
activity:
  RelatedProspectId: Lead
  ActivityEvent: {value: "201"}
  ActivityNote: Note
"""
BY_ID_WITH_KEY = BY_ID + "import_key: mx_Custom_20\n"

Fault = Callable[[Request, Callable[[], Reply]], Reply]


def lead(number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"lead-{number}"))


class VirtualClock:
    """A clock whose time passes only in ``sleep``; safe to use from several threads."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._lock = threading.Lock()
        self.slept: list[float] = []

    def now(self) -> datetime:
        return datetime(2026, 11, 20, 10, 0, tzinfo=UTC) + timedelta(seconds=self._seconds)

    def monotonic(self) -> float:
        with self._lock:
            self._seconds += 0.0001
            return self._seconds

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._seconds += seconds
            self.slept.append(seconds)


@dataclass
class RecordingProgress:
    """A progress listener that records all calls."""

    notes: list[str] = field(default_factory=list)
    waits: list[str] = field(default_factory=list)
    done: list[tuple[int, int]] = field(default_factory=list)

    def reading(self, rows: int) -> None:
        pass

    def delivering(self, done: int, total: int, counts: Counts) -> None:
        self.done.append((done, total))

    def waiting(self, reason: str, seconds: float) -> None:
        self.waits.append(reason)

    def note(self, text: str) -> None:
        self.notes.append(text)


def answer(body: Any, status: int = 200) -> Reply:
    return Reply(status=status, body=body, text=str(body)[:200], elapsed=0.1, server_skew=0.0)


def mx(code: str, message: str, status: int = 500) -> Reply:
    return answer({"Status": "Error", "ExceptionType": code, "ExceptionMessage": message}, status)


LOST = Reply(status=None, failure=TransportFailure.UNKNOWN, detail="No complete answer came back: cut.")
UNREACHED = Reply(status=None, failure=TransportFailure.NOT_SENT, detail="The request did not leave: refused.")


class MemoryCrm:
    """A CRM in memory: activities by lead. ``faults`` are used up by write calls, one each; ``read_faults`` by queries.

    Every lead exists but those that are ``gone``. ``bad_notes`` are refused: per row, or the whole call when ``whole`` is
    set. ``ahead`` is its clock minus ours, in seconds; ``date`` what its answers tell of that, ``None``: nothing.
    """

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.activities: dict[str, list[dict[str, Any]]] = {}
        self.faults: list[Fault | None] = []
        self.read_faults: list[Fault | None] = []
        self.bad_notes: set[str] = set()
        self.whole = ""
        self.refusal = "bad note"
        self.posts = 0
        self.updates: list[dict[str, Any]] = []
        self.ahead = 0.0
        self.date: float | None = 0.0
        self.gone: set[str] = set()
        self.on_post: Callable[[int], None] = lambda number: None
        self._lock = threading.Lock()

    def send(self, request: Request) -> Reply:
        if request.content is not None:
            request = replace(request, body=json.loads(request.content), content=None)
        with self._lock:
            writing = request.call_class is CallClass.BULK
            script = self.faults if writing else self.read_faults
            fault = script.pop(0) if script else None
            if writing:
                self.posts += 1
                self.on_post(self.posts)

            def act() -> Reply:
                if request.path.endswith("CustomActivity/Update"):
                    return self._update(request)
                return self._post(request) if writing else self._read(request)

            reply = fault(request, act) if fault else act()
            return reply if reply.server_skew is None else replace(reply, server_skew=self.date)

    def close(self) -> None:
        pass

    def now(self) -> str:
        """The time by its own clock."""
        return (self.clock.now() + timedelta(seconds=self.ahead)).strftime("%Y-%m-%d %H:%M:%S")

    def _post(self, request: Request) -> Reply:
        entries: list[dict[str, Any]] = []
        bad = [item for item in request.body if item.get("ActivityNote") in self.bad_notes]
        if bad and self.whole and len(request.body) >= 1:
            if self.whole == "partial":
                for item in request.body[: request.body.index(bad[0])]:
                    self._store(item)
            return mx("MXInvalidInputException", "one of the activities is bad")
        for number, item in enumerate(request.body, start=1):
            if item.get("ActivityNote") in self.bad_notes:
                entries.append({"RowNumber": number, "ActivityCreated": False, "ExceptionMessage": self.refusal})
            else:
                identity = self._store(item)
                entries.append({"RowNumber": number, "ActivityCreated": True, "ProspectActivityId": identity})
        return answer({"Response": entries})

    def _store(self, item: dict[str, Any]) -> str:
        identity = str(uuid.uuid4())
        stored = {"Id": identity, "item": item, "written": self.now()}
        self.activities.setdefault(item["RelatedProspectId"], []).append(stored)
        return identity

    def _update(self, request: Request) -> Reply:
        entries: list[dict[str, Any]] = []
        for number, item in enumerate(request.body, start=1):
            self.updates.append(item)
            stored = self.find(item["ProspectActivityId"])
            if stored is None or item.get("ActivityNote") in self.bad_notes:
                entries.append({"RowNumber": number, "ActivityUpdated": False, "ExceptionMessage": self.refusal})
                continue
            fields = {one["SchemaName"]: one for one in (*stored["item"].get("Fields", []), *item.get("Fields", []))}
            note = {"ActivityNote": item["ActivityNote"]} if "ActivityNote" in item else {}
            stored["item"] = {**stored["item"], **note, "Fields": list(fields.values())}
            entries.append({"RowNumber": number, "ActivityUpdated": True})
        return answer({"Response": entries})

    def find(self, identity: str) -> dict[str, Any] | None:
        """The stored activity with this id."""
        every = (each for several in self.activities.values() for each in several)
        return next((each for each in every if each["Id"] == identity), None)

    def _details(self, identity: str) -> Reply:
        stored = self.find(identity)
        if stored is None:
            return mx("MXUnknownProspectActivityException", "Activity does not exist.")
        (shown,) = self._listed([stored], "List").body["List"]
        fields = [{"SchemaName": name, "Value": text} for name, text in shown.pop("ActivityFields").items()]
        return answer({**shown, "Fields": fields})

    def _read(self, request: Request) -> Reply:
        if request.path.endswith("GetActivityDetails"):
            return self._details(request.params["activityId"])
        if request.path.endswith("Leads.GetById"):
            identity = request.params.get("id", "")
            return answer([] if identity in self.gone else [{"ProspectID": identity}])
        if request.path.endswith("RetrieveByActivityEvent"):
            return self._written(request.body)
        return self._listed(self.activities.get(request.params.get("leadId", ""), []), "ProspectActivities")

    def _written(self, body: Any) -> Reply:
        """All activities of a type that were written in a window, whatever their leads."""
        wanted, paging = body["Parameter"], body["Paging"]
        stored = [
            each
            for several in self.activities.values()
            for each in several
            if wanted["FromDate"] <= each.get("written", "") <= wanted["ToDate"]
            and str(each["item"]["ActivityEvent"]) == str(wanted["ActivityEvent"])
        ]
        end = paging["PageIndex"] * paging["PageSize"]
        reply = self._listed(stored, "List")
        if "List" in reply.body:
            reply.body["List"] = reply.body["List"][end - paging["PageSize"] : end]
        return reply

    def _listed(self, found: Sequence[dict[str, Any]], name: str) -> Reply:
        listed = [
            {
                "Id": each["Id"],
                "EventCode": each["item"]["ActivityEvent"],
                "CreatedOn": each["item"].get("ActivityDateTime") or each.get("written") or self.now(),
                "ModifiedOn": each.get("written") or self.now(),
                "RelatedProspectId": each["item"]["RelatedProspectId"],
                "ActivityFields": {
                    "ActivityEvent_Note": each["item"].get("ActivityNote", ""),
                    **{one["SchemaName"]: one["Value"] for one in each["item"].get("Fields", [])},
                },
            }
            for each in found
        ]
        body: dict[str, Any] = {"RecordCount": len(listed)}
        if listed:
            body[name] = listed
        return answer(body)

    def notes(self) -> Counter[str]:
        """How often each note is in the CRM."""
        return Counter(each["item"].get("ActivityNote", "") for listed in self.activities.values() for each in listed)


def before(reply: Reply) -> Fault:
    """Answer without doing anything."""
    return lambda request, act: reply


def after(reply: Reply) -> Fault:
    """Do it, and answer something else."""

    def fault(request: Request, act: Callable[[], Reply]) -> Reply:
        act()
        return reply

    return fault


def BLIND(request: Request, act: Callable[[], Reply]) -> Reply:
    """Show no activity, whatever is there."""
    return answer({"RecordCount": 0}) if request.path.endswith("Retrieve") else act()


def make_plan(
    folder: Path,
    rows: Sequence[tuple[str, str]],
    mapping: str = BY_ID,
    *,
    chunk: int = 40,
    again: str = "",
    constants: Mapping[str, str] | None = None,
) -> Plan:
    """Make a plan whose ready rows are (lead id, note), numbered from 2; ``constants`` are sent with each of them."""
    writer = PlanWriter(folder)
    for start in range(0, max(1, len(rows)), chunk):
        part = rows[start : start + chunk]
        numbers = np.arange(start + 2, start + 2 + len(part), dtype="int64")
        cells = pd.DataFrame({"Lead": [one for one, _ in part], "Note": [note for _, note in part]}, dtype="str")
        records = pd.DataFrame(
            {
                "activity.RelatedProspectId": cells["Lead"],
                "activity.ActivityEvent": pd.Series(["201"] * len(part), dtype="str"),
                "activity.ActivityNote": cells["Note"],
            }
        )
        for field_name, value in (constants or {}).items():
            records[field_name] = pd.Series([value] * len(part), dtype="str")
        ready, nothing = np.ones(len(part), dtype=bool), np.full(len(part), "", dtype=object)
        writer.add(CheckedChunk(numbers, records, ready, [], nothing), cells, problem_batch([]))
    source = SourceFacts(
        "visits.csv", "csv", "", 1, (Column(0, "A", "Lead", "Lead"), Column(1, "B", "Note", "Note")), ()
    )
    facts = PlanFacts(
        fingerprint=f"{folder.name}{again}",
        source=source,
        source_sha="sha",
        mapping_path="visits.yaml",
        mapping_sha="map",
        mapping_file=mapping,
        target="bulk-activities-by-lead-id",
        account="test",
        rows=len(rows),
        ready=len(rows),
        invalid=0,
        groups=(),
        fields={"Lead": "activity.RelatedProspectId"},
        notes=(),
        created_at="2026-11-20T10:00:00+00:00",
        again=again,
    )
    return writer.finish(facts)


class World:
    """An account with its CRM, ledger and clock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = VirtualClock()
        self.crm = MemoryCrm(self.clock)
        self.ledger = MemoryLedger(clock=self.clock.now)
        self.stop = threading.Event()
        self.progress = RecordingProgress()
        secret = Secret("canary-key-of-the-tests")
        self.account = Account(
            name="test",
            host="http://127.0.0.1:1",
            async_host="http://127.0.0.1:1",
            keys=Keys(secret, secret, secret),
            limits=dict.fromkeys(CallClass, Limit(4, 5.0)),
            settle_seconds=120.0,
        )

    def plan(
        self,
        rows: Sequence[tuple[str, str]],
        mapping: str = BY_ID,
        name: str = "run-1",
        again: str = "",
        constants: Mapping[str, str] | None = None,
    ) -> Plan:
        return make_plan(self.folder / name, rows, mapping, again=again, constants=constants)

    def deliver(self, plan: Plan, options: DeliveryOptions | None = None) -> Delivered:
        """Deliver with one worker thread, so that each fault meets the call that it is meant for."""
        with patch("importer.delivery.dispatcher.ThreadPoolExecutor", lambda *_, **__: ThreadPoolExecutor(1)):
            return self._deliver(plan, options)

    def _deliver(self, plan: Plan, options: DeliveryOptions | None) -> Delivered:
        chosen = options or DeliveryOptions()
        # As the checks before an import find it out.
        reading = ClockReading(getattr(self.crm, "date", 0.0), self.clock.now(), self.clock.monotonic())
        chosen = replace(chosen, clock_reading=chosen.clock_reading or reading)
        return deliver(plan, self.account, self.crm, self.ledger, self.clock, self.stop, self.progress, chosen)

    def statuses(self, run: str = "run-1") -> Counter[str]:
        return Counter(outcome.status.value for outcome in self.ledger.outcomes(run))


def visits(count: int, first: int = 0) -> list[tuple[str, str]]:
    """Return rows of different leads with different notes."""
    return [(lead(number), f"visit {number}") for number in range(first, first + count)]
