"""Writes the generated pages of the docs again: `make docs`."""

from __future__ import annotations

from pathlib import Path

import click

from importer.cli.main import cli

ROOT = Path(__file__).parents[3]
HEAD = """# Commands

This page is generated from the commands' own help.

Progress and prose go to standard error, answers to standard output. Exit status: 0 all rows done, 1 failed, 2 usage,
mapping or configuration, 3 finished but some rows are invalid, rejected or uncertain, 4 interrupted (run again to
resume), 75 another import is sending to the account right now.
"""


def commands_page() -> str:
    """The command reference: every command's help, as the terminal shows it."""
    parts = [HEAD]
    with click.Context(cli, info_name="importer", max_content_width=100, terminal_width=100) as top:
        parts.append(f"## importer\n\n```text\n{cli.get_help(top)}\n```\n")
        for name in cli.list_commands(top):
            command = cli.get_command(top, name)
            assert command is not None
            parts.append(_section(command, name, top))
            if isinstance(command, click.Group):
                with click.Context(command, info_name=name, parent=top) as context:
                    parts.extend(_section(inner, inner_name, context) for inner_name, inner in command.commands.items())
    return "\n".join(parts)


def _section(command: click.Command, name: str, parent: click.Context) -> str:
    context = click.Context(command, info_name=name, parent=parent, max_content_width=100, terminal_width=100)
    return f"## {context.command_path}\n\n```text\n{command.get_help(context)}\n```\n"


def pages() -> dict[Path, str]:
    """Every generated page and what it must hold."""
    from importer.targets.page import targets_page
    from importer.validation.catalogue import catalogue_page

    return {
        ROOT / "docs" / "commands.md": commands_page(),
        ROOT / "docs" / "targets.md": targets_page(),
        ROOT / "docs" / "problems.md": catalogue_page(),
    }


if __name__ == "__main__":
    for place, content in pages().items():
        place.write_text(content, "utf-8")
