"""Writes what the soak and the fleet found into `docs/reliability.md` and `docs/soak.json`. Nothing is typed by hand."""

from __future__ import annotations

import itertools
import json
import statistics
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.reliability.campaign.report import between, commit_of, machine

_PAGE, _JSON = Path("docs") / "reliability.md", Path("docs") / "soak.json"
SOAK = ("<!-- soak: written by make soak -->", "<!-- end of soak -->")
FLEET = ("<!-- fleet: written by make fleet -->", "<!-- end of fleet -->")
_TEN = 10
_SETTLED = 4
"""After so many nights a worker has its threads."""


def write_figures(root: Path, name: str, found: Mapping[str, Any], started: float, busy: str = "") -> None:
    """Write the part ``name`` (soak or fleet) anew and leave everything else as it is.

    ``started`` is in seconds since 1970; ``busy`` says what else the machine was doing.
    """
    path = root / _JSON
    every = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    date = datetime.fromtimestamp(started, UTC).strftime("%Y-%m-%d %H:%M UTC")
    every[name] = {"date": date, "commit": commit_of(root), "machine": machine(), "busy": busy, **found}
    path.write_text(json.dumps(every, indent=1, ensure_ascii=False) + "\n", "utf-8")
    page = root / _PAGE
    page.write_text(page_with(page.read_text("utf-8"), every), "utf-8")


def page_with(page: str, every: Mapping[str, Any]) -> str:
    """The page with the parts that the figures have."""
    for name, marks, text in (("soak", SOAK, soak_text), ("fleet", FLEET, fleet_text)):
        if name in every:
            page = between(page, marks, text(every[name]))
    return page


def soak_text(found: Mapping[str, Any]) -> str:
    """The soak in a table, its verdict first."""
    nights, verdict = found["nights"], found["verdict"]
    rows = sum(night["rows"] for night in nights)
    told = ", ".join(f"{count:,} {status}" for status, count in sorted(found["told"].items()))
    repeat = f"make soak ARGS='--nights {len(nights)} --jobs {found['jobs']} --accounts {found['accounts']} --seed {found['seed']}'"
    lines = [
        f"{_when(found)} {found['minutes']:g} minutes for {len(nights)} nights: {found['jobs']} jobs, {found['accounts']} "
        f"accounts, {sum(night['files'] for night in nights):,} files with {rows:,} rows, of which {verdict['rows']:,} are "
        f"different ones; {found['calls']:,} calls, {found['faults']} faults of {found['kinds_of_faults']} kinds, "
        f"{found['kills']} kills of the worker, {found['starts']} starts.",
        "",
        f"**{verdict['lost']} lost, {verdict['doubled']} doubled, {len(verdict['wrong'])} told wrongly; "
        f"{found['too_many_calls']} calls above the limit, which the sandbox enforces.** "
        f"{verdict['uncertain']} rows are left to a person, {verdict['refused']} are told as not in LeadSquared, and are not. "
        f"All that was told: {told}.",
        "",
        f"| Per night (median) | First {_ten(nights)} nights | Last {_ten(nights)} nights | Ratio |",
        "|---|---:|---:|---:|",
        *_flatness(nights),
        "",
        f"Repeat: `{repeat}`",
    ]
    return "\n".join(lines + [f"- {sentence}" for sentence in verdict["wrong"]])


