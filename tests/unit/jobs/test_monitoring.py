"""Metrics and health of the service: their content, what they never contain, and how they are served."""

from __future__ import annotations

import http.client
import json
import stat
import urllib.request
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.error import HTTPError

import pytest

from importer.core.errors import LedgerError, SettingsError
from importer.core.model import Status
from importer.jobs.config.loader import parse_jobs
from importer.jobs.files.inbox import InboxFile
from importer.jobs.monitoring import status as status_module
from importer.jobs.monitoring.http_server import is_host_accepted, parse_address, serve_metrics
from importer.jobs.monitoring.prometheus import format_metrics, health, write_textfile
from importer.jobs.monitoring.status import MetricsCollector
from importer.jobs.store.records import JobRun
from importer.jobs.store.store import JobStore
from importer.ledger.monitor import CallKey, LedgerMetrics

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
JOBS = """\
jobs:
  visits: {account: india, mapping: /secret/place/m.yaml, source: {folder: /secret/place},
           schedule: {cron: "0 13 * * *", timezone: UTC}}
  notes: {account: india, mapping: m.yaml, source: {folder: x}, after: visits}
"""
LEDGER = LedgerMetrics(
    rows={("r1", "created"): 30, ("r1", "uncertain"): 2, ("r2", "created"): 5},
    accounts={"r1": "india", "r2": "india"},
    calls={CallKey("india", "bulk", "applied", ""): 3, CallKey("india", "bulk", "throttled", 'odd" code\n'): 1},
    seconds={CallKey("india", "bulk", "applied", ""): 1.5, CallKey("india", "bulk", "throttled", 'odd" code\n'): 0.5},
    runs={("india", "finished"): 2},
    waits={"india": 12.5},
    last_finished={"india": "2026-03-02T11:00:00.000+00:00"},
)


class FakeLedgerWatch:
    """A ledger's watch that says what it is told to say."""

    def __init__(self, says: LedgerMetrics | LedgerError) -> None:
        self.says, self.looks = says, 0

    def read_metrics(self) -> LedgerMetrics:
        self.looks += 1
        if isinstance(self.says, LedgerError):
            raise self.says
        return self.says


@pytest.fixture
def watcher(tmp_path: Path, store: JobStore) -> MetricsCollector:
    jobs = parse_jobs(JOBS, tmp_path / "jobs.yaml")
    return MetricsCollector(tmp_path, jobs, store, FakeLedgerWatch(LEDGER), lambda: NOW, lambda now: "")  # type: ignore[arg-type]  # looks like one


def add_record(store: JobStore, name: str, at: datetime, **values: Any) -> None:
    entry = store.add_file("visits", InboxFile(Path(f"/secret/place/{name}"), 1, 1, 1), "sha", "m", at)
    store.update_file(entry.id, **{"state": "taken", **values})


def lines_of(watcher: MetricsCollector) -> set[str]:
    content, kind = format_metrics(watcher.snapshot())
    assert kind.startswith("text/plain")
    return set(content.decode().splitlines())


def test_rows_of_every_status_are_counted(watcher: MetricsCollector, monkeypatch: pytest.MonkeyPatch) -> None:
    """Invalid ones stand in plans, or with files for which no run was begun; a status without rows is zero."""
    facts = SimpleNamespace(facts=SimpleNamespace(invalid=3))
    monkeypatch.setattr(status_module, "open_plan", lambda folder: facts)
    add_record(watcher.store, "a.csv", NOW, state="archived", run="r1")
    add_record(watcher.store, "b.csv", NOW, state="archived", rows=4, counts={"invalid": 4})
    open_runs = replace(LEDGER, unrecorded={"r1": ("/runs/r1", 10), "r2": ("/runs/r2", 2)})
    watcher = replace(watcher, ledger=FakeLedgerWatch(open_runs))  # type: ignore[arg-type]  # looks like one
    rows = watcher.snapshot().rows()
    assert (rows["india", "visits", "invalid"], rows["india", "visits", "not_sent"]) == (7, 7)
    assert (rows["india", "", "invalid"], rows["india", "", "not_sent"]) == (2, 0)
    assert {status for account, job, status in rows if job == "visits"} == {each.value for each in Status}


