"""`importer` and `python -m importer`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with its status."""
    # First of all the process is hardened and its memory configured: Arrow, numpy and pydantic read the settings when
    # they are imported, which the command line does.
    from importer.core.logging import redact_tracebacks
    from importer.core.memory import configure_allocators, configure_startup, skip_final_gc
    from importer.core.platform import harden_process

    harden_process()
    redact_tracebacks()
    configure_allocators()
    configure_startup()
    from importer.cli.main import run

    status = run(sys.argv[1:])
    skip_final_gc()
    sys.exit(status)


if __name__ == "__main__":
    main()
