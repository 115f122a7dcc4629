"""Sign-in with an OpenID Connect provider: the authorization code flow with state, nonce and PKCE, by Authlib."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import Flask
from joserfc.errors import JoseError

from importer.core.errors import ImporterError
from importer.web.security.access import Role
from importer.web.security.options import OidcOptions
from importer.web.security.sessions import OneTimeTokens, Session, digest
from importer.web.security.users import normalize_name

_FLOW_SECONDS = 600.0
_REQUEST_SECONDS = 10
# A provider that lists "none" or a symmetric algorithm must not make us accept tokens that anybody can sign.
_SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
_METADATA = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "token_endpoint_auth_methods_supported")
_FAILURES = (AuthlibBaseError, JoseError, requests.RequestException, ValueError, KeyError, TypeError, RuntimeError)


class SignInFailed(ImporterError):
    """The provider could not be asked, or its answer proves nobody who may enter."""


class OidcProvider:
    """The provider at which people sign in."""

    def __init__(self, app: Flask, options: OidcOptions, one_time: OneTimeTokens, return_address: str) -> None:
        self._options, self._one_time, self._return_address = options, one_time, return_address
        self._client = OAuth(app).register(
            "importer_oidc",
            server_metadata_url=f"{options.issuer.rstrip('/')}/.well-known/openid-configuration",
            client_id=options.client_id,
            client_secret=options.client_secret.reveal(),
            client_kwargs={
                "scope": "openid email",
                "code_challenge_method": "S256",
                "default_timeout": _REQUEST_SECONDS,
            },
        )

    def begin(self, browser: str, next_page: str) -> str:
        """Return the provider's address to send a browser to, which ``browser`` (a token in its cookie) identifies.

        Raises :class:`SignInFailed`.
        """
        try:
            self._load_metadata()
            flow = self._client.create_authorization_url(self._return_address)
        except _FAILURES as error:
            raise _unreachable(error) from None
        content = {
            "purpose": "oidc",
            "browser": digest(browser),
            "nonce": flow["nonce"],
            "code_verifier": flow["code_verifier"],
            "next": next_page,
        }
        self._one_time.add(flow["state"], content, seconds=_FLOW_SECONDS)
        address: str = flow["url"]
        return address

    def finish(self, browser: str, answer: Mapping[str, str]) -> tuple[Session, str]:
        """Check the provider's answer; return the session and the page to go on with.

        Raises :class:`SignInFailed` for an answer that was not asked for by this browser, and for a person who has
        no role here.
        """
        flow = self._one_time.redeem(answer.get("state", ""))
        if flow is None or flow.get("purpose") != "oidc" or flow["browser"] != digest(browser):
            raise SignInFailed("This sign-in was not begun here, or too long ago.", "Sign in again.")
        if answer.get("iss", self._options.issuer) != self._options.issuer:
            raise SignInFailed("The answer comes from another provider.", "Sign in again.")
        if "code" not in answer:
            raise SignInFailed("The provider did not let you in.", "Sign in again, or ask your administrator.")
        try:
            claims = self._fetch_claims(answer["code"], flow)
        except _FAILURES as error:
            raise _unreachable(error) from None
        return self._session(claims), flow["next"]

    def _load_metadata(self) -> None:
        """Fetch the provider's description of itself once; keep the parts that are used, and only safe algorithms."""
        metadata = self._client.load_server_metadata()
        if metadata.get("issuer") != self._options.issuer:
            raise ValueError("the provider has another issuer")
        offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        kept = {name: metadata[name] for name in _METADATA if name in metadata}
        known = {name: metadata[name] for name in ("_loaded_at", "jwks") if name in metadata}
        metadata.clear()
        metadata.update(kept | known)
        metadata["id_token_signing_alg_values_supported"] = [each for each in offered if each in _SIGNATURES]

    def _fetch_claims(self, code: str, flow: Mapping[str, str]) -> Mapping[str, Any]:
        self._load_metadata()
        token = self._client.fetch_access_token(
            redirect_uri=self._return_address, code=code, code_verifier=flow["code_verifier"]
        )
        claims: Mapping[str, Any] | None = self._client.parse_id_token(
            token,
            nonce=flow["nonce"],
            claims_options={"iss": {"essential": True, "value": self._options.issuer}},
            leeway=self._options.clock_skew_seconds,
        )
        if claims is None:
            raise ValueError("the provider sent no ID token")
        return claims

    def _session(self, claims: Mapping[str, Any]) -> Session:
        trusted = claims.get("email_verified") is True or self._options.trust_addresses
        address = normalize_name(str(claims.get("email") or "")) if trusted else ""
        addresses = self._options.roles_by_address.items() if address else ()
        roles = [role for name, role in addresses if normalize_name(name) == address]
        values = _claim(claims, self._options.role_claim)
        roles += [self._options.roles_by_claim[value] for value in values if value in self._options.roles_by_claim]
        name = address or f"{claims['sub']}"
        if not roles:
            raise SignInFailed(f"{name} has no role here.", "Ask your administrator for one.")
        return Session(name, max(roles, key=list(Role).index), "oidc", self._options.stamp)


def _claim(claims: Mapping[str, Any], name: str) -> list[str]:
    """Return the values of a claim; a name with dots may lead into the claim's own parts (``realm_access.roles``)."""
    if not name:
        return []
    value: Any = claims.get(name)
    if value is None:
        value = claims
        for part in name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
    if isinstance(value, str):
        return [value]
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _unreachable(error: Exception) -> SignInFailed:
    # The kind of the error only: its text may quote codes and tokens.
    return SignInFailed(
        f"The sign-in with the provider failed ({type(error).__name__}).",
        "Try again in a minute; if it stays so, ask your administrator to look at the provider's settings.",
    )
