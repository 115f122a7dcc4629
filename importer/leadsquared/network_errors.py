"""Errors of the network: whether the request can have left, and what is wrong, named as what it is."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

import requests
import urllib3

from importer.core.model import TransportFailure

_NOT_SENT_ERRORS = (
    requests.exceptions.ConnectTimeout,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidHeader,
    requests.exceptions.InvalidJSONError,
    requests.exceptions.UnrewindableBodyError,
)
"""Errors of requests after which certainly no byte of the request has left."""

_NOT_CONNECTED_ERRORS = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.NameResolutionError,
    urllib3.exceptions.ConnectTimeoutError,
    # Only a refused certificate proves that nothing was sent; TLS can also break while the answer is read.
    ssl.SSLCertVerificationError,
)
_TUNNEL = re.compile(r"Tunnel connection failed: ([0-9]{3})")
_NETWORK = "Check this computer's connection and its firewall, then run: importer doctor"
_CERTIFICATE = (
    "A company's network may check all traffic with a certificate of its own: ask IT for its authority as a file and "
    "name that as `ca_file` of the account, or in LEADSQUARED_CA_FILE. Check the clock of this computer, too."
)
_PROXY = "Check `proxy` of the account, or LEADSQUARED_PROXY, and the name and password in it."


@dataclass(frozen=True, slots=True)
class NetworkError:
    """What kept an answer away: ``reason`` in words, without keys and addresses, and what to do about it."""

    failure: TransportFailure
    reason: str
    remedy: str = _NETWORK


def describe_network_error(error: requests.exceptions.RequestException) -> NetworkError:
    """Describe ``error`` for people. Its own text quotes addresses and headers, so it is never shown."""
    causes = list(_causes(error))
    failure = TransportFailure.NOT_SENT if _has_not_left(error, causes) else TransportFailure.UNKNOWN
    proxy = next((cause for cause in causes if isinstance(cause, urllib3.exceptions.ProxyError)), None)
    certificate = next((cause for cause in causes if isinstance(cause, ssl.SSLCertVerificationError)), None)
    if certificate is not None:
        whose = "the host's certificate" if proxy is None else "the proxy's certificate"
        words = (certificate.verify_message or "it cannot be verified").rstrip(".")
        return NetworkError(failure, f"{whose} is not trusted ({words})", _CERTIFICATE)
    if proxy is not None:
        return NetworkError(failure, _describe_proxy(causes), _PROXY)
    for kind, text in (
        (urllib3.exceptions.NameResolutionError, "the host name is not known"),
        (urllib3.exceptions.NewConnectionError, "the host cannot be reached"),
        (urllib3.exceptions.ConnectTimeoutError, "the host did not accept the connection in time"),
        (urllib3.exceptions.SSLError, "no safe connection can be made to the host"),
        (urllib3.exceptions.ReadTimeoutError, "no answer in time"),
        (urllib3.exceptions.ProtocolError, "the connection was cut"),
    ):
        if any(isinstance(cause, kind) for cause in causes):
            return NetworkError(failure, text)
    if isinstance(error, requests.exceptions.Timeout):
        return NetworkError(failure, "no answer in time")
    return NetworkError(failure, type(error).__name__)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the errors that requests and urllib3 wrapped: they are among arguments, reasons and originals."""
    inner: BaseException | None = error
    seen: set[int] = set()
    while inner is not None and id(inner) not in seen:
        seen.add(id(inner))
        yield inner
        found = (getattr(inner, "reason", None), getattr(inner, "original_error", None), *inner.args)
        inner = next((each for each in found if isinstance(each, BaseException)), None)


def _has_not_left(error: BaseException, causes: list[BaseException]) -> bool:
    if isinstance(error, _NOT_SENT_ERRORS):
        return True
    if any(isinstance(cause, _NOT_CONNECTED_ERRORS) for cause in causes):
        return True
    # A proxy that refuses has sent nothing on; of one that fails on the way nothing is known.
    status = _tunnel_status(causes)
    return status is not None and 400 <= status < 500


def _tunnel_status(causes: list[BaseException]) -> int | None:
    found = [_TUNNEL.search(str(cause)) for cause in causes if isinstance(cause, OSError)]
    return next((int(match[1]) for match in found if match), None)


def _describe_proxy(causes: list[BaseException]) -> str:
    status = _tunnel_status(causes)
    if status == 407:
        return "the proxy does not accept the name and password (407)"
    if status is not None:
        return f"the proxy did not connect to the host (status {status})"
    if any(isinstance(cause, urllib3.exceptions.NameResolutionError) for cause in causes):
        return "the name of the proxy is not known"
    return "the proxy cannot be reached"
