"""The data of one tenant, in memory and, with a store, on disk before any answer leaves."""

from __future__ import annotations

import json
import sqlite3
import threading
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from importer.sandbox.seed import seed_leads


class ApiError(Exception):
    """A refusal in LeadSquared's form."""

    def __init__(self, kind: str, message: str, status: int = 500) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.status = status


def now() -> datetime:
    """The sandbox's clock; its hidden milliseconds are kept."""
    return datetime.now(UTC)


class Tenant:
    """Leads, activities and queued requests. Every method is safe to use from several threads."""

    def __init__(self, store: Path | None = None) -> None:
        self.lock = threading.RLock()
        self.leads: dict[str, dict[str, Any]] = {}
        self.activities: dict[str, dict[str, Any]] = {}
        self.by_lead: dict[str, list[str]] = {}
        self.queue: dict[str, dict[str, Any]] = {}
        self._index: dict[tuple[str, str], str] = {}
        self._pending: list[tuple[str, str, str]] = []
        self._disk = self._open(store) if store else None
        self.org_id = self._load()

    def _open(self, store: Path) -> sqlite3.Connection:
        store.parent.mkdir(parents=True, exist_ok=True)
        disk = sqlite3.connect(store, check_same_thread=False, isolation_level=None)
        # Only the death of the process matters here, not of the machine.
        disk.execute("PRAGMA synchronous=OFF")
        disk.execute("CREATE TABLE IF NOT EXISTS thing (kind TEXT, id TEXT, content TEXT, PRIMARY KEY (kind, id))")
        return disk

    def _load(self) -> str:
        found = (
            self._disk.execute("SELECT kind, id, content FROM thing ORDER BY rowid").fetchall() if self._disk else []
        )
        org_id = next((json.loads(content) for kind, _, content in found if kind == "org"), "")
        for kind, identity, content in found:
            if kind == "lead":
                self._keep_lead(json.loads(content))
            elif kind == "activity":
                self._keep_activity(json.loads(content))
            elif kind == "queue":
                self.queue[identity] = json.loads(content)
        if not org_id:
            org_id = f"sandbox-{uuid.uuid4().hex[:12]}"
            self._save("org", "org", org_id)
            for lead in seed_leads():
                self.put_lead({**lead, "CreatedOn": "2025-01-01T00:00:00.250+00:00"})
            self.commit()
        return str(org_id)

    def _save(self, kind: str, identity: str, content: Any) -> None:
        if self._disk is not None:
            self._pending.append((kind, identity, json.dumps(content)))

    def commit(self) -> None:
        """Write down what has changed; only then may an answer leave."""
        with self.lock:
            changed, self._pending = self._pending, []
            if self._disk is not None and changed:
                self._disk.execute("BEGIN")
                self._disk.executemany("INSERT OR REPLACE INTO thing VALUES (?, ?, ?)", changed)
                self._disk.execute("COMMIT")

    def reset(self) -> None:
        """Back to the seeded leads, as the same tenant."""
        with self.lock:
            self.leads, self.activities, self.by_lead, self.queue, self._index = {}, {}, {}, {}, {}
            if self._disk is not None:
                self._disk.execute("DELETE FROM thing WHERE kind <> 'org'")
            for lead in seed_leads():
                self.put_lead({**lead, "CreatedOn": "2025-01-01T00:00:00.250+00:00"})
            self.commit()

    def put_lead(self, fields: dict[str, Any]) -> str:
        """Create or change a lead; its id."""
        with self.lock:
            identity = str(fields.get("ProspectID") or uuid.uuid4())
            before = self.leads.get(identity.lower(), {})
            lead = {**before, **fields, "ProspectID": identity, "ModifiedOn": now().isoformat()}
            lead.setdefault("CreatedOn", now().isoformat())
            self._keep_lead(lead)
            self._save("lead", identity, lead)
            return identity

    def _keep_lead(self, lead: dict[str, Any]) -> None:
        identity = str(lead["ProspectID"])
        self.leads[identity.lower()] = lead
        for name, value in lead.items():
            if isinstance(value, str) and value:
                self._index[name, normal(name, value)] = identity.lower()

    def find_lead(self, name: str, value: str) -> dict[str, Any] | None:
        """The lead whose field has the value; phones are compared as exact texts, as LeadSquared does."""
        with self.lock:
            if name.lower() == "prospectid":
                return self.leads.get(value.lower())
            identity = self._index.get((name, normal(name, value)))
            lead = self.leads.get(identity) if identity else None
            return lead if lead and normal(name, str(lead.get(name, ""))) == normal(name, value) else None

    def put_activity(self, activity: dict[str, Any]) -> str:
        """Store an activity; its id."""
        with self.lock:
            identity = str(uuid.uuid4())
            written = now()
            stored = {**activity, "Id": identity, "ModifiedOn": written.isoformat()}
            stored.setdefault("CreatedOn", written.isoformat())
            self._keep_activity(stored)
            self._save("activity", identity, stored)
            return identity

    def _keep_activity(self, activity: dict[str, Any]) -> None:
        self.activities[activity["Id"]] = activity
        self.by_lead.setdefault(activity["lead"].lower(), []).append(activity["Id"])

    def put_task(self, identity: str, task: dict[str, Any]) -> None:
        """Remember a queued request."""
        with self.lock:
            self.queue[identity] = task
            self._save("queue", identity, task)

    def close(self) -> None:
        """Close the store."""
        if self._disk is not None:
            self._disk.close()


def normal(name: str, value: str) -> str:
    """E-mail addresses differ in case only on paper; everything else must be equal."""
    return value.strip().lower() if name == "EmailAddress" else value.strip()
