"""`python -m importer.sandbox`: a sandbox as a process of its own."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import sys
import threading
from pathlib import Path

from importer.sandbox.faults import NAMES
from importer.sandbox.options import BULK_REFUSALS, THROTTLE_SHAPES, Keys, Options
from importer.sandbox.server import Sandbox


def parser() -> argparse.ArgumentParser:
    """All options of the sandbox, with their words."""
    made = argparse.ArgumentParser(prog="python -m importer.sandbox", description="A CRM on this computer.")
    add = made.add_argument
    add("--port", type=int, default=0, help="port to listen on (default: a free one)")
    add("--store", type=Path, help="file that keeps the data; without it they are gone at the end")
    add("--calls-per-window", type=int, default=25, help="calls allowed in a window, per class; 0: no limit")
    add("--bulk-calls-per-window", type=int, help="the same for bulk calls (default: as above)")
    add("--window", type=float, default=5.0, help="seconds of a window")
    add("--fixed-window", action="store_true", help="enforce windows at fixed times, too")
    add("--throttle-shape", choices=THROTTLE_SHAPES, default="429", help="HTTP status of a refusal")
    add("--daily-calls", type=int, default=0, help="calls allowed in all; 0: no limit")
    add("--latency", type=float, default=0.0, help="seconds that a write takes")
    add("--async-delay", type=float, default=2.0, help="seconds until a queued request is processed")
    add("--async-fails", type=int, default=0, help="so many queued requests fail")
    add("--bulk-refusal", choices=BULK_REFUSALS, default="per-row", help="what a bad row does to its bulk call")
    add("--duplicate-status", type=int, choices=(200, 500), default=500, help="HTTP status of a duplicate")
    add("--first-page", type=int, choices=(0, 1), default=0, help="number of the first page of Retrieve")
    add("--read-lag", type=float, default=0.0, help="seconds until a new activity is visible")
    add("--fault", action="append", default=[], metavar="NAME[:CALLS[:SKIP[:PATH]]]",
        help=f"a fault to happen; known: {', '.join(NAMES)}")  # fmt: skip
    return made


def main() -> int:
    """Serve until a signal; prints one line of JSON when ready. Keys come from SANDBOX_… variables, or are random."""
    given = parser().parse_args()
    bulk = given.bulk_calls_per_window
    options = Options(
        calls_per_window=given.calls_per_window,
        bulk_calls_per_window=given.calls_per_window if bulk is None else bulk,
        window=given.window,
        fixed_window=given.fixed_window,
        throttle_shape=given.throttle_shape,
        daily_calls=given.daily_calls,
        latency=given.latency,
        async_delay=given.async_delay,
        async_fails=given.async_fails,
        bulk_refusal=given.bulk_refusal,
        duplicate_status=given.duplicate_status,
        first_page=given.first_page,
        read_lag=given.read_lag,
        faults=given.fault,
    )
    names = ("SANDBOX_ACCESS_KEY", "SANDBOX_SECRET_KEY", "SANDBOX_API_KEY")
    keys = Keys(*(os.environ.get(name) or secrets.token_hex(16) for name in names))
    sandbox = Sandbox(options, keys, port=given.port, store=given.store)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=sandbox.stop, daemon=True).start())
    sys.stdout.write(json.dumps(sandbox.info()) + "\n")
    sys.stdout.flush()
    sandbox.serve()
    sandbox.tenant.commit()
    return 0


if __name__ == "__main__":
    sys.exit(main())
