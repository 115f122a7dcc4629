"""A call as a whole has an end, however steadily its bytes come."""

from __future__ import annotations

import socket
import time

from importer.leadsquared.deadline import Deadline, _DeadlineTimer


def test_a_deadline_that_passed_before_there_was_a_connection() -> None:
    """A connection that comes too late is cut at once."""
    deadline = Deadline(0.0)
    ours, theirs = socket.socketpair()
    with ours, theirs, deadline.running():
        while not deadline.expired:
            time.sleep(0.001)
        deadline.attach(ours)
        assert theirs.recv(1) == b""


def test_time_that_is_up_cuts_the_connection_of_a_call_that_goes_on() -> None:
    """A call that has ended, and one without a connection yet, have nothing to cut."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        going, early, over = Deadline(60.0), Deadline(60.0), Deadline(60.0)
        with over.running():
            pass
        going.attach(ours)
        for each in (going, early, over):
            each.expire()
        assert (going.expired, early.expired, over.expired) == (True, True, False)
        assert theirs.recv(1) == b""


def test_a_timer_of_its_own_expires() -> None:
    """Its thread begins with its first deadline."""
    deadlines = [Deadline(0.01), Deadline(0.02)]
    timer = _DeadlineTimer()
    for number, each in enumerate(deadlines, start=1):
        timer.start(each, number / 100)
    end = time.monotonic() + 20
    while not all(each.expired for each in deadlines):
        assert time.monotonic() < end
        time.sleep(0.01)


def test_deadlines_pass_in_their_own_order() -> None:
    """A short one passes although a long one was there first, and one whose call has ended cuts nothing."""
    long, short, ended = Deadline(60.0), Deadline(0.02), Deadline(0.01)
    ours, theirs = socket.socketpair()
    with ours, theirs, long.running():
        with ended.running():
            ended.attach(ours)
        with short.running():
            while not short.expired:
                time.sleep(0.001)
        ours.sendall(b"still there")
        assert theirs.recv(100) == b"still there"
    assert [one.expired for one in (long, short, ended)] == [False, True, False]
