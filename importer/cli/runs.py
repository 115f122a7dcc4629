"""`importer runs`: the history."""

from __future__ import annotations

from dataclasses import asdict

import click

from importer.cli.main import print_json
from importer.cli.options import surroundings


@click.command("runs")
@click.option("--account", help="Only runs of this account.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="The newest N runs.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def command(account: str | None, limit: int, as_json: bool) -> int:
    """List earlier runs, newest first."""
    from importer.pipeline.runs import list_runs
    from importer.pipeline.successes import successes
    from importer.reports.words import counted, shown

    outside = surroundings(quiet=True, verbose=0)
    listed = list_runs(outside, account, limit)
    ended, now = [each for each in successes(outside.home) if account in (None, each.account)], outside.clock.now()
    if as_json:
        entries = [
            {
                "run": run.id,
                "state": run.state.value,
                "started_at": run.started_at,
                "finished_at": run.finished_at,
                "account": run.new.account,
                "target": run.new.target,
                "source": run.new.source,
                "rows": run.new.rows,
                "counts": {status.value: count for status, count in counted(summary.counts)} if summary else None,
                "stop_reason": run.stop_reason,
            }
            for run, summary in listed
        ]
        print_json({"runs": entries, "last_success": [{**asdict(each), "days": each.days(now)} for each in ended]})
        return 0
    if not listed:
        click.echo("There are no runs yet.")
    for run, summary in listed:
        click.echo(f"{run.id}  {run.started_at[:16].replace('T', ' ')}  {run.state.value:<8}  {shown(run.new.source)}")
        if summary is not None:
            click.echo(f"    {shown(summary.headline)}")
    for each in ended:
        ago = {0: "today", 1: "1 day ago"}.get(each.days(now), f"{each.days(now)} days ago")
        click.echo(f"Last success of {shown(each.mapping)} to account {shown(each.account)}: {ago} ({each.at[:10]}).")
    return 0
