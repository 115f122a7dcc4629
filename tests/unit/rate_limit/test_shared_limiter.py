"""Processes that share an account's slots never exceed its limit together, whoever of them dies."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.core.errors import LedgerError
from importer.core.model import Limit
from importer.ledger.integrity.machine_id import boot_id
from importer.rate_limit.account_limiter import Limiter
from importer.rate_limit.file_store import CorruptFileError, FileSlotStore
from importer.rate_limit.shared_limiter import SharedLimiter
from importer.rate_limit.window_limiter import CompletionLimiter
from tests.support.delivery_world import World, visits
from tests.support.sampled import examples

LIMIT = Limit(3, 5.0)


def shared(path: Path, limit: Limit = LIMIT, boot: str = "boot-1") -> SharedLimiter:
    return SharedLimiter(FileSlotStore(path), limit, 100.0, boot=boot, margin=0.0)


@pytest.fixture(params=["memory", "file"])
def limiter(request: pytest.FixtureRequest, tmp_path: Path) -> Limiter:
    """Every limiter, with a free window behind it."""
    if request.param == "memory":
        return CompletionLimiter(LIMIT, margin=0.0)
    made = shared(tmp_path / "slots")
    assert made.wait_time(-5.0) == 5.0
    return made


def test_several_slots_are_taken_at_once(limiter: Limiter) -> None:
    """As many as are free and no more than asked for; each of them is the call's own."""
    assert limiter.available(0.0) == 3
    slots = limiter.acquire_several(0.0, 2)
    assert [limiter.holds(slot, 0.0) for slot in slots] == [True, True]
    assert limiter.available(0.0) == 1
    assert len(limiter.acquire_several(0.0, 5)) == 1
    assert limiter.acquire_several(0.0, 5) == []
    limiter.release(slots[1], 4.0)
    assert [limiter.available(moment) for moment in (8.9, 9.0)] == [0, 1]


def test_a_slot_is_busy_until_a_window_after_its_call(limiter: Limiter) -> None:
    """What every limiter promises: not after leaving, but after completing."""
    slots = [limiter.acquire(0.0) for _ in range(3)]
    assert limiter.acquire(0.0) is None
    assert limiter.wait_time(0.0) == float("inf")
    assert slots[0] is not None
    limiter.release(slots[0], 4.0)
    assert limiter.wait_time(4.0) == 5.0
    assert limiter.acquire(8.9) is None
    assert limiter.acquire(9.0) is not None
    assert slots[1] is not None
    limiter.abandon(slots[1], 10.0, 20.0)
    assert limiter.wait_time(10.0) == 25.0


def test_pauses_and_lessons(limiter: Limiter) -> None:
    """A pause holds everything; a lesson counts at once and also for calls that are over."""
    limiter.block_until(7.0)
    assert limiter.wait_time(0.0) == 7.0
    slot = limiter.acquire(7.0)
    assert slot is not None
    limiter.release(slot, 8.0)
    limiter.learn(Limit(1, 10.0))
    assert limiter.limit == Limit(1, 10.0)
    assert limiter.wait_time(8.0) == 10.0


def test_two_processes_share_one_limit(tmp_path: Path) -> None:
    """What one takes the other lacks, and a pause of one holds both."""
    one, other = shared(tmp_path / "slots"), shared(tmp_path / "slots")
    assert one.acquire(0.0) is None
    first, second, third = one.acquire(5.0), other.acquire(5.0), one.acquire(5.0)
    assert None not in (first, second, third)
    assert other.acquire(5.0) is None
    assert first is not None
    one.release(first, 6.0)
    assert other.wait_time(6.0) == 5.0
    other.block_until(50.0)
    assert one.wait_time(11.0) == 39.0
    one.close()


def test_a_process_that_died_in_mid_call(tmp_path: Path) -> None:
    """Its slot is free once the CRM can no longer count the call, and not before."""
    dead, alive = shared(tmp_path / "slots"), shared(tmp_path / "slots")
    dead.acquire(0.0)
    for _ in range(3):
        assert dead.acquire(5.0) is not None
    dead.close()
    assert alive.acquire(104.9) is None
    assert alive.acquire(105.1) is not None


