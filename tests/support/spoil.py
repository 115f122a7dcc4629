"""Stands between the sandbox of a trial and its commands, and changes what it answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from importer.sandbox.crm import Call
from importer.sandbox.replies import Reply
from importer.sandbox.routes import BY_PATH
from tests.support.trial import Trial

Real = Callable[[Call], Reply]
Rule = Callable[[int, Call, Real], Reply]


def spoil(trial: Trial, on: str, rule: Rule) -> list[Call]:
    """Let ``rule`` answer the calls that fit ``on``, as the sandbox's faults say it; the calls so far, as a list.

    The rule gets the number of the call (from 1), the call, and what the sandbox would have answered.
    """
    really = trial.sandbox.crm.answer
    seen: list[Call] = []

    def answer(call: Call) -> Reply:
        route = BY_PATH.get(call.path)
        if route is None or not route.fits(on):
            return really(call)
        seen.append(call)
        return rule(len(seen), call, really)

    trial.sandbox.crm.answer = answer  # type: ignore[method-assign]  # the harness stands in between
    return seen


def only(numbers: range | int, change: Callable[[Call, Real], Reply]) -> Rule:
    """Change the answers to some calls, by their numbers."""
    chosen = range(numbers, numbers + 1) if isinstance(numbers, int) else numbers
    return lambda number, call, really: change(call, really) if number in chosen else really(call)


def instead(reply: Reply) -> Callable[[Call, Real], Reply]:
    """Another answer; nothing is processed."""
    return lambda call, really: reply


def after(reply: Reply) -> Callable[[Call, Real], Reply]:
    """Everything is processed, and another answer given."""

    def change(call: Call, really: Real) -> Reply:
        really(call)
        return reply

    return change


def edited(edit: Callable[[Any], Any]) -> Callable[[Call, Real], Reply]:
    """Everything is processed; the JSON of the answer is changed."""

    def change(call: Call, really: Real) -> Reply:
        reply = really(call)
        return replace(reply, body=json.dumps(edit(json.loads(reply.body))).encode())

    return change


def said(status: int, body: bytes | object = b"", content_type: str = "application/json", **headers: str) -> Reply:
    """An answer with this body, or with this object as its JSON; ``headers`` have ``_`` for ``-``."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(status, content, content_type, named)
