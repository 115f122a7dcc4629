"""Reads one file after the other for the tests, as confined as the process that reads workbooks for the program."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from importer.core.platform import limit_resources
from importer.sources.interface import SourceOptions
from tests.reliability.fuzz.reading_checks import examine

if __name__ == "__main__":
    limit_resources(3 << 30, 3600)
    for line in sys.stdin:
        name, size, sheet = json.loads(line)
        sys.stdout.write(json.dumps(examine(Path(name), SourceOptions(sheet=sheet), size)) + "\n")
        sys.stdout.flush()
