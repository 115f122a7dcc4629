"""Where a key may be fetched from, and what a place must be like before its content is trusted."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

from importer.core.errors import SettingsError

_MOST_BYTES = 4096
_OTHERS = 0o077
_OTHERS_OF_CREDENTIAL = 0o037
_CARRIES_KEY = re.compile(r"(?i)key(?!ring)|secret|token|passw|credential|database_url")


def key_from_file(path: Path, called: str) -> str:
    """The key in the private file ``path``; ``called`` names the setting in messages.

    Raises :class:`SettingsError`, which never quotes the content, unless the file is an ordinary one of at most 4 kB
    that only its owner, who is us, can open, in a folder where not everybody may put files.
    """
    return _read(path, called, _OTHERS, (os.geteuid(),))


def key_from_credentials(environment: Mapping[str, str], name: str, called: str) -> str | None:
    """The key that the service manager put into ``$CREDENTIALS_DIRECTORY``; ``None`` when it did not.

    systemd's `LoadCredential=` makes these files; they may belong to root and be shared with us by an access list,
    whose mask shows as a group's right to read. Raises :class:`SettingsError` as :func:`key_from_file`.
    """
    folder = environment.get("CREDENTIALS_DIRECTORY", "").strip()
    if not folder or not os.path.lexists(path := Path(folder) / name):
        return None
    return _read(path, called, _OTHERS_OF_CREDENTIAL, (os.geteuid(), 0))


def key_from_keyring(service: str, user: str) -> str:
    """The password of ``user`` for ``service`` in the keyring of the operating system; empty when it has none.

    Raises :class:`SettingsError` when there is no keyring to ask, as on most servers.
    """
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        raise SettingsError(
            "Keys from the keyring need the package keyring.", "Install it: pip install 'importer[keyring]'"
        ) from None
    try:
        return keyring.get_password(service, user) or ""
    except (KeyringError, OSError, RuntimeError):
        raise SettingsError(
            "The keyring of this computer cannot be asked.",
            "Unlock it, or keep the key in a file that only you can read.",
        ) from None


def without_keys(environment: Mapping[str, str], is_key: Callable[[str], bool]) -> dict[str, str]:
    """``environment`` without variables that are named like a key, or whose text is one according to ``is_key``."""
    # Another thread may be removing variables at this moment: a name that is gone is no variable any more.
    found = ((name, environment.get(name)) for name in list(environment))
    there = ((name, text) for name, text in found if text is not None)
    return {name: text for name, text in there if not _CARRIES_KEY.search(name) and not is_key(text)}


def _read(path: Path, called: str, others: int, owners: tuple[int, ...]) -> str:
    try:
        # A pipe in place of the file would block for ever without O_NONBLOCK.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            fault = _fault(os.fstat(descriptor), path.parent.stat(), others, owners)
            content = b"" if fault else os.read(descriptor, _MOST_BYTES + 1)
        finally:
            os.close(descriptor)
    except (OSError, ValueError):
        raise SettingsError(f"The file of {called} ({path}) cannot be read.", "Check its path and owner.") from None
    if fault:
        raise SettingsError(
            f"The file of {called} ({path}) {fault}.",
            f"It must be a small ordinary file of yours that only you can read: chmod 600 {path}",
        )
    text = content.decode("latin-1").strip()
    if not text or not all("!" <= character <= "~" for character in text):
        raise SettingsError(
            f"The file of {called} ({path}) does not hold one key.",
            "It must hold the key and nothing else: one line, no quotes, no blanks inside.",
        )
    return text


def _fault(info: os.stat_result, folder: os.stat_result, others: int, owners: tuple[int, ...]) -> str:
    if not stat.S_ISREG(info.st_mode):
        return "is not an ordinary file"
    if info.st_mode & others:
        return "is not private: others may open it"
    if info.st_uid not in owners:
        return "belongs to somebody else"
    if info.st_size > _MOST_BYTES:
        return "is too large for a key"
    return "lies in a folder where everybody may put files" if folder.st_mode & stat.S_IWOTH else ""
