"""Settings of the sign-in with a provider, from the environment variables ``IMPORTER_OIDC_…``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from importer.config import key_from_credentials, key_from_file
from importer.core.errors import SettingsError
from importer.core.redaction import Secret
from importer.core.text import display_text, format_names
from importer.web.security.access import Role
from importer.web.security.options import OidcOptions

PREFIX = "IMPORTER_OIDC_"
_SECRET = f"{PREFIX}CLIENT_SECRET"
_CREDENTIAL = "oidc_client_secret"


def read_oidc_options(environment: Mapping[str, str]) -> OidcOptions | None:
    """Read the provider from the variables; ``None`` without ``IMPORTER_OIDC_ISSUER``. Raises :class:`SettingsError`.

    Raises :class:`UsageError` for an issuer without TLS.
    """

    def value(name: str) -> str:
        return environment.get(PREFIX + name, "").strip()

    if not value("ISSUER"):
        return None
    secret = _read_secret(environment)
    for name, given in (("CLIENT_ID", value("CLIENT_ID")), ("CLIENT_SECRET", secret)):
        if not given:
            raise SettingsError(
                f"{PREFIX}{name} is missing.",
                f"Set it to what the provider shows for this application, or remove {PREFIX}ISSUER.",
            )
    addresses, values = _read_roles(value("ROLES"))
    if values and not value("ROLE_CLAIM"):
        raise SettingsError(
            f"{PREFIX}ROLES names {format_names(values)}, and no claim that could hold them.",
            f"Set {PREFIX}ROLE_CLAIM to the name of the claim, such as groups; addresses of people contain an @.",
        )
    return OidcOptions(
        issuer=value("ISSUER"),
        client_id=value("CLIENT_ID"),
        client_secret=Secret(secret),
        roles_by_address=addresses,
        role_claim=value("ROLE_CLAIM"),
        roles_by_claim=values,
        trust_addresses=value("TRUST_ADDRESSES").lower() == "yes",
        label=value("LABEL") or OidcOptions.label,
    )


def _read_secret(environment: Mapping[str, str]) -> str:
    from_service = key_from_credentials(environment, _CREDENTIAL, _SECRET)
    if from_service is not None:
        return from_service
    file = environment.get(f"{_SECRET}_FILE", "").strip()
    return key_from_file(Path(file).expanduser(), _SECRET) if file else environment.get(_SECRET, "").strip()


def _read_roles(text: str) -> tuple[dict[str, Role], dict[str, Role]]:
    """Return the roles by address and by value of the claim: ``asha@example.com=admin, crm-team=prepare``."""
    addresses: dict[str, Role] = {}
    values: dict[str, Role] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        name, _, role = (piece.strip() for piece in part.rpartition("="))
        if not name or role not in set(Role):
            raise SettingsError(
                f"{PREFIX}ROLES has a part without a role: {display_text(part)}",
                "Write names with roles, such as asha@example.com=admin, crm-team=prepare; roles are "
                f"{format_names(Role)}.",
            )
        (addresses if "@" in name else values)[name] = Role(role)
    return addresses, values
