"""importer: read all rows of a spreadsheet as text, a chunk at a time. Arguments: file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from importer.core.memory import configure_allocators

if TYPE_CHECKING:
    from importer.sources.interface import Chunk


def main() -> None:
    """Print the number of rows."""
    configure_allocators()
    from importer.sources import open_source
    from importer.sources.interface import SourceOptions

    chunks = open_source(Path(sys.argv[1]), SourceOptions()).chunks()
    # No chunk is held while the next one is read.
    print(sum(map(_count, chunks)))


def _count(chunk: Chunk) -> int:
    return len(chunk.rows)


if __name__ == "__main__":
    main()
