"""Where processes tell each other which slots of a limit are busy: a file of this machine, or a shared database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stored:
    """What was stored last, and the time by which the store counts.

    ``content`` is empty when nothing ever was, and ``None`` when it cannot be read. ``clock`` is the store's time in
    seconds, ``None`` where that is the caller's own; ``ahead`` is how much it is ahead of the caller's, at most.
    """

    content: Mapping[str, Any] | None
    clock: float | None = None
    ahead: float = 0.0


class SlotStore(Protocol):
    """One small JSON object that several processes read and write in turn."""

    def change(self, decide: Callable[[Stored], tuple[T, Mapping[str, Any] | None]]) -> T:
        """Let ``decide`` see what is stored while nobody else does, and store what it gives, unless that is ``None``.

        ``decide`` may be called again when it is not certain that its decision was stored.
        Raises :class:`LedgerError` when the store cannot be used.
        """
        ...

    def close(self) -> None:
        """Let go of the store; what it says stays."""
        ...
