"""The way to an account's hosts: which origins, whose certificates are trusted, through which proxy."""

from __future__ import annotations

import os
import ssl
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from importer.config import Account, is_loopback
from importer.leadsquared.deadline import POOLS

_TRUST_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


def make_session(account: Account) -> requests.Session:
    """Return a session for one thread that reaches nothing but the hosts of ``account``.

    Proxies, certificates and passwords of the environment (.netrc) are not used: they could send the keys elsewhere.
    """
    session = requests.Session()
    session.trust_env = False
    origins = [origin for origin in (account.host, account.async_host) if origin]
    adapter = _OneAccountAdapter(origins, _make_context(account) if _uses_tls(origins) else None)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    if account.proxy is not None:
        # By origin: what is on this computer is never asked for through a proxy.
        session.proxies = {origin: account.proxy.reveal() for origin in origins if not is_loopback(origin)}
    return session


def _uses_tls(origins: Sequence[str]) -> bool:
    return any(origin.startswith("https:") for origin in origins)


def _make_context(account: Account) -> ssl.SSLContext:
    """Return a context that trusts what the operating system trusts, and the account's own authorities besides.

    Each session has one of its own, because a handshake locks its context.
    """
    # Takes a moment to import, and the sandbox does without.
    import truststore

    for name in _TRUST_VARIABLES:
        os.environ.pop(name, None)
    context: ssl.SSLContext = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if account.ca_certificates:
        context.load_verify_locations(cadata=account.ca_certificates)
    return context


class _OneAccountAdapter(HTTPAdapter):
    """An adapter that refuses requests to anywhere but the account's own origins."""

    def __init__(self, origins: Sequence[str], context: ssl.SSLContext | None) -> None:
        self._tls: dict[str, Any] = {"ssl_context": context} if context else {}
        super().__init__(pool_connections=2, pool_maxsize=1, max_retries=urllib3.Retry(0, read=False))
        self._allowed = {_origin(origin) for origin in origins}

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **{**kwargs, **self._tls})
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **{**kwargs, **self._tls})
        manager.pool_classes_by_scheme = POOLS
        return manager

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if _origin(request.url or "") not in self._allowed:
            raise requests.exceptions.InvalidURL("the address is not the account's")
        return super().send(request, *args, **kwargs)


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port
