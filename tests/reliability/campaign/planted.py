"""Bugs planted into a copy of the program, one at a time: each must be caught by a case of the campaign."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.reliability.campaign.model import Part, Result

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Bug:
    """In the file ``path`` of the package, ``old`` becomes ``new``.

    ``caught_by`` are a part and case of the campaign, or ``pytest:`` and a test; each of them must report the bug.
    """

    words: str
    path: str
    old: str
    new: str
    caught_by: tuple[str, ...]


_SENT_AT = (
    "max(datetime.fromisoformat(self._context.ledger.sent_at(self._context.run.id, one.row)[0])"
    " for one in self._context.ledger.outcomes(self._context.run.id, [Status.UNCERTAIN]))"
)

BUGS = {
    "resend-on-time-out": Bug(
        "a call without an answer is simply sent again",
        "leadsquared/responses.py",
        'return Verdict(VerdictKind.UNCERTAIN, "no-answer"',
        'return Verdict(VerdictKind.NOT_APPLIED, "no-answer"',
        ("scenarios:time-out", "scenarios:cut-bulk"),
    ),
    "no-ledger-before-bytes": Bug(
        "the call is written down only after it was sent",
        "delivery/dispatcher.py",
        "        numbers = self._record(prepared)\n"
        "        self._context.quota.count_sent(len(numbers))\n"
        "        for number, call in zip(numbers, prepared, strict=True):\n"
        "            leads = frozenset(self._queue.leads(call.records))\n"
        "            self._in_flight[pool.submit(self._send, call)] = InFlightCall(",
        "        sent = [pool.submit(self._send, call) for call in prepared]\n"
        "        wait(sent)\n"
        "        numbers = self._record(prepared)\n"
        "        self._context.quota.count_sent(len(numbers))\n"
        "        for number, call, future in zip(numbers, prepared, sent, strict=True):\n"
        "            leads = frozenset(self._queue.leads(call.records))\n"
        "            self._in_flight[future] = InFlightCall(",
        ("scenarios:killed",),
    ),
    "sending-is-unsent": Bug(
        "at a restart, rows that were being sent count as not sent",
        "ledger/operations/calls.py",
        'values = {"status": Status.UNCERTAIN.value, "error_code": INTERRUPTED',
        'values = {"status": Status.NOT_SENT.value, "error_code": INTERRUPTED',
        ("scenarios:killed",),
    ),
    "full-not-extra": Bug(
        "the ledger syncs with FULL in place of EXTRA",
        "ledger/sqlite_file.py",
        '("synchronous", "EXTRA", 3)',
        '("synchronous", "FULL", 2)',
        ("pytest:tests/unit/ledger/test_opening.py",),
    ),
    "full-not-read-back": Bug(
        "FULL in place of EXTRA, by mistake: the read-back of the setting notices",
        "ledger/sqlite_file.py",
        '("synchronous", "EXTRA", 3)',
        '("synchronous", "FULL", 3)',
        ("scenarios:cut",),
    ),
    "receipts-by-position": Bug(
        "receipts are paired by their position, not by their row number",
        "targets/receipts.py",
        "        number = _row_number(entry)\n",
        "        number = entries.index(entry) + 1\n",
        ("scenarios:shuffled",),
    ),
    "missing-receipt-refused": Bug(
        "a row without a receipt counts as refused",
        "delivery/outcomes.py",
        "outcomes.append(Outcome(record.row, Status.UNCERTAIN, error_code=NO_RECEIPT",
        "outcomes.append(Outcome(record.row, Status.REJECTED, error_code=NO_RECEIPT",
        ("scenarios:missing-receipt",),
    ),
    "missing-receipt-created": Bug(
        "a row without a receipt counts as created",
        "delivery/outcomes.py",
        "outcomes.append(Outcome(record.row, Status.UNCERTAIN, error_code=NO_RECEIPT",
        "outcomes.append(Outcome(record.row, Status.CREATED, error_code=NO_RECEIPT",
        ("scenarios:missing-receipt", "scenarios:count-only"),
    ),
    "500-retried": Bug(
        "HTTP 500 is simply sent again",
        "leadsquared/responses.py",
        'return Verdict(VerdictKind.UNCERTAIN, f"http-{status}"',
        'return Verdict(VerdictKind.NOT_APPLIED, f"http-{status}"',
        ("scenarios:500", "scenarios:500-bulk"),
    ),
    "500-refused": Bug(
        "HTTP 500 counts as a refusal",
        "leadsquared/responses.py",
        'return Verdict(VerdictKind.UNCERTAIN, f"http-{status}"',
        'return Verdict(VerdictKind.REFUSED, f"http-{status}"',
        ("scenarios:500",),
    ),
    "no-lock": Bug(
        "the sender's lock lets everybody in",
        "core/platform/posix.py",
        "    except BlockingIOError:\n        return False\n",
        "    except BlockingIOError:\n        return True\n",
        ("scenarios:together",),
    ),
    "existence": Bug(
        "reading back asks whether an activity exists, not how many",
        "delivery/reconciliation/matcher.py",
        "[_present(distinct[identity], by) for identity in own] + [_ABSENT] * (count - len(own))",
        # Two rows with one id are refused by the ledger already, so the bug does without the id.
        "([_present(distinct[identity], by) for identity in own] + [RowMatch(RowPresence.PRESENT, Status.CREATED)] * count)"
        "[:count] if own else [_ABSENT] * count",
        ("scenarios:twins-in-one-call",),
    ),
    "booked-twice": Bug(
        "reading back takes an activity that another row already has",
        "delivery/reconciliation/matcher.py",
        "        if activity.id not in owned\n        and (",
        "        if (",
        ("scenarios:twins-in-two-calls",),
    ),
    "no-settle": Bug(
        "reading back does not wait until the CRM has settled",
        "delivery/reconciliation/reconcile.py",
        "        if settle:\n",
        "        if settle and rows < 0:\n",
        ("scenarios:late", "scenarios:late-single"),
    ),
    "settle-from-sending": Bug(
        "the settle time is counted from the sending, not from giving up",
        "delivery/reconciliation/reconcile.py",
        "                self._context.account.settle_seconds,\n",
        f"                self._context.account.settle_seconds - (self._context.clock.now() - {_SENT_AT}).total_seconds(),\n",
        ("scenarios:late-single",),
    ),
    "no-canary": Bug(
        "absent is believed without the proof that reading back works",
        "delivery/reconciliation/reconcile.py",
        "            if unproven:\n",
        "            if False:\n",
        ("scenarios:blind-reading",),
    ),
    "release-time-limiter": Bug(
        "a slot becomes free one window after its call left, not after it completed",
        "rate_limit/window_limiter.py",
        "        self._busy[self._last] = IN_FLIGHT\n        return Slot(self._last)\n\n"
        "    def release(self, slot: Slot, now: float) -> None:\n"
        '        """Release the slot of a call that completed now."""\n'
        "        self._busy[slot.number] = now + self._limit.seconds + self._margin\n",
        "        self._busy[self._last] = now + self._limit.seconds + self._margin\n        return Slot(self._last)\n\n"
        "    def release(self, slot: Slot, now: float) -> None:\n"
        '        """Release the slot of a call that completed now."""\n',
        ("limiter:jitter/25/5/32/1/0", "limiter:heavy-tail/25/5/32/1/0"),
    ),
    "lost-answers-free-slots": Bug(
        "the slot of a call that was given up becomes free as if it had completed",
        "rate_limit/window_limiter.py",
        "now + max(0.0, busy_for) + self._limit.seconds",
        "now + self._limit.seconds",
        ("limiter:lost-answers/25/5/32/1/0",),
    ),
    "library-retries": Bug(
        "the HTTP library repeats a POST by itself",
        "leadsquared/transport.py",
        "urllib3.Retry(0, read=False)",
        "urllib3.Retry(3, allowed_methods=None)",
        ("scenarios:cut", "scenarios:cut-bulk"),
    ),
    "cut-means-unsent": Bug(
        "a cut connection counts as a call that never left",
        "leadsquared/network_errors.py",
        "failure = TransportFailure.NOT_SENT if _has_not_left(error, causes) else TransportFailure.UNKNOWN",
        "failure = TransportFailure.NOT_SENT",
        ("scenarios:cut",),
    ),
    "no-recognition": Bug(
        "a repeated file is not recognised",
        "delivery/deduplication.py",
        "    if context.plan.facts.again:\n        return\n",
        "    if context.plan is not None:\n        return\n",
        ("scenarios:again",),
    ),
    "neighbours-refused": Bug(
        "a call refused as a whole refuses each of its rows",
        "delivery/outcomes.py",
        "        case VerdictKind.REFUSED if len(records) == 1:\n",
        "        case VerdictKind.REFUSED if len(records) >= 1:\n",
        ("scenarios:one-bad-row",),
    ),
    "no-books": Bug(
        "nobody checks that the books balance",
        "reports/run_report.py",
        "        if sum(counts.values()) != facts.rows or any(count < 0 for count in counts.values()):\n",
        "        if sum(counts.values()) < 0:\n",
        ("pytest:tests/unit/delivery/test_corners.py",),
    ),
}
"""The planted bugs by name."""


def plant(bug: Bug, folder: Path) -> Path:
    """A folder with a copy of the package that has the bug. The place of the bug must be there, exactly once."""
    copy = folder / "copy"
    shutil.copytree(ROOT / "importer", copy / "importer", ignore=shutil.ignore_patterns("__pycache__"))
    place = copy / "importer" / bug.path
    text = place.read_text("utf-8")
    if text.count(bug.old) != 1:
        raise AssertionError(f"{bug.path} holds the place of the planted bug {text.count(bug.old)} times, not once")
    place.write_text(text.replace(bug.old, bug.new), "utf-8")
    return copy


@dataclass(frozen=True)
class Caught:
    """What one check said of a copy with a bug."""

    check: str
    is_caught: bool
    words: str


def check(copy: Path, spec: str) -> Caught:
    """Run a case of the campaign, or tests, with the copy in place of the program."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(copy), str(ROOT)]), "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("COVERAGE_PROCESS_CONFIG", None)
    if spec.startswith("pytest:"):
        return _tests(copy, spec, environment)
    command = [sys.executable, "-m", "tests.reliability.campaign.run", "--repeat", spec, "--expect", str(copy)]
    ended = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    try:
        found = json.loads(ended.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        raise AssertionError(f"{spec} gave no result: {ended.stdout[-500:]} {ended.stderr[-2000:]}") from None
    said = [f"{found[name]} {name}" for name in ("lost", "doubled") if found[name]]
    said += [f"{len(found['wrong'])} told wrongly"] if found["wrong"] else []
    return Caught(spec, bool(said), ", ".join(said) or "nothing")


def _tests(copy: Path, spec: str, environment: dict[str, str]) -> Caught:
    names = [str(ROOT / name) for name in spec.removeprefix("pytest:").split()]
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "--rootdir", str(ROOT)]
    command = [sys.executable, "-m", "pytest", *options, "-c", str(ROOT / "pyproject.toml"), *names]
    ended = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    failed = [line.split(" - ")[0] for line in ended.stdout.splitlines() if line.startswith("FAILED ")]
    if ended.returncode not in (0, 1) or (ended.returncode == 1 and not failed):
        raise AssertionError(f"{spec} did not run: {ended.stdout[-1500:]} {ended.stderr[-500:]}")
    return Caught(spec, bool(failed), f"fails: {failed[0].rpartition('::')[2]}" if failed else "nothing")


def cases(random: Random) -> Iterable[str]:
    """Each bug once."""
    return BUGS


def run(case: str, folder: Path) -> Result:
    """Plant one bug; a check that does not report it is wrong."""
    bug = BUGS[case]
    copy = plant(bug, folder)
    found = [check(copy, spec) for spec in bug.caught_by]
    wrong = tuple(f"{each.check} does not catch: {bug.words}" for each in found if not each.is_caught)
    checks = "<br>".join(f"`{each.check}`" for each in found)
    said = "<br>".join(each.words for each in found)
    return Result(wrong=wrong, note=f"| {case}: {bug.words} | {checks} | {said} |")


PART = Part("planted", "planted bugs", "bugs", cases, run, whole=True)
