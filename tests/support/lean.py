"""Does what the command does before anything is loaded: Arrow chooses its allocator then, and numpy starts its threads."""

from __future__ import annotations

from importer.cli.memory import give_back_at_once
from importer.cli.starting import start_lean

give_back_at_once()
start_lean()
