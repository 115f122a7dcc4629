"""The cache of an account's metadata: a private file, replaced atomically, without any key."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from importer.core.filesystem import atomic_write
from importer.crm_schema.model import ActivityType, CrmUser, FieldFacts, Metadata

Entry = TypeVar("Entry")

FOLDER = "metadata"
FORMAT = 1
_MOST_BYTES = 64 * 1024 * 1024
_REFRESH_COMMAND = "importer doctor --refresh"


@dataclass(frozen=True, slots=True)
class CachedMetadata:
    """The content of the cache file; ``note`` is a sentence for the user when there was a file that is not used."""

    metadata: Metadata | None = None
    note: str = ""


class _InvalidCacheError(Exception):
    """The file has not the structure of a cache file."""


def cache_file(home: Path, account: str) -> Path:
    """Return the path of the cache file of the account called ``account``."""
    words = re.sub(r"[^A-Za-z0-9_-]", "_", account)[:60]
    return home / FOLDER / f"{words}-{sha256(account.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}.json"


def save(home: Path, metadata: Metadata, clean: Callable[[str], str] = str) -> str:
    """Replace the account's cache file; return the reason when the disk refuses it, else an empty text.

    ``clean`` removes secrets from the text of the file.
    """
    path = cache_file(home, metadata.account)
    text = clean(json.dumps({"format": FORMAT, **asdict(metadata), "read_at": metadata.read_at.isoformat()}))
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        atomic_write(path, text)
    except OSError as error:
        return f"{path} could not be written: {error.strerror or error}."
    return ""


def load(home: Path, account: str, host: str) -> CachedMetadata:
    """Read the cached metadata of the account called ``account`` at ``host``. Never raises.

    A file that is damaged, of another format or of another host is not used.
    """
    path = cache_file(home, account)
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise _InvalidCacheError
        content = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return CachedMetadata()
    except (OSError, ValueError, RecursionError, _InvalidCacheError):
        return CachedMetadata(note=f"{path} is damaged and was not used. Renew it: {_REFRESH_COMMAND}")
    if isinstance(content, dict) and content.get("format") != FORMAT:
        return CachedMetadata(
            note=f"{path} was written by another version and was not used. Renew it: {_REFRESH_COMMAND}"
        )
    try:
        metadata = _metadata(content)
    except _InvalidCacheError:
        return CachedMetadata(note=f"{path} is damaged and was not used. Renew it: {_REFRESH_COMMAND}")
    if (metadata.account, metadata.host) != (account, host):
        return CachedMetadata(
            note=f"{path} describes the account at {metadata.host} and was not used. Renew it: {_REFRESH_COMMAND}"
        )
    return CachedMetadata(metadata)


def _metadata(content: Any) -> Metadata:
    entry = _as_dict(content)
    try:
        read_at = datetime.fromisoformat(_text(entry, "read_at"))
    except ValueError:
        raise _InvalidCacheError from None
    if read_at.tzinfo is None:
        raise _InvalidCacheError
    return Metadata(
        account=_text(entry, "account"),
        host=_text(entry, "host"),
        tenant=_text(entry, "tenant"),
        read_at=read_at,
        lead_fields=_part(entry.get("lead_fields"), _field),
        activity_types=_part(entry.get("activity_types"), _activity_type),
        users=_part(entry.get("users"), _user),
    )


def _part(content: Any, read: Callable[[Any], Entry]) -> tuple[Entry, ...] | None:
    return None if content is None else tuple(read(one) for one in _as_list(content))


def _activity_type(content: Any) -> ActivityType:
    entry = _as_dict(content)
    return ActivityType(_text(entry, "event"), _text(entry, "name"), _part(entry.get("fields"), _field))


def _user(content: Any) -> CrmUser:
    entry = _as_dict(content)
    return CrmUser(_text(entry, "id"), _text(entry, "email"), _flag(entry, "active"))


def _field(content: Any) -> FieldFacts:
    entry = _as_dict(content)
    length = entry.get("max_length")
    if not isinstance(length, int) or isinstance(length, bool) or length < 0:
        raise _InvalidCacheError
    return FieldFacts(
        schema_name=_text(entry, "schema_name"),
        display_name=_text(entry, "display_name"),
        data_type=_text(entry, "data_type"),
        render=_text(entry, "render"),
        mandatory=_flag(entry, "mandatory"),
        max_length=length,
        options=tuple(_as_text(option) for option in _as_list(entry.get("options"))),
        # Files of an earlier version do not have them.
        option_texts=tuple(_as_text(text) for text in _as_list(entry.get("option_texts", []))),
        open_options=_flag(entry, "open_options"),
        read_only=_flag(entry, "read_only"),
        locked=_flag(entry, "locked"),
    )


def _as_dict(content: Any) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise _InvalidCacheError
    return content


def _as_list(content: Any) -> list[Any]:
    if not isinstance(content, list):
        raise _InvalidCacheError
    return content


def _as_text(content: Any) -> str:
    if not isinstance(content, str):
        raise _InvalidCacheError
    return content


def _text(entry: dict[str, Any], key: str) -> str:
    return _as_text(entry.get(key))


def _flag(entry: dict[str, Any], key: str) -> bool:
    value = entry.get(key)
    if not isinstance(value, bool):
        raise _InvalidCacheError
    return value
