"""`python -m importer.sandbox`: a sandbox as a process of its own."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

from importer.sandbox.options import Keys, Options, changed

_KEYS = ("SANDBOX_ACCESS_KEY", "SANDBOX_SECRET_KEY", "SANDBOX_API_KEY")


def parser() -> argparse.ArgumentParser:
    """All options of the sandbox, with their words."""
    made = argparse.ArgumentParser(
        prog="python -m importer.sandbox",
        description="A LeadSquared on this computer, for trying things on.",
        epilog=f"The keys that callers must show come from {', '.join(_KEYS)}; those not set are made up.",
    )
    made.add_argument("--port", type=int, default=0, help="port to listen on; 0 (the default) takes a free one")
    made.add_argument("--store", type=Path, help="file that keeps the data; without it they are gone at the end")
    made.add_argument("--keys-from-env", action="store_true", help="refuse to start when a key is not set")
    made.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[:CALLS[:SKIP[:ON]]]",
        help="a fault to happen; may be given several times (docs/sandbox.md lists them)",
    )
    group = made.add_argument_group("how it behaves (all can be changed while it runs)")
    for one in fields(Options):
        _add(group.add_argument, one)
    return made


def _add(add_argument: Callable[..., object], one: Field[Any]) -> None:
    flag, words = "--" + one.name.replace("_", "-"), one.metadata["words"]
    if one.default is False:
        add_argument(flag, action="store_true", help=words)
        return
    add_argument(
        flag,
        type=type(one.default),
        default=one.default,
        choices=one.metadata["choices"] or None,
        metavar=None if one.metadata["choices"] else type(one.default).__name__.upper(),
        help=f"{words} (default: {one.default})" if one.default != "" else words,
    )


def main() -> int:
    """Serve until SIGTERM or SIGINT. One line of JSON on standard output says how to reach it."""
    made = parser()
    given = made.parse_args()
    missing = [name for name in _KEYS if not os.environ.get(name)]
    if given.keys_from_env and missing:
        made.error(f"not set: {', '.join(missing)}")
    keys = Keys(*(os.environ.get(name) or secrets.token_hex(16) for name in _KEYS))

    # Flask takes a while to load, which --help need not wait for.
    from importer.sandbox.faults import spoken
    from importer.sandbox.server import serve

    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    try:
        options = changed(Options(), {one.name: getattr(given, one.name) for one in fields(Options)})
        faults = [spoken(text) for text in given.fault]
        sandbox = serve(options, keys, _tell, port=given.port, store=given.store, faults=faults)
    except (OSError, ValueError) as error:
        made.error(str(error))
    # A signal handler runs in the main thread, which has to wake up for it.
    while not ended.wait(0.2):
        pass
    sandbox.stop()
    return 0


def _tell(info: dict[str, str]) -> None:
    sys.stdout.write(json.dumps(info) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
