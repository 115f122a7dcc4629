"""The steps of an import in the page: upload, proposal, check, approval, sending, and further rounds.

All of it is done by the use cases of :mod:`importer.app`, as on the command line: the same file, mapping and account
make the same run.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from importer.app import (
    Environment,
    check_and_keep,
    describe_check,
    describe_runs,
    find_anomalies,
    open_rows_of,
    read_account_if_needed,
    resume,
    run,
)
from importer.config import Account, Locale
from importer.core.errors import ImporterError, UsageError
from importer.core.filesystem import publish
from importer.core.model import Status
from importer.delivery import DeliveryOptions
from importer.planning import PlanFacts, PlanRequest, open_plan, read_mapping
from importer.reports import Report, ReportPaths, RunSummary, report_stem
from importer.web.drafts import Delivery, Draft, DraftStore
from importer.web.edits import EditLog
from importer.web.proposals import Proposals
from importer.web.tasks import TaskKind, TaskRunner, TaskStatus

_KEPT_SUMMARIES = 20
_OPEN = (Status.INVALID, Status.REJECTED)
"""Statuses of rows that can be corrected and imported in another round."""


@dataclass(frozen=True, slots=True)
class Total:
    """What became of all rows of a draft, over its rounds; ``latest`` is the summary of the newest run."""

    counts: Mapping[Status, int]
    rows: int
    latest: RunSummary

    @property
    def delivered(self) -> int:
        """Return the number of rows that are in LeadSquared, by this import or an earlier one."""
        done = (Status.CREATED, Status.UPDATED, Status.UNCHANGED, Status.SKIPPED)
        return sum(self.counts.get(status, 0) for status in done)


class ImportService:
    """The imports of one page."""

    def __init__(self, env: Environment, store: DraftStore, tasks: TaskRunner, load: Callable[[str], Account]) -> None:
        self.env = env
        self.store = store
        self.tasks = tasks
        self.proposals = Proposals(env, store, tasks)
        self._load = load
        self._summaries: dict[tuple[str, str, int], RunSummary] = {}

    # Upload and proposal

    def create(self, file: IO[bytes], name: str, owner: str, account: str) -> Draft:
        """Take an uploaded file, and start to read it and to propose its mapping."""
        draft = self.store.create(name, owner, account, self.env.clock.now())
        arriving = self.store.folder(draft.id) / "arriving"
        with arriving.open("xb") as place:
            shutil.copyfileobj(file, place, 1 << 20)
        publish(arriving, self.store.source(draft))
        self.proposals.propose(draft, owner)
        return draft

    def create_from_sample(self, source: Path, mapping: Path, owner: str, account: str) -> Draft:
        """Make a draft of a sample file with its mapping."""
        draft = self.store.create(source.name, owner, account, self.env.clock.now())
        shutil.copyfile(source, self.store.source(draft))
        shutil.copyfile(mapping, self.store.mapping(draft))
        sheet = read_mapping(mapping).mapping.source.sheet
        options = {"sheet": sheet} if sheet else {}
        draft = self.store.update(draft.id, options=options, mapping_from=f"the sample {source.name}")
        self.proposals.propose(draft, owner)
        return draft

    # Check

    def request(self, draft: Draft) -> PlanRequest:
        """Return what a check or a run of this draft plans, as the command line would."""
        locale = Locale()
        if draft.account:
            account = self._load(draft.account)
            locale = Locale(account.time_zone, account.country)
        return PlanRequest(
            source=self.store.source(draft),
            mapping=self.store.mapping(draft),
            account=draft.account,
            options=draft.source_options,
            locale=locale,
            corrections=EditLog(self.store, draft).corrections(),
        )

    def state_digest(self, draft: Draft) -> str:
        """Return a digest of all that decides what is sent: mapping, corrections, options, rows and account."""
        mapping = self.store.mapping(draft)
        parts = [
            mapping.read_text("utf-8") if mapping.exists() else "",
            EditLog(self.store, draft).corrections().digest(),
            draft.options,
            draft.account,
            draft.name,
        ]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()

    def check(self, draft: Draft, who: str) -> None:
        """Start the check of the whole file."""
        state = self.state_digest(draft)

        def work(env: Environment) -> None:
            name = f"plan-{env.random_text()}"
            shutil.rmtree(self.store.folder(draft.id) / name, ignore_errors=True)
            request = self.request(draft)
            if draft.account:
                read_account_if_needed(request, self._load(draft.account), env)
            check_and_keep(request, self.store.folder(draft.id) / name, env)
            before = self.store.plan(draft)
            self.store.update(draft.id, plan=name, checked=state, checked_by=who, approved="", approved_by="")
            if before.name != name:
                shutil.rmtree(before, ignore_errors=True)

        self.tasks.start(draft.id, TaskKind.CHECK, who, work)

    def is_checked(self, draft: Draft) -> bool:
        """Return whether the last check is of the draft as it is now."""
        return bool(draft.checked) and draft.checked == self.state_digest(draft)

    def check_summary(self, draft: Draft) -> RunSummary | None:
        """Return the summary of the last check, or ``None`` before there is one.

        It is kept until something is sent: comparing a long file with earlier imports takes a while.
        """
        key = (draft.id, draft.plan, len(draft.deliveries))
        if key not in self._summaries:
            try:
                summary = describe_check(self.store.plan(draft), self.env)
            except ImporterError:
                return None
            self._summaries = {**dict(list(self._summaries.items())[-_KEPT_SUMMARIES:]), key: summary}
        return self._summaries[key]

    def anomalies(self, draft: Draft) -> list[str]:
        """Return what is unusual about the file beside earlier imports."""
        return find_anomalies(self.store.plan(draft), self.env)

    # Sending

    def send(self, draft: Draft, who: str) -> None:
        """Record the approval of the last check by ``who`` and start to send its rows.

        Raises :class:`UsageError` when something was changed since the check, or nothing can be sent.
        """
        self._require_current(draft)
        self.store.update(draft.id, approved=draft.checked, approved_by=who)
        self._start_sending(self.store.load(draft.id), who)

    def _require_current(self, draft: Draft) -> None:
        if not self.is_checked(draft):
            raise UsageError("Something was changed since the check.", "Check the file again; then send it.")
        if not draft.account:
            raise UsageError("No account is chosen.", "Choose the account that receives the rows.")

    def _start_sending(self, draft: Draft, who: str) -> None:
        approved = open_plan(self.store.plan(draft)).facts.fingerprint
        places = self._places(draft)

        def review(facts: PlanFacts, anomalies: object) -> None:
            if facts.fingerprint != approved:
                raise UsageError(
                    "The file is read differently now than when it was checked. Nothing was sent.",
                    "Check the file again; then send it.",
                )

        def work(env: Environment) -> None:
            account = self._load(draft.account)
            sending = replace(env, review=review)
            report = run(self.request(draft), account, places, DeliveryOptions(), sending)
            self._record(draft.id, report)

        self.tasks.start(draft.id, TaskKind.SEND, who, work)

    def resume(self, draft: Draft, who: str) -> None:
        """Continue the newest run of a draft, or look again for its uncertain rows."""
        if not draft.deliveries:
            self._require_current(draft)
            if draft.approved != draft.checked:
                raise UsageError("This import was not approved.", "Look at it in the step Approve, and send it there.")
            self._start_sending(draft, who)
            return
        newest, places = draft.deliveries[-1].run, self._places(draft)

        def work(env: Environment) -> None:
            self._record(draft.id, resume(newest, self._load, places, DeliveryOptions(), env))

        self.tasks.start(draft.id, TaskKind.SEND, who, work)

    def _places(self, draft: Draft) -> ReportPaths:
        folder = self.store.folder(draft.id) / "results"
        folder.mkdir(mode=0o700, exist_ok=True)
        return ReportPaths(folder / f"{report_stem(draft.name)}-results.xlsx", names_only=True)

    def _record(self, draft_id: str, report: Report) -> None:
        """Keep the run and its reports with the draft."""
        run_id = report.summary.run_id
        if not run_id:
            raise UsageError("No row could be sent.", "Correct the rows first.")
        with self.store.changing():
            draft = self.store.load(draft_id)
            known = {one.run: one for one in draft.deliveries}
            before = known.get(run_id) or Delivery(run_id, self._replaced(draft))
            known[run_id] = replace(before, results=_name(report.results), report=_name(report.page))
            self.store.update(draft_id, deliveries=tuple(known.values()))
        if report.stopped is not None:
            raise report.stopped

    def _replaced(self, draft: Draft) -> dict[str, int]:
        """Count the open rows that another round imports again, by status."""
        if draft.rows is None or not draft.deliveries:
            return {}
        newest = draft.deliveries[-1].run
        summary = describe_runs([newest], self.env).get(newest)
        return {status.value: summary.counts.get(status, 0) for status in _OPEN} if summary else {}

    # Results

    def total(self, draft: Draft) -> Total | None:
        """Count the rows of a draft over all its rounds, as the ledger knows them now; ``None`` before it was sent."""
        return self.totals([draft]).get(draft.id)

    def totals(self, drafts: Sequence[Draft]) -> dict[str, Total]:
        """Return the :meth:`total` of each draft that was sent, by its id; the ledger is opened once."""
        runs = {delivery.run for draft in drafts for delivery in draft.deliveries}
        summaries = describe_runs(sorted(runs), self.env) if runs else {}
        found = {draft.id: _add_rounds(draft, summaries) for draft in drafts}
        return {draft_id: total for draft_id, total in found.items() if total is not None}

    def start_round(self, draft: Draft, who: str) -> Draft:
        """Open the rows that were not delivered for correction, and check them. Raises :class:`UsageError` without any.

        Only a finished run has such rows: what was not sent by an interrupted one is sent when it is continued.
        """
        rows = self._open_rows(draft)
        if not rows:
            raise UsageError("No row of this import is open for correction.", "Look at its results.")
        changed = self.store.update(draft.id, rows=tuple(rows), checked="", approved="", approved_by="")
        self.check(changed, who)
        return changed

    def _open_rows(self, draft: Draft) -> list[int]:
        return open_rows_of(draft.deliveries[-1].run, self.env) if draft.deliveries else []

    # Restart

    def recover(self) -> None:
        """Start the tasks again that a killed server has left; deliveries continue their run."""
        for draft_id, status in self.tasks.find_interrupted():
            # An import that was removed meanwhile has nothing to continue.
            with suppress(UsageError):
                self._restart(self.store.load(draft_id), status)

    def _restart(self, draft: Draft, status: TaskStatus) -> None:
        if status.kind is TaskKind.PROPOSE:
            self.proposals.propose(draft, status.started_by)
        elif status.kind is TaskKind.CHECK:
            self.check(draft, status.started_by)
        elif draft.approved:
            self._start_sending(draft, status.started_by)


def _add_rounds(draft: Draft, summaries: Mapping[str, RunSummary]) -> Total | None:
    """Count the rows over the rounds: each replaces the rows that were open before it."""
    counts: Counter[Status] = Counter()
    latest = None
    for delivery in draft.deliveries:
        summary = summaries.get(delivery.run)
        if summary is not None:
            counts.subtract({Status(name): number for name, number in delivery.replaced.items()})
            counts.update(summary.counts)
            latest = summary
    if latest is None:
        return None
    filled = {status: number for status, number in counts.items() if number}
    return Total(filled, sum(filled.values()), latest)


def _name(path: Path | None) -> str:
    return path.name if path is not None else ""
