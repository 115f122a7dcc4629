"""What makes the program start quickly: nothing is prepared that no import needs."""

from __future__ import annotations

import gc
import os
from collections.abc import MutableMapping

_NEW_OBJECTS = 100_000


def start_lean(environment: MutableMapping[str, str] | None = None) -> None:
    """Start no thread for linear algebra, look for no plugins of pydantic, and look seldom for cycles.

    Must come before numpy and pydantic are imported. What people have set in the ``environment`` (default: the
    process's) themselves stays.
    """
    environment = os.environ if environment is None else environment
    # numpy's library would start a thread for every core, and nothing here uses it.
    environment.setdefault("OPENBLAS_NUM_THREADS", "1")
    environment.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # Importing pandas makes hundreds of thousands of objects that all stay, and so does a column of texts.
    gc.set_threshold(_NEW_OBJECTS, *gc.get_threshold()[1:])


def end_quickly() -> None:
    """Keep Python from looking for cycles in all memory that is given back in a moment anyway.

    What was promised for the end (``atexit``, threads, ``finally``) still happens.
    """
    gc.freeze()