def test_the_metrics_of_ledger_and_jobs(watcher: MetricsCollector) -> None:
    """By account, job and status; a run that no job began has no job."""
    store = watcher.store
    add_record(store, "a.csv", NOW - timedelta(hours=3), state="archived", run="r1")
    add_record(store, "b.csv", NOW - timedelta(hours=2), state="held", message="secret words")
    add_record(store, "c.csv", NOW - timedelta(hours=1))
    store.replace_sightings("visits", {InboxFile(Path("/secret/place/d.csv"), 1, 1, 1): NOW.isoformat()})
    store.update_job_state("visits", last_success_at=(NOW - timedelta(hours=4)).isoformat())
    store.add_run(JobRun("visits", "hand", "", "", NOW.isoformat(), "held", 3, 1, 0, "secret words"))
    lines = lines_of(watcher)
    assert {
        'importer_rows{account="india",job="visits",status="created"} 30.0',
        'importer_rows{account="india",job="visits",status="uncertain"} 2.0',
        'importer_rows{account="india",job="",status="created"} 5.0',
        'importer_calls_total{account="india",class="bulk",verdict="applied"} 3.0',
        'importer_call_seconds_total{account="india",class="bulk",verdict="throttled"} 0.5',
        'importer_call_codes_total{account="india",class="bulk",code="other",verdict="throttled"} 1.0',
        'importer_limit_wait_seconds_total{account="india"} 12.5',
        'importer_runs{account="india",state="finished"} 2.0',
        f'importer_last_finished_timestamp_seconds{{account="india"}} {(NOW - timedelta(hours=1)).timestamp()}',
        'importer_files{job="visits",state="held"} 1.0',
        'importer_files{job="visits",state="taken"} 1.0',
        'importer_files{job="visits",state="arriving"} 1.0',
        'importer_files{job="notes",state="held"} 0.0',
        'importer_file_waiting_seconds{job="visits"} 7200.0',
        'importer_job_paused{job="visits"} 0.0',
        'importer_job_last_exit_status{job="visits"} 3.0',
        'importer_job_last_success_age_seconds{job="visits"} 14400.0',
        f'importer_job_next_timestamp_seconds{{job="visits"}} {(NOW + timedelta(hours=1)).timestamp()}',
        "importer_engine_up 1.0",
        'importer_healthy{part="ledger"} 1.0',
    } <= {_plain(line) for line in lines}
    told = "\n".join(lines) + json.dumps(health(watcher.snapshot()))
    assert "secret" not in told, "paths, names of files and messages stay here"


def _plain(line: str) -> str:
    name, _, value = line.rpartition(" ")
    try:
        return f"{name} {float(value)}"
    except ValueError:
        return line


def test_old_runs_go_and_the_newest_of_each_job_stays(store: JobStore) -> None:
    """The last run of a job is shown however long ago it was; files stay, for their content is recognised by them."""
    add_record(store, "a.csv", NOW - timedelta(days=900), state="archived", outcome="done")
    for job, days in (("visits", 900), ("visits", 800), ("visits", 10), ("notes", 900), ("notes", 800)):
        at = (NOW - timedelta(days=days)).isoformat(timespec="milliseconds")
        store.add_run(JobRun(job, "hand", "", at, at, "done", 0, 1, 5, str(days)))
    assert store.delete_old_runs(NOW - timedelta(days=365)) == 3
    assert [run.message for run in store.runs("visits", 9)] == ["10"]
    assert [run.message for run in store.runs("notes", 9)] == ["800"]
    assert store.imported_before("visits", "sha") is not None
    assert store.delete_old_runs(NOW - timedelta(days=365)) == 0


