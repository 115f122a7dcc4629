"""Files that appear whole or not at all, and private folders that the next program removes after a kill."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from importer.core import filesystem
from importer.core.filesystem import atomic_write, open_atomic, temp_dir

HOLD = """
import sys, time
from pathlib import Path
from importer.core.filesystem import temp_dir
with temp_dir(Path(sys.argv[1]), "draft-") as folder:
    (folder / "half").write_text("people's data")
    print(folder, flush=True)
    time.sleep(60)
"""


def test_private_and_gone_at_the_end(tmp_path: Path) -> None:
    """Mode 0700 while it lasts; nothing is left, also after an error."""
    with temp_dir(tmp_path, "draft-") as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    with pytest.raises(ValueError, match="x"), temp_dir(tmp_path, "draft-"):
        raise ValueError("x")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_folders_in_use_stay_and_abandoned_ones_go(tmp_path: Path) -> None:
    """While the other process lives its folder stays; after kill -9 the next user removes it."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    other = Path(process.stdout.readline().strip())
    with temp_dir(tmp_path, "draft-"):
        assert (other / "half").exists()
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    with temp_dir(tmp_path, "draft-"):
        assert not other.exists()


def test_one_that_is_being_made_is_not_abandoned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who clears up just before our mark is locked leaves our folder alone."""
    lock = filesystem.try_lock

    def slowly(descriptor: int) -> bool:
        monkeypatch.setattr(filesystem, "try_lock", lock)
        with temp_dir(tmp_path, "draft-"):
            pass
        return lock(descriptor)

    monkeypatch.setattr(filesystem, "try_lock", slowly)
    with temp_dir(tmp_path, "draft-") as ours:
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
    with temp_dir(tmp_path, "draft-"):
        pass
    assert (outside / "precious").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"draft-person", "draft-file", "draft-link", "outside"}


def test_a_draft_is_private_and_on_disk_before_it_is_renamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the mask is; what it held is gone; and what cannot be synced is told."""
    path = tmp_path / "state"
    before = os.umask(0)
    try:
        atomic_write(path, b"long before\n")
        atomic_write(path, b"key\n")
    finally:
        os.umask(before)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"key\n", 0o600)
    synced: list[list[tuple[bytes, int]]] = []

    def note(_: int) -> None:
        synced.append(sorted((each.read_bytes(), each.stat().st_mode & 0o777) for each in tmp_path.iterdir()))

    monkeypatch.setattr(os, "fsync", note)
    atomic_write(path, b"new\n")
    assert synced[0] == [(b"key\n", 0o600), (b"new\n", 0o600)], "the disk is asked when everything is written"
    assert synced[1:] == [[(b"new\n", 0o600)]], "and once more for the name"

    def refuse(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="Input/output"):
        atomic_write(path, b"newest\n")
    assert (path.read_bytes(), [each.name for each in tmp_path.iterdir()]) == (b"new\n", ["state"])


HOLD_FILE = """
import sys, time
from pathlib import Path
from importer.core.filesystem import open_atomic
with open_atomic(Path(sys.argv[1])) as file:
    file.write(b"half of it")
    file.flush()
    print("begun", flush=True)
    time.sleep(60)
"""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(("durable", "mode"), [(True, 0o600), (False, 0o644)])
def test_an_atomic_file_is_old_or_new(tmp_path: Path, durable: bool, mode: int) -> None:
    """Nobody ever sees half of it, its rights do not depend on the mask, and nothing else is left."""
    path = tmp_path / "state [1].json"
    before = os.umask(0o077)
    try:
        atomic_write(path, "old: ä", mode=mode, durable=durable)
        with open_atomic(path, mode=mode, durable=durable) as file:
            file.write(b"new")
            assert path.read_text("utf-8") == "old: ä"
    finally:
        os.umask(before)
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode), names(tmp_path)) == (b"new", mode, [path.name])


def test_after_an_error_the_old_file_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the block, or of the disk."""
    path = tmp_path / "state"
    atomic_write(path, b"old")
    with pytest.raises(TypeError), open_atomic(path) as file:
        file.writelines([b"new", "no bytes"])

    def refuse(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="Input/output"):
        atomic_write(path, b"new")
    assert (path.read_bytes(), names(tmp_path)) == (b"old", ["state"])
    atomic_write(path, b"new", durable=False)
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("links", [True, False])
def test_without_overwriting_an_older_file_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    """Also on disks that know no links."""
    if not links:
        monkeypatch.setattr(os, "link", lambda *paths: (_ for _ in ()).throw(OSError(1, "Operation not permitted")))
    path = tmp_path / "state"
    atomic_write(path, b"old", overwrite=False)
    with pytest.raises(FileExistsError):
        atomic_write(path, b"new", overwrite=False)
    assert (path.read_bytes(), names(tmp_path)) == (b"old", ["state"])


@pytest.mark.slow
def test_the_temporary_file_of_a_killed_program_goes(tmp_path: Path) -> None:
    """While the other process lives its file stays; after kill -9 the next writer of the same file removes it."""
    path = tmp_path / "state"
    process = subprocess.Popen([sys.executable, "-c", HOLD_FILE, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    atomic_write(path, b"ours")
    assert len(names(tmp_path)) == 2
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    (tmp_path / ".state.person.tmp").symlink_to(path)
    atomic_write(path, b"ours again")
    assert (path.read_bytes(), names(tmp_path)) == (b"ours again", [".state.person.tmp", "state"])


def test_one_that_is_removed_before_it_is_locked_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another writer that clears up just before our file is locked takes nothing from us."""
    lock = filesystem.lock_exclusive

    def slowly(descriptor: int) -> None:
        monkeypatch.setattr(filesystem, "lock_exclusive", lock)
        atomic_write(tmp_path / "state", b"theirs")
        lock(descriptor)

    monkeypatch.setattr(filesystem, "lock_exclusive", slowly)
    atomic_write(tmp_path / "state", b"ours")
    assert ((tmp_path / "state").read_bytes(), names(tmp_path)) == (b"ours", ["state"])
