"""`importer explain`: what a status or code in a report means."""

from __future__ import annotations

import textwrap

import click

from importer.cli.streams import print_json

_WIDTH = 100


@click.command("explain")
@click.argument("code", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(code: str | None, as_json: bool) -> int:
    """Explain CODE, a status or ErrorCode of a report; without it, list all of them."""
    from dataclasses import asdict

    from importer.reports import explain, explanations

    if code is None:
        found = list(explanations())
        if as_json:
            print_json({"codes": [asdict(one) for one in found]})
            return 0
        kind = ""
        for one in found:
            if one.kind != kind:
                click.echo(f"{'' if not kind else chr(10)}{one.kind}")
                kind = one.kind
            click.echo(f"  {one.code:<38} {one.title}")
        return 0
    one = explain(code)
    if as_json:
        print_json(asdict(one))
        return 0
    click.echo(f"{one.code}: {one.title}.\n")
    for label, text in (("", one.explanation), ("Reads: ", one.example), ("What to do: ", one.remedy)):
        if text:
            click.echo(textwrap.fill(f"{label}{text}", _WIDTH, break_long_words=False, break_on_hyphens=False))
    return 0