def test_codes_cannot_make_series_without_end(watcher: MetricsCollector) -> None:
    """What LeadSquared calls its refusals is shown for fifty kinds."""
    many = {CallKey("india", "bulk", "refused", f"Code{number}"): 1 for number in range(400)}
    figures = replace(LEDGER, calls=many, seconds=dict.fromkeys(many, 0.1))
    found = [
        line
        for line in lines_of(replace(watcher, ledger=FakeLedgerWatch(figures)))  # type: ignore[arg-type]  # looks like one
        if line.startswith("importer_call_codes_total")
    ]
    assert len(found) == 51
    assert any('code="other"' in line and line.endswith(" 350.0") for line in found)


def test_health_names_each_trouble(watcher: MetricsCollector, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ledger, jobs' database, disk and engine; their metrics are then left out rather than wrong."""
    assert health(watcher.snapshot())["status"] == "ok"
    watcher.store.close()
    monkeypatch.setattr(watcher.store, "jobs_by_run", _failing)
    monkeypatch.setattr(status_module, "LEAST_FREE_BYTES", 1 << 80)
    away = FakeLedgerWatch(LedgerError("it is at /secret/place", ""))
    ill = replace(watcher, ledger=away, engine_trouble=lambda now: "dead")  # type: ignore[arg-type]  # looks like one
    told = health(ill.snapshot())
    assert (told["status"], told["troubles"]) == ("unhealthy", ["disk", "engine", "jobs_database", "ledger"])
    lines = {_plain(line) for line in lines_of(ill)}
    assert {"importer_engine_up 0.0", 'importer_healthy{part="disk"} 0.0'} <= lines
    assert not any(line.startswith(("importer_rows", "importer_files")) for line in lines)
    gone = replace(watcher, home=watcher.home / "gone", engine_trouble=None)
    assert "disk" in gone.snapshot().troubles
    assert not any("engine" in line for line in lines_of(gone))


def _failing() -> dict[str, str]:
    raise LedgerError("The memory of the jobs cannot be used.", "")


def get(address: str, path: str, method: str = "GET") -> tuple[int, str, str]:
    try:
        request = urllib.request.Request(address + path, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except HTTPError as error:
        return error.code, error.headers["Content-Type"], error.read().decode()


@contextmanager
def at(take_picture: Callable[[], Any]) -> Any:
    with serve_metrics(("127.0.0.1", 0), take_picture) as address:
        yield address


@pytest.mark.slow
def test_what_is_answered(watcher: MetricsCollector) -> None:
    """Metrics, health, liveness; 503 when something is wrong; nothing else, and to nobody else."""
    with at(watcher.snapshot) as address:
        assert address.startswith("http://127.0.0.1:")
        status, kind, text = get(address, "/metrics?x=1")
        assert (status, kind.split(";")[0]) == (200, "text/plain")
        assert "importer_rows{" in text
        assert get(address, "/healthz") == (200, "text/plain; charset=utf-8", "alive\n")
        assert json.loads(get(address, "/health")[2])["status"] == "ok"
        assert get(address, "/readyz")[0] == 200
        assert get(address, "/jobs.yaml")[0] == 404
        assert get(address, "/metrics", "POST")[0] == 501
        assert watcher.ledger.looks == 1, "asking often does not keep the database busy"  # type: ignore[attr-defined]
    ill = replace(watcher, engine_trouble=lambda now: "dead")
    with at(ill.snapshot) as address:
        assert get(address, "/health")[0] == 503
        assert get(address, "/healthz")[0] == 200


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="of Linux only")
def test_a_service_tells_what_it_takes_itself(watcher: MetricsCollector) -> None:
    """A command that only looks does not: it is over in a moment."""
    names = {line.split()[0] for line in lines_of(watcher)}
    assert {"process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds"} <= names
    assert not any("process_" in line for line in lines_of(replace(watcher, engine_trouble=None)))


def test_openmetrics_for_who_asks_for_it(watcher: MetricsCollector) -> None:
    """Newer servers do."""
    with at(watcher.snapshot) as address:
        asked = urllib.request.Request(
            f"{address}/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"}
        )
        with urllib.request.urlopen(asked, timeout=10) as answer:
            content, kind = answer.read(), answer.headers["Content-Type"]
    assert kind.startswith("application/openmetrics-text")
    assert content.endswith(b"# EOF\n")


