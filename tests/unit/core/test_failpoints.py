"""The crash points: armed by words, free when they are not, and each in its place."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from importer.core.errors import SettingsError
from importer.core.failpoints import CRASH_POINTS, arm, reach

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    arm("")


def test_each_point_has_its_place() -> None:
    """Every point that a line of the program can reach is named in the program, and no other one is."""
    texts = [path.read_text("utf-8") for path in (ROOT / "importer").rglob("*.py")]
    placed = {name for text in texts for name in re.findall(r'\breach\("([^"]*)"\)', text)}
    assert placed == {name for name, point in CRASH_POINTS.items() if not point.on_wire}


def test_an_armed_point_acts_at_its_passage() -> None:
    """Only the point that was named acts, and only at the passage that was named."""
    arm("polling:error:2")
    reach("settling")
    reach("polling")
    with pytest.raises(RuntimeError, match="a failpoint was reached"):
        reach("polling")
    reach("polling")
    arm("")
    reach("polling")


@pytest.mark.parametrize(("action", "sent"), [("kill", signal.SIGKILL), ("stop", signal.SIGSTOP)])
def test_signals_go_to_this_process(monkeypatch: pytest.MonkeyPatch, action: str, sent: signal.Signals) -> None:
    """`kill` and `stop` are real signals, which nothing in the program can catch."""
    calls: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: calls.append((pid, number)))
    arm(f"settling:{action}")
    reach("settling")
    assert calls == [(os.getpid(), sent)]


@pytest.mark.parametrize("spec", ["settling", "settling:", "settling:explode", "settled:kill", "settling:kill:0",
                                  "settling:kill:x", "settling:kill:-1", ":kill"])  # fmt: skip
def test_a_spec_without_meaning_is_refused(spec: str) -> None:
    """What names no crash point and action is refused with words, for a misspelt test would prove nothing."""
    with pytest.raises(SettingsError, match="names no crash point") as refused:
        arm(spec)
    assert "unset IMPORTER_FAILPOINT" in refused.value.remedy


def test_points_on_the_wire_cannot_be_armed() -> None:
    """Where no line of the program runs, no failpoint can be."""
    with pytest.raises(SettingsError, match="cannot reach answer-half-read"):
        arm("answer-half-read:kill")


def test_the_page_lists_every_point() -> None:
    """docs/crash-points.md names all 33 moments in order, each with its number, name and words."""
    page = (ROOT / "docs" / "crash-points.md").read_text("utf-8")
    lines = re.findall(r"^\| (\d+) \| (.*?) \| `([a-z-]+)` \| (.*?) \| (.*?) \|$", page, re.MULTILINE)
    assert [(int(number), words, name) for number, words, name, *_ in lines] == [
        (point.number, point.description, name) for name, point in CRASH_POINTS.items()
    ]
    assert all(way and what for *_, way, what in lines)
    for name, point in CRASH_POINTS.items():
        way = next(way for _, _, found, way, _ in lines if found == name)
        assert way == ("wire" if point.on_wire else "failpoint")
