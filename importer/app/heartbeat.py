"""The heartbeat of imports: a file for each account and mapping with the time of its last success, for monitoring.

The file in ``last_success`` is replaced whenever an import finishes; one that is too old means that none has since.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

FOLDER = "last_success"


@dataclass(frozen=True, slots=True)
class Success:
    """The newest finished import of one mapping to one account. ``at`` is ISO in UTC."""

    account: str
    mapping: str
    run: str
    source: str
    rows: int
    at: str

    def days(self, now: datetime) -> int:
        """Return the whole days since then; 0 for a time in the future."""
        return max(0, (now - datetime.fromisoformat(self.at)).days)


def record_success(home: Path, success: Success) -> str:
    """Replace the file of this account and mapping; returns why that failed, or an empty text.

    Never raises: the import has succeeded all the same.
    """
    mapping = os.path.abspath(success.mapping)
    name = re.sub(r"[^A-Za-z0-9_-]", "_", f"{success.account}-{Path(mapping).stem}")[:80]
    digest = hashlib.sha256(f"{success.account}\x1f{mapping}".encode("utf-8", "surrogatepass")).hexdigest()[:8]
    path = home / FOLDER / f"{name}-{digest}.json"
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            json.dump(asdict(success), file, indent=1)
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        return f"{path} could not be written: {error.strerror or error}."
    return ""


def read_successes(home: Path) -> list[Success]:
    """Read the last successes, sorted by account and mapping; unreadable files are left out."""
    found = []
    for path in sorted((home / FOLDER).glob("*.json")):
        with contextlib.suppress(OSError, ValueError, TypeError):
            success = Success(**json.loads(path.read_text("utf-8")))
            datetime.fromisoformat(success.at)
            found.append(success)
    return sorted(found, key=lambda success: (success.account, success.mapping))
