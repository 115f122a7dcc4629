"""Keys after a crash, in a mapping, of another tenant or changed meanwhile (K9 to K13)."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from importer.app.preflight import clear_account
from importer.core.errors import MappingError, SettingsError
from importer.core.model import Reply, Request
from importer.core.redaction import redact
from importer.mapping.loader import parse_mapping
from importer.planning.mapping_files import mapping_vocabulary
from tests.acceptance.security.key_words import all_commands, keys_in
from tests.acceptance.security.security_words import ACCESS, API, SECRET, account
from tests.support.memory_ledger import MemoryLedger

CRASH = """
import ctypes, os, resource, signal, faulthandler
resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
faulthandler.enable()
import importer.cli.main as main
from importer.__main__ import main as start
def run(arguments):
    print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3), faulthandler.is_enabled(), flush=True)
    os.kill(os.getpid(), signal.SIGSEGV)
main.run = run
start()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_k9_a_crash_leaves_no_core_file(tmp_path: Path) -> None:
    """Core files are off, the memory is not dumpable, and Python prints no stack of its own."""
    ended = subprocess.run([sys.executable, "-c", CRASH], capture_output=True, text=True, cwd=tmp_path)
    assert ended.stdout == "(0, 0) 0 False\n", ended.stderr
    assert ended.returncode == -11
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "line",
    [
        f"secret_key: '{SECRET}'",
        f"x-LSQ-AccessKey: '{ACCESS}'",
        f"ignore: ['https://api.leadsquared.com/v2/x?accessKey={ACCESS}']",
        "update_behavior: 'u$r0123456789abcdef0123'",
        f"source: {{api-key: '{API}'}}",
    ],
)
def test_k10_a_mapping_with_a_key_is_refused(line: str) -> None:
    """With the line, with advice to change the key, and without repeating it."""
    with pytest.raises(MappingError) as caught:
        parse_mapping(f"target: create-lead\nlead: {{mx_City: City}}\n{line}\n", Path("m.yaml"), **mapping_vocabulary())
    told = caught.value.message + caught.value.remedy
    assert "line 3" in told
    assert "looks like a key" in told
    assert keys_in(told) == []
    assert "0123456789abcdef0123" not in told


def test_k11_there_is_no_debug_report(echo: str) -> None:
    """No command collects files for support; the nearest thing, a server's quoted request, is redacted."""
    names = [
        name for command in all_commands() for name in (command.name, *(o for p in command.params for o in p.opts))
    ]
    assert not [name for name in names if name and any(word in name for word in ("debug", "bundle", "dump"))]
    assert keys_in(redact(f"GET /x?accessKey={ACCESS}&secretKey={SECRET} x-api-key: {API}")) == []


class Clock:
    """A clock that does not wait."""

    def now(self) -> datetime:
        return datetime(2026, 11, 20, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        pass


class Doorkeeper:
    """Answers the question whose keys these are, and remembers what else was asked."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.asked: list[Request] = []

    def send(self, request: Request) -> Reply:
        self.asked.append(request)
        return self.reply

    def close(self) -> None:
        pass


def test_k12_keys_of_another_tenant_send_nothing() -> None:
    """The account name stays bound to the tenant that it reached first."""
    ledger = MemoryLedger(clock=Clock().now)
    ledger.bind_account("security", "tenant-a")
    crm = Doorkeeper(Reply(200, {"OrgId": "tenant-b", "OrgDisplayName": "Other", "Role": "Administrator"}, "{}"))
    with pytest.raises(SettingsError, match="belong to another LeadSquared tenant"):
        clear_account(account("http://127.0.0.1:1"), crm, ledger, Clock(), lambda: False)
    assert {request.method for request in crm.asked} == {"GET"}


def test_k13_a_key_that_was_changed_stops_with_advice() -> None:
    """401 ends the import before it sends; the message says where the new key goes."""
    body = {"Status": "Error", "ExceptionType": "MXUnAuthorizedAccessException", "ExceptionMessage": "bad key"}
    crm = Doorkeeper(Reply(401, body, json.dumps(body)))
    with pytest.raises(SettingsError, match="does not accept account security") as caught:
        clear_account(account("http://127.0.0.1:1"), crm, MemoryLedger(clock=Clock().now), Clock(), lambda: False)
    assert "LEADSQUARED_SECRET_KEY" in caught.value.remedy
    assert "accounts.yaml" in caught.value.remedy
    assert {request.method for request in crm.asked} == {"GET"}
