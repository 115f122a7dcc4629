"""Runs commands as on Windows: without what only POSIX has, and with the rules of its file system and console.

A process of its own loads the program so that its modules see no POSIX-only module, function or constant; other
libraries keep theirs. It refuses what Windows refuses: to rename or remove an open file, to rename onto a file, to open
a file by a name that Windows does not take, and to sync what was opened for reading. Output goes to a console with code
page 1252 and line ends CR LF. Not simulated: drive letters and backslashes in paths, and the case of names.
"""

from __future__ import annotations

import builtins
import contextlib
import ctypes
import fcntl
import importlib
import io
import json
import os
import runpy
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PureWindowsPath
from types import ModuleType, SimpleNamespace, TracebackType
from typing import Any
from unittest import mock

from tests.support.windows_calls import ByteLocks

_ROOT = Path(__file__).parents[2]
_OURS = ("importer.", "__main__")
_ABSENT = {"fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "syslog", "posix", "readline", "crypt", "spwd"}
_ABSENT_OF_OS = """
    O_NOFOLLOW O_DIRECTORY O_NONBLOCK O_CLOEXEC O_SYNC O_TMPFILE fork forkpty killpg getuid geteuid getgid getegid getpgid
    setsid getsid setpgid uname pread pwrite preadv pwritev fchmod fchown chown lchown chroot mkfifo mknod statvfs fstatvfs
    nice getloadavg sysconf confstr wait wait3 wait4 WNOHANG posix_spawn posix_fadvise posix_fallocate sched_getaffinity
    sendfile splice fdatasync sync pipe2 openpty ttyname ctermid initgroups getgroups setuid setgid getpriority
    register_at_fork
"""
_ABSENT_SIGNALS = "SIGKILL SIGSTOP SIGHUP SIGALRM SIGUSR1 SIGUSR2 SIGPIPE SIGCHLD SIGQUIT SIGTSTP setitimer alarm"
_BINARY = 1 << 30
_DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"{port}{number}" for port in ("COM", "LPT") for number in range(1, 10))}
_BEGIN = f"import sys; sys.path.insert(0, {str(_ROOT)!r}); from tests.support import simulated_windows as made; "


class _View(ModuleType):
    """A module as the program sees it: without some names, and with others in their place."""

    def __init__(self, module: ModuleType, absent: set[str], changed: Mapping[str, Any]) -> None:
        super().__init__(module.__name__)
        vars(self).update(_module=module, _absent=absent, **changed)

    def __getattr__(self, name: str) -> Any:
        if name in self._absent:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r} on Windows")
        return getattr(self._module, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._module, name, value)


def _open(path: Any, flags: int, mode: int = 0o777) -> int:
    assert flags & _BINARY or path == os.devnull, f"{path} is opened in text mode"
    if os.path.isdir(path):
        raise PermissionError(13, "Permission denied", str(path))
    return os.open(path, flags & ~_BINARY, mode)


def _rename(source: Any, place: Any) -> None:
    if os.path.lexists(place):
        raise FileExistsError(17, "Cannot create a file when that file already exists", str(place))
    os.rename(source, place)


def _fsync(descriptor: int) -> None:
    if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
        raise OSError(9, "Bad file descriptor")
    os.fsync(descriptor)


def _kill(pid: int, number: int) -> None:
    assert number == signal.SIGTERM, "Windows has no signals between processes"
    os.kill(pid, signal.SIGKILL)


class _Popen(subprocess.Popen):  # type: ignore[type-arg]
    """Starts modules of the program as on Windows, too."""

    def __init__(self, command: Sequence[str], **options: Any) -> None:
        assert not {"start_new_session", "preexec_fn", "process_group", "pass_fds", "user"} & set(options)
        options.pop("creationflags", 0)
        words = list(command)
        if "-m" in words and words[words.index("-m") + 1].startswith("importer."):
            assert "SYSTEMROOT" in (options.get("env") or os.environ), "no program starts without it"
            place = words.index("-m")
            words[1 : place + 2] = ["-X", "utf8", "-c", f"{_BEGIN}made.run_module({words[place + 1]!r})"]
        super().__init__(words, **options)


def _views() -> dict[str, ModuleType]:
    msvcrt: Any = ByteLocks()
    flags = {"CREATE_NEW_PROCESS_GROUP": 512, "CREATE_NO_WINDOW": 1 << 27, "DETACHED_PROCESS": 8}
    kernel = SimpleNamespace(GetDriveTypeW=lambda drive: 3)
    os_names = {"name": "nt", "O_BINARY": _BINARY, "O_NOINHERIT": os.O_CLOEXEC, "supports_dir_fd": set()}
    os_calls = {"open": _open, "rename": _rename, "fsync": _fsync, "kill": _kill}
    registry = mock.MagicMock()
    registry.QueryValueEx.return_value = ("guid", 1)
    return {
        "os": _View(os, {*_ABSENT_OF_OS.split()}, {**os_names, **os_calls}),
        "sys": _View(sys, set(), {"platform": "win32"}),
        "signal": _View(signal, {*_ABSENT_SIGNALS.split()}, {"SIGBREAK": signal.SIGUSR1}),
        "subprocess": _View(subprocess, set(), {**flags, "Popen": _Popen, "run": _run}),
        "ctypes": _View(ctypes, {"CDLL"}, {"windll": SimpleNamespace(kernel32=kernel)}),
        "msvcrt": msvcrt,
        "winreg": registry,
    }


