"""`importer runs` and `importer show`: earlier runs, their reports, and the pruning of old ones."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from importer.cli.options import annotate_option, build_environment, json_option, output_options, print_report
from importer.cli.streams import print_json
from importer.core.text import display_text, format_count, pluralize
from importer.core.time import format_minute


@click.group("runs", invoke_without_command=True)
@click.option("--account", help="Only runs of this account.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="The newest N runs.")
@json_option
@click.pass_context
def command(context: click.Context, account: str | None, limit: int, as_json: bool) -> int:
    """List earlier runs, newest first."""
    return 0 if context.invoked_subcommand else _list(account, limit, as_json=as_json)


@command.command("prune")
@click.option("--older-than", metavar="AGE", required=True, help="Runs that finished longer ago: 90d, 12w, 6m or 1y.")
@click.option("--account", help="Only runs of this account.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask; without a person to ask, nothing is removed.")
@json_option
def prune_command(older_than: str, account: str | None, yes: bool, as_json: bool) -> int:
    """Remove plans and texts of old runs; what was sent stays known, and no file is sent again because of it.

    Kept are runs with uncertain, pending or unsent rows, runs of --again, and the newest of each mapping.
    """
    import sys

    from importer.app import Pruned, find_prunable, parse_age, prune

    env = build_environment(quiet=True, verbose=0, yes=yes or as_json)
    age = parse_age(older_than)
    found = find_prunable(env, age, account)
    megabytes, runs = sum(each.size for each in found) / 1e6, format_count(len(found), "run")
    if not as_json:
        for each in found:
            click.echo(f"{each.run.id}  finished {each.run.finished_at[:10]}  {each.size / 1e6:,.1f} MB")
    person = sys.stdin.isatty() and sys.stderr.isatty() and not as_json
    wanted = yes or (person and bool(found) and env.confirm(f"Remove {runs}, {megabytes:,.1f} MB?"))
    done = prune(found, env, age) if wanted else Pruned((), (), 0)
    if as_json:
        listed = [{"run": each.run.id, "finished_at": each.run.finished_at, "bytes": each.size} for each in found]
        ended = {"removed": [each.run.id for each in done.removed], "busy": [each.run.id for each in done.busy]}
        print_json({"prunable": listed, **ended, "ledger_bytes_freed": done.compacted, "exit_status": 0})
    elif wanted:
        kept = f"; {len(done.busy):,} left, because an import is sending now" if done.busy else ""
        click.echo(f"{format_count(len(done.removed), 'run')} removed{kept}.")
    else:
        click.echo(f"Nothing was removed; {runs} could be ({megabytes:,.1f} MB). --yes removes them.")
    return 0


def _list(account: str | None, limit: int, *, as_json: bool) -> int:
    from importer.app import list_runs, read_successes
    from importer.reports import list_counts

    env = build_environment(quiet=True, verbose=0)
    listed = list_runs(env, account, limit)
    ended, now = [each for each in read_successes(env.home) if account in (None, each.account)], env.clock.now()
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
                "counts": {status.value: count for status, count in list_counts(summary.counts)} if summary else None,
                "stop_reason": run.stop_reason,
            }
            for run, summary in listed
        ]
        print_json({"runs": entries, "last_success": [{**asdict(each), "days": each.days(now)} for each in ended]})
        return 0
    if not listed:
        click.echo("There are no runs yet.")
    for run, summary in listed:
        click.echo(f"{run.id}  {format_minute(run.started_at)}  {run.state.value:<8}  {display_text(run.new.source)}")
        if summary is not None:
            click.echo(f"    {display_text(summary.headline)}")
    for each in ended:
        days = each.days(now)
        ago = f"{days} {pluralize(days, 'day')} ago" if days else "today"
        click.echo(
            f"Last success of {display_text(each.mapping)} to account {display_text(each.account)}: "
            f"{ago} ({each.at[:10]})."
        )
    return 0


@click.command("show")
@click.argument("run_id", metavar="RUN")
@click.option("--results", type=click.Path(path_type=Path), help="Path of the results workbook (a new file).")
@annotate_option
@output_options
def show_command(run_id: str, results: Path | None, annotate: bool, as_json: bool, quiet: bool, verbose: int) -> int:
    """Show how RUN ended and write its workbook and report again."""
    from importer.app import show
    from importer.reports import ReportPaths

    env = build_environment(quiet=quiet or as_json, verbose=verbose)
    return print_report(show(run_id, ReportPaths(results, annotate), env), as_json=as_json)
