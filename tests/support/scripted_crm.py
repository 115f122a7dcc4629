"""A CRM with prepared replies."""

from __future__ import annotations

from importer.core.model import Reply, Request


class ScriptedCrm:
    """A CRM with prepared replies; the last one is repeated for ever."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.requests = 0

    def send(self, request: Request) -> Reply:
        self.requests += 1
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]

    def close(self) -> None:
        pass