@pytest.mark.parametrize(
    ("content", "held"),
    [("", 5.0), ("{", 100.0), ("[]", 100.0), ('{"boot": "boot-1"}', 100.0), ('00000000 {"boot": "b"}\n', 100.0)],
)
def test_a_file_that_says_nothing(tmp_path: Path, content: str, held: float) -> None:
    """Somebody may have made calls: one window is held, after damage as long as a call lasts; nothing shortens that."""
    path = tmp_path / "slots"
    path.write_text(content, "utf-8")
    made = shared(path)
    made.block_until(1.0)
    made.learn(LIMIT)
    assert made.wait_time(100.0) == held
    assert made.acquire(99.0 + held) is None
    assert made.acquire(100.0 + held) is not None


def test_a_line_that_was_cut_off_is_never_taken_for_a_whole_one(tmp_path: Path) -> None:
    """Whatever part of it is there, also in front of the end of a longer one."""
    path = tmp_path / "slots"
    made = shared(path)
    made.wait_time(0.0)
    for moment in (10.0, 11.0):
        made.acquire(moment)
    whole = path.read_bytes()
    made.acquire(12.0)
    longer = path.read_bytes()
    assert len(longer) > len(whole)
    for size in range(1, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(CorruptFileError):
            FileSlotStore(path).read()
        path.write_bytes(longer[:size] + whole[size:])
        with contextlib.suppress(CorruptFileError):
            assert FileSlotStore(path).read() in (json.loads(whole[9:]), json.loads(longer[9:]))


def test_a_call_that_lasts_keeps_its_slot_while_its_process_lives(tmp_path: Path) -> None:
    """However slowly the answer comes: as long as the process does anything, its slots are not given to others."""
    slow, other = shared(tmp_path / "slots"), shared(tmp_path / "slots")
    slow.wait_time(0.0)
    slot = slow.acquire(10.0)
    for moment in range(10, 400, 40):
        slow.wait_time(float(moment))
    taken = [other.acquire(400.0) for _ in range(3)]
    assert taken.count(None) == 1
    assert slot is not None
    assert slow.holds(slot, 400.0)


def test_a_process_that_was_frozen_has_lost_its_slot(tmp_path: Path) -> None:
    """Another one may have it by now, so nothing may be sent with it."""
    frozen, other = shared(tmp_path / "slots"), shared(tmp_path / "slots")
    frozen.wait_time(0.0)
    slot = frozen.acquire(10.0)
    assert slot is not None
    assert frozen.holds(slot, 20.0)
    assert [other.acquire(200.0) is not None for _ in range(3)] == [True] * 3
    assert not frozen.holds(slot, 201.0)


def test_what_one_process_learns_all_keep(tmp_path: Path) -> None:
    """From their next call on, also the next one to start; until somebody makes them forget."""
    one, other = shared(tmp_path / "slots"), shared(tmp_path / "slots")
    one.wait_time(0.0)
    one.learn(Limit(1, 60.0))
    assert other.acquire(10.0) is not None
    assert other.acquire(10.0) is None
    assert other.limit == shared_limit(tmp_path / "slots") == Limit(1, 60.0)
    one.forget_learned()
    assert other.acquire(10.0) is not None
    assert other.limit == shared_limit(tmp_path / "slots") == LIMIT


def shared_limit(path: Path) -> Limit:
    made = shared(path)
    made.wait_time(10.0)
    return made.limit


def test_a_learned_limit_never_allows_more_than_is_configured(limiter: Limiter) -> None:
    """A limit that the person made stricter later counts."""
    limiter.learn(Limit(1, 60.0))
    state = CompletionLimiter(Limit(1, 60.0)).state
    strict = CompletionLimiter(Limit(1, 3600.0), state=replace(state, learned=limiter.limit))
    assert strict.limit == Limit(1, 3600.0)


def test_a_process_may_use_less_than_the_limit(limiter: Limiter) -> None:
    """As many slots as it was narrowed to, counting those that are busy."""
    limiter.set_cap(1)
    first = limiter.acquire(0.0)
    assert first is not None
    assert limiter.acquire(0.0) is None
    limiter.set_cap(None)
    assert limiter.acquire(0.0) is not None


def test_a_lock_that_is_never_given_back(tmp_path: Path) -> None:
    """Somebody stopped the process that holds it: the person learns so instead of waiting for ever."""
    waits: list[float] = []
    one, other = FileSlotStore(tmp_path / "slots"), FileSlotStore(tmp_path / "slots", waits.append)
    with one.locked(), pytest.raises(LedgerError, match="may have been stopped"), other.locked():
        pass
    assert 10 < sum(waits) < 11
    with other.locked():
        other.write({"a": 1})
    assert one.read() == {"a": 1}
    one.close()
    other.close()


def test_another_boot(tmp_path: Path) -> None:
    """Its times mean nothing here; where a boot has no id, times far ahead tell."""
    before = shared(tmp_path / "slots")
    before.acquire(10_000.0)
    before.acquire(10_005.0)
    after = shared(tmp_path / "slots", boot="boot-2")
    assert after.wait_time(3.0) == 5.0
    nameless = shared(tmp_path / "other", boot="")
    nameless.acquire(10_000.0)
    assert nameless.wait_time(3.0) == 5.0


def test_the_id_of_a_boot(tmp_path: Path) -> None:
    """What the system says; empty where it says nothing."""
    (tmp_path / "id").write_text("abc\n", "utf-8")
    assert (boot_id(tmp_path / "id"), boot_id(tmp_path / "none")) == ("abc", "")


def test_a_file_that_cannot_be_used(tmp_path: Path) -> None:
    """The person learns which; nothing is sent."""
    (tmp_path / "file").touch()
    with pytest.raises(LedgerError, match="share the account's limit"):
        shared(tmp_path / "file" / "slots")
    made = shared(tmp_path / "slots")
    made.close()
    with pytest.raises(LedgerError, match="share the account's limit"):
        made.acquire(0.0)


@pytest.mark.slow
@given(
    st.integers(1, 4),
    st.lists(
        st.tuples(
            st.integers(0, 2), st.floats(0, 3), st.floats(0, 3), st.sampled_from(["ok", "ok", "ok", "lost", "die"])
        ),
        min_size=5,
        max_size=40,
    ),
)
@settings(max_examples=examples(60), deadline=None)
def test_no_window_ever_holds_too_many(calls: int, story: list[tuple[int, float, float, str]]) -> None:
    """Three processes, random latencies, answers that never come, processes that die and come back."""
    limit, arrivals, now = Limit(calls, 5.0), [], 10.0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "slots"
        everyone = [shared(path, limit) for _ in range(3)]
        for who, there, back, fate in story:
            while (pause := everyone[who].wait_time(now)) > 0:
                now += min(pause, 7.0)
            slot = everyone[who].acquire(now)
            assert slot is not None
            arrivals.append(now + there)
            if fate == "ok":
                everyone[who].release(slot, now + there + back)
            elif fate == "lost":
                everyone[who].abandon(slot, now, 3.0)
            else:
                everyone[who].close()
                everyone[who] = shared(path, limit)
        for one in everyone:
            one.close()
    arrivals.sort()
    for start in arrivals:
        assert sum(start <= moment < start + 5.0 for moment in arrivals) <= calls


def test_an_import_and_its_next_start_share_the_slots(world: World, tmp_path: Path) -> None:
    """A second delivery right after the first one waits only for slots that are really busy."""
    world.account = replace(world.account, slots=tmp_path / "limits")
    world.deliver(world.plan(visits(30)))
    assert world.statuses() == {"created": 30}
    assert {path.name for path in (tmp_path / "limits").iterdir()} == {"bulk.json", "standard.json", "async.json"}
    before = world.clock.monotonic()
    world.deliver(world.plan(visits(3, 100), name="run-2"))
    assert world.statuses("run-2") == {"created": 3}
    assert world.clock.monotonic() - before < 11.0


@pytest.mark.slow
def test_slots_of_a_killed_process_stay_busy(tmp_path: Path) -> None:
    """SIGKILL while a slot is taken: the file is whole, and the slot is still counted."""
    code = (
        "import sys, time; from pathlib import Path; from importer.core.model import Limit\\n"
        "from importer.rate_limit.shared_limiter import SharedLimiter; from importer.rate_limit.file_store import FileSlotStore\\n"
        "made = SharedLimiter(FileSlotStore(Path(sys.argv[1])), Limit(2, 0.1), 60.0, boot='b')\\n"
        "made.acquire(time.monotonic()); time.sleep(0.2)\\n"
        "assert made.acquire(time.monotonic()); print('taken', flush=True); time.sleep(60)\\n"
    ).replace("\\n", "\n")
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "slots")], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "taken\n"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert len(FileSlotStore(tmp_path / "slots").read()["flying"]) == 1
    made = SharedLimiter(FileSlotStore(tmp_path / "slots"), Limit(2, 0.1), 60.0, boot="b")
    assert made.acquire(time.monotonic()) is not None
    assert made.acquire(time.monotonic()) is None
    made.close()