def _run(command: Sequence[str], *, input: bytes, timeout: float, check: bool, **options: Any) -> Any:
    with _Popen(command, stdin=subprocess.PIPE, **options) as process:
        out, err = process.communicate(input, timeout)
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def _install() -> None:
    """Become Windows for the modules of the program, all of which are still to be imported."""
    assert not [name for name in sys.modules if name.startswith("importer")]
    real, views = builtins.__import__, _views()

    def see(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:
        if str((globals or {}).get("__name__", "")).startswith(_OURS) and level == 0:
            root = name.split(".", maxsplit=1)[0]
            if root in _ABSENT:
                raise ModuleNotFoundError(f"No module named {name!r} on Windows", name=name)
            if root in views:
                return views[root] if name == root or not fromlist else real(name, globals, locals, fromlist, level)
        return real(name, globals, locals, fromlist, level)

    builtins.__import__ = see
    from importer.core import platform

    # A file's owner is the user himself there, as Python's owner 0 says.
    platform.user_id = os.geteuid
    sys.addaudithook(_refuse)
    warnings.filterwarnings("error", category=EncodingWarning, module=r"importer\.")


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse what the file system of Windows refuses."""
    if (
        event == "open" and isinstance(arguments[0], str | os.PathLike) and not str(arguments[0]).startswith("/proc")
    ) or event == "os.mkdir":
        _check_name(str(arguments[0]))
    elif event == "os.rename":
        _check_name(str(arguments[1]))
        _check_closed(arguments[0])
        _check_closed(arguments[1])
    elif event == "os.remove" and not _is_temporary_file():
        _check_closed(arguments[0], arguments[1])


def _check_name(path: str) -> None:
    for part in PureWindowsPath(path).parts:
        stem = part.split(".")[0].upper()
        if stem in _DEVICES or set(part[1:]) & set('<>:"|?*') or (part.rstrip(". ") != part and part.strip(".")):
            raise OSError(22, "Invalid argument", path)


def _check_closed(path: Any, folder: int = -1) -> None:
    place = os.path.abspath(os.fspath(path))
    if folder >= 0:
        place = os.path.join(os.readlink(f"/proc/self/fd/{folder}"), os.fspath(path))
    if any(opened == place or opened.startswith(f"{place}/") for opened in _open_files()):
        raise PermissionError(13, "The process cannot access the file because it is being used", place)


def _open_files() -> Iterator[str]:
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            path = os.readlink(f"/proc/self/fd/{number}")
            if not os.path.isdir(path):
                yield path


def _is_temporary_file() -> bool:
    """Whether tempfile removes an open file of its own, which Windows does by itself when it is closed."""
    frame = sys._getframe(2)
    while frame is not None and "importer" not in frame.f_globals.get("__name__", ""):
        if frame.f_code.co_name == "TemporaryFile":
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False


def run_module(name: str) -> None:
    """Run a module of the program as ``python -m`` does, as on Windows."""
    _install()
    runpy.run_module(name, run_name="__main__", alter_sys=True)


def serve() -> None:
    """Run one command for each line of standard input (JSON: folder, environment, arguments); answer with a line."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    _install()
    run = importlib.import_module("importer.cli.main").run
    for line in sys.stdin:
        folder, environment, arguments = json.loads(line)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        consoles = [io.BytesIO(), io.BytesIO()]
        sys.stdin = io.StringIO()
        sys.stdout, sys.stderr = (
            io.TextIOWrapper(console, "cp1252", newline="\r\n", write_through=True) for console in consoles
        )
        try:
            status = run(arguments)
        except SystemExit as end:
            status = end.code
        finally:
            out, err = (console.getvalue().decode("cp1252") for console in consoles)
            sys.stdout, sys.stderr, sys.stdin = sys.__stdout__, sys.__stderr__, sys.__stdin__
        answers.write(json.dumps([status, out, err]) + "\n")
        answers.flush()


class WindowsProgram:
    """The program in a process of its own that is as on Windows, for as long as the block lasts.

    ``folder`` and ``environment`` are those of the next command.
    """

    def __init__(self) -> None:
        self.folder = Path()
        self.environment: Mapping[str, str] = {}
        self._process = subprocess.Popen(
            [sys.executable, "-X", "warn_default_encoding", "-c", f"{_BEGIN}made.serve()"],
            env={**os.environ, "PYTHONUTF8": "0"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def __enter__(self) -> WindowsProgram:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Run one command; return its exit status and what it printed on the console."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(
            json.dumps([str(self.folder), {**self.environment, "SYSTEMROOT": "C:"}, arguments]) + "\n"
        )
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, f"{arguments} ended the process"
        status, out, err = json.loads(answer)
        return status, out, err
