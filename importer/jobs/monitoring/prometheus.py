"""A picture in the format of Prometheus, and as the JSON of a health check: neither holds keys, rows or paths."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from importer.core.errors import SettingsError
from importer.jobs.engine.optional import engine_extra
from importer.jobs.monitoring.collector import Picture

_FILE_STATES = ("arriving", "taken", "held", "approved", "imported")
_MOST_CODES = 50
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,60}")


def exposition(picture: Picture, accept: str = "") -> tuple[bytes, str]:
    """The picture as Prometheus reads it, in the form that ``accept`` asks for, and the type of its content.

    In a service, with what its process takes of memory, processor and files.

    Raises :class:`SettingsError` when the package for it is not installed.
    """
    with engine_extra():
        from prometheus_client import CollectorRegistry, ProcessCollector
        from prometheus_client.exposition import choose_encoder

    class Once:
        def collect(self) -> Iterator[Any]:
            return _families(picture)

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Once())
    if picture.engine_alive is not None:
        # Only of a service: that of a command which looks is over in a moment.
        ProcessCollector(registry=registry)
    encode, kind = choose_encoder(accept)
    return encode(registry), kind


def write_textfile(path: Path, content: bytes) -> None:
    """Replace the file that node_exporter's textfile collector reads; readable by all, for it holds figures only.

    Raises :class:`SettingsError`.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o644)
            file.write(content)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise SettingsError(
            f"The figures cannot be written to {path}: {error.strerror or error}.",
            "Name a file in the folder of node_exporter's textfile collector that this user may write.",
        ) from None


def health(picture: Picture) -> dict[str, Any]:
    """What a load balancer or a person asks: ``status`` is ok or unhealthy, ``troubles`` says why."""
    return {
        "status": "unhealthy" if picture.troubles else "ok",
        "at": picture.at.isoformat(timespec="seconds"),
        # Their words may hold paths of this machine; what is wrong is in the log and said by `importer jobs list`.
        "troubles": sorted(picture.troubles),
        "free_bytes": picture.free_bytes,
        "jobs": {
            name: {
                "paused": each.paused,
                "last_success_at": each.last_success_at or None,
                "last_success_age_seconds": _age(picture.at, each.last_success_at),
                "held": each.files.get("held", 0),
                "next_at": each.next_at or None,
            }
            for name, each in picture.jobs.items()
        },
    }


def _age(now: datetime, then: str) -> float | None:
    return max(0.0, (now - datetime.fromisoformat(then)).total_seconds()) if then else None


def _families(picture: Picture) -> Iterator[Any]:
    yield from _ledger_families(picture)
    yield from _job_families(picture)
    yield _gauge("importer_disk_free_bytes", "Room where IMPORTER_HOME is.", (), {(): picture.free_bytes})
    if picture.engine_alive is not None:
        yield _gauge("importer_engine_up", "1 when the engine starts what is due.", (), {(): picture.engine_alive})
    parts = {(name,): name not in picture.troubles for name in ("ledger", "jobs_database", "disk")}
    yield _gauge("importer_healthy", "1 when this part could be looked at and is well.", ("part",), parts)


def _ledger_families(picture: Picture) -> Iterator[Any]:
    ledger = picture.ledger
    if "ledger" in picture.troubles:
        return
    yield _gauge("importer_rows", "Rows of all runs as they stand.", ("account", "job", "status"), picture.rows())
    names = ("account", "class", "verdict")
    number: Counter[tuple[str, ...]] = Counter()
    seconds: dict[tuple[str, ...], float] = {}
    refused: Counter[tuple[str, ...]] = Counter()
    shown = _shown_codes({key.code: 0 for key in ledger.calls if key.code})
    for key, count in ledger.calls.items():
        labels = (key.account, key.call_class, key.verdict)
        number[labels] += count
        seconds[labels] = seconds.get(labels, 0.0) + ledger.seconds[key]
        if key.code:
            refused[*labels, key.code if key.code in shown else "other"] += count
    yield _counter("importer_calls", "Calls with rows that have ended, by what the answer meant.", names, number)
    yield _counter("importer_call_seconds", "Seconds that those calls waited for their answer.", names, seconds)
    yield _counter("importer_call_codes", "The same by LeadSquared's code.", (*names, "code"), refused)
    waits = {(account,): waited for account, waited in ledger.waits.items()}
    yield _counter(
        "importer_limit_wait_seconds", "Seconds in which a run could only wait for limits.", ("account",), waits
    )
    yield _gauge("importer_runs", "Runs by state.", ("account", "state"), ledger.runs)
    ended = {(account,): _seconds(at) for account, at in ledger.last_finished.items() if at}
    yield _gauge("importer_last_finished_timestamp_seconds", "When a run last finished.", ("account",), ended)


def _job_families(picture: Picture) -> Iterator[Any]:
    if "jobs_database" in picture.troubles:
        return
    jobs, by_job = picture.jobs, ("job",)
    files = {(name, state): each.files.get(state, 0) for name, each in jobs.items() for state in _FILE_STATES}
    yield _gauge("importer_files", "Files in the inbox by state; held: a person is wanted.", ("job", "state"), files)
    for metric, words, values in (
        ("importer_file_waiting_seconds", "Age of the file that waits longest.", _each(picture, "oldest_seconds")),
        ("importer_job_paused", "1 when a person paused the job.", _each(picture, "paused")),
        ("importer_job_last_exit_status", "Exit status of the last turn.", _each(picture, "last_exit_status")),
        ("importer_job_last_turn_timestamp_seconds", "When it last did something.", _each(picture, "last_turn_at")),
        ("importer_job_next_timestamp_seconds", "When it is due next.", _each(picture, "next_at")),
        ("importer_job_known_timestamp_seconds", "Since when the job is known.", _each(picture, "known_since")),
        ("importer_job_last_success_timestamp_seconds", "Last success.", _each(picture, "last_success_at")),
    ):
        yield _gauge(metric, words, by_job, values)
    ages = {(name,): _age(picture.at, each.last_success_at) for name, each in jobs.items() if each.last_success_at}
    yield _gauge("importer_job_last_success_age_seconds", "Seconds since the last success.", by_job, ages)


def _each(picture: Picture, name: str) -> dict[tuple[str, ...], float]:
    """One figure of every job that has it; moments as seconds since 1970."""
    found = {job: getattr(each, name) for job, each in picture.jobs.items()}
    return {
        (job,): _seconds(value) if isinstance(value, str) else float(value)
        for job, value in found.items()
        if value not in ("", None)
    }


def _shown_codes(codes: Mapping[str, int]) -> set[str]:
    """A server that makes up codes cannot make up series without end."""
    return set(sorted(code for code in codes if _CODE.fullmatch(code))[:_MOST_CODES])


def _seconds(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()


def _gauge(name: str, words: str, labels: tuple[str, ...], values: Mapping[Any, Any]) -> Any:
    from prometheus_client.core import GaugeMetricFamily

    return _filled(GaugeMetricFamily(name, words, labels=labels), values)


def _counter(name: str, words: str, labels: tuple[str, ...], values: Mapping[Any, Any]) -> Any:
    from prometheus_client.core import CounterMetricFamily

    return _filled(CounterMetricFamily(name, words, labels=labels), values)


def _filled(family: Any, values: Mapping[Any, Any]) -> Any:
    for labels, value in values.items():
        family.add_metric(labels, float(value))
    return family
