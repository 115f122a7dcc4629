"""`importer jobs test-notification`: do the addresses of a job work?"""

from __future__ import annotations

from pathlib import Path

import click

from importer.cli.jobs_desk import jobs_options, tell_lines
from importer.cli.main import print_json


@click.command("test-notification")
@click.argument("name")
@jobs_options
def test_command(name: str, file: Path | None, as_json: bool) -> int:
    """Send a test message to every address of the job NAME, and say which ones work.

    The exit status is 1 when one of them could not be reached.
    """
    from importer.cli.options import surroundings
    from importer.core.errors import UsageError
    from importer.jobs.config.loader import find_jobs_file, load_jobs
    from importer.jobs.notifications.dispatcher import make_sender, try_addresses

    outside = surroundings(quiet=True, verbose=0)
    task = load_jobs(find_jobs_file(file, outside.environment, outside.home)).task(name)
    if not task.job.notify:
        raise UsageError(f"The job {name} notifies nobody.", "Add `notify:` to it; docs/jobs.md shows how.")
    tried = try_addresses(task, make_sender(outside.environment), outside.environment, outside.clock.now())
    status = 1 if any(each["trouble"] for each in tried) else 0
    if as_json:
        print_json({"job": name, "tried": tried, "exit_status": status})
        return status
    for each in tried:
        ended = f"not sent. {each['trouble']}" if each["trouble"] else "sent."
        tell_lines(f"{each['when']}: {each['to']}: {ended}")
    return status
