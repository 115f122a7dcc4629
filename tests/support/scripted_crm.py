"""A CRM that gives prepared answers."""

from __future__ import annotations

from importer.core.model import Reply, Request


class Scripted:
    """A CRM that gives prepared answers, the last one for ever."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.asked = 0

    def send(self, request: Request) -> Reply:
        self.asked += 1
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]

    def close(self) -> None:
        pass
