"""Single values of a jobs file: durations, names, patterns; all may be unfit."""

from __future__ import annotations

import re
from typing import Any

from importer.mapping.unfit import UnfitError

_UNITS = {"s": 1, "m": 60, "h": 3600}
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_MOST_SECONDS = 86_400


def read_duration(given: Any) -> Any:
    """Seconds, from texts such as ``30s``, ``5m`` or ``1h``; at most a day."""
    if not isinstance(given, str):
        return given
    match = re.fullmatch(r"([0-9]{1,6})\s*([smh]?)", given.strip())
    if match is None:
        raise UnfitError(f'"{given}" is not a duration.', "Write something like 30s, 5m or 1h.")
    seconds = int(match[1]) * _UNITS.get(match[2], 1)
    if seconds > _MOST_SECONDS:
        raise UnfitError(f'"{given}" is longer than a day.', "Write something like 30s, 5m or 1h.")
    return float(seconds)


def checked_pattern(text: str) -> str:
    """A pattern for names of files, such as ``visits-*.csv``: no folders in it."""
    if not text.strip() or "/" in text or "\\" in text:
        raise UnfitError(f'"{text}" is not a pattern for names of files.', "Write something like visits-*.csv.")
    return text


def checked_folder_name(text: str) -> str:
    """The name of a folder beside the files, or a path."""
    if not text.strip() or text.strip() in (".", ".."):
        raise UnfitError(f'"{text}" cannot be an archive.', "Write the name of a folder, such as done.")
    return text


def checked_name(text: str) -> str:
    """The name of a job: it becomes part of the names of files and units."""
    if not _NAME.fullmatch(text):
        raise UnfitError(
            f'"{text}" cannot be the name of a job.',
            "Use up to 40 small letters, digits, - and _, such as nightly-visits.",
        )
    return text
