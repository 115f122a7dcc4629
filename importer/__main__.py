"""`importer` and `python -m importer`."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line; exits with its status."""
    failpoint = os.environ.get("IMPORTER_FAILPOINT", "")
    if failpoint:
        from importer.failpoints import arm

        try:
            arm(failpoint)
        except ValueError as error:
            sys.exit(f"IMPORTER_FAILPOINT: {error}")
    from importer.cli.main import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
