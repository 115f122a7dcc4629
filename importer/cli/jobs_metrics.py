"""`importer jobs metrics`, and what `importer serve --listen` answers: figures for whoever watches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from importer.cli.jobs_desk import JobsDesk, jobs_desk, jobs_options
from importer.cli.main import print_json

if TYPE_CHECKING:
    from importer.jobs.monitoring.status import MetricsCollector


@click.command("metrics")
@click.option(
    "--textfile",
    type=click.Path(path_type=Path),
    help="Write them into this file, for node_exporter's textfile collector.",
)
@jobs_options
def metrics_command(textfile: Path | None, file: Path | None, as_json: bool) -> int:
    """Print the figures of ledger and jobs in Prometheus' format; with --json, whether all is well.

    For cron: the same figures as those of `importer serve --listen`, but those of the engine.
    """
    from importer.cli.streams import answer
    from importer.jobs.monitoring.prometheus import format_metrics, health, write_textfile

    with jobs_desk(file) as desk:
        picture = watcher(desk).snapshot()
    content, _ = format_metrics(picture)
    if textfile is not None:
        write_textfile(textfile, content)
    if as_json:
        print_json(health(picture))
    elif textfile is None:
        answer(content.decode().rstrip())
    return 1 if picture.troubles else 0


def watcher(desk: JobsDesk, engine_trouble: Callable[[datetime], str] | None = None) -> MetricsCollector:
    """Somebody who looks at the ledger and the jobs of ``desk``."""
    from importer.config.settings import database_of
    from importer.jobs.monitoring.status import MetricsCollector
    from importer.ledger.factory import watch_ledger

    outside = desk.outside
    ledger = watch_ledger(outside.home, database_of(outside.environment))
    return MetricsCollector(outside.home, desk.jobs, desk.store, ledger, outside.clock.now, engine_trouble)


@contextmanager
def answering(listen: str | None, desk: JobsDesk, engine_trouble: Callable[[datetime], str]) -> Iterator[None]:
    """Answers at ``listen``, if that is said, while the block runs. Raises :class:`SettingsError`."""
    if not listen or listen.strip().lower() == "none":
        yield
        return
    from importer.cli.streams import say
    from importer.jobs.monitoring.http_server import parse_address, serve_metrics
    from importer.jobs.monitoring.prometheus import format_metrics

    take = watcher(desk, engine_trouble).snapshot
    # What is missing for it is told now, and not to the first who asks.
    format_metrics(take())
    with serve_metrics(parse_address(listen), take) as address:
        say(f"Figures: {address}/metrics, health: {address}/health.")
        yield
