"""The command `importer`: loads subcommands on demand, and turns errors into messages and exit statuses."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

import click

from importer import __version__
from importer.cli.streams import discard_output, prepare_streams, print_json, print_message, stop_live_display
from importer.core.errors import ImporterError, MappingError
from importer.core.failpoints import VARIABLE, arm
from importer.core.logging import note_in_file
from importer.core.redaction import redact
from importer.core.text import display_text, escape_text, suggest_name

# Module and, unless it is called ``command``, the name of each command in it.
_COMMANDS = {
    "demo": ("importer.cli.demo", "The whole thing on sample data, against a CRM on this computer."),
    "check": ("importer.cli.run:check_command", "Dry run: find every problem in a file; sends nothing."),
    "web": ("importer.cli.web", "Open the page: import files in the browser, without commands."),
    "run": ("importer.cli.run:run_command", "Check a file and send its good rows to LeadSquared."),
    "resume": ("importer.cli.run:resume_command", "Finish a run that was interrupted."),
    "decide": ("importer.cli.decide", "Decide about uncertain rows after looking in LeadSquared."),
    "runs": ("importer.cli.runs", "List earlier runs; prune old ones."),
    "show": ("importer.cli.runs:show_command", "Draw the reports of a run again."),
    "explain": ("importer.cli.explain", "Say what a status or code in a report means."),
    "mapping": ("importer.cli.mapping", "Propose a mapping, check one, or show what it asks."),
    "jobs": ("importer.cli.jobs.commands", "Imports that run by themselves: by a schedule, from an inbox."),
    "serve": ("importer.cli.jobs.serve", "Run the jobs by their schedules until it is stopped."),
    "accounts": ("importer.cli.accounts", "Several accounts by name: list, add, test, remove."),
    "doctor": ("importer.cli.doctor", "Examine keys, host, clock and limits of an account."),
    "ledger": ("importer.cli.ledger", "The record of what was sent: back it up, or move it into a database."),
    "sandbox": ("importer.cli.sandbox", "A CRM on this computer, to try things on."),
}

_MEMORY_REMEDY = (
    "Close other programs, or split the file; then run it again. What was sent is recorded, and nothing is sent twice."
)


class Commands(click.Group):
    """A group that imports a subcommand when it is used, so that `--help` is fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name or "command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        word = args[0]
        if word in _COMMANDS:
            return super().resolve_command(ctx, args)
        from importer.cli.guided import command, looks_like_file

        if looks_like_file(word):
            return command.name, command, args
        raise click.UsageError(f"No such command {word!r}. {suggest_name(word, _COMMANDS)}", ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in _COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="importer")
@click.option("--log-file", metavar="PATH", envvar="IMPORTER_LOG_FILE", help="Also log into this file; none: no file.")
@click.option(
    "--log-format",
    type=click.Choice(["json", "text"]),
    envvar="IMPORTER_LOG_FORMAT",
    help="Form of the log; by default text on the terminal and JSON in the file.",
)
@click.option(
    "--log-size",
    type=click.IntRange(0, 10_000),
    envvar="IMPORTER_LOG_SIZE",
    default=10,
    show_default=True,
    help="Megabytes after which a new log file begins; 0: never.",
)
@click.option(
    "--log-keep",
    type=click.IntRange(1, 1000),
    envvar="IMPORTER_LOG_KEEP",
    default=5,
    show_default=True,
    help="How many full log files are kept.",
)
def cli(**_: object) -> None:
    """Import spreadsheets into LeadSquared: no row lost, none doubled, every row answered.

    \b
    First time?   importer demo
    Then:         importer FILE        step by step, with a question before anything is sent
    In a script:  importer check FILE -m MAPPING
                  importer run FILE -m MAPPING
    """


def run(arguments: Sequence[str]) -> int:
    """Run one command, and return its exit status.

    0 all rows done, 1 failed, 2 usage, mapping or configuration, 3 finished but rows need a person,
    4 interrupted: run again to resume, 75 another import is sending to the account.
    """
    prepare_streams()
    try:
        arm(os.environ.get(VARIABLE, ""))
        result = cli.main(args=list(arguments), prog_name="importer", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.exceptions.Abort:
        print_message("Stopped.")
        return 4
    except click.ClickException as error:
        _fail(arguments, error.format_message(), "", error.exit_code, error)
        return error.exit_code
    except ImporterError as error:
        lines = isinstance(error, MappingError)
        _fail(arguments, error.message, error.remedy, error.exit_status, lines=lines)
        return error.exit_status
    except BrokenPipeError:
        # The reader of our output went away (`| head`); what was sent is recorded all the same.
        discard_output(sys.stdout)
        return 1
    except MemoryError:
        _fail(arguments, "The memory of this computer is used up.", _MEMORY_REMEDY, 1)
        return 1
    finally:
        stop_live_display()


def _fail(
    arguments: Sequence[str],
    message: str,
    remedy: str,
    status: int,
    usage: click.ClickException | None = None,
    *,
    lines: bool = False,
) -> None:
    context = usage.ctx if isinstance(usage, click.UsageError) else None
    if context is not None:
        print_message(context.get_usage())
    text = escape_text(redact(message), keep="\n" if lines else "")
    print_message(click.style("Error: ", fg="red", bold=True) + text)
    if remedy:
        print_message(display_text(remedy))
    note_in_file(message, status=status, remedy=remedy)
    if "--json" in arguments:
        from importer.reports import json_failure

        print_json(json_failure(f"{message} {remedy}".strip(), remedy, status))
