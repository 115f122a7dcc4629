"""What an earlier release left on the disk is opened, recognised and continued: ledger, plans, jobs and engine."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from importer.sandbox.options import Keys, Options
from importer.sandbox.server import Sandbox
from tests.acceptance.conftest import CANARY, Desk
from tests.support.job_files import run_job
from tests.support.notification_servers import Webhook, serving
from tests.support.previous_version.load import MADE, lay_out


@pytest.fixture(params=sorted(MADE))
def left(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """The folder and the CRM of a computer on which an earlier release ran until a moment ago."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    lay_out(request.param, tmp_path, f"http://127.0.0.1:{port}")
    options = Options(calls_per_window=0, bulk_calls_per_window=0, async_calls_per_window=0)
    keys = Keys(CANARY, f"{CANARY}-secret", f"{CANARY}-api")
    sandbox = Sandbox(options, keys, port=port, store=tmp_path / "crm.db")
    sandbox.start()
    yield Desk(tmp_path, sandbox, measured=False)
    sandbox.stop()


def test_a_ledger_recognises_what_it_sent(left: Desk) -> None:
    """The runs are listed with their rows, and a file that was imported is not sent again."""
    runs = left.run("runs", "--json").json["runs"]
    assert [run["counts"]["created"] for run in runs] == [25, 30, 40, 9]
    again = left.run("run", "by-hand.csv", "-m", "visits.yaml", "--yes", "--json")
    assert (again.status, again.json["run"]) == (0, runs[2]["run"]), again.err
    assert sum(left.notes().values()) == len(left.notes())
    text = (left.folder / "by-hand.csv").read_text("utf-8")
    left.write("longer.csv", f"{text}{text.splitlines()[1].split(',')[0]},one visit more\n")
    longer = left.run("run", "longer.csv", "-m", "visits.yaml", "--yes", "--json")
    assert longer.status == 0, longer.err
    assert (longer.json["counts"]["created"], longer.json["counts"]["skipped"]) == (1, 40)


def test_values_that_are_cleaned_today_are_recognised(left: Desk) -> None:
    """Apostrophes, `="…"`, separators and blanks were sent as they stood; no row goes again in another form."""
    before = left.notes()
    text = (left.folder / "marks.csv").read_text("utf-8")
    left.write("again.csv", f"{text}{text.splitlines()[1].split(',')[0]},a new row\n")
    again = left.run("run", "again.csv", "-m", "visits.yaml", "--yes", "--json")
    assert again.status == 3, again.err
    assert (again.json["counts"]["created"], again.json["counts"]["changed"]) == (1, 9)
    assert left.notes() - before == {"a new row": 1}


def test_a_job_that_was_killed_is_continued_and_its_notifications_are_sent(left: Desk) -> None:
    """The engine goes on with the run that the release had begun; the notification that it could not send leaves."""
    with serving(Webhook()) as webhook:
        left.environment["HOOK"] = f"{webhook.address}/here"
        ended = run_job(left)
        titles = [message["title"] for message in webhook.received]
    assert ended.status == 0, ended
    assert [Path(each["path"]).name for each in ended.json["files"]] == ["second.csv"]
    assert ended.json["files"][0]["counts"] == {"created": 100}
    assert {"visits: 1 row needs you", "visits: 100 rows imported"} <= set(titles)
    assert (left.folder / "inbox/done/second.csv").is_file()
    notes = left.notes()
    assert set(notes.values()) == {1}
    assert {f"visit {number}" for number in range(130)} <= set(notes)
