"""Calls of the operating system, the same on Linux, macOS and Windows: locks, files, folders, processes, users.

Only this package asks which system it runs on. :mod:`~importer.core.platform.posix` and
:mod:`~importer.core.platform.windows` define the same names; what a system does not offer is left out there or done in
another way.
"""

from __future__ import annotations

import sys

if sys.platform == "win32":
    from importer.core.platform import windows as _system
else:
    from importer.core.platform import posix as _system

MOVES_OPEN_FILES = _system.MOVES_OPEN_FILES
OpenFolder = _system.OpenFolder
call_libc = _system.call_libc
harden_process = _system.harden_process
is_own_connection = _system.is_own_connection
is_network_drive = _system.is_network_drive
kill_this_process = _system.kill_this_process
limit_resources = _system.limit_resources
lock_exclusive = _system.lock_exclusive
lock_shared = _system.lock_shared
locked_folder = _system.locked_folder
open_private = _system.open_private
open_without_waiting = _system.open_without_waiting
owner_name = _system.owner_name
permission_bits = _system.permission_bits
read_at = _system.read_at
reap = _system.reap
registered_machine_id = _system.registered_machine_id
release_pages = _system.release_pages
separate_process = _system.separate_process
stop_this_process = _system.stop_this_process
sync_file = _system.sync_file
sync_folder = _system.sync_folder
terminate = _system.terminate
try_lock = _system.try_lock
unlink_and_close = _system.unlink_and_close
unlock = _system.unlock
user_id = _system.user_id
write_at = _system.write_at


def user_name(unknown: str = "unknown") -> str:
    """Return the name of the user of this process, or ``unknown`` where it has none."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return unknown
