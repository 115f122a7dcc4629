"""Read keys from private files, the service manager and the keyring, and store the keys of new accounts there."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path

from importer.core.errors import SettingsError
from importer.core.filesystem import atomic_write
from importer.core.platform import open_without_waiting, permission_bits, user_id

SERVICE = "importer"
"""The name of our entries in the keyring."""
_MAX_BYTES = 4096
_MAX_PUBLIC_BYTES = 1 << 20
_CERTIFICATE = re.compile("-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----")
_FORBIDDEN_CHANGE_MODE = 0o022
_FORBIDDEN_MODE = 0o077
_FORBIDDEN_CREDENTIAL_MODE = 0o037
_SECRET_NAME = re.compile(r"(?i)key(?!ring)|secret|token|passw|credential|database_url")


def key_from_file(path: Path, called: str) -> str:
    """Read the key in the private file ``path``; ``called`` names the setting in messages.

    Raises :class:`SettingsError`, which never quotes the content, unless the file is an ordinary one of at most 4 kB
    that only its owner, who is us, can open, in a folder where not everybody may put files.
    """
    return _read(path, called, _FORBIDDEN_MODE, (user_id(),))


def key_from_credentials(environment: Mapping[str, str], name: str, called: str) -> str | None:
    """Read the key that the service manager put into ``$CREDENTIALS_DIRECTORY``; ``None`` when it did not.

    systemd's `LoadCredential=` makes these files; they may belong to root and be shared with us by an access list,
    whose mask shows as a group's right to read. Raises :class:`SettingsError` as :func:`key_from_file`.
    """
    folder = environment.get("CREDENTIALS_DIRECTORY", "").strip()
    if not folder or not os.path.lexists(path := Path(folder) / name):
        return None
    return _read(path, called, _FORBIDDEN_CREDENTIAL_MODE, (user_id(), 0))


def key_from_keyring(service: str, user: str) -> str:
    """Read the password of ``user`` for ``service`` in the keyring of the operating system; empty when it has none.

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
    """Return ``environment`` without variables named like a key, or whose text is one according to ``is_key``."""
    # Another thread may be removing variables at this moment: a name that is gone is no variable any more.
    found = ((name, environment.get(name)) for name in list(environment))
    there = ((name, text) for name, text in found if text is not None)
    return {name: text for name, text in there if not _SECRET_NAME.search(name) and not is_key(text)}


def read_certificates(given: str, called: str) -> str:
    """Read the certificates of authorities in the file at the path ``given``; empty when there is no path.

    They decide whom the keys are sent to, so the file is guarded as one of keys, but others may read it.
    Raises :class:`SettingsError`.
    """
    if not given.strip():
        return ""
    path = Path(given.strip()).expanduser()
    text = _read_guarded(path, called, _FORBIDDEN_CHANGE_MODE, (user_id(), 0), _MAX_PUBLIC_BYTES)
    import ssl

    certificates = "\n".join(_CERTIFICATE.findall(text))
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=certificates)
    except (ssl.SSLError, ValueError):
        raise SettingsError(
            f"The file of {called} ({path}) holds no certificate that can be read.",
            "Ask IT for the certificate of the authority as a PEM file: its text begins with BEGIN CERTIFICATE.",
        ) from None
    return certificates


def read_program(path: Path, called: str) -> bytes:
    """Read a file whose content is to be run: nobody but us and root may be able to change it or put another there.

    Raises :class:`SettingsError`.
    """
    text = _read_guarded(path, called, _FORBIDDEN_CHANGE_MODE, (user_id(), 0), _MAX_PUBLIC_BYTES)
    return text.encode("latin-1")


def _read(path: Path, called: str, forbidden: int, owners: tuple[int, ...]) -> str:
    text = _read_guarded(path, called, forbidden, owners, _MAX_BYTES).strip()
    if not text or not all("!" <= character <= "~" for character in text):
        raise SettingsError(
            f"The file of {called} ({path}) does not hold one key.",
            "It must hold the key and nothing else: one line, no quotes, no blanks inside.",
        )
    return text


