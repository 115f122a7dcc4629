"""An accounts file becomes checked entries, or one error that lists everything that is wrong with it."""

from __future__ import annotations

from pathlib import Path

from importer.config.accounts_file.messages import ACCOUNTS
from importer.config.accounts_file.model import AccountEntry, AccountsFile, checked_name
from importer.core.errors import AccountsFileError, MappingError, MappingProblem
from importer.mapping.decoding import read_text
from importer.mapping.document import Document, read_document
from importer.mapping.document import Path as Place
from importer.mapping.loader import ordered, remove, validated_in_rounds
from importer.mapping.secrets import key_like
from importer.mapping.unfit import UnfitError
from importer.mapping.wording import sentence

_BEGIN = "Begin with a line `accounts:` and name an account below it."
_NEEDED = {
    "host": "Add a line `host:`, such as https://api-in21.leadsquared.com.",
    "access_key": "Say where it is kept: {env: NAME}, {file: /path}, {credential: NAME} or {keyring: importer}.",
    "secret_key": "Say where it is kept, as for access_key.",  # nosec B105  # words, no secret
}


def load_accounts(path: Path) -> dict[str, AccountEntry]:
    """The accounts in the file ``path`` by name. Raises :class:`AccountsFileError` with every problem at once."""
    try:
        text = read_text(path)
    except MappingError as error:
        raise AccountsFileError(str(path), error.problems) from None
    return parse_accounts(text, path)


def parse_accounts(text: str, path: Path) -> dict[str, AccountEntry]:
    """As :func:`load_accounts`, for a text that came from ``path``."""
    document = read_document(text)
    found = _validated(document)
    if found is not None:
        for name, entry in found.accounts.items():
            _check(name, entry, document)
    if document.problems or found is None:
        raise AccountsFileError(str(path), ordered(document.problems))
    return dict(found.accounts)


def _validated(document: Document) -> AccountsFile | None:
    data = document.data
    if not isinstance(data, dict):
        if data is not None:
            document.problems.append(MappingProblem(1, 1, "", "The file is not a table of accounts.", _BEGIN))
        elif not document.problems:
            document.data = {}  # a file of comments only
            return AccountsFile()
        return None
    if data.get("accounts", "") is None:
        data["accounts"] = {}
    for place in _keys_in(data):
        document.add(
            place,
            "This looks like a key, and everybody who gets the file could read it.",
            "Remove it here, keep it in an environment variable or a private file, and have it changed.",
        )
        document.broken.add(place)
    for place in document.broken:
        remove(data, place)
    return validated_in_rounds(AccountsFile, document, lambda error: sentence(error, ACCOUNTS), {})


def _keys_in(data: dict[str, object]) -> list[Place]:
    """Places of texts that look like keys. The settings are named like keys, so only what they say is looked at."""
    accounts = data.get("accounts")
    found: list[Place] = []
    for name, entry in accounts.items() if isinstance(accounts, dict) else ():
        for setting, value in entry.items() if isinstance(entry, dict) else ():
            found += key_like(value, ("accounts", name, setting))
    return found


def _check(name: str, entry: AccountEntry, document: Document) -> None:
    at: Place = ("accounts", name)
    try:
        checked_name(name)
    except UnfitError as error:
        document.add(at, error.message, error.remedy)
    for setting, remedy in _NEEDED.items():
        broken = any(path[:3] == (*at, setting) or path == at for path in document.broken)
        if setting not in entry.model_fields_set and not broken:
            document.add(at, f"The account does not say its `{setting}`.", remedy)
