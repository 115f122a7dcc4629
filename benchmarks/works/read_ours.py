"""importer: read all rows of a spreadsheet as text, a chunk at a time. Arguments: file."""

import sys
from pathlib import Path

from importer.cli.memory import give_back_at_once


def main() -> None:
    """Print the number of rows."""
    give_back_at_once()
    from importer.sources import open_source
    from importer.sources.interface import SourceOptions

    print(sum(len(chunk.rows) for chunk in open_source(Path(sys.argv[1]), SourceOptions()).chunks()))


if __name__ == "__main__":
    main()
