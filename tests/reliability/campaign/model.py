"""The data model of the campaign: parts, results of cases, and their sums."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.support.trial import Verdict

KEPT_FAILURES = 20


@dataclass(frozen=True)
class Result:
    """The result of one case. ``tried`` counts the part's unit: one for most, calls or rows where the part says so.

    ``wrong`` are sentences: what was reported wrongly, or what did not end.
    """

    tried: int = 1
    lost: int = 0
    doubled: int = 0
    uncertain: int = 0
    rows: int = 0
    wrong: tuple[str, ...] = ()
    note: str = ""

    @property
    def kept(self) -> bool:
        """Whether nothing was lost, doubled or reported wrongly."""
        return not (self.lost or self.doubled or self.wrong)

    @staticmethod
    def of(verdict: Verdict, rows: int, tried: int = 1) -> Result:
        """Return the result of a trial of ``rows`` rows with this verdict."""
        return Result(tried, verdict.lost, verdict.doubled, verdict.uncertain, rows, verdict.wrong)


@dataclass(frozen=True)
class Part:
    """A part of the campaign.

    ``cases`` yields the names of its cases, the most important first; each name has all that is needed to repeat the
    case. ``run`` runs one of them in an empty folder. ``why_not`` is why this machine cannot run it.
    ``weight`` is its share of the time. Cases that must not run beside each other are
    ``alone``; a part that is ``whole`` runs all its cases, however long they take.
    """

    name: str
    words: str
    unit: str
    cases: Callable[[Random], Iterable[str]]
    run: Callable[[str, Path], Result]
    weight: float = 1.0
    why_not: Callable[[], str] = lambda: ""
    alone: bool = False
    whole: bool = False


@dataclass
class Count:
    """The sum of a part's results."""

    part: str
    words: str
    unit: str
    seed: int
    cases: int = 0
    of: int = 0
    tried: int = 0
    rows: int = 0
    lost: int = 0
    doubled: int = 0
    uncertain: int = 0
    wrong: int = 0
    seconds: float = 0.0
    why_not: str = ""
    failures: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, case: str, result: Result) -> None:
        """Add the result of one case; the names of the first failures are kept."""
        self.cases += 1
        self.tried += result.tried
        self.rows += result.rows
        self.lost += result.lost
        self.doubled += result.doubled
        self.uncertain += result.uncertain
        self.wrong += len(result.wrong)
        self.notes += [result.note] if result.note else []
        if not result.kept and len(self.failures) < KEPT_FAILURES:
            said = "; ".join(result.wrong)[:1000]
            self.failures.append(f"{self.part}:{case} (lost {result.lost}, doubled {result.doubled}) {said}".rstrip())

    @property
    def kept(self) -> bool:
        """Whether nothing was lost, doubled or reported wrongly in any case."""
        return not (self.lost or self.doubled or self.wrong)

    def as_json(self) -> dict[str, Any]:
        """Return the count for the JSON report."""
        return asdict(self)