def test_a_fault_of_the_program_is_an_answer_and_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """The traceback is not for whoever asks."""

    def fail() -> Any:
        raise RuntimeError("secret words")

    with at(fail) as address:
        status, _, text = get(address, "/metrics")
    assert (status, "secret" in text) == (500, False)
    assert "secret words" in caplog.text


def test_a_client_that_says_nothing_keeps_nobody_waiting(watcher: MetricsCollector) -> None:
    """Each has a thread of its own, and is dropped after some seconds."""
    with at(watcher.snapshot) as address:
        silent = http.client.HTTPConnection(address.removeprefix("http://"), timeout=5)
        silent.connect()
        assert get(address, "/healthz")[0] == 200
        silent.close()


def test_a_port_that_is_taken_is_an_error(watcher: MetricsCollector) -> None:
    """With advice."""
    with at(watcher.snapshot) as address:
        port = int(address.rpartition(":")[2])
        with (
            pytest.raises(SettingsError, match="Nothing can listen"),
            serve_metrics(("127.0.0.1", port), watcher.snapshot),
        ):
            pass


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("127.0.0.1:9464", ("127.0.0.1", 9464)),
        ("9464", ("127.0.0.1", 9464)),
        (":9464", ("127.0.0.1", 9464)),
        ("localhost:1", ("127.0.0.1", 1)),
        ("[::1]:9464", ("::1", 9464)),
        ("0.0.0.0:9464", ("0.0.0.0", 9464)),
    ],
)
def test_addresses(text: str, place: tuple[str, int]) -> None:
    """A port alone is one of this computer; other computers are let in only by an address that says so."""
    assert parse_address(text) == place


@pytest.mark.parametrize("text", ["", "x", "127.0.0.1", "host.example:9464", "127.0.0.1:99999", "127.0.0.1:-1", "::1"])
def test_no_addresses(text: str) -> None:
    """Told with an example."""
    with pytest.raises(SettingsError, match="--listen"):
        parse_address(text)


def test_the_textfile_is_replaced_whole_and_readable(tmp_path: Path) -> None:
    """node_exporter runs as another user; a folder that is not there is told."""
    path = tmp_path / "importer.prom"
    for content in (b"one\n", b"two\n"):
        write_textfile(path, content)
    assert path.read_bytes() == b"two\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [each.name for each in tmp_path.iterdir()] == ["importer.prom"]
    with pytest.raises(SettingsError, match="cannot be written"):
        write_textfile(tmp_path / "none" / "x.prom", b"")


@pytest.mark.parametrize(
    ("host", "listening", "accepted"),
    [
        ("127.0.0.1:9464", "127.0.0.1", True),
        ("localhost", "127.0.0.1", True),
        ("[::1]:9464", "::1", True),
        ("evil.example:9464", "127.0.0.1", False),
        ("localhost.evil.example", "::1", False),
        ("10.0.0.7", "127.0.0.1", False),
        ("", "127.0.0.1", False),
        ("importer.example:9464", "10.0.0.7", True),
        ("importer.example", "0.0.0.0", True),
    ],
)
def test_a_page_cannot_read_the_metrics_under_a_name_of_its_own(host: str, listening: str, accepted: bool) -> None:
    """A name that somebody else lets point to this computer is refused where only this computer may ask."""
    assert is_host_accepted(host, listening) is accepted


def test_a_request_with_a_strange_host_is_refused(watcher: MetricsCollector) -> None:
    """Nothing of the metrics is in the answer."""
    with serve_metrics(("127.0.0.1", 0), watcher.snapshot) as address:
        request = urllib.request.Request(f"{address}/metrics", headers={"Host": "evil.example"})
        with pytest.raises(HTTPError) as caught:
            urllib.request.urlopen(request)
        assert (caught.value.code, b"importer_" in caught.value.read()) == (421, False)
