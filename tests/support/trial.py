"""One import under a fault, and the verdict on it: what was lost, doubled, left in doubt or told wrongly.

The judge is the sandbox: it remembers every effect. The accused are the command, its ledger and its workbook.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl

from importer.sandbox.options import Keys, Options
from importer.sandbox.seed import lead_id
from importer.sandbox.server import Sandbox
from tests.support.commands import Ended, Running

CANARY = "canary0key0that0must0never0appear"
_IN_CRM = ("created", "updated", "unchanged")
_NOT_IN_CRM = ("rejected", "invalid", "not_sent")


@dataclass(frozen=True)
class Kind:
    """A kind of target: its mapping, the headings and one row's cells, and where its effects are in the CRM."""

    name: str
    mapping: str
    headings: str
    cells: Callable[[int], str]
    effects: Callable[[dict[str, Any]], list[str]]
    batch: int = 1

    def mark(self, number: int) -> str:
        """What makes row ``number`` (from 0) known in the CRM."""
        return f"mark{number:05}"


def _notes(state: dict[str, Any]) -> list[str]:
    return [str(activity["note"]).split(" ")[-1] for activity in state["activities"]]


def _first_names(state: dict[str, Any]) -> list[str]:
    return [str(lead.get("FirstName") or "") for lead in state["leads"]]


def _new_lead(number: int) -> str:
    return f"mark{number:05},new{number:05}@example.org"


_ACTIVITY = "  ActivityEvent: {value: 201}\n  ActivityNote: Note\n"
_NEW = "lead:\n  FirstName: Name\n  EmailAddress: {column: E-mail, type: email}\n"
_BULK = "target: bulk-activities-by-lead-id\nactivity:\n  RelatedProspectId: {column: Lead, type: uuid}\n" + _ACTIVITY

KINDS = {
    kind.name: kind
    for kind in (
        Kind("bulk", _BULK, "Lead,Note", lambda n: f"{lead_id(n % 400 + 1)},visit mark{n:05}", _notes, 25),
        Kind(
            "bulk-key",
            _BULK + "import_key: mx_Custom_20\n",
            "Lead,Note",
            lambda n: f"{lead_id(n % 400 + 1)},visit mark{n:05}",
            _notes,
            25,
        ),
        Kind(
            "single",
            "target: activity-by-email\nactivity:\n  EmailAddress: {column: E-mail, type: email}\n" + _ACTIVITY,
            "E-mail,Note",
            lambda n: f"lead{n % 400 + 1:04}@example.com,visit mark{n:05}",
            _notes,
        ),
        Kind("create", "target: create-lead\n" + _NEW, "Name,E-mail", _new_lead, _first_names),
        Kind(
            "capture-async",
            "target: capture-lead-async\nsearch_by: EmailAddress\n" + _NEW,
            "Name,E-mail",
            _new_lead,
            _first_names,
        ),
        Kind(
            "both-async",
            "target: lead-and-activity-async\nsearch_by: EmailAddress\n" + _NEW + "activity:\n" + _ACTIVITY,
            "Name,E-mail,Note",
            lambda n: f"{_new_lead(n)},visit mark{n:05}",
            _notes,
        ),
    )
}
"""The kinds of calls, by name."""


@dataclass(frozen=True)
class Verdict:
    """What the CRM, the ledger and the workbook say in the end. All of it is empty or 0 when the promise was kept.

    ``uncertain`` are rows left to a person: allowed, and counted. ``wrong`` are sentences about disagreements.
    """

    lost: int
    doubled: int
    uncertain: int
    wrong: tuple[str, ...]
    statuses: tuple[tuple[str, int], ...]

    @property
    def kept(self) -> bool:
        """Whether nothing was lost, nothing doubled, and everything told as it is."""
        return not (self.lost or self.doubled or self.wrong)


