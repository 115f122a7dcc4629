"""The data of one tenant: leads, activities and queued requests, found by their unique fields."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from importer.sandbox.disk import Change, Disk
from importer.sandbox.fields import UNIQUE
from importer.sandbox.seed import seed_leads

Lead = dict[str, Any]
Activity = dict[str, Any]
Task = dict[str, Any]
TO_DO = ("queued", "failing")
"""States of a queued request that is still to be processed."""

_FOUND_BY = (*UNIQUE, "Mobile")


def now() -> datetime:
    """The sandbox's clock, UTC."""
    return datetime.now(UTC)


class Tenant:
    """Holds the data in memory and, with a disk, writes each transaction down before it is over.

    Changes are made inside of :meth:`transaction` only; it also keeps other threads out.
    """

    def __init__(self, disk: Disk | None = None, clock: Callable[[], datetime] = now) -> None:
        self.clock = clock
        self.leads: dict[str, Lead] = {}
        self.activities: dict[str, Activity] = {}
        self.queue: dict[str, Task] = {}
        self.waiting: dict[str, None] = {}
        self.by_lead: dict[str, list[str]] = {}
        self.by_event: dict[int, list[str]] = {}
        self._found: dict[tuple[str, str], str] = {}
        self._phones: dict[str, list[str]] = {}
        self.lock = threading.RLock()
        self._depth = 0
        self._undo: list[Callable[[], None]] = []
        self._changes: list[Change] = []
        self._disk = disk
        self.org_id = ""
        self._load()

    def _load(self) -> None:
        keep = {"lead": self._keep_lead, "activity": self._keep_activity}
        for kind, identity, content in self._disk.read() if self._disk else ():
            if kind == "tenant":
                self.org_id = content["org_id"]
            elif kind == "task":
                self._keep_task(identity, content)
            else:
                keep[kind](content)
        if not self.org_id:
            self.org_id = f"sandbox-{uuid.uuid4().hex[:12]}"
            with self.transaction():
                self._changes.append(("tenant", "tenant", {"org_id": self.org_id}))
                self._seed()

    def _seed(self) -> None:
        for lead in seed_leads():
            self._keep_lead(lead)
            self._changes.append(("lead", lead["ProspectID"], lead))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is changed inside is kept together, or undone together when an exception leaves."""
        with self.lock:
            undo, changes = len(self._undo), len(self._changes)
            self._depth += 1
            try:
                yield
            except BaseException:
                while len(self._undo) > undo:
                    self._undo.pop()()
                del self._changes[changes:]
                raise
            finally:
                self._depth -= 1
            if self._depth == 0:
                self.keep()

    def keep(self) -> None:
        """Write down what has changed so far; what comes later in this transaction cannot undo it any more."""
        changes, self._changes, self._undo = self._changes, [], []
        if self._disk is not None and changes:
            self._disk.write(changes)

    def reset(self) -> None:
        """Back to the seeded leads, as the same tenant."""
        with self.transaction():
            for store in (self.leads, self.activities, self.queue, self.waiting, self.by_lead, self.by_event):
                store.clear()
            self._found.clear()
            self._phones.clear()
            if self._disk is not None:
                self._disk.clear(keep="tenant")
            self._seed()

    def create_lead(self, fields: dict[str, Any], identity: str = "") -> Lead:
        """A new lead. Without ``identity`` the CRM gives it an id; a ProspectID among the fields is not used."""
        moment = self.clock().isoformat()
        identity = identity or str(uuid.uuid4())
        fixed = {"ProspectID": identity, "ProspectAutoId": str(len(self.leads) + 1), "CreatedOn": moment}
        lead = {"ProspectStage": "Prospect", **fields, **fixed, "ModifiedOn": moment}
        self._undo.append(lambda: self._drop_lead(lead))
        self._keep_lead(lead)
        self._changes.append(("lead", identity, lead))
        return lead

    def change_lead(self, before: Lead, fields: dict[str, Any]) -> Lead:
        """``before`` with the fields put in."""
        fixed = {"ProspectID": before["ProspectID"], "ModifiedOn": self.clock().isoformat()}
        lead = {**before, **fields, **fixed}

        def back() -> None:
            self._drop_lead(lead)
            self._keep_lead(before)

        self._undo.append(back)
        self._drop_lead(before)
        self._keep_lead(lead)
        self._changes.append(("lead", lead["ProspectID"], lead))
        return lead

    def _keep_lead(self, lead: Lead) -> None:
        identity = lead["ProspectID"].lower()
        self.leads[identity] = lead
        for name in _FOUND_BY:
            if value := lead.get(name):
                self._found[name, comparable(name, value)] = identity
        for digits in _numbers(lead):
            self._phones.setdefault(digits, []).append(identity)

    def _drop_lead(self, lead: Lead) -> None:
        identity = lead["ProspectID"].lower()
        del self.leads[identity]
        for name in _FOUND_BY:
            place = name, comparable(name, lead.get(name) or "")
            if self._found.get(place) == identity:
                del self._found[place]
        for digits in _numbers(lead):
            self._phones[digits].remove(identity)

    def find_lead(self, name: str, value: object) -> Lead | None:
        """The lead that has the value. Phones must be the same text, e-mails may differ in case."""
        if not isinstance(value, str) or not value:
            return None
        identity = value.lower() if name == "ProspectID" else self._found.get((name, comparable(name, value)), "")
        return self.leads.get(identity)

    def leads_by_phone(self, text: str) -> list[Lead]:
        """The leads whose Phone or Mobile has the same last ten digits."""
        digits = _digits(text)
        return [self.leads[identity] for identity in dict.fromkeys(self._phones.get(digits, []))] if digits else []

    def create_activity(self, activity: Activity) -> Activity:
        """A new activity, as received, with an id and the time of writing. It counts as created when it happened."""
        written = self.clock().isoformat()
        stored = {"Id": str(uuid.uuid4()), **activity, "ModifiedOn": written}
        stored["CreatedOn"] = stored.get("CreatedOn") or written
        self._undo.append(lambda: self._drop_activity(stored))
        self._keep_activity(stored)
        self._changes.append(("activity", stored["Id"], stored))
        return stored

    def change_activity(self, before: Activity, values: Activity) -> None:
        """``before`` with the values put in."""
        changed = {**before, **values, "ModifiedOn": self.clock().isoformat()}
        identity = before["Id"]
        self._undo.append(lambda: self.activities.update({identity: before}))
        self.activities[identity] = changed
        self._changes.append(("activity", identity, changed))

    def _keep_activity(self, activity: Activity) -> None:
        self.activities[activity["Id"]] = activity
        self.by_lead.setdefault(activity["lead"].lower(), []).append(activity["Id"])
        self.by_event.setdefault(activity["event"], []).append(activity["Id"])

    def _drop_activity(self, activity: Activity) -> None:
        del self.activities[activity["Id"]]
        self.by_lead[activity["lead"].lower()].remove(activity["Id"])
        self.by_event[activity["event"]].remove(activity["Id"])

    def put_task(self, identity: str, task: Task) -> None:
        """Remember a queued request, new or changed."""
        before = self.queue.get(identity)
        self._undo.append(lambda: self._keep_task(identity, before))
        self._keep_task(identity, task)
        self._changes.append(("task", identity, task))

    def _keep_task(self, identity: str, task: Task | None) -> None:
        self.waiting.pop(identity, None)
        if task is None:
            del self.queue[identity]
            return
        self.queue[identity] = task
        if task["state"] in TO_DO:
            self.waiting[identity] = None

    def close(self) -> None:
        """Let go of the disk."""
        with self.lock:
            if self._disk is not None:
                self._disk.close()


def comparable(name: str, value: str) -> str:
    """The form in which two values of a unique field are compared."""
    return value.strip().lower() if name == "EmailAddress" else value.strip()


def _digits(text: object) -> str:
    return "".join(character for character in str(text) if character in "0123456789")[-10:]


def _numbers(lead: Lead) -> list[str]:
    return [digits for name in ("Phone", "Mobile") if (digits := _digits(lead.get(name) or ""))]
