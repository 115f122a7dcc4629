"""Verify a soak: compare the content of the sandboxes with the exports and with every status that was reported."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.reliability.soak.exports import Export
from tests.support.trial import results

_IN = ("created", "updated", "unchanged", "skipped")
_OUT = ("rejected", "invalid", "not_sent")
MOST_SENTENCES = 20


@dataclass
class ReportedStatuses:
    """The statuses that all workbooks report of the rows, by job and mark."""

    marks: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    last: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    most_in: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    statements: Counter[str] = field(default_factory=Counter)
    read: set[Path] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    def expect(self, stem: str, job: str, marks: list[str]) -> None:
        """Register a file before it is delivered; ``marks`` are those of its lines."""
        self.marks[stem] = (job, marks)

    def read_new(self, folder: Path) -> list[str]:
        """Read the workbooks that were written since the last time, oldest first; return the files with changed rows."""
        found = [path for path in folder.glob("*/*.xlsx") if path not in self.read]
        self.read.update(found)
        return [_stem(path) for path in sorted(found, key=lambda path: path.stat().st_mtime_ns) if self._read_one(path)]

    def _read_one(self, path: Path) -> bool:
        job, marks = self.marks[_stem(path)]
        reported: dict[str, list[str]] = defaultdict(list)
        for row in results(path):
            status = str(row["Status"])
            reported[marks[int(row["RowNumber"]) - 2]].append(status)
            self.statements[status] += 1
        for mark in set(marks):
            if len(reported[mark]) != marks.count(mark):
                self.wrong.append(f"{path.name}: {mark} stands {marks.count(mark)} times in the file: {reported[mark]}")
            # `not_sent` is the end of a run that was stopped; the next one says more.
            self.last[job, mark] = reported[mark]
            self.most_in[job, mark] = max(self.most_in[job, mark], sum(status in _IN for status in reported[mark]))
        return any("changed" in statuses for statuses in reported.values())


def _stem(path: Path) -> str:
    return "-".join(path.stem.split("-")[:2])


@dataclass
class Verdict:
    """All of it is 0 or empty when the promise was kept; ``uncertain`` and ``refused`` are reported and true."""

    rows: int = 0
    stored: int = 0
    lost: int = 0
    doubled: int = 0
    uncertain: int = 0
    refused: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def kept(self) -> bool:
        """Whether the promise was kept."""
        return not (self.lost or self.doubled or self.wrong)


def verify(exports: Sequence[Export], states: Sequence[Mapping[str, Any]], told: ReportedStatuses) -> Verdict:
    """Return the verdict; ``states`` are the contents of the sandboxes of the accounts, in their order."""
    verdict = Verdict(wrong=list(told.wrong))
    held = [_held(state) for state in states]
    for export in exports:
        for row in export.every:
            _verify_row(verdict, export, row.mark, row.times, held[export.account].pop(row.mark, 0), told)
    for account, rest in enumerate(held):
        verdict.wrong += [f"account {account} holds {mark}, which no row asked for" for mark in rest]
    return verdict


def _verify_row(verdict: Verdict, export: Export, mark: str, times: int, stored: int, told: ReportedStatuses) -> None:
    reported = told.last.get((export.name, mark), [])
    out, doubt = sum(status in _OUT for status in reported), reported.count("uncertain")
    inside = sum(status in _IN for status in reported)
    verdict.rows += times
    verdict.stored += stored
    verdict.doubled += max(0, stored - times)
    verdict.uncertain += doubt
    verdict.refused += out
    verdict.lost += max(0, times - stored - out - doubt)
    if told.most_in[export.name, mark] > stored:
        verdict.wrong.append(f"{export.name}: {mark} was told as in the CRM, which holds {stored}")
    if times - out < min(stored, times):
        verdict.wrong.append(f"{export.name}: the CRM holds {stored} of {mark}, told was {reported}")
    if inside + out + doubt != times:
        verdict.wrong.append(f"{export.name}: {mark} is still open: {reported}")


def _held(state: Mapping[str, Any]) -> Counter[str]:
    notes = (str(activity["note"]).split(" ")[-1] for activity in state["activities"])
    names = (str(lead.get("FirstName") or "") for lead in state["leads"])
    return Counter(mark for mark in (*notes, *names) if mark[:1] == "j" and mark[3:4] == "r")
