"""`importer mapping`: check a mapping, show the schema it compiles to, or make a workbook to fill in."""

from __future__ import annotations

import json
from pathlib import Path

import click

_PATH = click.Path(path_type=Path)


@click.group("mapping")
def command() -> None:
    """Check a mapping, or show what it asks of a file."""


@command.command("check")
@click.argument("mapping", type=_PATH)
@click.option("--file", type=_PATH, help="Also match the mapping with this file's headings.")
def check_command(mapping: Path, file: Path | None) -> int:
    """Find every problem in MAPPING, with its line."""
    from importer.pipeline.mappings import check_mapping_file
    from importer.reports.words import shown

    for line in check_mapping_file(mapping, file):
        click.echo(shown(line))
    return 0


@command.command("schema")
@click.argument("mapping", type=_PATH, required=False)
@click.option("--json-schema", is_flag=True, help="The JSON Schema of all mappings, for editors.")
def schema_command(mapping: Path | None, json_schema: bool) -> int:
    """Show the pandera schema that MAPPING compiles to."""
    from importer.pipeline.mappings import mapping_schema_text, schema_for_editors

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
    from importer.pipeline.mappings import write_template
    from importer.reports.words import shown

    click.echo(f"Template: {shown(str(write_template(mapping, output)))}")
    return 0
