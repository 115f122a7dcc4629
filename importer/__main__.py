"""`importer` and `python -m importer`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; exits with its status."""
    from importer.cli.hardening import harden_process
    from importer.cli.main import run

    harden_process()
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
