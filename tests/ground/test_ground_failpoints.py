"""Failpoints do nothing until they are armed, and only what they were armed for."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from importer import failpoints
from importer.__main__ import main
from importer.failpoints import MOMENTS, FailpointReached, arm, reach


@pytest.fixture(autouse=True)
def disarmed() -> Iterator[None]:
    yield
    arm("")


def test_nothing_happens_without_arming() -> None:
    """Every moment may be passed."""
    for name in MOMENTS:
        reach(name)


def test_it_fails_at_the_passage_it_was_armed_for() -> None:
    """Not before, not elsewhere, and not again."""
    arm("answer-read:error:2")
    reach("answer-read")
    reach("planned")
    with pytest.raises(FailpointReached, match="answer-read"):
        reach("answer-read")
    reach("answer-read")


@pytest.mark.parametrize(
    ("text", "sent"), [("planned", signal.SIGKILL), ("planned:stop", signal.SIGSTOP), ("planned::1", signal.SIGKILL)]
)
def test_it_sends_a_signal_to_its_own_process(monkeypatch: pytest.MonkeyPatch, text: str, sent: signal.Signals) -> None:
    """SIGKILL unless SIGSTOP was asked for."""
    signals: list[int] = []
    monkeypatch.setattr(failpoints.os, "kill", lambda pid, number: signals.append(number))
    arm(text)
    reach("planned")
    assert signals == [sent]


@pytest.mark.parametrize("text", ["nowhere", "planned:explode", "planned:kill:0", "planned:kill:x", "planned:kill:²"])
def test_what_makes_no_sense_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With words, and before the command begins."""
    with pytest.raises(ValueError, match="failpoint"):
        arm(text)
    monkeypatch.setenv("IMPORTER_FAILPOINT", text)
    with pytest.raises(SystemExit, match="IMPORTER_FAILPOINT"):
        main()


def test_the_command_arms_what_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And then runs as usual."""
    monkeypatch.setenv("IMPORTER_FAILPOINT", "planned")
    monkeypatch.setattr("sys.argv", ["importer", "--version"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert "version" in capsys.readouterr().out
