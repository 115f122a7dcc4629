"""Settings of the page's security: its public address, who may sign in and how, and where the server may listen."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from argon2 import PasswordHasher

from importer.core.errors import UsageError
from importer.core.redaction import Secret
from importer.core.time import Clock
from importer.web.security.access import Role

_HOUR = 3600.0
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class OidcOptions:
    """How people sign in with an OpenID Connect provider, and which role they get.

    A role comes from ``roles_by_address`` (e-mail address to role) or from the values of the claim ``role_claim``
    (claim value to role, in ``roles_by_claim``). Who gets none of them may not enter. An address counts only when the
    provider says that it has verified it, unless ``trust_addresses``: some company directories never say so.
    """

    issuer: str
    client_id: str
    client_secret: Secret
    roles_by_address: Mapping[str, Role] = field(default_factory=dict)
    role_claim: str = ""
    roles_by_claim: Mapping[str, Role] = field(default_factory=dict)
    trust_addresses: bool = False
    label: str = "your organisation's account"
    clock_skew_seconds: int = 60

    def __post_init__(self) -> None:
        address = urlsplit(self.issuer)
        if address.scheme != "https" and not _is_loopback(address.hostname or ""):
            raise UsageError(
                f"The issuer {self.issuer} is not an https:// address.",
                "Write the provider's address as its documentation gives it, beginning with https://.",
            )

    @property
    def stamp(self) -> str:
        """A digest of who may enter: a change of it ends the sessions that began before."""
        parts = (self.issuer, self.client_id, self.role_claim, self.trust_addresses)
        roles = (sorted(self.roles_by_address.items()), sorted(self.roles_by_claim.items()))
        return hashlib.sha256(repr((parts, roles)).encode()).hexdigest()


@dataclass(frozen=True)
class SecurityOptions:
    """What the page's security depends on.

    ``public_origin`` is the address in the browser, such as ``https://import.example.com``; ``local`` means one person
    on this computer. Requests of a ``trusted_proxy`` (its IP address) may name the client's address and scheme.
    """

    home: Path
    public_origin: str
    local: bool
    clock: Clock
    token_bytes: Callable[[int], bytes] = secrets.token_bytes
    trusted_proxy: str = ""
    oidc: OidcOptions | None = None
    password_hasher: PasswordHasher | None = None
    largest_upload: int = 1 << 30
    largest_request: int = 8 << 20

    def __post_init__(self) -> None:
        scheme, host, _ = split_origin(self.public_origin)
        if self.local and (not _is_loopback(host) or self.trusted_proxy):
            raise UsageError(
                f"{self.public_origin} is not an address of this computer only.",
                "Use importer serve --web for several people; importer web listens at 127.0.0.1.",
            )
        if not self.local and scheme != "https" and not _is_loopback(host):
            raise _needs_tls(self.public_origin)

    @property
    def folder(self) -> Path:
        """The private folder of users, sessions and the audit trail."""
        return self.home / "web"

    @property
    def secure(self) -> bool:
        """Whether browsers reach the page over TLS."""
        return split_origin(self.public_origin)[0] == "https"

    @property
    def cookie_name(self) -> str:
        """The name of the session cookie; the prefix makes browsers insist on TLS, this host and no other path.

        Browsers share cookies between the ports of a host, where several pages may run.
        """
        return "__Host-importer" if self.secure else f"importer-session-{split_origin(self.public_origin)[2]}"

    @property
    def idle_seconds(self) -> float:
        """How long a session lives without a request."""
        return 24 * _HOUR if self.local else 2 * _HOUR

    @property
    def session_seconds(self) -> float:
        """How long a session lives at most."""
        return 7 * 24 * _HOUR if self.local else 12 * _HOUR

    def origins_by_host(self) -> dict[str, str]:
        """Return the values of the ``Host`` header that are answered, each with the origin of its pages."""
        scheme, host, port = split_origin(self.public_origin)
        hosts = {host, "127.0.0.1", "localhost"} if self.local else {host}
        found = {f"{_bracket(each)}:{port}": f"{scheme}://{_bracket(each)}:{port}" for each in hosts}
        if port == _DEFAULT_PORTS[scheme]:
            # Browsers leave the usual port out of both.
            without = {_bracket(each): f"{scheme}://{_bracket(each)}" for each in hosts}
            return {**without, **{f"{name}:{port}": origin for name, origin in without.items()}}
        return found

    def server_settings(self) -> dict[str, Any]:
        """Return keyword arguments for ``waitress.serve``: limits of connections, time and size, and the proxy."""
        settings: dict[str, Any] = {
            "ident": None,
            # Connections that stay silent are closed soon, and those who open many cannot keep others out meanwhile;
            # more than 500 are too many for Windows.
            "connection_limit": 400,
            "channel_timeout": 20,
            "cleanup_interval": 5,
            "asyncore_use_poll": True,
            "max_request_header_size": 32 << 10,
            "max_request_body_size": self.largest_upload,
            "clear_untrusted_proxy_headers": True,
        }
        if self.trusted_proxy:
            settings["trusted_proxy"] = self.trusted_proxy
            settings["trusted_proxy_headers"] = {"x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"}
        return settings


def split_origin(origin: str) -> tuple[str, str, int]:
    """Return scheme, host (lower case, without brackets) and port of an origin. Raises :class:`UsageError`."""
    try:
        parts = urlsplit(origin)
        scheme, host, port = parts.scheme, parts.hostname or "", parts.port
        # Browsers send the encoded form of a name with other letters.
        encoded = host.encode("idna").decode()
    except ValueError:
        scheme, host, port, encoded = "", "", None, ""
    if scheme not in _DEFAULT_PORTS or not host or origin.lower() not in _spellings(scheme, host, port):
        raise UsageError(
            f"{origin} is not the address of a page.",
            "Write scheme and host, with a port if it is not the usual one: https://import.example.com",
        )
    return scheme, encoded, port or _DEFAULT_PORTS[scheme]


def _spellings(scheme: str, host: str, port: int | None) -> set[str]:
    name = f"{scheme}://{_bracket(host)}" + ("" if port is None else f":{port}")
    return {name, f"{name}/"}


def check_listen_address(host: str, tls: bool, trusted_proxy: str, public_origin: str) -> None:
    """Check that passwords and rows cannot cross the network unencrypted. Raises :class:`UsageError`.

    Beyond this computer the server needs its own certificate (``tls``), or a trusted proxy that has one and
    a public address that begins with https://.
    """
    secure = split_origin(public_origin)[0] == "https"
    if trusted_proxy:
        try:
            ipaddress.ip_address(trusted_proxy)
        except ValueError:
            raise UsageError(
                f"{trusted_proxy} is not the IP address of a proxy.",
                "Name the one address from which the proxy connects, such as 127.0.0.1 or 10.0.0.5.",
            ) from None
        if tls:
            raise UsageError(
                "A certificate of its own and a trusted proxy contradict each other.",
                "Let the proxy have the certificate, or name no proxy.",
            )
        if not secure:
            raise UsageError(
                "The public address of a page behind a proxy has to begin with https://.",
                "Give the address that people type, such as --public-url https://import.example.com",
            )
    if secure and not (tls or trusted_proxy):
        raise UsageError(
            f"Nothing here speaks TLS, so {public_origin} would not work.",
            "Name the proxy that has the certificate by its IP address: --trusted-proxy 127.0.0.1",
        )
    if tls and not secure:
        raise UsageError(
            f"With a certificate, the public address cannot be {public_origin}.",
            "Begin it with https://, and use the name that is in the certificate.",
        )
    if not (_is_loopback(host) or secure):
        raise _needs_tls(f"{_bracket(host)}")


def _needs_tls(place: str) -> UsageError:
    return UsageError(
        f"Passwords and rows would cross the network unencrypted at {place}.",
        "Listen at 127.0.0.1 behind a proxy that has a certificate: "
        "--public-url https://import.example.com --trusted-proxy 127.0.0.1",
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _bracket(host: str) -> str:
    return f"[{host}]" if ":" in host else host
