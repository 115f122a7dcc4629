"""What is no longer used goes back to the system, in a command and in a service that stays."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from importer.core.memory import IdleMemoryCleaner
from tests.support import commands

needs_glibc = pytest.mark.skipif(not hasattr(os, "confstr") or sys.platform != "linux", reason="of glibc only")
MANY = 30_000
POOL = "import pyarrow; print(pyarrow.default_memory_pool().backend_name)"
HEAPS = """
import ctypes, re, sys, threading
from importer.core.memory import limit_malloc_arenas
if "share" in sys.argv:
    limit_malloc_arenas()
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fopen.restype = ctypes.c_void_p
together = threading.Barrier(8)
def work():
    together.wait()
    libc.malloc(100_000)
    together.wait()
threads = [threading.Thread(target=work) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
file = libc.fopen(b"heaps.xml", b"w")
libc.malloc_info(0, ctypes.c_void_p(file))
libc.fclose(ctypes.c_void_p(file))
print(len(re.findall("<heap nr=", open("heaps.xml").read())))
"""


class Part:
    """Something that refers to itself, as a statement of a database does to what was compiled of it."""

    def __init__(self) -> None:
        self.whole = self


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Python looks for no cycles by itself; what was frozen meanwhile is free again."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()


class Watch:
    """A clock that goes on by what is said, at each look."""

    def __init__(self) -> None:
        self.at = 0.0
        self.step = 0.0

    def __call__(self) -> float:
        self.at += self.step
        return self.at


def leave(number: int) -> weakref.ref[Part]:
    """Cycles that nobody uses; one of them to be watched."""
    left = [Part() for _ in range(number)]
    return weakref.ref(left[0])


@pytest.mark.slow
@pytest.mark.usefixtures("no_collector")
def test_what_finished_work_left_is_freed() -> None:
    leftovers = IdleMemoryCleaner(Watch())
    for _ in range(3):
        left = leave(MANY)
        assert left() is not None
        assert leftovers.clear()
        assert left() is None


@pytest.mark.usefixtures("no_collector")
def test_a_little_is_not_worth_a_look() -> None:
    leftovers = IdleMemoryCleaner(Watch())
    left = leave(100)
    assert not leftovers.clear()
    assert left() is not None


@pytest.mark.usefixtures("no_collector")
def test_what_python_has_looked_at_already_counts() -> None:
    """What was in use while Python looked by itself is among the older objects, and may be left over by now."""
    leftovers = IdleMemoryCleaner(Watch())
    left = leave(100)
    keep = left()
    gc.collect(0)
    del keep
    assert leftovers.clear()
    assert left() is None


@pytest.mark.slow
@pytest.mark.usefixtures("no_collector")
def test_looking_takes_a_hundredth_of_the_time_at_most() -> None:
    watch = Watch()
    leftovers = IdleMemoryCleaner(watch)
    watch.step = 0.5
    leave(MANY)
    assert leftovers.clear(), "it took half a second"
    watch.step = 0.0
    left = leave(MANY)
    watch.at += 49.9
    assert not leftovers.clear()
    assert left() is not None
    watch.at += 0.2
    assert leftovers.clear()
    assert left() is None


@pytest.mark.usefixtures("no_collector")
def test_what_stays_is_not_looked_through_again() -> None:
    IdleMemoryCleaner()
    assert gc.get_freeze_count() > 1000
    assert len(gc.get_objects()) < 1000


def printed(folder: Path, program: str, *arguments: str, **environment: str) -> str:
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("ARROW", "MALLOC"))}
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=folder,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.slow
@needs_glibc
def test_many_threads_share_two_heaps(tmp_path: Path) -> None:
    assert int(printed(tmp_path, HEAPS)) > 2, "nothing would have to be shared"
    assert printed(tmp_path, HEAPS, "share") == "2"


@pytest.mark.slow
@needs_glibc
def test_a_number_of_heaps_that_people_chose_stays(tmp_path: Path) -> None:
    assert printed(tmp_path, HEAPS, "share", MALLOC_ARENA_MAX="3") == "3"


@pytest.mark.slow
def test_the_command_lets_arrow_use_the_allocator_that_gives_back(tmp_path: Path) -> None:
    begin = "import sys\nfrom importer.__main__ import main\ntry:\n    main()\nexcept SystemExit:\n    pass\n"
    assert printed(tmp_path, begin + POOL, "--version").splitlines()[-1] == "system"
    assert printed(tmp_path, begin + POOL, "--version", ARROW_DEFAULT_MEMORY_POOL="mimalloc").endswith("mimalloc")


def say_the_pool() -> None:
    """What a command of the tests does before it begins."""
    exec(POOL)


@pytest.mark.slow
def test_commands_of_tests_use_the_same_allocator(tmp_path: Path) -> None:
    """They are forked from a process that has loaded Arrow already, and what they measure must hold for the real command."""
    ended = commands.Running(tmp_path, dict(os.environ), ["--version"], say_the_pool).wait()
    assert (ended.status, ended.out.splitlines()[0]) == (0, "system"), ended
