"""A check starts quickly: nothing is loaded that only a delivery needs."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from importer.core.memory import configure_startup, skip_final_gc

UNNEEDED = (
    "sqlalchemy",
    "requests",
    "urllib3",
    "http.client",
    "sqlite3",
    "importer.delivery.deliver_plan",
    "importer.leadsquared.client",
)
CHECK = """
import sys
from importer.cli.main import run
status = run(sys.argv[1:])
print("loaded:", [name for name in {names!r} if name in sys.modules])
sys.exit(status)
"""


@pytest.fixture
def collector() -> Iterator[None]:
    """What is set for the whole process is set back."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


@pytest.mark.slow
def test_a_check_without_a_ledger_loads_no_database_and_no_network(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Id,Name\n1,Ann\n", "utf-8")
    (tmp_path / "m.yaml").write_text(
        "target: bulk-activities-by-lead-id\nactivity:\n  RelatedProspectId: Id\n  ActivityEvent: {value: 201}\n"
        "  ActivityNote: Name\n",
        "utf-8",
    )
    program = CHECK.format(names=UNNEEDED)
    done = subprocess.run(
        [sys.executable, "-c", program, "check", "a.csv", "-m", "m.yaml"],
        cwd=tmp_path,
        env={**os.environ, "IMPORTER_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "loaded: []" in done.stdout, done.stdout + done.stderr
    assert not (tmp_path / "home" / "ledger.db").exists()


def test_what_people_set_themselves_stays(collector: None) -> None:
    """Threads and plugins are turned off only where nobody has said anything."""
    environment = {"OPENBLAS_NUM_THREADS": "4"}
    configure_startup(environment)
    assert environment == {"OPENBLAS_NUM_THREADS": "4", "PYDANTIC_DISABLE_PLUGINS": "__all__"}


def test_the_collector_looks_seldom_and_in_the_end_not_at_all(collector: None) -> None:
    """Cycles are still collected, or a program that runs for weeks would fill the memory."""
    configure_startup({})
    assert gc.isenabled()
    assert gc.get_threshold()[0] == 100_000
    skip_final_gc()
    assert gc.get_freeze_count() > 0
