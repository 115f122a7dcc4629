"""The ids of this machine and its boot, and the kind of file system of a folder."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from importer.core.platform import is_network_drive, registered_machine_id

_ID_FILES = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_MOUNTS = Path("/proc/self/mountinfo")
_SHARED = frozenset(
    ["fuse", "nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "ceph", "glusterfs", "lustre", "gfs2", "ocfs2"]
)
_LOCAL_FUSE = frozenset(["fuse.fuse-overlayfs", "fuse.lxcfs"])


def machine_id(files: Sequence[Path] = _ID_FILES) -> str:
    """Return the operating system's id of this machine; empty where there is none, as on macOS."""
    for file in files:
        try:
            found = file.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            continue
        if found:
            return found
    return registered_machine_id()


def boot_id(file: Path = _BOOT_ID) -> str:
    """Return the operating system's id of this boot; empty where it has none."""
    try:
        return file.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def file_system(folder: Path, mounts: Path = _MOUNTS) -> str:
    """Return the kind of file system that holds ``folder``, such as ``ext4``; empty when it is not known."""
    if is_network_drive(folder):
        return "cifs"
    try:
        lines = mounts.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return ""
    inside, best, kind = folder.resolve(), -1, ""
    for line in lines:
        left, _, right = line.partition(" - ")
        fields = left.split(" ")
        if len(fields) < 5 or not right:
            continue
        point = Path(re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), fields[4]))
        # Of two mounts at one place the later one hides the earlier.
        if inside.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), right.split(" ")[0]
    return kind


def is_shared(kind: str) -> bool:
    """Whether a file system may lie on another machine, where locks and syncing cannot be relied on."""
    return kind in _SHARED or (kind.startswith("fuse.") and kind not in _LOCAL_FUSE)
