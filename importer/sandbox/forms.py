"""How LeadSquared writes what it has stored: times in several forms, and sets of fields as JSON inside a text."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any


def whole_seconds(stored: str) -> str:
    """``2025-02-03 04:15:00``; the milliseconds are hidden, not gone."""
    return datetime.fromisoformat(stored).strftime("%Y-%m-%d %H:%M:%S")


def with_milliseconds(stored: str) -> str:
    """``2025-02-03 04:15:00.250``."""
    return datetime.fromisoformat(stored).isoformat(" ", "milliseconds").partition("+")[0]


def american(stored: str) -> str:
    """``2/3/2025 4:15:00 AM``."""
    moment = datetime.fromisoformat(stored)
    return f"{moment.month}/{moment.day}/{moment.year} {moment.hour % 12 or 12}:{moment:%M:%S} {moment:%p}"


def asp_net(stored: str) -> str:
    """``/Date(1738556100250+0000)/``."""
    return f"/Date({round(datetime.fromisoformat(stored).timestamp() * 1000)}+0000)/"


def field_value(value: Any, modified: str) -> Any:
    """A value as it is read back; a set of fields comes as JSON inside a text, with two keys of the CRM's own."""
    if not isinstance(value, dict):
        return value
    return json.dumps({**value, "ModifiedByName": "Sandbox Administrator", "ModifiedOn": whole_seconds(modified)})
