"""Runs the command `importer` in processes of its own that start in a few milliseconds.

A server process imports the heavy libraries once; each command is a fork of it: a real process with its own memory,
files and signals, which a test can kill, only without the second that importing pandas takes.
"""

from __future__ import annotations

import functools
import io
import json
import multiprocessing
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import coverage

_HERE = coverage.Coverage.current()
_DATA_FILE = str(_HERE.config.data_file) if _HERE else ""
"""Of the coverage that is measured in this process when tests are collected; empty when none is."""

_CONFIG = Path(__file__).parents[2] / "pyproject.toml"
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.support.warm"])


@dataclass(frozen=True)
class Ended:
    """How a command ended. ``status`` is negative when a signal ended it: -9 for SIGKILL."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.out))


def _measure(data_file: str) -> Callable[[], None]:
    """Measure coverage from now on, unless ``data_file`` is empty; the end of it."""
    if not data_file:
        return lambda: None
    # With a source, each process would also look for the modules of it that never ran.
    measured = coverage.Coverage(
        data_file,
        data_suffix=True,
        config_file=str(_CONFIG),
        source=[],
        include=[str(_CONFIG.with_name("importer") / "*")],
    )
    measured.start()

    def end() -> None:
        measured.stop()
        measured.save()

    return end


@functools.cache
def _warm_server() -> None:
    """Start the process that commands are forked from; it finds modules to preload only by its environment."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)
    try:
        forkserver.ensure_running()
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


class Running:
    """A command on its way. ``before`` is done in its process before the command begins; it must be picklable.

    ``measured``: whether its coverage counts, when that of the test does.
    """

    def __init__(
        self,
        folder: Path,
        environment: Mapping[str, str],
        arguments: Sequence[str],
        before: Callable[[], None] | None = None,
        *,
        told_in: Path | None = None,
        measured: bool = False,
    ) -> None:
        told_in = told_in or folder
        number = sum(1 for _ in told_in.glob("command-*.out"))
        self._out = told_in / f"command-{number:03}.out"
        self._err = told_in / f"command-{number:03}.err"
        self._out.touch()
        self._err.touch()
        data = _DATA_FILE if measured else ""
        given = (str(folder), dict(environment), list(arguments), str(self._out), str(self._err), before, data)
        _warm_server()
        self.process: BaseProcess = _CONTEXT.Process(target=_command, args=given)
        self.process.start()

    @property
    def pid(self) -> int:
        return int(self.process.pid or 0)

    def is_alive(self) -> bool:
        return self.process.is_alive()

    def kill(self) -> None:
        """SIGKILL, at once."""
        self.process.kill()

    def wait(self, seconds: float = 120.0) -> Ended:
        """Until it ends; it must do so within ``seconds``."""
        self.process.join(seconds)
        if self.process.exitcode is None:
            self.process.kill()
            self.process.join()
            raise AssertionError(f"it hung: {self._err.read_text('utf-8', 'replace')}")
        status = self.process.exitcode
        return Ended(status, self._out.read_text("utf-8", "replace"), self._err.read_text("utf-8", "replace"))


def _command(
    folder: str,
    environment: dict[str, str],
    arguments: list[str],
    out: str,
    err: str,
    before: Callable[[], None] | None = None,
    coverage_data: str = "",
) -> None:
    """Become the command: its folder, its environment, its streams; then what `importer` does."""
    end_measuring = _measure(coverage_data)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, path in ((1, out), (2, err)):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(descriptor, number)
        os.close(descriptor)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    sys.stdin = io.TextIOWrapper(io.FileIO(0), encoding="utf-8")
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "w"), encoding="utf-8", write_through=True)
    sys.stderr = io.TextIOWrapper(io.FileIO(2, "w"), encoding="utf-8", write_through=True)
    sys.argv = ["importer", *arguments]
    from importer.__main__ import main

    try:
        if before is not None:
            before()
        main()
    except SystemExit as end:
        end_measuring()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(end.code if isinstance(end.code, int) else 1)
    except BaseException:  # what a real process does with an exception that nobody caught
        traceback.print_exc()
        os._exit(1)
