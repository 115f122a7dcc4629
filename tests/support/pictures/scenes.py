"""Imports whose reports are worth a look: a clean file, one with a few problems, a hopeless one, a troubled run."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from importer.sandbox.faults import order_of
from importer.sandbox.options import Keys, Options
from importer.sandbox.seed import lead_id
from importer.sandbox.server import Sandbox

MAPPING = """\
target: bulk-activities-by-lead-id
activity:
  RelatedProspectId: {column: Lead ID, type: uuid}
  ActivityEvent: {value: 201}
  ActivityNote: {template: "Attended {Webinar} for {Minutes} minutes"}
  ActivityDateTime: {column: Joined at, type: datetime, format: "%d/%m/%Y %H:%M", timezone: Asia/Kolkata}
  mx_Custom_1: {column: Webinar, required: true, max_length: 100}
  mx_Custom_2: {column: Score, type: integer, range: [0, 100]}
  mx_Custom_3: {column: Plan, type: choice, lookup: {Gold: G, Silver: S, Bronze: B}}
  mx_Custom_4: {column: City, transforms: [strip, title]}
  mx_Custom_5: {column: Feedback, max_length: 60}
ignore: [Internal remarks]
"""
HEADINGS = "Lead ID,Webinar,Joined at,Minutes,Score,Plan,City,Feedback,Internal remarks"
_WEBINARS = ("Careers in Data Science", "Design Thinking", "Finance for Founders")
_CITIES = ("Pune", "Mumbai", "chennai", "Delhi", "Bengaluru", "Kochi", "")
_FEEDBACK = ("", "", "Great session", "Too long", "=Would, come again", "café ☕ was good")


@dataclass(frozen=True)
class Scene:
    """A name, the source's rows, the command, and what makes its run troubled."""

    name: str
    rows: Sequence[str]
    command: str = "check"
    trouble: Callable[[Sandbox], None] = lambda sandbox: None
    timeout: str = "60"


def _row(number: int, chance: random.Random, **wrong: str) -> str:
    cells = {
        "lead": lead_id(number % 400 + 1),
        "webinar": chance.choice(_WEBINARS),
        "joined": f"{chance.randint(1, 28):02}/10/2026 {chance.randint(9, 20):02}:{chance.randint(0, 59):02}",
        "minutes": str(chance.randint(5, 90)),
        "score": str(min(100, max(0, round(chance.gauss(68, 18))))),
        "plan": chance.choice(("Gold", "Silver", "Silver", "Bronze")),
        "city": chance.choice(_CITIES),
        "feedback": f'"{chance.choice(_FEEDBACK)}"',
        "remarks": "",
        **wrong,
    }
    return ",".join(cells.values())


_WRONG: tuple[dict[str, str], ...] = (
    {"joined": "10/32/2026 10:15"},
    {"score": "181"},
    {"plan": "Platinum"},
    {"lead": "L-2231"},
    {"webinar": ""},
    {"feedback": "x" * 80},
)


def _rows(count: int, share: float, seed: int) -> list[str]:
    chance = random.Random(seed)
    return [
        _row(number, chance, **(chance.choice(_WRONG) if chance.random() < share else {})) for number in range(count)
    ]


def _refusals(sandbox: Sandbox) -> None:
    sandbox.change(calls_per_window=6, bulk_calls_per_window=6, window=1.0, latency=0.15)
    for fault in (
        {"fault": "throttle-429", "calls": 2, "skip": 6, "on": "bulk"},
        {"fault": "timeout-after-processing", "calls": 1, "skip": 20, "on": "bulk", "seconds": 6},
        {"fault": "missing-receipts", "calls": 1, "skip": 26, "on": "bulk"},
        {"fault": "500-before-processing", "calls": -1, "skip": 0, "on": "activities-of-lead"},
    ):
        sandbox.faults.add(order_of(fault))


def _unknown_leads(rows: list[str]) -> list[str]:
    return [f"{lead_id(5000 + index)}{row[36:]}" if index % 61 == 40 else row for index, row in enumerate(rows)]


def _spoiled(rows: list[str]) -> list[str]:
    """As after a visit to Excel: dates as numbers, errors, garbled texts and a plan that was taken for a date."""
    spoiled = list(rows)
    for index in range(40, len(rows), 97):
        cells = rows[index].split(",")
        cells[2], cells[6], cells[8] = "46311.5", "#N/A", "asked for a cafÃ©"
        spoiled[index] = ",".join(cells)
    return spoiled


SCENES = (
    Scene("clean", _rows(1200, 0, 1)),
    Scene("problems", _rows(1250, 0.03, 2)),
    Scene("hopeless", [row.replace("/10/2026", "-10-2026") for row in _rows(300, 0.5, 3)]),
    Scene("spoiled", _spoiled([row.replace("Great session", "Great") for row in _rows(800, 0.01, 6)])),
    Scene("finished", _rows(500, 0.02, 4), "run"),
    Scene("troubled", _unknown_leads(_rows(600, 0.02, 5)), "run", _refusals, "3"),
)


def play(scene: Scene, folder: Path) -> Path:
    """Run the scene in ``folder``; the path of its workbook. The page lies beside it, with the ending ``.html``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "webinar.csv").write_text("\n".join([HEADINGS, *scene.rows]) + "\n", "utf-8")
    (folder / "webinar.yaml").write_text(MAPPING, "utf-8")
    sandbox = Sandbox(Options(), Keys("scene-access", "scene-secret", "scene-api"))
    sandbox.start()
    scene.trouble(sandbox)
    environment = {
        **os.environ,
        "IMPORTER_HOME": str(folder / "home"),
        "LEADSQUARED_HOST": sandbox.host,
        "LEADSQUARED_ASYNC_HOST": sandbox.host,
        "LEADSQUARED_ACCESS_KEY": "scene-access",
        "LEADSQUARED_SECRET_KEY": "scene-secret",
        "LEADSQUARED_API_KEY": "scene-api",
        "LEADSQUARED_WINDOW_SECONDS": "1",
        "LEADSQUARED_SETTLE_SECONDS": "0.5",
        "LEADSQUARED_TIMEOUT_SECONDS": scene.timeout,
    }
    book = folder / f"{scene.name}.xlsx"
    arguments = [scene.command, "webinar.csv", "-m", "webinar.yaml", "--results", str(book), "--quiet"]
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "importer", *arguments, *(["--yes"] if scene.command == "run" else [])],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        sandbox.stop()
    if not book.is_file():
        raise RuntimeError(f"{scene.name} ended with {ended.returncode}: {ended.stdout}{ended.stderr}")
    return book
