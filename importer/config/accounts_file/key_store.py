"""Puts keys where an account will find them, and says where they are; never shows one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from importer.core.errors import SettingsError
from importer.core.filesystem import scratch_folder, write_synced

SERVICE = "importer"


class Keeping(StrEnum):
    """Where the keys of an account are kept."""

    KEYRING = "keyring"
    FILE = "file"
    ENVIRONMENT = "environment"


def variable_of(account: str, key: str) -> str:
    """The environment variable for the key ``key`` (such as ``access_key``) of an account: INDIA_ACCESS_KEY."""
    return f"{re.sub('[^A-Za-z0-9]', '_', account)}_{key}".upper()


def place_of(keeping: Keeping, account: str, key: str, home: Path) -> dict[str, str]:
    """Where the key will be, as the accounts file says it."""
    if keeping is Keeping.ENVIRONMENT:
        return {"env": variable_of(account, key)}
    return {"keyring": SERVICE} if keeping is Keeping.KEYRING else {"file": str(home / "keys" / account / key)}


def keep(keeping: Keeping, account: str, keys: Mapping[str, str], home: Path) -> None:
    """Put the keys (by ``access_key`` and so on) to their places. Raises :class:`SettingsError`."""
    for key, text in keys.items():
        if keeping is Keeping.KEYRING:
            key_to_keyring(SERVICE, f"{account}/{key}", text)
        elif keeping is Keeping.FILE:
            key_to_file(Path(place_of(keeping, account, key, home)["file"]), text)


def key_to_keyring(service: str, user: str, key: str) -> None:
    """Put ``key`` into the keyring of the operating system, where :func:`key_from_keyring` finds it.

    Raises :class:`SettingsError` when there is no keyring that takes it.
    """
    refusal = SettingsError(
        "The keyring of this computer does not take the key.",
        "Unlock it, or keep the key in a private file or in the environment: --kept-in file, --kept-in environment",
    )
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        raise SettingsError(
            "Keys in the keyring need the package keyring.", "Install it: pip install 'importer[keyring]'"
        ) from None
    try:
        keyring.set_password(service, user, key)
        kept = keyring.get_password(service, user) == key
    except (KeyringError, OSError, RuntimeError):
        raise refusal from None
    if not kept:
        raise refusal


def key_to_file(path: Path, key: str) -> None:
    """Put ``key`` into the file ``path``, which only we can read (0600, its new folders 0700), whole or not at all.

    Raises :class:`SettingsError` when the disk refuses.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.parent.chmod(0o700)
        with scratch_folder(path.parent, ".importer-") as private:
            draft = private / "key"
            write_synced(draft, key.encode("ascii") + b"\n")
            draft.replace(path)
    except OSError as error:
        raise SettingsError(
            f"The key cannot be written to {path}: {error.strerror or error}.", "Choose another place: --kept-in"
        ) from None
