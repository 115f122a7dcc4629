"""Writes the generated pages of the docs again: `make docs`."""

from __future__ import annotations

import importlib
from pathlib import Path

import click
import grimp

from importer.cli.main import cli

ROOT = Path(__file__).parents[3]
PICTURE_BEGINS, PICTURE_ENDS = "<!-- packages: drawn by make docs -->", "<!-- end of packages -->"
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


def package_picture() -> str:
    """The packages and their imports as a Mermaid flowchart, without arrows that follow from others."""
    graph = grimp.build_graph("importer")
    packages = sorted(graph.find_children("importer") - {"importer.__main__", "importer.samples"})
    for package in packages:
        graph.squash_module(package)
    imports = {
        package: graph.find_modules_directly_imported_by(package) & set(packages) - {package} for package in packages
    }

    def reaches(start: str, end: str) -> bool:
        return end in imports[start] or any(reaches(between, end) for between in imports[start])

    lines = ["```mermaid", "flowchart TD"]
    for package in packages:
        name = package.removeprefix("importer.")
        lines.append(f'  {name}["<b>{name}</b><br>{_first_line(package)}"]')
    for package in packages:
        for imported in sorted(imports[package]):
            if not any(reaches(between, imported) for between in imports[package] - {imported}):
                lines.append(f"  {package.removeprefix('importer.')} --> {imported.removeprefix('importer.')}")
    return "\n".join([*lines, "```"])


def _first_line(package: str) -> str:
    docstring = importlib.import_module(package).__doc__ or ""
    return docstring.split("\n")[0].split(". ")[0].split(":")[0].split(";")[0].rstrip(".").replace("`", "")


def contributing_page() -> str:
    """CONTRIBUTING.md with the picture of the packages as they are now."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    before, _, rest = text.partition(PICTURE_BEGINS)
    _, _, after = rest.partition(PICTURE_ENDS)
    return f"{before}{PICTURE_BEGINS}\n{package_picture()}\n{PICTURE_ENDS}{after}"


def pages() -> dict[Path, str]:
    """Every generated page and what it must hold."""
    from importer.targets.docs_page import targets_page
    from importer.validation.catalogue import catalogue_page

    return {
        ROOT / "CONTRIBUTING.md": contributing_page(),
        ROOT / "docs" / "commands.md": commands_page(),
        ROOT / "docs" / "targets.md": targets_page(),
        ROOT / "docs" / "problems.md": catalogue_page(),
    }


if __name__ == "__main__":
    for place, content in pages().items():
        place.write_text(content, "utf-8")
