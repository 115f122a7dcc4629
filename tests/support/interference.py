"""What a trial does to a command from inside its process: hold it at a place, shift its clock, make a call raise.

All of it is set up by :class:`commands.Running` in the child, before the command begins. Everything here can be
pickled, because the child is another process.
"""

from __future__ import annotations

import importlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

Act = Callable[[], None]


def together(*parts: Act) -> Together:
    """Several interferences in one command."""
    return Together(parts)


@dataclass(frozen=True)
class Together:
    """Runs its parts one after the other."""

    parts: tuple[Act, ...]

    def __call__(self) -> None:
        for part in self.parts:
            part()


@dataclass(frozen=True)
class Hold:
    """Holds the command at the ``nth`` call of ``place`` ("module:Class.method" or "module:function").

    It waits before the call, or after it with ``after``, until :meth:`release`. ``folder`` is the trial's.
    """

    folder: str
    place: str
    nth: int = 1
    after: bool = False

    def __call__(self) -> None:
        calls = 0

        def wrapped(original: Callable[..., Any]) -> Callable[..., Any]:
            def call(*given: Any, **named: Any) -> Any:
                nonlocal calls
                calls += 1
                mine = calls == self.nth
                if mine and not self.after:
                    self._wait()
                result = original(*given, **named)
                if mine and self.after:
                    self._wait()
                return result

            return call

        _replace(self.place, wrapped)

    def _wait(self) -> None:
        (Path(self.folder) / "held").touch()
        while not (Path(self.folder) / "released").exists():
            time.sleep(0.005)

    def await_held(self, running: Any, seconds: float = 60.0) -> None:
        """Until the command has come to the place."""
        ends_at = time.monotonic() + seconds
        while not (Path(self.folder) / "held").exists():
            assert running.is_alive(), f"it ended before it came to {self.place}: {running.wait()}"
            assert time.monotonic() < ends_at, f"it never came to {self.place}"
            time.sleep(0.005)

    def release(self) -> None:
        """Let it go on."""
        (Path(self.folder) / "released").touch()


@dataclass(frozen=True)
class Raises:
    """The ``nth`` call of ``place`` raises ``error``, after having done its work with ``after``."""

    place: str
    error: BaseException
    nth: int = 1
    after: bool = False

    def __call__(self) -> None:
        calls = 0

        def wrapped(original: Callable[..., Any]) -> Callable[..., Any]:
            def call(*given: Any, **named: Any) -> Any:
                nonlocal calls
                calls += 1
                if calls != self.nth:
                    return original(*given, **named)
                if self.after:
                    original(*given, **named)
                raise self.error

            return call

        _replace(self.place, wrapped)


@dataclass(frozen=True)
class Answers:
    """Every call of ``place`` gives ``answer``."""

    place: str
    answer: Any

    def __call__(self) -> None:
        _replace(self.place, lambda original: lambda *given, **named: self.answer)


@dataclass(frozen=True)
class ClockShift:
    """The wall clock is off by ``seconds``, from the ``after``-th time on that somebody looks at it."""

    seconds: float
    after: int = 0

    def __call__(self) -> None:
        looks = 0

        def shifted(moment: Any) -> Any:
            return moment + timedelta(seconds=self.seconds if looks > self.after else 0)

        def wrapped(original: Callable[..., Any]) -> Callable[..., Any]:
            def now(clock: Any) -> Any:
                nonlocal looks
                looks += 1
                return shifted(original(clock))

            return now

        _replace("importer.core.time:SystemClock.now", wrapped)
        # The door to HTTP reads the clock itself, to compare it with the server's.
        _replace("importer.leadsquared.client:_skew", lambda skew: lambda headers, now: skew(headers, shifted(now)))


@dataclass(frozen=True)
class As:
    """The process belongs to another user of the machine, who may still read the program."""

    user: int

    def __call__(self) -> None:
        os.setgroups([])
        os.setgid(self.user)
        os.setuid(self.user)


@dataclass(frozen=True)
class Umask:
    """The process begins with this umask."""

    mask: int

    def __call__(self) -> None:
        os.umask(self.mask)


@dataclass(frozen=True)
class Limited:
    """A resource limit of the process, such as ``RLIMIT_NOFILE``; ``more`` adds to what the process uses already."""

    name: str
    value: int
    more: bool = False

    def __call__(self) -> None:
        import resource

        limit = self.value
        if self.more:
            pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
            limit += pages * resource.getpagesize()
        resource.setrlimit(getattr(resource, self.name), (limit, limit))


def _replace(place: str, wrapped: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    module, _, path = place.partition(":")
    owner: Any = importlib.import_module(module)
    *inner, name = path.split(".")
    for part in inner:
        owner = getattr(owner, part)
    setattr(owner, name, wrapped(getattr(owner, name)))
