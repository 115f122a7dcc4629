"""`importer serve --web`: the page for a team, beside the scheduler and the worker of the jobs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from importer.cli.streams import print_message
from importer.cli.web import web_config

if TYPE_CHECKING:
    from importer.app import Environment
    from importer.web import PageServer


@dataclass(frozen=True, slots=True)
class PageOptions:
    """The options of the page: where it listens, its address in browsers, its proxy, and whether two people decide."""

    listen: str
    public_url: str | None = None
    trusted_proxy: str = ""
    two_people: bool = False


@dataclass(frozen=True, slots=True)
class ServedPage:
    """A page that is served at ``address``."""

    server: PageServer
    address: str


@contextmanager
def page_served(options: PageOptions | None, env: Environment) -> Iterator[ServedPage | None]:
    """Serve the page while the block runs; without ``options`` there is none.

    Raises :class:`SettingsError` and :class:`UsageError`: it never listens where passwords would cross the network
    unencrypted.
    """
    if options is None:
        yield None
        return
    from importer.jobs import parse_address
    from importer.web import PageServer, SecurityOptions, check_listen_address, listen, read_oidc_options

    host, port = parse_address(options.listen, "--web")
    shown_host = f"[{host}]" if ":" in host else host
    # With port 0 the real one is known only once the socket listens; the check is about the host.
    origin = (options.public_url or f"http://{shown_host}:{port}").rstrip("/")
    check_listen_address(host, False, options.trusted_proxy, origin)
    listener = listen(host, port)
    if options.public_url is None:
        origin = f"http://{shown_host}:{listener.getsockname()[1]}"
    provider = read_oidc_options(env.variables)
    security = SecurityOptions(
        env.home, origin, local=False, clock=env.clock, trusted_proxy=options.trusted_proxy, oidc=provider
    )
    server = PageServer(web_config(env, local=False, two_people=options.two_people), security, listener)
    server.start()
    print_message(f"The page is at {origin}")
    if provider is None and not server.gate.users.list_users():
        print_message("Nobody can sign in yet. Add the first user: importer web users add NAME --role admin")
    try:
        yield ServedPage(server, origin)
    finally:
        server.stop()
