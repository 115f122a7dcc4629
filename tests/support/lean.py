"""Does what the command does before anything is loaded: Arrow chooses its allocator then, and numpy starts its threads."""

from __future__ import annotations

from importer.core.memory import configure_allocators, configure_startup

configure_allocators()
configure_startup()
