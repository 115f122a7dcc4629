"""`importer` and `python -m importer`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; exits with its status."""
    from importer.cli.hardening import harden_process
    from importer.cli.main import run
    from importer.cli.memory import give_back_at_once

    harden_process()
    give_back_at_once()
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
