"""Faults on request: what goes wrong, for how many calls, and where."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

HTML = "<html><body><h1>Bad gateway</h1></body></html>"

BEFORE = frozenset(
    {"timeout-before", "drop-before", "500-before", "502-before", "503-before", "504-before", "401", "redirect",
     "throttle-429", "throttle-403", "throttle-200", "mx-before"}
)  # fmt: skip
"""Faults of calls that are not processed."""

AFTER = frozenset(
    {"timeout-after", "drop-after", "500-after", "502-after", "503-after", "504-after", "html-200", "empty-200",
     "truncated-json", "missing-receipt", "shuffled-receipts", "receipt-without-id", "duplicate-row-numbers",
     "count-only", "mx-after"}
)  # fmt: skip
"""Faults of calls that are processed, but whose answer is wrong or lost."""

PARTIAL = frozenset({"500-partial", "drop-partial"})
"""Faults of bulk calls of which only the first half is processed."""

NAMES = sorted(BEFORE | AFTER | PARTIAL)


@dataclass(slots=True)
class Fault:
    """One ordered fault: after ``skip`` calls whose path contains ``on``, the next ``calls`` have it."""

    name: str
    calls: int = 1
    skip: int = 0
    on: str = ""


class Faults:
    """The faults that are waiting for their calls."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.waiting: list[Fault] = []

    def order(self, name: str, calls: int = 1, skip: int = 0, on: str = "") -> None:
        """Let a fault happen. Raises :class:`ValueError` for an unknown name."""
        if name not in NAMES:
            raise ValueError(f"unknown fault {name!r}; known: {', '.join(NAMES)}")
        with self._lock:
            self.waiting.append(Fault(name, calls, skip, on))

    def clear(self) -> None:
        """Forget what is waiting."""
        with self._lock:
            self.waiting.clear()

    def next(self, path: str) -> str:
        """The fault of a call that arrives now, or an empty text."""
        with self._lock:
            for fault in self.waiting:
                if fault.on not in path:
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    return ""
                fault.calls -= 1
                if fault.calls <= 0:
                    self.waiting.remove(fault)
                return fault.name
        return ""


def spoiled(name: str, answer: Any) -> bytes:
    """The bytes of an answer with a fault in its content."""
    entries = answer.get("Response") if isinstance(answer, dict) else answer
    changed = list(entries) if isinstance(entries, list) else []
    changes: dict[str, Callable[[], Any]] = {
        "missing-receipt": lambda: changed[:-1],
        "shuffled-receipts": lambda: random.Random(len(changed)).sample(changed, len(changed)),  # noqa: S311  no secret
        "receipt-without-id": lambda: (
            [{**changed[0], "ProspectActivityId": None}, *changed[1:]] if changed else changed
        ),
        "duplicate-row-numbers": lambda: [{**entry, "RowNumber": 1} for entry in changed],
    }
    if name in changes:
        listed = changes[name]()
        return json.dumps({**answer, "Response": listed} if isinstance(answer, dict) else listed).encode()
    if name == "count-only":
        return json.dumps({"Status": "Success", "Message": {"Count": len(changed)}}).encode()
    whole = json.dumps(answer).encode()
    return {"html-200": HTML.encode(), "empty-200": b"", "truncated-json": whole[: len(whole) // 2]}.get(name, whole)
