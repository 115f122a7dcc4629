"""Write the results of the campaign into `docs/reliability.md` and `docs/reliability.json`."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.reliability.campaign.model import Count

_PAGE = Path("docs") / "reliability.md"
_JSON = Path("docs") / "reliability.json"
_FURTHER = {
    "crash-points": "every crash point",
    "faults": "every fault",
    "network-faults": "faults of the network",
    "limits": "the limits and the proof",
    "security": "security",
}
FIGURES = ("<!-- figures: written by make crash-campaign -->", "<!-- end of figures -->")
PLANTED = ("<!-- planted bugs: written by make crash-campaign -->", "<!-- end of planted bugs -->")


def write_report(root: Path, counts: Sequence[Count], started: float, minutes: float, jobs: int) -> None:
    """Write both files anew. ``started`` is when the campaign began, in seconds since 1970."""
    found: dict[str, Any] = {
        "date": datetime.fromtimestamp(started, UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": commit_of(root),
        "machine": machine(),
        "minutes": round((time.time() - started) / 60, 1),
        "minutes_allowed": minutes,
        "jobs": jobs,
        "further": [name for name in _FURTHER if (root / "docs" / f"{name}.md").is_file()],
        "parts": [count.as_json() for count in counts if not count.part.startswith("planted")],
        "planted": [text for count in counts if count.part.startswith("planted") for text in count.notes],
    }
    (root / _JSON).write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", "utf-8")
    page = (root / _PAGE).read_text("utf-8")
    (root / _PAGE).write_text(page_with(page, found), "utf-8")


def page_with(page: str, found: dict[str, Any]) -> str:
    """The page with both tables as the figures say."""
    return between(between(page, FIGURES, figures_table(found)), PLANTED, planted_table(found))


def between(page: str, marks: tuple[str, str], text: str) -> str:
    before, begin, rest = page.partition(marks[0])
    _, end, after = rest.partition(marks[1])
    if not begin or not end:
        raise ValueError(f"the page has no {marks[0]}")
    return f"{before}{begin}\n\n{text}\n\n{end}{after}"


def figures_table(found: dict[str, Any]) -> str:
    """The figures of the parts, with their totals and the command that repeats each line."""
    lines = [
        f"{found['date']}, commit `{found['commit']}`, {found['machine']}, {found['minutes']:g} minutes with "
        f"{found['jobs']} processes.",
        "",
        "| What was tried | Tried | Lost | Doubled | Told wrongly | Left to a person | Repeat |",
        "|---|---:|---:|---:|---:|---:|---|",
    ]
    for part in found["parts"]:
        repeat = f"`make crash-campaign ARGS='--only {part['part']} --seed {part['seed']}'`"
        if part["why_not"]:
            lines.append(f"| {part['words']} | not on this machine: {part['why_not']} | | | | | {repeat} |")
            continue
        tried = f"{part['tried']:,} {part['unit']}"
        lines.append(
            f"| {part['words']} | {tried} | {part['lost']} | {part['doubled']} | {part['wrong']} | "
            f"{_uncertain(part)} | {repeat} |"
        )
    if found["further"]:
        links = ", ".join(f"[{_FURTHER[name]}]({name}.md)" for name in found["further"])
        lines += ["", f"In detail: {links}."]
    return "\n".join(lines)


def _uncertain(part: dict[str, Any]) -> str:
    if not part["rows"]:
        return "–"
    share = 100 * part["uncertain"] / part["rows"]
    return f"{part['uncertain']:,} of {part['rows']:,} rows ({share:.2g} %)" if part["uncertain"] else "0"


def planted_table(found: dict[str, Any]) -> str:
    """The planted bugs and what caught them."""
    lines = ["| Planted bug | Caught by | Reported |", "|---|---|---|"]
    return "\n".join([*lines, *found["planted"]])


def commit_of(root: Path) -> str:
    answer = subprocess.run(
        ["git", "-C", str(root), "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    changed = subprocess.run(
        ["git", "-C", str(root), "status", "--porcelain", "--", "importer", "tests"],
        capture_output=True,
        text=True,
        check=False,
    )
    return (answer.stdout.strip() or "unknown") + (" with changes" if changed.stdout.strip() else "")


def machine() -> str:
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {sys.version.split()[0]}"
