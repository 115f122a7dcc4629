"""The provider in the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.core.errors import SettingsError, UsageError
from importer.web.security import Role, read_oidc_options

NEEDED = {
    "IMPORTER_OIDC_ISSUER": "https://login.example",
    "IMPORTER_OIDC_CLIENT_ID": "importer",
    "IMPORTER_OIDC_CLIENT_SECRET": "secret-of-the-client",
}


def test_no_provider() -> None:
    assert read_oidc_options({}) is None
    assert read_oidc_options({"IMPORTER_OIDC_CLIENT_ID": "importer"}) is None


def test_settings_of_a_provider() -> None:
    options = read_oidc_options(
        {
            **NEEDED,
            "IMPORTER_OIDC_ROLES": " asha@example.com = admin, crm=team=prepare ,, ",
            "IMPORTER_OIDC_ROLE_CLAIM": "groups",
            "IMPORTER_OIDC_LABEL": "Example",
            "IMPORTER_OIDC_TRUST_ADDRESSES": "Yes",
        }
    )
    assert options is not None
    assert (options.issuer, options.client_id, options.label) == ("https://login.example", "importer", "Example")
    assert options.client_secret.reveal() == "secret-of-the-client"
    assert options.roles_by_address == {"asha@example.com": Role.ADMIN}
    assert (options.role_claim, options.roles_by_claim) == ("groups", {"crm=team": Role.PREPARE})
    assert options.trust_addresses
    assert "secret-of-the-client" not in repr(options)


def test_what_is_left_out_is_careful() -> None:
    options = read_oidc_options(NEEDED)
    assert options is not None
    assert not options.trust_addresses
    assert options.roles_by_address == options.roles_by_claim == {}
    assert options.label == "your organisation's account"


def test_the_secret_may_be_in_a_private_file(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("secret-of-the-file\n")
    path.chmod(0o600)
    by_file = {**NEEDED, "IMPORTER_OIDC_CLIENT_SECRET": "", "IMPORTER_OIDC_CLIENT_SECRET_FILE": str(path)}
    options = read_oidc_options(by_file)
    assert options is not None
    assert options.client_secret.reveal() == "secret-of-the-file"
    path.rename(tmp_path / "oidc_client_secret")
    options = read_oidc_options({**NEEDED, "CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert options is not None
    assert options.client_secret.reveal() == "secret-of-the-file"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"IMPORTER_OIDC_CLIENT_ID": ""}, "IMPORTER_OIDC_CLIENT_ID is missing"),
        ({"IMPORTER_OIDC_CLIENT_SECRET": " "}, "IMPORTER_OIDC_CLIENT_SECRET is missing"),
        ({"IMPORTER_OIDC_ISSUER": "http://login.example"}, "https://"),
        ({"IMPORTER_OIDC_ROLES": "asha@example.com"}, "without a role"),
        ({"IMPORTER_OIDC_ROLES": "asha@example.com=root"}, "without a role"),
        ({"IMPORTER_OIDC_ROLES": "=admin"}, "without a role"),
        ({"IMPORTER_OIDC_ROLES": "crm-team=admin"}, "no claim"),
    ],
)
def test_settings_that_cannot_be_used(changes: dict[str, str], message: str) -> None:
    with pytest.raises((SettingsError, UsageError), match=message) as caught:
        read_oidc_options({**NEEDED, **changes})
    assert caught.value.remedy
