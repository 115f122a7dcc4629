"""For every test: no key that a test uses appears in what the test or the programs that it starts print or write."""

from __future__ import annotations

import functools
import gc
import os
import shutil
import subprocess
import tempfile
import zlib
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.support.key_search import keys_in_files, keys_in_text
from tests.support.postgres_server import database, server
from tests.support.sampled import examples

__all__ = ["database", "server"]

# Computers of tests are busy; a slow example is no fault, and the tests have no times in them.
settings.register_profile("unhurried", deadline=None, max_examples=examples(100))
settings.load_profile("unhurried")

_HERE = Path(__file__).parent
_IN_MEMORY = Path("/dev/shm")
_ROOM_IN_MEMORY = 2 << 30


def _keep_temporary_files_in_memory() -> None:
    """Choose a folder in memory for temporary files where there is room, unless TMPDIR names another one.

    The program syncs each step of an import, and thousands of small imports would wait for the disk most of their time.
    """
    if "TMPDIR" in os.environ or not _IN_MEMORY.is_dir() or os.statvfs(_IN_MEMORY).f_flag & os.ST_NOEXEC:
        return
    if shutil.disk_usage(_IN_MEMORY).free >= _ROOM_IN_MEMORY:
        os.environ["TMPDIR"] = tempfile.tempdir = str(_IN_MEMORY)


_keep_temporary_files_in_memory()

SEARCHED_FOLDERS = (
    "acceptance",
    "acceptance/postgres",
    "acceptance/security",
    "reliability/faults",
    "reliability/campaign",
)
"""Folders of tests whose temporary files are searched as well; the others write none with keys in reach."""


UNMEASURED_FOLDERS = (
    *("acceptance", "reliability", "unit/benchmarks"),
    *("unit/reports/test_browser.py", "unit/suggest/test_exports.py", "unit/test_public_names.py"),
)
MEASURED_FOLDERS = ("acceptance/docs", "acceptance/postgres", "acceptance/security", "acceptance/bad_inputs")
"""Folders and files of tests (but for those of ``MEASURED_FOLDERS``) in which coverage is not measured, for that takes
time and other tests reach the same lines; commands that acceptance tests start are measured all the same. Nor is it in tests of properties, which take twice as long with it:
an example that the next run need not find again is no proof that a line is tested."""


SAMPLED = (
    *("reliability/faults", "reliability/campaign", "unit/delivery/test_clock.py"),
    *("acceptance/postgres/test_acceptance.py", "acceptance/test_recovery.py", "acceptance/test_account.py"),
)
"""Folders and files in which a test with many cases, each a whole import, does some of them; ALL_CASES=1 does all."""

SLOW_FILES = (
    "unit/app/test_check_compares.py",
    "unit/app/test_corrections.py",
    "unit/app/test_sheet_decisions.py",
    "unit/app/test_similar_rows.py",
    "unit/cli/test_decisions.py",
    "unit/core/test_memory.py",
    "unit/delivery/test_phone_spelling.py",
    "unit/delivery/test_read_back_guards.py",
    "unit/delivery/test_refused_calls.py",
    "unit/delivery/test_repeated_leads.py",
    "unit/delivery/test_resent_forms.py",
    "unit/delivery/test_uncertain_leads.py",
    "unit/ledger/test_model.py",
    "unit/reports/test_browser.py",
    "unit/suggest/test_exports.py",
    "unit/web/test_history.py",
    "unit/web/test_import_way.py",
    "unit/web/test_jobs.py",
)
"""Files whose tests take a fifth of a second or more, most of them because they plan and send whole files: `make test-fast`
leaves them out."""

_FEW_CASES, _EACH = 2, 8

TOGETHER = {
    "tests/acceptance/security/test_keys.py": "ordinary run",
    "tests/acceptance/security/test_key_sources.py": "ordinary run",
    "tests/acceptance/security/test_unattended.py": "ordinary run",
    "tests/unit/suggest/test_exports.py": "exports",
    "tests/unit/reports/test_browser.py": "browser",
    "tests/acceptance/test_windows.py": "windows",
}
"""Tests that share what takes seconds to set up: one of the processes that run tests does all of a group."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Each test goes to the next process that is free, but for those that belong together; they come first."""
    if config.getvalue("dist") != "load":
        return None
    from xdist.scheduler.loadscope import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return next((group for start, group in TOGETHER.items() if nodeid.startswith(start)), nodeid)

    return Together(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out of the coverage what is not measured, and out of the run what is only sampled."""
    for item in items:
        unmeasured = _lies_in(str(item.path), UNMEASURED_FOLDERS) and not _lies_in(str(item.path), MEASURED_FOLDERS)
        if _lies_in(str(item.path), SLOW_FILES):
            item.add_marker("slow")
        if unmeasured or _is_property(item):
            item.add_marker("no_cover")
    if os.environ.get("ALL_CASES"):
        return
    cases: dict[str, list[pytest.Item]] = {}
    for item in items:
        if _lies_in(str(item.path), SAMPLED):
            cases.setdefault(item.nodeid.split("[")[0], []).append(item)
    left_out = {
        id(item)
        for name, several in cases.items()
        if len(several) > _FEW_CASES
        for item in _all_but_some(name, several)
    }
    config.hook.pytest_deselected(items=[item for item in items if id(item) in left_out])
    items[:] = [item for item in items if id(item) not in left_out]


def pytest_collection_finish() -> None:
    """Leave the thousands of tests and all that is loaded out of every later search for cycles."""
    gc.collect()
    gc.freeze()


@functools.cache
def _lies_in(path: str, places: tuple[str, ...]) -> bool:
    return any(Path(path).is_relative_to(_HERE / place) for place in places)


def _all_but_some(name: str, several: list[pytest.Item]) -> list[pytest.Item]:
    """The cases of a test but the last and some before it: others for each test, the same in each run."""
    first = zlib.crc32(name.encode()) % min(_EACH, len(several) - 1)
    return [item for number, item in enumerate(several[:-1]) if number % _EACH != first]


def _is_property(item: pytest.Item) -> bool:
    return bool(getattr(getattr(item, "obj", None), "is_hypothesis_test", False))


def _told(values: Iterable[Any]) -> str:
    return "".join(value.decode("utf-8", "replace") if isinstance(value, bytes) else value or "" for value in values)


@pytest.fixture(autouse=True)
def _usual_umask() -> Iterator[None]:
    """A command that ran in this process has taken the rights of others away; files of the next test are its own."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture(autouse=True)
def _no_key_escapes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Look at the output of every child process, and at the files of those tests that run the whole program."""
    if request.path.parent not in [_HERE / folder for folder in SEARCHED_FOLDERS]:
        yield
        return
    outputs: list[str] = []
    real = subprocess.Popen.communicate

    def communicate(self: Any, *args: Any, **named: Any) -> Any:
        ended = real(self, *args, **named)
        outputs.append(_told(ended))
        return ended

    monkeypatch.setattr(subprocess.Popen, "communicate", communicate)
    yield
    assert keys_in_text("".join(outputs)) == [], "a program that the test started printed a key"
    folder = request.node.funcargs.get("tmp_path")
    if folder is not None:
        assert keys_in_files(folder) == [], "a file of the test holds a key"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, None]:
    """A test that passed fails after all when its captured output or log holds a key."""
    outcome = yield
    report = outcome.get_result()
    if report.passed:
        found = keys_in_text(report.capstdout + report.capstderr + report.caplog)
        if found:
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid} ({call.when}): its output holds the key {found[0]}"
