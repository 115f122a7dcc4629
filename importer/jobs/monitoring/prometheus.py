"""Format a snapshot for Prometheus and as the JSON of a health check. Neither has keys, rows or paths."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from importer.core.errors import SettingsError
from importer.core.filesystem import atomic_write
from importer.jobs.engine.dbos_support import require_engine
from importer.jobs.monitoring.status import Snapshot

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

_FILE_STATES = ("arriving", "taken", "held", "approved", "imported", "unclaimed")
_MOST_CODES = 50
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,60}")


def build_registry(snapshot: Snapshot) -> CollectorRegistry:
    """Return a registry of prometheus_client with the metrics of ``snapshot``.

    In a service, also with what its process takes of memory, processor and files.

    Raises :class:`SettingsError` when prometheus_client is not installed.
    """
    with require_engine():
        from prometheus_client import CollectorRegistry, ProcessCollector

    class Once:
        def collect(self) -> Iterator[Any]:
            return _families(snapshot)

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Once())
    if snapshot.engine_alive is not None:
        # Not of a command that only prints them: its process ends in a moment.
        ProcessCollector(registry=registry)
    return registry


def format_metrics(snapshot: Snapshot) -> tuple[bytes, str]:
    """Format ``snapshot`` in the text format of Prometheus; return the text and its content type.

    Raises :class:`SettingsError` when prometheus_client is not installed.
    """
    registry = build_registry(snapshot)
    from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

    return generate_latest(registry), CONTENT_TYPE_LATEST


def write_textfile(path: Path, content: bytes) -> None:
    """Replace the file that node_exporter's textfile collector reads; readable by all, for it has only metrics.

    Raises :class:`SettingsError`.
    """
    try:
        atomic_write(path, content, mode=0o644, durable=False)
    except OSError as error:
        raise SettingsError(
            f"The metrics cannot be written to {path}: {error.strerror or error}.",
            "Name a file in the folder of node_exporter's textfile collector that this user may write.",
        ) from None


def health(snapshot: Snapshot) -> dict[str, Any]:
    """Return the JSON of a health check: ``status`` is ok or unhealthy, ``troubles`` names the parts with a problem."""
    return {
        "status": "unhealthy" if snapshot.troubles else "ok",
        "at": snapshot.at.isoformat(timespec="seconds"),
        # Only names: the sentences may have paths of this machine; they are in the log and in `importer jobs list`.
        "troubles": sorted(snapshot.troubles),
        "free_bytes": snapshot.free_bytes,
        "jobs": {
            name: {
                "paused": each.paused,
                "last_success_at": each.last_success_at or None,
                "last_success_age_seconds": _age(snapshot.at, each.last_success_at),
                "held": each.files.get("held", 0),
                "unclaimed": each.files.get("unclaimed", 0),
                "next_at": each.next_at or None,
            }
            for name, each in snapshot.jobs.items()
        },
    }


def _age(now: datetime, then: str) -> float | None:
    return max(0.0, (now - datetime.fromisoformat(then)).total_seconds()) if then else None


def _families(snapshot: Snapshot) -> Iterator[Any]:
    """Yield the metric families; those of a part that could not be read are left out rather than wrong."""
    if "ledger" not in snapshot.troubles:
        yield from _ledger_families(snapshot)
    if "jobs_database" not in snapshot.troubles:
        yield from _job_families(snapshot)
    yield _gauge("importer_disk_free_bytes", "Free space where IMPORTER_HOME is.", (), {(): snapshot.free_bytes})
    if snapshot.engine_alive is not None:
        yield _gauge("importer_engine_up", "1 when the engine starts what is due.", (), {(): snapshot.engine_alive})
    parts = {(name,): name not in snapshot.troubles for name in ("ledger", "jobs_database", "disk")}
    yield _gauge("importer_healthy", "1 when this part could be read and has no problem.", ("part",), parts)


def _ledger_families(snapshot: Snapshot) -> Iterator[Any]:
    ledger = snapshot.ledger
    yield _gauge("importer_rows", "Rows of all runs by status.", ("account", "job", "status"), snapshot.rows())
    names = ("account", "class", "verdict")
    number: Counter[tuple[str, ...]] = Counter()
    seconds: dict[tuple[str, ...], float] = {}
    refused: Counter[tuple[str, ...]] = Counter()
    # LeadSquared could send new codes without end: only so many become a series of their own.
    shown = sorted({key.code for key in ledger.calls if _CODE.fullmatch(key.code)})[:_MOST_CODES]
    for key, count in ledger.calls.items():
        labels = (key.account, key.call_class, key.verdict)
        number[labels] += count
        seconds[labels] = seconds.get(labels, 0.0) + ledger.seconds[key]
        if key.code:
            refused[*labels, key.code if key.code in shown else "other"] += count
    yield _counter("importer_calls", "Calls with rows that have ended, by what the answer meant.", names, number)
    yield _counter("importer_call_seconds", "Seconds that those calls waited for their answer.", names, seconds)
    yield _counter("importer_call_codes", "Those calls by LeadSquared's code.", (*names, "code"), refused)
    waits = {(account,): waited for account, waited in ledger.waits.items()}
    yield _counter(
        "importer_limit_wait_seconds", "Seconds in which a run could only wait for limits.", ("account",), waits
    )
    yield _gauge("importer_runs", "Runs by state.", ("account", "state"), ledger.runs)
    ended = {(account,): _timestamp(at) for account, at in ledger.last_finished.items() if at}
    yield _gauge("importer_last_finished_timestamp_seconds", "When a run last finished.", ("account",), ended)


def _job_families(snapshot: Snapshot) -> Iterator[Any]:
    jobs = snapshot.jobs
    files = {(name, state): each.files.get(state, 0) for name, each in jobs.items() for state in _FILE_STATES}
    yield _gauge(
        "importer_files",
        "Files in the inbox by state; held: for a person, unclaimed: no job takes them.",
        ("job", "state"),
        files,
    )
    for metric, help_text, attribute in (
        ("importer_file_waiting_seconds", "Age of the file that waits longest.", "oldest_seconds"),
        ("importer_job_paused", "1 when a person paused the job.", "paused"),
        ("importer_job_last_exit_status", "Exit status of the last run.", "last_exit_status"),
        ("importer_job_last_turn_timestamp_seconds", "When the last run ended.", "last_run_at"),
        ("importer_job_next_timestamp_seconds", "When it is due next.", "next_at"),
        ("importer_job_known_timestamp_seconds", "Since when the job is known.", "known_since"),
        ("importer_job_last_success_timestamp_seconds", "Last success.", "last_success_at"),
    ):
        found = {(name,): getattr(each, attribute) for name, each in jobs.items()}
        # A job without such a value is left out; times become seconds since 1970.
        values = {
            labels: _timestamp(value) if isinstance(value, str) else float(value)
            for labels, value in found.items()
            if value not in ("", None)
        }
        yield _gauge(metric, help_text, ("job",), values)
    ages = {(name,): _age(snapshot.at, each.last_success_at) for name, each in jobs.items() if each.last_success_at}
    yield _gauge("importer_job_last_success_age_seconds", "Seconds since the last success.", ("job",), ages)


def _timestamp(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()


def _gauge(name: str, help_text: str, labels: tuple[str, ...], values: Mapping[Any, Any]) -> Any:
    from prometheus_client.core import GaugeMetricFamily

    return _filled(GaugeMetricFamily(name, help_text, labels=labels), values)


def _counter(name: str, help_text: str, labels: tuple[str, ...], values: Mapping[Any, Any]) -> Any:
    from prometheus_client.core import CounterMetricFamily

    return _filled(CounterMetricFamily(name, help_text, labels=labels), values)


def _filled(family: Any, values: Mapping[Any, Any]) -> Any:
    for labels, value in values.items():
        family.add_metric(labels, float(value))
    return family
