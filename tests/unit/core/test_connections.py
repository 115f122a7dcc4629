"""Whose program made a connection on this computer, by Linux's table of connections."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from importer.core.platform import is_own_connection

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
REST = "00000000:00000000 00:00000000 00000000"
LISTENING = f"   0: 0100007F:223D 00000000:0000 0A {REST} 1000 0 5151 1 0000 100\n"


def line(client: int, state: str, user: int, inode: int) -> str:
    return f"   1: 0100007F:{client:04X} 0100007F:223D {state} {REST} {user} 0 {inode} 1 0000 20\n"


@pytest.mark.skipif(sys.byteorder != "little", reason="the tables of these tests are those of little-endian machines")
@pytest.mark.parametrize(
    ("table", "own"),
    [
        (HEAD + LISTENING + line(50_000, "01", os.getuid(), 5152), True),
        (HEAD + LISTENING + line(50_000, "01", 0, 5152), True),
        (HEAD + LISTENING + line(50_000, "01", os.getuid() + 1, 5152), False),
        (HEAD + LISTENING + line(50_001, "01", os.getuid(), 5152), False),
        (HEAD + LISTENING + line(50_000, "05", 0, 0), False),
        (HEAD + LISTENING, False),
        (HEAD, True),
        (HEAD + "nonsense\n" + LISTENING, False),
        ("", True),
        ("\u00e4", True),
    ],
    ids=[
        "ours",
        "root's",
        "another's",
        "another connection",
        "closed",
        "gone",
        "no table",
        "odd line",
        "empty",
        "no text",
    ],
)
def test_connections_in_the_table(tmp_path: Path, table: str, own: bool) -> None:
    path = tmp_path / "tcp"
    path.write_text(table, "latin-1")
    assert is_own_connection(50_000, 8765, path) is own


def test_a_system_that_does_not_tell(tmp_path: Path) -> None:
    assert is_own_connection(50_000, 8765, tmp_path / "nothing")


def test_a_real_connection_is_ours() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            assert is_own_connection(client.getsockname()[1], port)
