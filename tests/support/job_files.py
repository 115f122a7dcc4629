"""Write jobs files for tests that run the whole program, and run their jobs."""

from __future__ import annotations

from typing import Any

JOBS = """\
jobs:
  visits:
    account: default
    mapping: visits.yaml
    source: {{folder: inbox, pattern: "*.csv", stable: {stable}}}
    {more}
"""


def write_jobs_file(desk: Any, more: str = "", stable: str = "0s") -> None:
    """Write a jobs file with one job, its mapping and its empty inbox."""
    desk.visits(0, "unused.csv")
    (desk.folder / "inbox").mkdir(exist_ok=True)
    desk.write("jobs.yaml", JOBS.format(stable=stable, more=more))


def run_job(desk: Any, name: str = "visits") -> Any:
    """Run a job once and return the ended command."""
    return desk.run("jobs", "run", name, "--json")
