"""Jobs files for tests that run the whole program."""

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


def jobs(desk: Any, more: str = "", stable: str = "0s") -> None:
    """A jobs file with one job, its mapping and its empty inbox."""
    desk.visits(0, "unused.csv")
    (desk.folder / "inbox").mkdir(exist_ok=True)
    desk.write("jobs.yaml", JOBS.format(stable=stable, more=more))


def turn(desk: Any, name: str = "visits") -> Any:
    """One turn of a job, and how it ended."""
    return desk.run("jobs", "run", name, "--json")
