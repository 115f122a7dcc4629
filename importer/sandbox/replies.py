"""Answers as bytes, true ones and spoiled ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from importer.sandbox.refusals import ApiError

_HTML = "text/html; charset=utf-8"
_GATEWAY = {502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Time-out"}


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, body, its type, and further headers."""

    status: int
    body: bytes
    content_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


class Dropped(Exception):
    """The connection is to end: after half of ``begun`` was sent, or at once; ``reset`` says in which way."""

    def __init__(self, begun: Reply | None = None, *, reset: bool = False) -> None:
        super().__init__("the connection is to end")
        self.begun = begun
        self.reset = reset


def json_reply(content: Any, status: int = 200) -> Reply:
    """JSON in UTF-8."""
    return Reply(status, json.dumps(content, ensure_ascii=False).encode())


def refused(refusal: ApiError, status: int) -> Reply:
    """A refusal in LeadSquared's envelope."""
    return json_reply(refusal.envelope(), status)


def too_many(refusal: ApiError, shape: str) -> Reply:
    """A refusal for too many calls in one of the three shapes that accounts show."""
    if shape == "403":
        return Reply(403, refusal.message.encode(), "text/plain; charset=utf-8")
    return refused(refusal, int(shape))


def page(status: int, title: str) -> Reply:
    """An HTML page as a gateway or web server sends it."""
    return Reply(
        status, f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>".encode(), _HTML
    )


def not_found() -> Reply:
    """An address that does not exist."""
    return page(404, "404 - File or directory not found.")


def wrong_method() -> Reply:
    """An address that is called with another method."""
    return page(405, "405 - HTTP verb used to access this page is not allowed.")


def failed(effect: str) -> Reply:
    """The answer of a failing server or gateway."""
    if effect == "500":
        return json_reply({"Message": "An error has occurred."}, 500)
    if effect == "mx":
        return refused(ApiError("MXInvalidInputException", "Invalid Input! Parameter Name: Fields"), 500)
    return page(int(effect), f"{effect} {_GATEWAY[int(effect)]}")


def spoiled(effect: str, answer: Any) -> Reply:
    """A true answer with a fault in its content; other effects leave it as it is."""
    whole = json_reply(answer)
    if effect == "html-200":
        return page(200, "Please sign in")
    if effect == "empty-200":
        return Reply(200, b"")
    if effect == "truncated-json":
        return Reply(200, whole.body[: len(whole.body) // 2])
    receipts = answer.get("Response") if isinstance(answer, dict) else answer
    if not isinstance(receipts, list) or not receipts:
        return whole
    if effect == "count-only":
        return json_reply({"Status": "Success", "Message": {"Count": len(receipts)}})
    changed = _receipts(effect, receipts)
    return json_reply({**answer, "Response": changed} if isinstance(answer, dict) else changed)


def _receipts(effect: str, receipts: list[Any]) -> list[Any]:
    middle = len(receipts) // 2
    if effect == "missing-receipts":
        return [*receipts[:middle], *receipts[middle + 1 :]]
    if effect == "shuffled-receipts":
        return [*receipts[middle:][::-1], *receipts[:middle]]
    if effect == "receipt-without-id":
        name = "LeadId" if "LeadId" in receipts[0] else "ProspectActivityId"
        return [{**receipts[0], name: None}, *receipts[1:]]
    if effect == "duplicate-row-numbers" and len(receipts) > 1:
        return [receipts[0], {**receipts[1], "RowNumber": receipts[0]["RowNumber"]}, *receipts[2:]]
    return receipts
