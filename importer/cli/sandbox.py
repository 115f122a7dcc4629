"""`importer sandbox`: a CRM on this computer, run as a process of its own and known as an account.

The process outlives the command that started it, as a real CRM does: after a crash its rows are still there.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import click

from importer.config import Account, child_environment, load_account, sandbox_file
from importer.core.errors import ImporterError
from importer.core.filesystem import atomic_write
from importer.core.platform import reap, separate_process, terminate


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
    from importer.config import home_folder

    home = home_folder(os.environ)
    stop(home, name)
    account = start(home, name, ctx.args)
    click.echo(f"The sandbox runs at {account.host} (open it in a browser to see what it holds).")
    click.echo(f"Use it with: importer run FILE -m MAPPING --account {name}")
    click.echo("Ctrl-C stops it; its data stay.")
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with contextlib.suppress(KeyboardInterrupt):
        while not ended.wait(0.5) and is_answering(account):
            pass
    stop(home, name)
    return 0


_KEY_SETTINGS = {
    "access_key": "SANDBOX_ACCESS_KEY",
    "secret_key": "SANDBOX_SECRET_KEY",  # the name of a setting  # nosec B105
    "api_key": "SANDBOX_API_KEY",
}
_START_SECONDS = 30.0


def start(home: Path, name: str, arguments: Sequence[str] = (), settings: Mapping[str, str] | None = None) -> Account:
    """Start a sandbox with the options ``arguments`` and make it the account ``name``.

    A sandbox of that name that ran before is continued with its data. ``settings`` are further settings of the
    account, by their names in the accounts file. Raises :class:`ImporterError` when it does not start.
    """
    path = sandbox_file(home, name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    known = _read(path)
    keys = {setting: known.get(setting) or secrets.token_hex(16) for setting in _KEY_SETTINGS}
    port = str(urlsplit(known["host"]).port) if "host" in known else "0"
    options = list(arguments) or known.get("arguments", "").split("\n") if known else list(arguments)
    options = [option for option in options if option]
    process, ready = _launch(path.parent, port, options, keys)
    content = {
        **{setting: text for setting, text in known.items() if setting not in ("pid", "host", "async_host")},
        **(settings or {}),
        **keys,
        "host": ready["host"],
        "async_host": ready["async_host"],
        "pid": str(process.pid),
        "arguments": "\n".join(options),
    }
    atomic_write(path, json.dumps(content), durable=False)
    return load_account(name, {}, home)


def _launch(
    folder: Path, port: str, options: Sequence[str], keys: Mapping[str, str]
) -> tuple[subprocess.Popen[str], dict[str, str]]:
    command = [sys.executable, "-m", "importer.sandbox", "--port", port, "--store", str(folder / "crm.db"), *options]
    # The sandbox gets the keys that were made for it, and none of a real account.
    environment = child_environment(os.environ, {_KEY_SETTINGS[setting]: text for setting, text in keys.items()})
    with (folder / "log.txt").open("a", encoding="utf-8") as log:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment, **separate_process()
        )
    assert process.stdout is not None
    line = process.stdout.readline()
    try:
        ready = json.loads(line)
    except ValueError:
        process.kill()
        raise ImporterError(
            "The sandbox did not start.", f"Its log is {folder / 'log.txt'}; is its port taken by another program?"
        ) from None
    return process, {setting: str(text) for setting, text in ready.items()}


def _read(path: Path) -> dict[str, str]:
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(text) for name, text in content.items()} if isinstance(content, dict) else {}


def erase(home: Path, name: str) -> None:
    """Stop the sandbox called ``name`` and remove its data; its address and keys stay."""
    stop(home, name)
    for path in sandbox_file(home, name).parent.glob("crm.db*"):
        path.unlink(missing_ok=True)


def ensure_running(home: Path, account: Account) -> None:
    """Start the sandbox of ``account`` again when it is not answering; other accounts are left alone."""
    if sandbox_file(home, account.name).is_file() and not is_answering(account):
        start(home, account.name)


def is_answering(account: Account) -> bool:
    """Return whether a server listens at the account's host."""
    parts = urlsplit(account.host)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=2):
            return True
    except OSError:
        return False


def stop(home: Path, name: str) -> None:
    """Stop the sandbox called ``name`` and wait until it has ended; its data stay."""
    path = sandbox_file(home, name)
    known = _read(path)
    if not known.get("pid", "").isdigit() or not is_answering(load_account(name, {}, home)):
        return
    pid = int(known["pid"])
    terminate(pid)
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and is_answering(load_account(name, {}, home)):
        reap(pid)
        time.sleep(0.05)
