"""Rules of single requests and answers: where a request comes from, and the security headers of an answer."""

from __future__ import annotations

from urllib.parse import urlsplit

from werkzeug.datastructures import Headers
from werkzeug.datastructures.headers import EnvironHeaders

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "font-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_ALWAYS = {
    "Content-Security-Policy": _CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # With no-referrer, browsers would send "Origin: null" with forms, and every form would be refused.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_YEAR = 31_536_000


def is_from_other_page(method: str, headers: EnvironHeaders | Headers, origin: str) -> bool:
    """Return whether a page of another origin made the request, or may have made it.

    A request that changes something must prove that it comes from ``origin``. One that reads may come from outside
    only as a link that opens in a tab: elsewhere on this computer other ports count as the same site, and their pages
    would otherwise read with our cookie.
    """
    site = headers.get("Sec-Fetch-Site")
    if method in SAFE_METHODS:
        if site in (None, "same-origin", "none"):
            return False
        return (headers.get("Sec-Fetch-Mode"), headers.get("Sec-Fetch-Dest")) != ("navigate", "document")
    if site not in (None, "same-origin"):
        return True
    claimed = headers.get("Origin")
    if claimed is None and "Referer" in headers:
        claimed = _origin_of(headers["Referer"])
    return site is None if claimed is None else claimed.lower() != origin


def _origin_of(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}"


def set_security_headers(headers: Headers, *, secure: bool, is_static: bool) -> None:
    """Set the headers that every answer has; pages are never kept by browsers or proxies."""
    for name, value in _ALWAYS.items():
        headers[name] = value
    if secure:
        headers["Strict-Transport-Security"] = f"max-age={_YEAR}"
    if not is_static:
        headers["Cache-Control"] = "no-store"
