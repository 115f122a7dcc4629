"""Keys travel only in headers and show up nowhere in what an ordinary run prints and leaves (K1, K2)."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from importer.core.redaction import HIDDEN
from tests.acceptance.security.security_words import SECRET
from tests.support.key_search import keys_in_files, keys_in_text, spellings

if TYPE_CHECKING:
    from tests.acceptance.security.conftest import OrdinaryRun


ROOT = Path(__file__).parents[3]


def test_k1_keys_travel_only_in_headers(ordinary_run: OrdinaryRun) -> None:
    """No address of the sync host names a key; the async host documents the pair in the address of calls with rows."""
    sync = [entry for entry in ordinary_run.log if entry["path"].startswith("/v2/")]
    others = [entry for entry in ordinary_run.log if not entry["path"].startswith("/v2/")]
    assert len(sync) > 5
    assert any(entry["fault"] for entry in sync)
    assert not [entry for entry in sync for name in entry["query"] if "key" in name.lower()]
    assert others
    assert all(({"accessKey", "secretKey"} <= set(entry["query"])) is (entry["method"] == "POST") for entry in others)


def test_k2_a_talkative_run_under_faults_shows_no_key(ordinary_run: OrdinaryRun) -> None:
    """Neither screen nor log nor ledger, plan, workbook or page holds one, in any of five spellings."""
    assert keys_in_text("".join(ordinary_run.outputs)) == []
    assert len([path for path in ordinary_run.folder.rglob("*") if path.is_file()]) > 10
    assert keys_in_files(ordinary_run.folder) == []


def test_k2_the_search_finds_a_planted_key(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A search that finds nothing proves nothing unless it finds what is there, also inside a workbook."""
    folder = tmp_path_factory.mktemp("planted")
    assert len(spellings(SECRET)) >= 4
    for planted in spellings(SECRET):
        with zipfile.ZipFile(folder / "book.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/x.xml", f"<a>{planted}</a>")
        assert set(keys_in_files(folder)) == {f"book.xlsx: {SECRET}"}
        assert keys_in_text(f"x{planted}y") == [SECRET]


def test_k2_an_unexpected_error_of_the_program_shows_no_key(tmp_path: Path) -> None:
    """The traceback of a bug, in the main thread or another, comes out redacted."""
    script = f"""
import sys, threading
import importer.cli.main as main
from importer.core.redaction import Secret
from importer.__main__ import main as start
key = "".join({list(SECRET)!r})
def run(arguments):
    Secret(key)
    thread = threading.Thread(target=lambda: int(key)); thread.start(); thread.join()
    raise RuntimeError(f"header {{key}}")
main.run = run
start()
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path)
    assert ended.returncode == 1
    assert ended.stderr.count("Traceback") == 2
    assert HIDDEN in ended.stderr
    assert SECRET not in ended.stderr
