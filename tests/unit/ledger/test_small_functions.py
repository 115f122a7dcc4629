"""Row ranges, and the ids and file systems of a machine."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.ledger.integrity.machine_id import file_system, is_shared, machine_id
from importer.ledger.schema import format_rows, parse_rows, row_ranges


@pytest.mark.slow
@given(st.sets(st.integers(min_value=1, max_value=2_000), min_size=1))
def test_rows_survive_being_written_as_ranges(rows: set[int]) -> None:
    """Any set of rows comes back, in order, from the fewest ranges."""
    assert parse_rows(format_rows(rows)) == tuple(sorted(rows))
    found = row_ranges(rows)
    assert all(first <= last for first, last in found)
    assert all(before[1] + 1 < after[0] for before, after in pairwise(found))


def test_ranges_are_written_as_people_write_them() -> None:
    """2-26,30."""
    assert format_rows([30, *range(2, 27)]) == "2-26,30"


def test_the_first_id_that_can_be_read_counts(tmp_path: Path) -> None:
    """Missing, empty and unreadable files are passed over; without any the machine has no id."""
    empty, odd, good = tmp_path / "empty", tmp_path / "odd", tmp_path / "good"
    empty.write_text("\n")
    odd.write_bytes(b"\xff")
    good.write_text("abc123\n")
    assert machine_id([tmp_path / "missing", empty, odd, good]) == "abc123"
    assert machine_id([tmp_path / "missing", empty]) == ""


MOUNTS = r"""
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 22 0:30 / {home} rw - cifs //server/share rw
31 22 0:31 / {home}/local\040disk rw shared:1 - xfs /dev/vdb rw
32 22 0:32 / {home}/twice rw - xfs /dev/vdc rw
33 22 0:33 / {home}/twice rw - nfs4 server:/export rw
broken line
34 22 0:34 / {home}/twice
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [(".", "cifs"), ("local disk/home", "xfs"), ("twice", "nfs4"), ("twice-as-nice", "cifs"), ("..", "ext4")],
)
def test_the_nearest_mount_tells_the_kind_of_disk(tmp_path: Path, folder: str, kind: str) -> None:
    """The deepest mount above the folder counts, and of two at one place the later one."""
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS.replace("{home}", str(tmp_path / "home")))
    assert file_system(tmp_path / "home" / folder, mounts) == kind


def test_without_mounts_the_kind_is_unknown(tmp_path: Path) -> None:
    """Other systems than Linux do not say."""
    assert file_system(tmp_path, tmp_path / "missing") == ""


def test_a_network_drive_of_windows_is_a_shared_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importer.ledger.integrity.machine_id.is_network_drive", lambda folder: True)
    assert file_system(tmp_path) == "cifs"
    assert is_shared(file_system(tmp_path))


@pytest.mark.parametrize(
    ("kind", "shared"),
    [("nfs", True), ("cifs", True), ("fuse.rclone", True), ("fuseblk", False), ("overlay", False), ("tmpfs", False)],
)
def test_kinds_that_may_lie_elsewhere_are_known(kind: str, shared: bool) -> None:
    """Network disks and most FUSE disks are shared; local ones and container layers are not."""
    assert is_shared(kind) is shared


def test_container_layers_over_fuse_are_local() -> None:
    """Containers without root use such a layer on the local disk."""
    assert not is_shared("fuse.fuse-overlayfs")
