"""Lay out the files that a released version left (see ``make.py``) in a new folder, as if it had left them just now."""

from __future__ import annotations

import re
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

from importer.ledger.integrity.machine_id import boot_id, machine_id

RELEASES = Path(__file__).parent
MADE = {"0.1.0": datetime(2026, 12, 1, 1, 13, 26, tzinfo=UTC)}
"""When the files of each release were made."""

_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?\+00:00")
_MILLISECONDS = re.compile(r"\b1[78]\d{11}\b")


def lay_out(release: str, folder: Path, host: str) -> None:
    """Write the files of ``release`` into ``folder``; the CRM's address becomes ``host``, its store is ``crm.db``.

    All times are moved as if the release had ended ten minutes ago: what it was to try again soon is due.
    """
    later = datetime.now(UTC) - MADE[release] - timedelta(minutes=10)
    later -= timedelta(microseconds=later.microseconds)
    for path in sorted((RELEASES / release).rglob("*")):
        if not path.is_file():
            continue
        kept = folder / path.relative_to(RELEASES / release)
        kept.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix in (".npy", ".arrow"):
            shutil.copyfile(path, kept)
            continue
        text = path.read_text("utf-8")
        words = {"@FOLDER@": str(folder), "@HOST@": host, "@PLACE@": host.removeprefix("http://")}
        for word, place in (words | {"@MACHINE@": machine_id(), "@BOOT@": boot_id()}).items():
            text = text.replace(word, place)
        text = _ISO.sub(lambda found: _shifted(found[0], later), text)
        if path.suffix == ".sql":
            text = _MILLISECONDS.sub(lambda found: str(int(found[0]) + int(later.total_seconds() * 1000)), text)
            connection = sqlite3.connect(kept.with_suffix(""))
            connection.executescript(text)
            connection.close()
            kept.with_suffix("").chmod(0o600)
        else:
            kept.write_text(text, "utf-8")
            kept.chmod(0o600)
    for place in (folder / "home").rglob("*"):
        if place.is_dir():
            place.chmod(0o700)
    (folder / "home").chmod(0o700)


def _shifted(iso: str, later: timedelta) -> str:
    moved = datetime.fromisoformat(iso) + later
    return moved.isoformat(timespec="milliseconds" if len(iso) == 29 else "microseconds" if "." in iso else "seconds")
