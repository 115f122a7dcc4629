"""Addresses of notifications: read and check them, and keep them out of logs and messages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from importer.config import key_from_credentials, key_from_file
from importer.core.errors import SettingsError
from importer.core.redaction import Secret
from importer.jobs.config.model import Address

SCHEMES = {
    "mail": "mailto mailtos brevo mailgun postmark sendgrid ses o365 azure",
    "chats": "slack workflow workflows discord tgram gchat mmost mmosts rocket rockets zulip wxteams webex matrix "
    "matrixs nctalk nctalks synology synologys zoom cliq lark feishu dingtalk ryver signal signals line",
    "telephones": "ntfy ntfys pover gotify gotifys hassio hassios twilio",
    "people on call": "pagerduty opsgenie splunk victorops squadcast incidentio betterstack ifttt",
    "webhooks": "json jsons xml xmls form forms",
}
"""Kinds of addresses that talk to a server and do nothing on this machine, by what they reach."""
ALLOWED = frozenset(" ".join(SCHEMES.values()).split())
_NATIVE = "https"
"""The scheme of addresses as Slack, Discord, Teams and others show them for their webhooks."""

FORBIDDEN_OPTIONS = ("template", "pgp", "pgppub", "pgpprv", "wkd", "attach")
"""Options that let Apprise read files of this machine, or fetch keys from elsewhere."""
_TOKEN = re.compile(r"(?=[^0-9]*[0-9])(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9_:~+-]{8,}")
_SEE_DOCS = "docs/jobs.md says which kinds of addresses there are, such as mailtos://, slack:// and jsons://."


def read_address(address: Address, environment: Mapping[str, str]) -> Secret:
    """Read an address from its variable, its private file or the service manager.

    Raises :class:`SettingsError`, which never quotes it, when it is not there or of a kind that is not sent to.
    """
    if address.file is not None:
        secret = Secret(key_from_file(Path(address.file).expanduser(), "a notification"))
    elif address.credential is not None:
        # Only the last part: a name such as ../x must not lead out of the folder.
        name = Path(address.credential).name
        given = key_from_credentials(environment, name, "a notification")
        if given is None:
            raise SettingsError(
                f"The credential {name} of a notification is not there.",
                f"Give it to the service: LoadCredential={name}:/etc/importer/{name}",
            )
        secret = Secret(given)
    else:
        found = environment.get(address.env or "", "").strip()
        if not found:
            raise SettingsError(
                f"The environment variable {address.env} of a notification is not set.",
                "Set it to an address such as mailto://… or remove the notification.",
            )
        secret = Secret(found)
    _check(secret, describe_location(address))
    return secret


def describe_location(address: Address) -> str:
    """Describe where an address is kept."""
    if address.credential is not None:
        return f"the credential {address.credential}"
    return f"the file {address.file}" if address.file is not None else f"the variable {address.env}"


def hide_addresses(addresses: Iterable[Address], environment: Mapping[str, str]) -> None:
    """Register ``addresses`` for redaction, so that no log shows and no child inherits one; skip unreadable ones."""
    for address in addresses:
        try:
            read_address(address, environment)
        except SettingsError:
            continue


def _check(secret: Secret, place: str) -> None:
    try:
        parts = urlsplit(secret.reveal())
        # Apprise takes a semicolon for the end of an option, too.
        options = [unquote(each.split("=")[0]).strip(" +-:").lower() for each in re.split("[&;]", parts.query)]
    except ValueError:
        raise SettingsError(f"What {place} holds is not an address.", _SEE_DOCS) from None
    _hide_parts(parts)
    if parts.scheme.lower() not in ALLOWED | {_NATIVE}:
        raise SettingsError(f"What {place} holds is not of a kind to which notifications are sent.", _SEE_DOCS)
    forbidden = next((name for name in options if name in FORBIDDEN_OPTIONS), None)
    if forbidden:
        raise SettingsError(
            f"The address in {place} has the option {forbidden}, which lets files be read or keys be fetched.",
            "Remove that option from the address.",
        )


def _hide_parts(parts: SplitResult) -> None:
    """Register passwords and tokens for redaction, too; words without a digit are not taken for tokens."""
    if parts.password:
        Secret(unquote(parts.password))
    values = [value for _, value in parse_qsl(parts.query)]
    for text in [*re.split(r"[/@?&]", f"{parts.netloc}/{parts.path}"), *values]:
        if _TOKEN.fullmatch(text):
            Secret(unquote(text))
