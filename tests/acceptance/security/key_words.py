"""Keys that tests use, servers that quote them, and the search for them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import click

from tests.acceptance.security.security_words import ACCESS, API, SECRET


def keys_in(text: str) -> list[str]:
    return [key for key in (ACCESS, SECRET, API) if key[:12] in text or key[::-1][:12] in text]


class Echo(BaseHTTPRequestHandler):
    """Answers with an error that quotes the whole request, keys and all, as careless servers do."""

    def do_POST(self) -> None:
        words = f"{self.path} {dict(self.headers)}"
        body = json.dumps({"Status": "Error", "ExceptionType": "MXTest", "ExceptionMessage": words}).encode()
        self.send_response(500)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST  # noqa: N815  the name in the standard library

    def log_message(self, format: str, *args: Any) -> None:
        pass


ENVIRONMENT = {
    "LEADSQUARED_HOST": "api.leadsquared.com",
    "LEADSQUARED_ACCESS_KEY": ACCESS,
    "LEADSQUARED_SECRET_KEY": SECRET,
}


def all_commands() -> Iterator[click.Command]:
    from importer.cli.main import cli

    waiting: list[click.Command] = [cli]
    while waiting:
        command = waiting.pop()
        yield command
        if isinstance(command, click.Group):
            context = click.Context(command)
            found = (command.get_command(context, name) for name in command.list_commands(context))
            waiting += [one for one in found if one is not None]
