"""`importer mapping`: propose a mapping, check one, show the schema it compiles to, or make a workbook to fill in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from importer.cli.options import build_environment, json_option, open_account
from importer.cli.streams import print_json, print_output
from importer.core.text import display_text

if TYPE_CHECKING:
    from importer.app import Proposed

_PATH = click.Path(path_type=Path)


@click.group("mapping")
def command() -> None:
    """Propose a mapping, check one, or show what it asks of a file."""


@command.command("new")
@click.argument("file", type=_PATH)
@click.option("--target", help="The LeadSquared call; default: what fits the file.")
@click.option("-o", "--output", type=_PATH, help="Path of the new mapping; default: the file's name with .yaml.")
@click.option("--account", help="Name of the account; default: the LEADSQUARED_… variables.")
@click.option("--sheet", help="Name of the sheet, or its number counted from 1.")
@click.option("--header-row", type=click.IntRange(1), help="Row that holds the headings.")
@click.option("--encoding", help="Encoding of a text file, such as utf-8 or cp1252.")
@click.option("--delimiter", help="Character between the cells of a text file, or: tab.")
@json_option
def new_command(
    file: Path, target: str | None, output: Path | None, account: str | None, as_json: bool, **reading: Any
) -> int:
    """Propose a mapping for FILE from its headings, the values of all its rows and the account's own fields.

    Works without keys and without a network, and never replaces a file.
    """
    from importer.app import ProposalRequest, propose_mapping
    from importer.sources import SourceOptions

    env = build_environment(quiet=as_json, verbose=0)
    if account:
        open_account(env, account)
    proposed = propose_mapping(ProposalRequest(file, target, output, account, SourceOptions(**reading)), env)
    if as_json:
        from importer.app import proposal_json

        print_json(proposal_json(proposed))
    else:
        print_proposal(proposed, file)
    return 0


def print_proposal(proposed: Proposed, file: Path) -> None:
    """Print the proposal, what the person must decide, and the next step."""
    proposal, path = proposed.proposal, display_text(str(proposed.path))
    used = {column for entry in proposal.entries if not entry.held for column in entry.columns}
    print_output(f"Mapping: {path}")
    print_output(f"Target:  {proposal.target} ({display_text(proposal.target_reason)})")
    print_output(f"Columns: {len(proposal.columns)}, of which {len(used)} used and {len(proposal.ignored)} left out.")
    for note in proposed.notes:
        print_output(display_text(note))
    if proposed.questions:
        print_output(f"To decide ({len(proposed.questions)}), each at its line:")
        for line, words in proposed.questions:
            print_output(f"  line {line}: {display_text(words)}")
    print_output(f"Read it, then: importer mapping check {path} --file {display_text(str(file))}")


@command.command("check")
@click.argument("mapping", type=_PATH)
@click.option("--file", type=_PATH, help="Also match the mapping with this file's headings.")
def check_command(mapping: Path, file: Path | None) -> int:
    """Find every problem in MAPPING, with its line."""
    from importer.app import check_mapping_file

    for line in check_mapping_file(mapping, file):
        click.echo(display_text(line))
    return 0


@command.command("schema")
@click.argument("mapping", type=_PATH, required=False)
@click.option("--json-schema", is_flag=True, help="The JSON Schema of all mappings, for editors.")
def schema_command(mapping: Path | None, json_schema: bool) -> int:
    """Show the pandera schema that MAPPING compiles to."""
    from importer.app import mapping_schema_text, schema_for_editors

    if json_schema:
        click.echo(json.dumps(schema_for_editors(), indent=2, ensure_ascii=False))
    elif mapping is None:
        raise click.UsageError("Name a mapping, or ask for --json-schema.")
    else:
        click.echo(mapping_schema_text(mapping))
    return 0


@command.command("template")
@click.argument("mapping", type=_PATH)
@click.option("-o", "--output", type=_PATH, help="Path of the new workbook; default: the mapping's name.")
def template_command(mapping: Path, output: Path | None) -> int:
    """Make a workbook to fill in: the headings that MAPPING uses, with notes, drop-down lists and an example."""
    from importer.app import write_template

    click.echo(f"Template: {display_text(str(write_template(mapping, output)))}")
    return 0
