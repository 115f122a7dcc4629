"""Addresses at which the page may be served."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from importer.core.errors import UsageError
from importer.core.redaction import Secret
from importer.web.security import OidcOptions, check_listen_address
from tests.unit.web.security.conftest import Site

PUBLIC = "https://import.example"


@pytest.mark.parametrize(
    ("host", "tls", "proxy", "origin"),
    [
        ("127.0.0.1", False, "", "http://127.0.0.1:8765"),
        ("::1", False, "", "http://[::1]:8765"),
        ("localhost", False, "", "http://localhost:8765/"),
        ("127.0.0.1", False, "127.0.0.1", PUBLIC),
        ("10.0.0.5", False, "10.0.0.9", PUBLIC),
        ("0.0.0.0", True, "", PUBLIC),
        ("127.0.0.1", True, "", "https://localhost:8765"),
    ],
)
def test_addresses_that_are_safe(host: str, tls: bool, proxy: str, origin: str) -> None:
    check_listen_address(host, tls, proxy, origin)


@pytest.mark.parametrize(
    ("host", "tls", "proxy", "origin", "message"),
    [
        ("0.0.0.0", False, "", "http://10.0.0.5:8765", "unencrypted"),
        ("::", False, "", "http://[::1]:8765", "unencrypted"),
        ("import.example", False, "", "http://import.example", "unencrypted"),
        ("10.0.0.5", False, "", PUBLIC, "speaks TLS"),
        ("127.0.0.1", False, "", PUBLIC, "speaks TLS"),
        ("10.0.0.5", False, "10.0.0.9", "http://import.example", "begin with https"),
        ("10.0.0.5", False, "*", PUBLIC, "IP address of a proxy"),
        ("10.0.0.5", False, "proxy.example", PUBLIC, "IP address of a proxy"),
        ("10.0.0.5", True, "10.0.0.9", PUBLIC, "contradict"),
        ("10.0.0.5", True, "", "http://import.example", "With a certificate"),
    ],
)
def test_addresses_that_are_not(host: str, tls: bool, proxy: str, origin: str, message: str) -> None:
    """Each refusal says what to do."""
    with pytest.raises(UsageError, match=message) as caught:
        check_listen_address(host, tls, proxy, origin)
    assert caught.value.remedy


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "import.example",
        "ftp://import.example",
        "https://",
        "https://a@import.example",
        "https://import.example/page",
        "https://import.example?x",
        "https://import.example:99999",
        "https://[::1",
        "https://a..b",
        "https://x\n.example",
    ],
)
def test_what_is_no_address_of_a_page(origin: str) -> None:
    with pytest.raises(UsageError, match="not the address"):
        check_listen_address("127.0.0.1", False, "", origin)


def test_a_name_with_other_letters_is_compared_as_browsers_send_it(make_site: Callable[..., Site]) -> None:
    team = make_site("https://bücher.example", local=False)
    assert team.options.origins_by_host()["xn--bcher-kva.example"] == "https://xn--bcher-kva.example"


@pytest.mark.parametrize(("origin", "local"), [("http://import.example", True), ("http://import.example", False)])
def test_options_that_would_be_unsafe(make_site: Callable[..., Site], origin: str, local: bool) -> None:
    with pytest.raises(UsageError):
        make_site(origin, local=local)
    with pytest.raises(UsageError):
        make_site(local=True, trusted_proxy="10.0.0.9")


def test_a_provider_is_reached_over_tls() -> None:
    OidcOptions("http://127.0.0.1:9000", "importer", Secret("client-secret"))
    with pytest.raises(UsageError, match="https://"):
        OidcOptions("http://login.example", "importer", Secret("client-secret"))


def test_settings_of_the_server(make_site: Callable[..., Site]) -> None:
    """Waitress knows all of them; nobody but the proxy may name a client's address."""
    from waitress.adjustments import Adjustments

    team = make_site("https://import.example", local=False, trusted_proxy="10.0.0.9")
    made = Adjustments(**team.options.server_settings())
    assert (made.trusted_proxy, made.clear_untrusted_proxy_headers, made.ident) == ("10.0.0.9", True, None)
    assert made.max_request_body_size == team.options.largest_upload
    assert made.channel_timeout <= 60
    assert "trusted_proxy" not in make_site().options.server_settings()
