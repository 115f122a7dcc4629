"""The runs so far: a list of them, one with its summary, and the last success of each mapping for monitoring."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from importer.app.environment import Environment, open_ledger_of
from importer.core.errors import ImporterError, UsageError
from importer.core.filesystem import atomic_write
from importer.ledger import Run
from importer.planning import open_plan
from importer.reports import RunReport, RunSummary, summarize_run

if TYPE_CHECKING:
    from importer.ledger import Ledger

SUCCESS_FOLDER = "last_success"
"""A folder with a file for each account and mapping: the last success, for monitoring. It is replaced whenever an
import finishes; one that is too old means that none has since.
"""


@dataclass(frozen=True, slots=True)
class Success:
    """The newest finished import of one mapping to one account. ``at`` is ISO in UTC."""

    account: str
    mapping: str
    run: str
    source: str
    rows: int
    at: str

    def days(self, now: datetime) -> int:
        """Return the whole days since then; 0 for a time in the future."""
        return max(0, (now - datetime.fromisoformat(self.at)).days)


def find_run(ledger: Ledger, run_id: str) -> Run:
    """Return a run by its id. Raises :class:`UsageError` for an unknown one."""
    found = ledger.run(run_id)
    if found is None:
        raise UsageError(f"There is no run {run_id}.", "List the runs: importer runs")
    return found


def list_runs(env: Environment, account: str | None, limit: int, start: int = 0) -> list[tuple[Run, RunSummary | None]]:
    """List the newest runs, each with its summary, or ``None`` when its plan is no longer there.

    ``start`` is the number of newer runs that are left out.
    """
    with open_ledger_of(env) as ledger:
        found = ledger.runs(account=account, limit=start + limit)[start:]
        return [(one, _summary_of(one, ledger)) for one in found]


def describe_runs(run_ids: Iterable[str], env: Environment) -> dict[str, RunSummary]:
    """Return the summaries of runs by id, as they are now; those without a run or a plan are left out."""
    with open_ledger_of(env) as ledger:
        found = {run_id: ledger.run(run_id) for run_id in run_ids}
        summaries = {run_id: _summary_of(run, ledger) for run_id, run in found.items() if run is not None}
    return {run_id: summary for run_id, summary in summaries.items() if summary is not None}


def describe_run(run_id: str, env: Environment) -> tuple[Run, RunSummary | None]:
    """Return a run with its summary as it is now. Raises :class:`UsageError` for an unknown run."""
    with open_ledger_of(env) as ledger:
        found = find_run(ledger, run_id)
        return found, _summary_of(found, ledger)


def _summary_of(found: Run, ledger: Ledger) -> RunSummary | None:
    try:
        return summarize_run(RunReport(open_plan(Path(found.new.folder)), ledger, found))
    except ImporterError:
        return None


def record_success(home: Path, success: Success) -> str:
    """Replace the file of this account and mapping; returns why that failed, or an empty text.

    Never raises: the import has succeeded all the same.
    """
    mapping = os.path.abspath(success.mapping)
    name = re.sub(r"[^A-Za-z0-9_-]", "_", f"{success.account}-{Path(mapping).stem}")[:80]
    digest = hashlib.sha256(f"{success.account}\x1f{mapping}".encode("utf-8", "surrogatepass")).hexdigest()[:8]
    path = home / SUCCESS_FOLDER / f"{name}-{digest}.json"
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        atomic_write(path, json.dumps(asdict(success), indent=1), durable=False)
    except OSError as error:
        return f"{path} could not be written: {error.strerror or error}."
    return ""


def read_successes(home: Path) -> list[Success]:
    """Read the last successes, sorted by account and mapping; unreadable files are left out."""
    found = []
    for path in sorted((home / SUCCESS_FOLDER).glob("*.json")):
        with suppress(OSError, ValueError, TypeError):
            success = Success(**json.loads(path.read_text("utf-8")))
            datetime.fromisoformat(success.at)
            found.append(success)
    return sorted(found, key=lambda success: (success.account, success.mapping))
