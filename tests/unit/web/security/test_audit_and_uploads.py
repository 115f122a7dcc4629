"""The audit trail, and the names of uploaded files."""

from __future__ import annotations

import stat
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.core.redaction import HIDDEN, Secret
from importer.web.security import AuditTrail, safe_upload_name
from tests.unit.web.security.conftest import SetClock


def test_entries_are_appended_and_read_newest_first(tmp_path: Path, clock: SetClock) -> None:
    trail = AuditTrail(tmp_path / "web", clock)
    assert trail.read(5) == []
    for number in range(4):
        trail.record("asha", "approved", rows=number, plan=None, path=Path("a"))
    newest = trail.read(2)
    assert [entry["rows"] for entry in newest] == [3, 2]
    assert newest[0] == {
        "time": "2026-11-20T10:00:00.000+00:00",
        "who": "asha",
        "what": "approved",
        "rows": 3,
        "plan": None,
        "path": "a",
    }
    assert stat.S_IMODE(trail.path.stat().st_mode) == 0o600


def test_a_line_that_a_crash_cut_off_spoils_no_other(tmp_path: Path, clock: SetClock) -> None:
    trail = AuditTrail(tmp_path, clock)
    trail.record("asha", "approved")
    with trail.path.open("ab") as file:
        file.write(b'{"time": "2026')
    trail.record("ravi", "approved")
    assert [entry["who"] for entry in trail.read(10)] == ["ravi", "asha"]


def test_entries_hold_no_keys_and_stay_on_their_line(tmp_path: Path, clock: SetClock) -> None:
    Secret("audit-secret-key-1")
    trail = AuditTrail(tmp_path, clock)
    trail.record("asha\n{}", "approved", url="https://x/?accessKey=audit-secret-key-1", long="x" * 5000)
    assert "audit-secret-key-1" not in trail.path.read_text()
    [entry] = trail.read(10)
    assert entry["url"].endswith(HIDDEN)
    assert entry["who"] == "asha\n{}"
    assert len(entry["long"]) == 500


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("visits.csv", "visits.csv"),
        ("Besuche März.xlsx", "Besuche März.xlsx"),
        ("नामांकन.xlsx", "नामांकन.xlsx"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\Asha\\visits.csv", "visits.csv"),
        ("..", "upload"),
        ("", "upload"),
        (".htaccess", "htaccess"),
        ("visits.csv\x00.exe", "visits.csv.exe"),
        ("visits\u202excod.csv", "visitsxcod.csv"),
        ("a\r\nSet-Cookie: b.csv", "a Set-Cookie_ b.csv"),
        ('"><script>.csv', "___script_.csv"),
        ("con", "_con"),
        ("NUL.csv", "_NUL.csv"),
        ("com1 .csv", "_com1 .csv"),
        ("lpt³.csv", "_lpt³.csv"),
        ("console.csv", "console.csv"),
        ("visits.csv. . ", "visits.csv"),
        ("a:b.csv", "a_b.csv"),
        (f"{'x' * 300}.csv", f"{'x' * 146}.csv"),
        ("x" * 300, "x" * 150),
        (f"a.{'b' * 300}", f"a.{'b' * 148}"),
    ],
)
def test_names_of_uploads(name: str, safe: str) -> None:
    assert safe_upload_name(name) == safe


_PARTS = st.sampled_from(
    ["..", "/", "\\", "con", "nul", ".", " ", "\u202e", "\u200b", ":", "ä", "漢" * 60, "😀", "\ud800", ".csv"]
)


@given(st.lists(st.one_of(_PARTS, st.text(max_size=8)), max_size=30).map("".join))
def test_any_name_is_made_safe(name: str) -> None:
    safe = safe_upload_name(name)
    assert 0 < len(safe) <= 150
    assert len(safe.encode()) <= 255
    assert not set(safe) & set('/\\<>:"|?*')
    assert all(unicodedata.category(each)[0] != "C" for each in safe)
    assert safe.split(".")[0].rstrip().casefold() not in {"con", "prn", "aux", "nul", "com1", "lpt9"}
    assert safe[0] not in ". "
    assert safe[-1] not in ". "
    assert safe_upload_name(safe) == safe
