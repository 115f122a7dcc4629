"""`importer web`: the page for one person on this computer, opened in the browser."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

import click

from importer.cli.options import build_environment, open_account
from importer.cli.streams import print_json, print_output
from importer.cli.web_users import command as users_command

if TYPE_CHECKING:
    from importer.app import Environment
    from importer.web import WebConfig

_PORT = 8765
_SANDBOX_SETTINGS = {"settle_seconds": "2", "time_zone": "Asia/Kolkata", "country": "IN"}


@click.group("web", invoke_without_command=True)
@click.option("--port", type=click.IntRange(0, 65535), default=_PORT, show_default=True, help="0: any free port.")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@click.option("--json", "as_json", is_flag=True, help="Print the address as one JSON object.")
@click.option("-v", "--verbose", count=True, help="Log what happens; twice for more.")
@click.pass_context
def command(ctx: click.Context, port: int, no_browser: bool, as_json: bool, verbose: int) -> int:
    """Open the page, in which files are imported without commands. Ctrl-C ends it; imports go on at the next start."""
    from importer.web import PageServer, SecurityOptions, listen

    if ctx.invoked_subcommand is not None:
        return 0
    env = build_environment(quiet=True, verbose=verbose, log_name="web.jsonl")
    listener = listen("127.0.0.1", port)
    origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = PageServer(web_config(env), SecurityOptions(env.home, origin, local=True, clock=env.clock), listener)
    server.start()
    address = server.gate.entry_url()
    if as_json:
        print_json({"status": "serving", "address": address, "exit_status": 0})
    else:
        print_output(f"The page is at {address}\n(it opens once, within a minute). Ctrl-C ends it.")
    if not no_browser and not as_json:
        webbrowser.open(address)
    try:
        while not env.stop.wait(1.0):
            pass
    finally:
        server.stop()
    return 0


command.add_command(users_command)


def web_config(env: Environment, *, local: bool = True, two_people: bool = False) -> WebConfig:
    """Return the settings of a page in this environment."""
    from importer.cli import sandbox
    from importer.web import SANDBOX, WebConfig

    def start_sandbox() -> None:
        path = _connection(env.home)
        if path.exists():
            sandbox.ensure_running(env.home, open_account(env, SANDBOX))
        else:
            sandbox.start(env.home, SANDBOX, ["--latency", "0.05", "--async-delay", "1"], _SANDBOX_SETTINGS)

    def reset_sandbox() -> None:
        sandbox.erase(env.home, SANDBOX)
        start_sandbox()

    return WebConfig(
        env=env,
        load_account=lambda name: open_account(env, name),
        start_sandbox=start_sandbox,
        reset_sandbox=reset_sandbox,
        local=local,
        two_people=two_people,
    )


def _connection(home: Path) -> Path:
    from importer.config import sandbox_file
    from importer.web import SANDBOX

    return sandbox_file(home, SANDBOX)