class Trial:
    """A folder with a source of ``rows`` rows, a sandbox in this process, and commands run beside it."""

    def __init__(self, folder: Path, kind: Kind, rows: int = 30, options: Options | None = None) -> None:
        self.folder = folder
        self.kind = kind
        self.rows = rows
        self.before: Callable[[], None] | None = None
        """Done inside the process of each command before it begins."""
        keys = Keys(CANARY, f"{CANARY}-secret", f"{CANARY}-api")
        self.sandbox = Sandbox(
            options or Options(calls_per_window=0, bulk_calls_per_window=0, async_calls_per_window=0, async_delay=0.05),
            keys,
        )
        self.sandbox.start()
        self.environment = {
            **{name: text for name, text in os.environ.items() if not name.startswith(("LEADSQUARED_", "IMPORTER_"))},
            "IMPORTER_HOME": str(folder / "home"),
            "LEADSQUARED_HOST": self.sandbox.host,
            "LEADSQUARED_ASYNC_HOST": self.sandbox.host,
            "LEADSQUARED_ACCESS_KEY": CANARY,
            "LEADSQUARED_SECRET_KEY": f"{CANARY}-secret",
            "LEADSQUARED_API_KEY": f"{CANARY}-api",
            "LEADSQUARED_CALLS_PER_WINDOW": "100",
            "LEADSQUARED_WINDOW_SECONDS": "0.1",
            "LEADSQUARED_SETTLE_SECONDS": "0.1",
            # An answer may come late from a busy machine; that it does not come is a fault of its own.
            "LEADSQUARED_TIMEOUT_SECONDS": "5",
            "LEADSQUARED_TIME_ZONE": "Asia/Kolkata",
            "LEADSQUARED_COUNTRY": "IN",
        }
        lines = [kind.headings, *map(kind.cells, range(rows))]
        (folder / "rows.csv").write_text("\n".join(lines) + "\n", "utf-8")
        (folder / "rows.yaml").write_text(kind.mapping, "utf-8")

    def __enter__(self) -> Trial:
        return self

    def __exit__(self, *error: object) -> None:
        self.sandbox.stop()

    def start(self, *arguments: str, **environment: str) -> Running:
        """A command, not waited for."""
        return Running(self.folder, {**self.environment, **environment}, arguments, self.before)

    @property
    def writes(self) -> list[dict[str, Any]]:
        """The calls so far that could have changed something; what the account says of itself is only asked for."""
        return [entry for entry in self.sandbox.log if entry["method"] != "GET"]

    def command(self, *arguments: str, **environment: str) -> Ended:
        """A command from start to end."""
        ended = self.start(*arguments, **environment).wait()
        assert CANARY not in ended.out + ended.err
        return ended

    def run(self, *more: str, **environment: str) -> Ended:
        """`importer run` of the source."""
        return self.command("run", "rows.csv", "-m", "rows.yaml", "--yes", "--json", *more, **environment)

    def imported(self, name: str, numbers: range) -> dict[str, int]:
        """Import another file with the rows of these numbers; how many have each status."""
        lines = [self.kind.headings, *map(self.kind.cells, numbers)]
        (self.folder / f"{name}.csv").write_text("\n".join(lines) + "\n", "utf-8")
        ended = self.command("run", f"{name}.csv", "-m", "rows.yaml", "--yes", "--json")
        assert ended.status == 0, ended.out
        return {status: count for status, count in ended.json["counts"].items() if count}

    def finish(self, most: int = 6) -> Ended:
        """`importer run` again and again, as a person or a nightly schedule would, until nothing changes any more."""
        before: dict[str, int] = {}
        for _ in range(most):
            ended = self.run()
            counts = ended.json.get("counts") or {}
            if ended.status in (0, 3) and (not counts.get("uncertain") or counts == before):
                return ended
            before = counts
        return ended

    def let_the_crm_finish(self, seconds: float = 10.0) -> None:
        """Wait until no call is being processed any more: what a slow one still does counts, too."""
        ends_at = time.monotonic() + seconds
        while any(entry["verdict"] == "in progress" for entry in self.sandbox.log):
            assert time.monotonic() < ends_at, "the CRM does not come to an end"
            time.sleep(0.02)

    def verdict(self, ended: Ended) -> Verdict:
        """The verdict on what ``ended`` reports, by the effects that the CRM holds."""
        self.let_the_crm_finish()
        wrong: list[str] = []
        found = Counter(mark for mark in self.kind.effects(self.sandbox.state()) if mark.startswith("mark"))
        said = self._said(ended, wrong)
        lost = doubled = 0
        for number in range(self.rows):
            times, status = found.pop(self.kind.mark(number), 0), said.get(number + 2, "")
            doubled += max(0, times - 1)
            if times == 0 and status not in ("rejected", "uncertain"):
                lost += 1
            if times and status in _NOT_IN_CRM:
                wrong.append(f"row {number + 2} is in the CRM, but the workbook says {status}")
        if found:
            wrong.append(f"the CRM holds what no row asked for: {dict(found)}")
        statuses = Counter(said.values())
        if statuses["not_sent"] or statuses["pending"]:
            wrong.append(f"rows are still open: {dict(statuses)}")
        return Verdict(lost, doubled, statuses["uncertain"], tuple(wrong), tuple(sorted(statuses.items())))

    def _said(self, ended: Ended, wrong: list[str]) -> dict[int, str]:
        if ended.status not in (0, 3):
            wrong.append(f"it ended with {ended.status}: {ended.out[-500:]} {ended.err[-500:]}")
            return {}
        report = ended.json
        counts = {status: count for status, count in report["counts"].items() if count}
        rows = results(self.folder / report["results"])
        said = {int(row["RowNumber"]): str(row["Status"]) for row in rows}
        if len(rows) != self.rows or report["rows"] != self.rows:
            wrong.append(f"{self.rows} rows were given, {report['rows']} read, {len(rows)} are in the workbook")
        if dict(Counter(said.values())) != counts:
            wrong.append(f"the summary says {counts}, the rows say {dict(Counter(said.values()))}")
        ids = [row["ProspectActivityId"] for row in rows if row["ProspectActivityId"]]
        if len(set(ids)) != len(ids):
            wrong.append("an activity id stands in two rows")
        wrong += [
            f"row {row['RowNumber']} is {row['Status']}, ActivityCreated {row['ActivityCreated']}"
            for row in rows
            if str(row["ActivityCreated"]).upper() == "TRUE" and row["Status"] not in _IN_CRM
        ]
        return said


def results(path: Path) -> list[dict[str, Any]]:
    """The rows of the sheet *Results* of a workbook."""
    book = openpyxl.load_workbook(path, read_only=True)
    try:
        lines = list(book["Results"].iter_rows(values_only=True))
    finally:
        book.close()
    return [dict(zip(map(str, lines[0]), line, strict=True)) for line in lines[1:]]


def kinds(*names: str) -> Sequence[Kind]:
    """The kinds of these names; all of them when none is named."""
    return [KINDS[name] for name in names] if names else list(KINDS.values())


class HastyTrial(Trial):
    """One whose commands give up on an answer after 0.6 seconds, for faults that keep them waiting."""

    def __init__(self, folder: Path, kind: Kind, rows: int = 30, options: Options | None = None) -> None:
        super().__init__(folder, kind, rows, options)
        self.environment["LEADSQUARED_TIMEOUT_SECONDS"] = "0.6"
