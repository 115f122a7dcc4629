"""`importer sandbox`: a CRM on this computer."""

from __future__ import annotations

import contextlib
import os
import signal
import threading

import click


@click.command(
    "sandbox",
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    epilog="All further options go to the sandbox; docs/sandbox.md lists them, and: python -m importer.sandbox --help",
)
@click.option("--name", default="sandbox", show_default=True, help="Name of the account that reaches it.")
@click.pass_context
def command(ctx: click.Context, name: str) -> int:
    """Start a CRM on this computer that behaves as LeadSquared does, with faults on request. Ctrl-C stops it.

    While it runs (and afterwards, for it is started again), use it with --account sandbox.
    """
    from importer.cli import local_crm
    from importer.config.settings import home_folder

    home = home_folder(os.environ)
    local_crm.stop(home, name)
    account = local_crm.start(home, name, ctx.args)
    click.echo(f"The sandbox runs at {account.host} (open it in a browser to see what it holds).")
    click.echo(f"Use it with: importer run FILE -m MAPPING --account {name}")
    click.echo("Ctrl-C stops it; its data stay.")
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with contextlib.suppress(KeyboardInterrupt):
        while not ended.wait(0.5) and local_crm.is_answering(account):
            pass
    local_crm.stop(home, name)
    return 0
