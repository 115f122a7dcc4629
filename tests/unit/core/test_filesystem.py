"""Private folders for drafts: ours while we live, removed by the next one when we were killed."""

from __future__ import annotations

import fcntl
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from importer.core import filesystem
from importer.core.filesystem import scratch_folder, write_synced

HOLD = """
import sys, time
from pathlib import Path
from importer.scratch import scratch_folder, write_synced
with scratch_folder(Path(sys.argv[1]), "draft-") as folder:
    (folder / "half").write_text("people's data")
    print(folder, flush=True)
    time.sleep(60)
"""


def test_private_and_gone_at_the_end(tmp_path: Path) -> None:
    """Mode 0700 while it lasts; nothing is left, also after an error."""
    with scratch_folder(tmp_path, "draft-") as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    with pytest.raises(ValueError, match="x"), scratch_folder(tmp_path, "draft-"):
        raise ValueError("x")
    assert list(tmp_path.iterdir()) == []


def test_folders_in_use_stay_and_abandoned_ones_go(tmp_path: Path) -> None:
    """While the other process lives its folder stays; after kill -9 the next user removes it."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    other = Path(process.stdout.readline().strip())
    with scratch_folder(tmp_path, "draft-"):
        assert (other / "half").exists()
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    with scratch_folder(tmp_path, "draft-"):
        assert not other.exists()


def test_one_that_is_being_made_is_not_abandoned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who clears up just before our mark is locked leaves our folder alone."""
    locked = fcntl.flock

    def slowly(descriptor: int, how: int) -> None:
        monkeypatch.setattr(filesystem.fcntl, "flock", locked)
        with scratch_folder(tmp_path, "draft-"):
            pass
        locked(descriptor, how)

    monkeypatch.setattr(filesystem.fcntl, "flock", slowly)
    with scratch_folder(tmp_path, "draft-") as ours:
        (ours / "draft").write_text("ours", "utf-8")
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_ours_stays(tmp_path: Path) -> None:
    """A folder without our mark, a file, and a link to another folder are left alone."""
    (tmp_path / "draft-person").mkdir()
    (tmp_path / "draft-file").write_text("x")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("x")
    (tmp_path / "draft-link").mkdir()
    (tmp_path / "draft-link" / ".in-use").symlink_to(outside / "precious")
    with scratch_folder(tmp_path, "draft-"):
        pass
    assert (outside / "precious").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"draft-person", "draft-file", "draft-link", "outside"}


def test_a_draft_is_private_and_on_disk_before_it_is_renamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the mask is; what it held is gone; and what cannot be synced is told."""
    path = tmp_path / "draft"
    before = os.umask(0)
    try:
        write_synced(path, b"long before\n")
        write_synced(path, b"key\n")
    finally:
        os.umask(before)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"key\n", 0o600)
    synced: list[bytes] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(path.read_bytes()))
    write_synced(path, b"new\n")
    assert synced == [b"new\n"], "the disk is asked when everything is written"

    def refuse(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="Input/output"):
        write_synced(path, b"new\n")