def _read_guarded(path: Path, called: str, forbidden: int, owners: tuple[int, ...], most: int) -> str:
    try:
        # A pipe in place of the file must not block for ever.
        descriptor = open_without_waiting(path)
        try:
            fault = _find_fault(os.fstat(descriptor), path.parent.stat(), forbidden, owners, most)
            content = b"" if fault else os.read(descriptor, most + 1)
        finally:
            os.close(descriptor)
    except (OSError, ValueError):
        raise SettingsError(f"The file of {called} ({path}) cannot be read.", "Check its path and owner.") from None
    if fault:
        raise SettingsError(
            f"The file of {called} ({path}) {fault}.",
            "It must be a small ordinary file of yours that only you can "
            + (f"read: chmod 600 {path}" if forbidden & 0o044 else f"change: chmod 644 {path}"),
        )
    return content.decode("latin-1")


def _find_fault(
    info: os.stat_result, folder: os.stat_result, forbidden: int, owners: tuple[int, ...], most: int
) -> str:
    if not stat.S_ISREG(info.st_mode):
        return "is not an ordinary file"
    if permission_bits(info) & forbidden:
        return "is not private: others may open or change it"
    if info.st_uid not in owners:
        return "belongs to somebody else"
    if info.st_size > most:
        return "is too large"
    return "lies in a folder where everybody may put files" if permission_bits(folder) & stat.S_IWOTH else ""


class KeyStorage(StrEnum):
    """Where the keys of an account are kept."""

    KEYRING = "keyring"
    FILE = "file"
    ENVIRONMENT = "environment"


def key_variable(account: str, key: str) -> str:
    """Return the environment variable for a key (such as ``access_key``) of an account: INDIA_ACCESS_KEY."""
    return f"{re.sub('[^A-Za-z0-9]', '_', account)}_{key}".upper()


def key_location(storage: KeyStorage, account: str, key: str, home: Path) -> dict[str, str]:
    """Return where the key will be, as an entry of the accounts file: ``{"env": NAME}`` and so on."""
    if storage is KeyStorage.ENVIRONMENT:
        return {"env": key_variable(account, key)}
    return {"keyring": SERVICE} if storage is KeyStorage.KEYRING else {"file": str(home / "keys" / account / key)}


def store_keys(storage: KeyStorage, account: str, keys: Mapping[str, str], home: Path) -> None:
    """Store the keys (by ``access_key`` and so on) at their locations. Raises :class:`SettingsError`."""
    for key, text in keys.items():
        if storage is KeyStorage.KEYRING:
            _key_to_keyring(f"{account}/{key}", text)
        elif storage is KeyStorage.FILE:
            _key_to_file(Path(key_location(storage, account, key, home)["file"]), text)


def _key_to_keyring(user: str, key: str) -> None:
    """Store ``key`` in the keyring of the operating system, where :func:`key_from_keyring` finds it."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        raise SettingsError(
            "Keys in the keyring need the package keyring.", "Install it: pip install 'importer[keyring]'"
        ) from None
    try:
        keyring.set_password(SERVICE, user, key)
        kept = keyring.get_password(SERVICE, user) == key
    except (KeyringError, OSError, RuntimeError):
        kept = False
    if not kept:
        # Raised out here, so that no error of the keyring, which may quote the key, is its context.
        raise SettingsError(
            "The keyring of this computer does not take the key.",
            "Unlock it, or keep the key in a private file or in the environment: --kept-in file, --kept-in environment",
        )


def _key_to_file(path: Path, key: str) -> None:
    """Write ``key`` into a file that only we can read (0600, its new folders 0700), whole or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.parent.chmod(0o700)
        atomic_write(path, key.encode("ascii") + b"\n")
    except OSError as error:
        raise SettingsError(
            f"The key cannot be written to {path}: {error.strerror or error}.", "Choose another place: --kept-in"
        ) from None
