"""Make the files of a release that later versions must open and continue: run with that release's code on the path.

``PYTHONPATH=<checkout of the release> python make.py FOLDER`` starts a sandbox, lets one job finish with a notification
that cannot be sent, and kills the next run of the job in the middle of a call. What the release left on the disk
(ledger, plans, the database of the jobs and that of the engine, the inbox) and the CRM's own state are written to
``FOLDER`` as texts: databases as SQL, with the folder, the machine and the CRM's address as placeholders.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from importer.ledger.machine import boot_id, machine_id

from importer.sandbox.options import Keys, Options
from importer.sandbox.seed import lead_id
from importer.sandbox.server import Sandbox

KEY = "canary0key0that0must0never0appear"
MAPPING = """\
target: bulk-activities-by-lead-id
activity:
  RelatedProspectId: {column: Lead ID, type: uuid}
  ActivityEvent: {value: 201}
  ActivityNote: Note
"""
MARKS = [
    "'411001",
    '="0110002"',
    "\tTabbed",
    "\u200bInvisible\u200b",
    " padded ",
    "two  blanks",
    "411001;",
    "5.0",
    "Zoe\u0301",
]
"""Notes that later releases clean, or compare in another form."""
JOBS = """\
jobs:
  visits:
    account: default
    mapping: visits.yaml
    source: {folder: inbox, pattern: "*.csv", stable: 0s}
    notify: [{url: {env: HOOK}, when: always}]
"""


def visits(count: int, first: int) -> str:
    lines = [f"{lead_id(number % 400 + 1)},visit {number}" for number in range(first, first + count)]
    return "\n".join(["Lead ID,Note", *lines]) + "\n"


def main(target: Path) -> None:
    folder = Path(tempfile.mkdtemp(prefix="previous-version-"))
    store = folder.with_name(folder.name + "-crm.db")
    options = Options(calls_per_window=0, bulk_calls_per_window=0, async_calls_per_window=0)
    sandbox = Sandbox(options, Keys(KEY, f"{KEY}-secret", f"{KEY}-api"), store=store)
    sandbox.start()
    environment = {
        **{name: text for name, text in os.environ.items() if not name.startswith(("LEADSQUARED_", "IMPORTER_"))},
        "IMPORTER_HOME": str(folder / "home"),
        "LEADSQUARED_HOST": sandbox.host,
        "LEADSQUARED_ASYNC_HOST": sandbox.host,
        "LEADSQUARED_ACCESS_KEY": KEY,
        "LEADSQUARED_SECRET_KEY": f"{KEY}-secret",
        "LEADSQUARED_API_KEY": f"{KEY}-api",
        "LEADSQUARED_CALLS_PER_WINDOW": "20",
        "LEADSQUARED_WINDOW_SECONDS": "0.2",
        "LEADSQUARED_SETTLE_SECONDS": "0.3",
        "LEADSQUARED_TIMEOUT_SECONDS": "3",
        "LEADSQUARED_TIME_ZONE": "Asia/Kolkata",
        "LEADSQUARED_COUNTRY": "IN",
        "HOOK": "json://127.0.0.1:1/away",
    }
    (folder / "inbox").mkdir()
    (folder / "visits.yaml").write_text(MAPPING, "utf-8")
    (folder / "jobs.yaml").write_text(JOBS, "utf-8")

    def run(*arguments: str, **more: str) -> int:
        command = [sys.executable, "-m", "importer", *arguments]
        return subprocess.run(command, cwd=folder, env={**environment, **more}, check=False).returncode

    lines = [f'{lead_id(number)},"{note}"' for number, note in enumerate((one.replace('"', '""') for one in MARKS), 1)]
    (folder / "marks.csv").write_text("\n".join(["Lead ID,Note", *lines, ""]), "utf-8")
    assert run("run", "marks.csv", "-m", "visits.yaml", "--yes") == 0
    (folder / "by-hand.csv").write_text(visits(40, 1000), "utf-8")
    assert run("run", "by-hand.csv", "-m", "visits.yaml", "--yes") == 0
    (folder / "inbox/first.csv").write_text(visits(30, 0) + "nobody,bad row\n", "utf-8")
    assert run("jobs", "run", "visits", "--json") == 3
    (folder / "inbox/second.csv").write_text(visits(100, 30), "utf-8")
    before = len(sandbox.state()["activities"])
    sandbox.change(latency=0.4)
    slow = {**environment, "LEADSQUARED_BULK_CALLS_PER_WINDOW": "1"}
    process = subprocess.Popen([sys.executable, "-m", "importer", "jobs", "run", "visits"], cwd=folder, env=slow)
    while len(sandbox.state()["activities"]) < before + 26:
        time.sleep(0.02)
    process.kill()
    process.wait()
    sandbox.change(latency=0.0)
    sandbox.stop()
    words = {str(folder): "@FOLDER@", sandbox.host: "@HOST@", machine_id(): "@MACHINE@", boot_id(): "@BOOT@"}
    words |= {sandbox.host.removeprefix("http://"): "@PLACE@"}
    shutil.rmtree(target, ignore_errors=True)
    shutil.copy2(store, folder / "crm.db")
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or not {"results", "limits", "locks"}.isdisjoint(path.parts):
            continue
        kept = target / path.relative_to(folder)
        kept.parent.mkdir(parents=True, exist_ok=True)
        if path.read_bytes().startswith(b"SQLite format 3"):
            connection = sqlite3.connect(path)
            mark = connection.execute("PRAGMA application_id").fetchone()[0]
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            text = "\n".join(connection.iterdump())
            text += f"\nPRAGMA application_id={mark};\nPRAGMA user_version={version};\n"
            kept = kept.with_name(kept.name + ".sql")
        else:
            try:
                text = path.read_text("utf-8")
            except UnicodeDecodeError:
                kept.write_bytes(path.read_bytes())
                continue
        for word, place in words.items():
            if word:
                text = text.replace(word, place)
        kept.write_text(text, "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