def _flatness(nights: Sequence[Mapping[str, Any]]) -> list[str]:
    count = _ten(nights)
    first, last = nights[:count], nights[-count:]
    lines = [
        _ratio("CPU milliseconds of the worker per row", *(_median(part, _cpu) for part in (first, last)), ".1f"),
        _ratio(
            "the same, nights without kill and fault", *(_median(_quiet(part), _cpu) for part in (first, last)), ".1f"
        ),
        _ratio(
            "seconds of a night without kill and fault",
            *(_median(_quiet(part), _seconds) for part in (first, last)),
            ".1f",
        ),
    ]
    steps = list(itertools.pairwise(nights))
    begin, end = steps[:count], steps[-count:]
    for words, name, per in (
        ("growth of the ledger, bytes per row of the night's files", "ledger", "rows"),
        ("the same, bytes per row that is new", "ledger", "new"),
        ("growth of the engine's and the jobs' memory, bytes per file", "engine", "files"),
        ("growth of plans, workbooks and report pages, bytes per row", "reports", "rows"),
    ):
        grown = [
            statistics.mean((after[name] - before[name]) / after[per] for before, after in part)
            for part in (begin, end)
        ]
        lines.append(_ratio(words, *grown, ",.0f"))
    size = [nights[count - 1]["ledger"], nights[-1]["ledger"]]
    lines.append(_ratio("size of the ledger in the end, MB", *(each / 1e6 for each in size), ".2f"))
    most = [max(night["memory"] for night in part) / 1e6 for part in (first, last)]
    lines.append(_ratio("most memory of the worker, MB", *most, ".0f"))
    # Soaks up to commit c8c5152 did not write the starts of each night down.
    early, late = grown_in_a_life(nights) if "starts" in nights[0] else ([], [])
    if early and late:
        grown = [statistics.median(steps) / 1e6 for steps in (early, late)]
        lines.append(_ratio("its growth per night in nights 2 to 4 of a life, and in later ones, MB", *grown, ".1f"))
    return lines


def grown_in_a_life(nights: Sequence[Mapping[str, Any]]) -> tuple[list[float], list[float]]:
    """By how many bytes the memory of a worker grew from night to night: in its first four nights, and later.

    A worker lives until a night in which it was killed, or which it began anew.
    """
    early: list[float] = []
    late: list[float] = []
    age = 0
    for before, after in itertools.pairwise(nights):
        age = age + 1 if after["starts"] == before["starts"] else 0
        if age:
            (early if age < _SETTLED else late).append(float(after["memory"] - before["memory"]))
    return early, late


def _ten(nights: Sequence[Any]) -> int:
    return min(_TEN, max(1, len(nights) // 2))


def _quiet(nights: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Nights in which nothing happened; all of them when there was none."""
    return [night for night in nights if not night["kills"] + night["faults"] + night["tries"]] or nights


def _median(nights: Sequence[Mapping[str, Any]], figure: Any) -> float:
    return statistics.median(figure(night) for night in nights)


def _cpu(night: Mapping[str, Any]) -> float:
    return float(1000 * night["cpu"] / night["rows"])


def _seconds(night: Mapping[str, Any]) -> float:
    return float(night["seconds"])


def _ratio(words: str, first: float, last: float, form: str) -> str:
    ratio = f"{last / first:.2f}" if first else "–"
    return f"| {words} | {first:{form}} | {last:{form}} | {ratio} |"


def fleet_text(found: Mapping[str, Any]) -> str:
    """The fleet in a table: how much more several workers do."""
    one = found["runs"][0]
    lines = [
        f"{_when(found)} {found['accounts']} accounts with {found['rows']:,} rows each. {found['scaled']}",
        "",
        "| Workers | Rows per second | Beside one worker | Share of the summed limits | Share of the cores | CPU ms per row | "
        "Calls | Refused | Lost | Doubled |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for run in found["runs"]:
        lines.append(
            f"| {run['workers']} | {run['rows_per_second']:,.0f} | {run['rows_per_second'] / one['rows_per_second']:.2f} | "
            f"{run['share_of_limits']:.0%} | {run['share_of_cores']:.0%} | {run['cpu_ms_per_row']:.2f} | {run['calls']:,} | "
            f"{run['refused']} | {run['lost']} | {run['doubled']} |"
        )
    return "\n".join([*lines, "", found["bound"]])


def _when(found: Mapping[str, Any]) -> str:
    busy = f" {found['busy']}" if found["busy"] else ""
    return f"{found['date']}, commit `{found['commit']}`, {found['machine']}.{busy}"
