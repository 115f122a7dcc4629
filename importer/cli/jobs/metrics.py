"""`importer jobs metrics`, and what `importer serve --listen` answers: metrics for Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from importer.cli.jobs.workspace import jobs_options, open_workspace
from importer.cli.streams import print_json

if TYPE_CHECKING:
    from importer.jobs import JobsWorkspace, MetricsCollector


@click.command("metrics")
@click.option(
    "--textfile",
    type=click.Path(path_type=Path),
    help="Write them into this file, for node_exporter's textfile collector.",
)
@jobs_options
def metrics_command(textfile: Path | None, file: Path | None, as_json: bool) -> int:
    """Print the metrics of ledger and jobs in Prometheus' format; with --json, whether all is well.

    For cron: the same metrics as those of `importer serve --listen`, but those of the engine.
    """
    from importer.cli.streams import print_output
    from importer.jobs import format_metrics, health, write_textfile

    with open_workspace(file) as workspace:
        picture = metrics_collector(workspace).snapshot()
    content, _ = format_metrics(picture)
    if textfile is not None:
        write_textfile(textfile, content)
    if as_json:
        print_json(health(picture))
    elif textfile is None:
        print_output(content.decode().rstrip())
    return 1 if picture.troubles else 0


def metrics_collector(
    workspace: JobsWorkspace, engine_trouble: Callable[[datetime], str] | None = None
) -> MetricsCollector:
    """Make the collector of metrics of the ledger and the jobs of ``workspace``."""
    from importer.config import read_database_url
    from importer.jobs import MetricsCollector
    from importer.ledger import monitor_ledger

    env = workspace.env
    ledger = monitor_ledger(env.home, read_database_url(env.variables))
    return MetricsCollector(env.home, workspace.jobs, workspace.store, ledger, env.clock.now, engine_trouble)


@contextmanager
def metrics_server(
    listen: str | None, workspace: JobsWorkspace, engine_trouble: Callable[[datetime], str]
) -> Iterator[None]:
    """Serve metrics and health at ``listen``, if given, while the block runs. Raises :class:`SettingsError`."""
    if not listen or listen.strip().lower() == "none":
        yield
        return
    from importer.cli.streams import print_message
    from importer.jobs import format_metrics, parse_address, serve_metrics

    take = metrics_collector(workspace, engine_trouble).snapshot
    # A missing package is reported now, and not to the first request.
    format_metrics(take())
    with serve_metrics(parse_address(listen), take) as address:
        print_message(f"Metrics: {address}/metrics, health: {address}/health.")
        yield
