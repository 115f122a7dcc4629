"""`importer` and `python -m importer`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; exits with its status."""
    from importer.cli.hardening import harden_process
    from importer.cli.main import run
    from importer.cli.memory import give_back_at_once
    from importer.cli.starting import end_quickly, start_lean

    harden_process()
    give_back_at_once()
    start_lean()
    status = run(sys.argv[1:])
    end_quickly()
    sys.exit(status)


if __name__ == "__main__":
    main()
