"""The server of the page: waitress in threads, with the tasks that a killed server has left started again."""

from __future__ import annotations

import logging
import socket
import threading
from typing import Any

from waitress.server import create_server

from importer.core.errors import ImporterError, SettingsError
from importer.core.redaction import redact
from importer.web.application import make_app
from importer.web.security import SecurityOptions, limited_channel
from importer.web.services import Services, WebConfig

_log = logging.getLogger(__name__)
_THREADS = 8
_STOP_SECONDS = 30.0


def listen(host: str, port: int) -> socket.socket:
    """Open a listening socket; port 0 means any free one. Raises :class:`SettingsError` when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"The page cannot be served at {host}:{port}: {error.strerror or error}.",
            "Is it running already? Else choose another port: importer web --port 8766",
        ) from None
    return listener


class PageServer:
    """Serves the page at a listening socket until it is stopped."""

    def __init__(self, config: WebConfig, security: SecurityOptions, listener: socket.socket) -> None:
        self._app, self.gate = make_app(config, security)
        self._services: Services = self._app.extensions["importer"]
        settings: dict[str, Any] = {"threads": _THREADS, **security.server_settings()}
        self._server = create_server(self._app, sockets=[listener], **settings)
        self._server.channel_class = limited_channel(self.gate.is_signed_in, security.largest_request)
        self._thread = threading.Thread(target=self._server.run, name="page", daemon=True)

    def start(self) -> None:
        """Begin to answer, and to continue what a killed server has left."""
        self._thread.start()
        self.recover()

    def recover(self) -> None:
        """Continue the work that another server has left, which was killed or has stopped."""
        for part in (self._services.imports, self._services.operations):
            try:
                part.recover()
            except (ImporterError, OSError) as error:
                # Such as an import that was removed at this moment. The page goes on, and tries again.
                _log.warning("work that was interrupted cannot be continued now: %s", redact(str(error)))

    def stop(self) -> None:
        """Stop to answer; calls of imports that are under way are finished, the rest is continued at the next start."""
        for tasks in (self._services.imports.tasks, self._services.operations.tasks):
            tasks.stop_all(_STOP_SECONDS)
        self._server.close()
        self._thread.join(_STOP_SECONDS)
