"""The engine is an extra of the installation: whoever needs it is told how to get it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from importer.core.errors import SettingsError

INSTALL = "Install it: pip install 'importer[jobs]'"


@contextmanager
def engine_extra() -> Iterator[None]:
    """Around the imports of the engine. Raises :class:`SettingsError` when it is not installed."""
    try:
        yield
    except ImportError as error:
        raise SettingsError(
            f"Jobs need an engine that is not installed ({error.name or error}).",
            INSTALL,
        ) from None
