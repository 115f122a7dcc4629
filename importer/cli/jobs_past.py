"""`importer jobs history`, and how notifications are shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from importer.cli.jobs_desk import jobs_desk, jobs_options, tell_lines
from importer.cli.main import print_json
from importer.cli.streams import answer

Plain = Mapping[str, Any]


@click.command("history")
@click.argument("name", required=False)
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="The newest N.")
@jobs_options
def history_command(name: str | None, limit: int, file: Path | None, as_json: bool) -> int:
    """Show what the jobs, or the job NAME, did, newest first, and what became of each file and notification."""
    from importer.jobs.monitoring.status import history

    with jobs_desk(file) as desk:
        if name is not None:
            desk.jobs.task(name)
        told = history(desk.store, name, limit)
    if as_json:
        print_json(told)
        return 0
    lines = [*_turns(told["turns"]), *_files(told["files"]), *_letters(told["notifications"])]
    for line in lines:
        tell_lines(line)
    if not lines:
        answer("Nothing was done yet.")
    return 0


def tell_letters(letters: Iterable[Plain]) -> None:
    """Lines for notifications that are not there yet, below the job that they tell of."""
    for each in letters:
        tell_lines(f"    notification {each['state']}: {each['title']} ({_letter_facts(each)})")
        if each["trouble"]:
            tell_lines(f"        {each['trouble']}")


def _turns(turns: list[Plain]) -> Iterator[str]:
    if turns:
        yield "Turns (times in UTC)"
    for each in turns:
        yield f"    {_minute(each['ended_at'])}  {each['job']}  {turn_words(each)}"


def turn_words(turn: Plain) -> str:
    """How a turn ended and, unless all went well, what to do; further lines are indented below."""
    remedy = f" {turn['remedy']}" if turn["exit_status"] else ""
    return f"{turn['outcome']}: {turn['message']}{remedy}".replace("\n", "\n      ")


def _files(files: list[Plain]) -> Iterator[str]:
    if files:
        yield "Files"
    for each in files:
        ended = _minute(each["ended_at"] or each["taken_at"])
        yield f"    {ended}  {each['job']}  {Path(each['path']).name}: {_end_words(each)}"
        if each["remedy"] and each["state"] == "held":
            yield f"        {each['remedy']}"
        yield f"        File:     {each['archive'] or each['path']}"
        if each["results"]:
            yield f"        Workbook: {each['results']}"


def _end_words(each: Plain) -> str:
    """How a file ended, or how far it is, with its rows when they were read."""
    ended = each["outcome"] or each["state"]
    if not each["rows"]:
        return str(ended)
    rows = f"{ended}, {each['rows']:,} row{'s' * (each['rows'] != 1)}"
    return f"{rows}, {each['problems']:,} of them for a person" if each["problems"] else rows


def _letters(letters: list[Plain]) -> Iterator[str]:
    if letters:
        yield "Notifications"
    for each in letters:
        yield f"    {each['state']}: {each['title']} ({_letter_facts(each)})"
        if each["trouble"]:
            yield f"        {each['trouble']}"


def _letter_facts(each: Plain) -> str:
    tries = "" if each["attempts"] == 1 else f", {each['attempts']} tries"
    coming = f", next {_minute(each['next_at'])}" if each["next_at"] else ""
    return f"{_minute(each['created_at'])} UTC, to {each['to']}{tries}{coming}"


def _minute(moment: str) -> str:
    return moment[:16].replace("T", " ")
