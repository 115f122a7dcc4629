"""The module of Windows' calls, loaded on another system with stand-ins for what only Windows has."""

from __future__ import annotations

import fcntl
import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace
from unittest import mock

_NAME = "importer.core.platform.windows"


class ByteLocks:
    """`msvcrt`: locks of ranges of bytes, which belong to the open file that took them."""

    LK_UNLCK, LK_NBLCK = 0, 2

    def __init__(self) -> None:
        self.held: dict[int, tuple[tuple[int, int], range]] = {}

    def locking(self, descriptor: int, mode: int, count: int) -> None:
        """Lock or unlock ``count`` bytes at the position; :class:`PermissionError` when one of them is locked."""
        info = os.fstat(descriptor)
        file, start = (info.st_dev, info.st_ino), os.lseek(descriptor, 0, os.SEEK_CUR)
        wanted = range(start, start + count)
        self.held = {number: lock for number, lock in self.held.items() if _is_open(number, lock[0])}
        if mode == self.LK_UNLCK:
            if self.held.get(descriptor) != (file, wanted):
                raise OSError(13, "Permission denied")
            del self.held[descriptor]
            return
        if any(other == file and set(taken) & set(wanted) for other, taken in self.held.values()):
            raise PermissionError(13, "Permission denied")
        self.held[descriptor] = (file, wanted)


def _is_open(descriptor: int, file: tuple[int, int]) -> bool:
    try:
        fcntl.fcntl(descriptor, fcntl.F_GETFD)
        info = os.fstat(descriptor)
    except OSError:
        return False
    return (info.st_dev, info.st_ino) == file


@contextmanager
def windows_calls(locks: object | None = None, machine: str = "guid") -> Iterator[ModuleType]:
    """Load :mod:`importer.core.platform.windows`; the stand-ins stay as long as the block runs."""
    registry = mock.MagicMock()
    registry.QueryValueEx.return_value = (machine, 1)
    modules = {"msvcrt": locks or ByteLocks(), "winreg": registry}
    with (
        mock.patch.dict(sys.modules, modules),  # type: ignore[arg-type]  # stand-ins for modules
        mock.patch.object(os, "O_BINARY", 0, create=True),
        mock.patch.object(os, "O_NOINHERIT", os.O_CLOEXEC, create=True),
        mock.patch.object(subprocess, "CREATE_NEW_PROCESS_GROUP", 512, create=True),
        mock.patch.object(subprocess, "CREATE_NO_WINDOW", 1 << 27, create=True),
    ):
        sys.modules.pop(_NAME, None)
        with mock.patch.object(sys, "platform", "win32"):
            loaded = importlib.import_module(_NAME)
        with mock.patch.object(loaded.ctypes, "windll", SimpleNamespace(kernel32=_Drives()), create=True):
            yield loaded
    sys.modules.pop(_NAME, None)


class _Drives:
    def GetDriveTypeW(self, root: str) -> int:  # the name in Windows
        return 4 if root.startswith("Z:") else 3
