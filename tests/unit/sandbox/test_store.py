from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from importer.sandbox.disk import Disk
from importer.sandbox.options import Options
from importer.sandbox.seed import lead_id
from importer.sandbox.server import Sandbox, serve
from importer.sandbox.tenant import Tenant
from tests.support.sandbox_caller import ACTIVITY, BULK, KEYS, PAIR, Caller, pairs, refusal, until, visit

ENVIRONMENT = {"SANDBOX_ACCESS_KEY": KEYS.access, "SANDBOX_SECRET_KEY": KEYS.secret, "SANDBOX_API_KEY": KEYS.api}


class Process:
    """A sandbox as a process of its own."""

    def __init__(self, *options: str, environment: dict[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "importer.sandbox", *options],
            env={**os.environ, **(ENVIRONMENT if environment is None else environment)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ready(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def end(self, number: int) -> tuple[int, str, str]:
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=20)
        return self.process.returncode, out, err


@pytest.fixture
def run() -> Iterator[Any]:
    """Starts processes that end with the test."""
    running: list[Process] = []

    def started(*options: str, **more: Any) -> Process:
        running.append(Process(*options, **more))
        return running[-1]

    yield started
    for one in running:
        if one.process.poll() is None:
            one.process.kill()
        one.process.communicate()


@pytest.mark.slow
def test_a_killed_sandbox_goes_on_where_it_was(run: Any, tmp_path: Path) -> None:
    """kill -9, and then the same tenant, leads, activities and queue, on the same port."""
    options = ["--store", str(tmp_path / "deep" / "crm.db"), "--async-delay", "60", "--keys-from-env"]
    first = run(*options)
    before = first.ready()
    assert requests.post(before["host"] + BULK, json=[visit(1), visit(2)], headers=PAIR, timeout=10).ok
    lead = pairs(EmailAddress="lead0005@example.com", mx_City="Pune")
    row = {"LeadDetails": lead, "Activity": {"ActivityEvent": 201}}
    keys = {**PAIR, "x-api-key": KEYS.api}
    requests.post(before["host"] + ACTIVITY + "/CreateCustom", json=row, headers=PAIR, timeout=10)
    requests.post(before["host"] + "/lead/capture", json=lead, headers=keys, timeout=10)
    parts = {"parts": "org_id,leads,activities,queue"}
    state = requests.get(before["host"] + "/__sandbox__/state", params=parts, timeout=10).json()
    first.end(signal.SIGKILL)

    second = run(*options, "--port", before["host"].rpartition(":")[2])
    after = second.ready()
    again = requests.get(after["host"] + "/__sandbox__/state", params=parts, timeout=10).json()
    by_id = {one["ProspectID"]: one for one in again.pop("leads")}
    assert by_id == {one["ProspectID"]: one for one in state.pop("leads")}
    assert (again, after) == (state, before)
    assert [len(again["activities"]), len(again["queue"])] == [3, 1]
    assert second.end(signal.SIGTERM) == (0, "", "")


@pytest.mark.slow
def test_a_sandbox_stops_on_ctrl_c_and_says_nothing_else(run: Any) -> None:
    """One line of JSON, and no key anywhere, even if callers put keys into addresses."""
    one = run()
    host = one.ready()["host"]
    requests.get(f"{host}/v2/x?accessKey={KEYS.access}", timeout=10)
    assert one.end(signal.SIGINT) == (0, "", "")


@pytest.mark.slow
def test_made_up_keys_are_not_told(run: Any) -> None:
    """Without keys it starts, and nobody gets in; --keys-from-env refuses to start."""
    nothing = dict.fromkeys(ENVIRONMENT, "")
    info = run(environment=nothing).ready()
    assert set(info) == {"host", "async_host", "org_id"}
    assert refusal(requests.post(info["host"] + BULK, json=[], headers=PAIR, timeout=10))[0] == 401
    _, err = (refused := run("--keys-from-env", environment=nothing)).process.communicate(timeout=20)
    assert (refused.process.returncode, "SANDBOX_SECRET_KEY" in err) == (2, True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--fault", "flood"], "There is no fault 'flood'"),
        (["--latency", "-1"], "latency must not be negative"),
        (["--throttle-shape", "418"], "invalid choice"),
    ],
)
def test_options_that_make_no_sense_end_it(run: Any, options: list[str], words: str) -> None:
    """With words on standard error and exit status 2."""
    one = run(*options)
    out, err = one.process.communicate(timeout=20)
    assert (one.process.returncode, out, words in err) == (2, "", True)


@pytest.mark.slow
def test_options_and_faults_of_the_command_line_count(run: Any) -> None:
    """They are the switches that can be changed later."""
    host = run("--bulk-refusal", "whole-call", "--fixed-window", "--fault", "401:2:1:bulk").ready()["host"]
    state = requests.get(f"{host}/__sandbox__/state", timeout=10).json()
    assert (state["options"]["bulk_refusal"], state["options"]["fixed_window"]) == ("whole-call", True)
    assert (state["faults"][0]["calls"], state["faults"][0]["skip"], state["faults"][0]["on"]) == (2, 1, "bulk")


def test_a_store_serves_one_sandbox(tmp_path: Path) -> None:
    """A second one is refused until the first has ended; a file that is no store is refused, too."""
    path = tmp_path / "crm.db"
    with Sandbox(Options(), KEYS, store=path) as first:
        with pytest.raises(OSError, match="another sandbox"):
            Sandbox(Options(), KEYS, store=path)
        org_id = first.info()["org_id"]
    with Sandbox(Options(), KEYS, store=path) as second:
        assert second.info()["org_id"] == org_id
    (tmp_path / "notes.txt").write_text("not a store, but a text that is long enough to be looked at" * 20)
    with pytest.raises(OSError, match="cannot be used"):
        Sandbox(Options(), KEYS, store=tmp_path / "notes.txt")


def test_a_taken_port_is_said_and_the_store_let_go(tmp_path: Path) -> None:
    """The port of another program cannot be used; afterwards the store can."""
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(OSError, match="in use"):
        Sandbox(Options(), KEYS, port=other.getsockname()[1], store=tmp_path / "crm.db")
    with Sandbox(Options(), KEYS, store=tmp_path / "crm.db"):
        pass


def test_a_reset_reaches_the_store(tmp_path: Path) -> None:
    """What was forgotten does not come back."""
    with Sandbox(Options(), KEYS, store=tmp_path / "crm.db") as first:
        Caller(first).bulk(visit())
        Caller(first).control("reset")
        Caller(first).bulk(visit(2))
        org_id = first.info()["org_id"]
    with Sandbox(Options(), KEYS, store=tmp_path / "crm.db") as second:
        state = Caller(second).state()
        assert (state["org_id"], [one["note"] for one in state["activities"]]) == (org_id, ["visit 2"])


def test_a_queued_request_is_processed_after_a_restart(tmp_path: Path) -> None:
    """Once, although it was accepted by another process."""
    row = {"LeadDetails": pairs(EmailAddress="lead0005@example.com"), "Activity": {"ActivityEvent": 201}}
    with Sandbox(Options(async_delay=60.0), KEYS, store=tmp_path / "crm.db") as first:
        Caller(first).queued("POST", "/activity/createcustom", row)
    disk = Disk(tmp_path / "crm.db")
    task = next(content for kind, _, content in disk.read() if kind == "task")
    disk.write([("task", next(name for kind, name, _ in disk.read() if kind == "task"), {**task, "due": "2025"})])
    disk.close()
    for _ in range(2):
        with Sandbox(Options(), KEYS, store=tmp_path / "crm.db") as later:
            until(lambda: Caller(later).activities())
            assert [one["lead"] for one in Caller(later).activities()] == [lead_id(5)]
            assert Caller(later).state()["counts"]["queued"] == 0


def test_a_call_is_stored_before_its_answer_leaves(tmp_path: Path) -> None:
    """When an answer is lost on its way, what it would have said is in the store already."""
    with Sandbox(Options(), KEYS, store=tmp_path / "crm.db") as first:
        Caller(first).fault("drop-after")
        with pytest.raises(requests.ConnectionError):
            Caller(first).bulk(visit())
    disk = Disk(tmp_path / "crm.db")
    assert [content["note"] for kind, _, content in disk.read() if kind == "activity"] == ["visit 1"]
    disk.close()


def test_a_transaction_that_fails_leaves_no_trace() -> None:
    """New and changed leads, activities and requests are all taken back, the unique fields with them."""
    tenant = Tenant()
    seeded = dict(tenant.leads)

    def fail() -> None:
        with tenant.transaction():
            tenant.create_lead({"EmailAddress": "a@example.org"})
            tenant.change_lead(tenant.leads[lead_id(1)], {"Phone": "+91-1"})
            tenant.create_activity({"lead": lead_id(1), "event": 201, "note": "", "fields": {}})
            tenant.put_task("1", {"state": "queued"})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert tenant.leads == seeded
    assert tenant.find_lead("EmailAddress", "a@example.org") is None
    assert tenant.find_lead("Phone", "+91-9000000001") == seeded[lead_id(1)]
    assert (tenant.activities, tenant.queue, list(tenant.waiting)) == ({}, {}, [])
    assert (tenant.by_lead[lead_id(1)], tenant.by_event[201]) == ([], [])


def test_a_sandbox_in_a_thread_tells_when_it_is_ready_and_can_be_stopped() -> None:
    """Stopping cuts connections that are kept alive and calls that are held; twice is fine."""
    told: list[dict[str, str]] = []
    sandbox = serve(Options(), KEYS, told.append)
    crm = Caller(sandbox)
    assert told == [sandbox.info()]
    assert crm.bulk(visit()).status_code == 200
    sandbox.stop()
    sandbox.stop()
    with pytest.raises(requests.ConnectionError):
        crm.bulk(visit())
