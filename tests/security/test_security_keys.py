"""Keys: where they come from, where they may go, and that they show up nowhere else."""

from __future__ import annotations

import copy
import dataclasses
import http.client
import io
import json
import logging
import os
import pickle
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest
from key_search import keys_in_files, keys_in_text, spellings
from security_words import ACCESS, API, SECRET, account

from importer.account_sources import account_from_environment, load_account
from importer.crm.client import LeadSquaredClient
from importer.errors import ImporterError, MappingError, SettingsError
from importer.key_sources import key_from_file
from importer.ledger.memory import MemoryLedger
from importer.logs import configure_logging
from importer.mapping.loader import parse_mapping
from importer.model import CallClass, HostKind, Reply, Request, TransportFailure
from importer.pipeline.plan import known_words
from importer.pipeline.preflight import clear_account
from importer.redaction import HIDDEN, Secret, redact

if TYPE_CHECKING:
    from conftest import OrdinaryRun

ROOT = Path(__file__).parents[2]
POST = Request("POST", "/ProspectActivity.svc/Create", CallClass.STANDARD, {"a": 1}, {"leadId": "1"})


def keys_in(text: str) -> list[str]:
    return [key for key in (ACCESS, SECRET, API) if key[:12] in text or key[::-1][:12] in text]


class Echo(BaseHTTPRequestHandler):
    """Answers with an error that quotes the whole request, keys and all, as careless servers do."""

    def do_POST(self) -> None:
        words = f"{self.path} {dict(self.headers)}"
        body = json.dumps({"Status": "Error", "ExceptionType": "MXTest", "ExceptionMessage": words}).encode()
        self.send_response(500)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST  # noqa: N815  the name in the standard library

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def echo() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def debug_log() -> Iterator[io.StringIO]:
    """The log of the program, with every logger asked for everything."""
    stream = io.StringIO()
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    configure_logging(9, stream)
    root.setLevel(logging.DEBUG)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


def test_k1_keys_travel_only_in_headers(ordinary_run: OrdinaryRun) -> None:
    """No address of the sync host names a key; the async host documents the pair in the address, so only there."""
    sync = [entry for entry in ordinary_run.log if entry["path"].startswith("/v2/")]
    others = [entry for entry in ordinary_run.log if not entry["path"].startswith("/v2/")]
    assert len(sync) > 5
    assert any(entry["fault"] for entry in sync)
    assert not [entry for entry in sync for name in entry["query"] if "key" in name.lower()]
    assert others
    assert all({"accessKey", "secretKey"} <= set(entry["query"]) for entry in others)


def test_k2_a_talkative_run_under_faults_shows_no_key(ordinary_run: OrdinaryRun) -> None:
    """Neither screen nor log nor ledger, plan, workbook or page holds one, in any of five spellings."""
    assert keys_in_text("".join(ordinary_run.outputs)) == []
    assert len([path for path in ordinary_run.folder.rglob("*") if path.is_file()]) > 10
    assert keys_in_files(ordinary_run.folder) == []


def test_k2_the_search_finds_a_planted_key(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A search that finds nothing proves nothing unless it finds what is there, also inside a workbook."""
    folder = tmp_path_factory.mktemp("planted")
    assert len(spellings(SECRET)) >= 4
    for planted in spellings(SECRET):
        with zipfile.ZipFile(folder / "book.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/x.xml", f"<a>{planted}</a>")
        assert set(keys_in_files(folder)) == {f"book.xlsx: {SECRET}"}
        assert keys_in_text(f"x{planted}y") == [SECRET]


def test_k2_an_unexpected_error_of_the_program_shows_no_key(tmp_path: Path) -> None:
    """The traceback of a bug, in the main thread or another, comes out redacted."""
    script = f"""
import sys, threading
import importer.cli.main as main
from importer.redaction import Secret
from importer.__main__ import main as start
key = "".join({list(SECRET)!r})
def run(arguments):
    Secret(key)
    thread = threading.Thread(target=lambda: int(key)); thread.start(); thread.join()
    raise RuntimeError(f"header {{key}}")
main.run = run
start()
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path)
    assert ended.returncode == 1
    assert ended.stderr.count("Traceback") == 2
    assert HIDDEN in ended.stderr
    assert SECRET not in ended.stderr


def test_k3_loggers_of_the_http_libraries_say_nothing(echo: str, debug_log: io.StringIO) -> None:
    """Even with everything turned up, requests and urllib3 do not print an address or a header."""
    http.client.HTTPConnection.debuglevel = 0
    client = LeadSquaredClient(account(echo, echo))
    client.send(POST)
    client.send(dataclasses.replace(POST, host=HostKind.ASYNC, call_class=CallClass.ASYNC))
    client.close()
    assert debug_log.getvalue() == ""
    for name in ("urllib3", "urllib3.connectionpool", "requests", "httpx", "http.client"):
        assert logging.getLogger(name).getEffectiveLevel() == logging.WARNING
    assert http.client.HTTPConnection.debuglevel == 0


def walk(error: BaseException | None) -> Iterator[Any]:
    """The error, what it was made from, and everything that hangs on either."""
    seen: set[int] = set()
    waiting: list[Any] = [error]
    while waiting:
        found = waiting.pop()
        if found is None or id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        if isinstance(found, BaseException):
            waiting += [found.__cause__, found.__context__, *found.args, *vars(found).values()]
        elif isinstance(found, (list, tuple)):
            waiting += found
        elif isinstance(found, dict):
            waiting += found.values()
        elif hasattr(found, "__dict__"):
            waiting += vars(found).values()


def _accounts_with_key(folder: Path) -> Any:
    path = folder / "keys-of-the-test"
    path.mkdir()
    (path / "a.yaml").write_text(f"one:\n  access_key: {ACCESS}\n bad: [", "utf-8")
    return load_account("one", {"IMPORTER_ACCOUNTS": str(path / "a.yaml")}, folder)


def _file_with_key(folder: Path) -> Any:
    path = folder / "keys-of-the-test"
    path.mkdir()
    (path / "key").write_text(f"{SECRET} {ACCESS}")
    (path / "key").chmod(0o600)
    return key_from_file(path / "key", "x")


ENVIRONMENT = {
    "LEADSQUARED_HOST": "api.leadsquared.com",
    "LEADSQUARED_ACCESS_KEY": ACCESS,
    "LEADSQUARED_SECRET_KEY": SECRET,
}
FAILING: dict[str, Callable[[Path], Any]] = {
    "no async host": lambda folder: LeadSquaredClient(account("http://127.0.0.1:1")).send(
        Request("GET", "/x", CallClass.ASYNC, host=HostKind.ASYNC)
    ),
    "blank in a key": lambda folder: account_from_environment(
        {**ENVIRONMENT, "LEADSQUARED_SECRET_KEY": f"{SECRET} {ACCESS}"}
    ),
    "key as host": lambda folder: account_from_environment({**ENVIRONMENT, "LEADSQUARED_HOST": f"https://{SECRET}"}),
    "broken accounts file": _accounts_with_key,
    "two keys in a file": _file_with_key,
    "key in a mapping": lambda folder: parse_mapping(
        f"target: create-lead\nlead: {{mx_City: City}}\nsecret_key: '{SECRET}'\n", Path("m.yaml"), **known_words()
    ),
}


@pytest.mark.parametrize("name", FAILING)
def test_k4_no_exception_carries_a_key(tmp_path: Path, name: str) -> None:
    """Neither the error nor anything that it was made from holds one, whatever attributes are looked at."""
    with pytest.raises(ImporterError) as caught:
        FAILING[name](tmp_path)
    for found in walk(caught.value):
        if isinstance(found, (str, bytes)) or type(found).__repr__ is not object.__repr__:
            assert keys_in(str(found)) == []


def test_k4_a_failed_request_is_a_reply_without_request(echo: str) -> None:
    """The door raises nothing that carries headers, and what a server quotes is redacted in the reply's text."""
    client = LeadSquaredClient(account(echo))
    reply = client.send(POST)
    refused = LeadSquaredClient(account("http://127.0.0.1:1")).send(POST)
    client.close()
    assert refused.failure is TransportFailure.NOT_SENT
    assert HIDDEN in reply.text
    for each in (reply, refused):
        assert keys_in(each.text + each.detail) == []


def test_k5_the_holder_of_a_key_shows_dots() -> None:
    """repr, str, format, comparison, json, pickle, copy: none gives it away, alone or inside of an account."""
    holder = Secret(SECRET)
    assert {str(holder), repr(holder), f"{holder}", f"{holder:>60}", f"{holder!r}", f"{holder!s}"} == {HIDDEN}
    assert json.dumps({"key": holder}, default=str) == json.dumps({"key": HIDDEN})
    assert holder != SECRET
    assert holder != Secret(SECRET)
    assert keys_in(str([holder]) + str({"a": holder}) + repr(account("http://127.0.0.1:1"))) == []
    refusing: list[Callable[[], object]] = [
        lambda: json.dumps(holder),
        lambda: copy.copy(holder),
        lambda: copy.deepcopy(holder),
        lambda: vars(holder),
        lambda: holder.__getstate__(),
        lambda: dataclasses.asdict(account("http://127.0.0.1:1")),
        *(lambda protocol=protocol: pickle.dumps(holder, protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)),
    ]
    for attempt in refusing:
        with pytest.raises(TypeError) as caught:
            attempt()
        assert keys_in(str(caught.value)) == []


def test_k6_the_first_source_counts(tmp_path: Path) -> None:
    """Credentials of the service manager, then a private file, then the environment."""
    folder = tmp_path / "keys-of-the-test"
    folder.mkdir(mode=0o700)
    for name, text in (("lsq_secret_key", "key-from-credentials"), ("file", "key-from-file")):
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)
    credentials = {"CREDENTIALS_DIRECTORY": str(folder)}
    file = {"LEADSQUARED_SECRET_KEY_FILE": str(folder / "file")}
    for given, expected in (
        ({**credentials, **file}, "key-from-credentials"),
        (file, "key-from-file"),
        ({}, SECRET),
    ):
        assert account_from_environment({**ENVIRONMENT, **given}).keys.secret.reveal() == expected


CHILD = """
import os, sys
from pathlib import Path
from importer.cli import local_crm, options
outside = options.surroundings(quiet=True, verbose=0)
print(sorted(name for name in os.environ if "KEY" in name), outside.environment["LEADSQUARED_ACCESS_KEY"] != "")
os.environ.update({"LEADSQUARED_SECRET_KEY": sys.stdin.read(), "PATH": os.environ.get("PATH", "")})
account = local_crm.start(outside.home, "child")
import json
pid = json.loads((outside.home / "sandboxes/child/connection.json").read_text())["pid"]
environ = Path(f"/proc/{pid}/environ").read_bytes() + Path(f"/proc/{pid}/cmdline").read_bytes()
names = sorted(part.split(b"=")[0].decode() for part in environ.split(b"\\0") if b"KEY" in part)
print(names, any(key.encode() in environ for name, key in outside.environment.items() if name.endswith("_KEY")))
local_crm.stop(outside.home, "child")
"""


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="this machine has no /proc to look into")
def test_k6_keys_leave_the_environment_and_reach_no_child(tmp_path: Path) -> None:
    """After they are read no variable holds them, and the sandbox's process knows only the keys made for it."""
    environment = {**os.environ, **ENVIRONMENT, "LEADSQUARED_API_KEY": API, "IMPORTER_HOME": str(tmp_path / "home")}
    ended = subprocess.run(
        [sys.executable, "-c", CHILD], env=environment, input=SECRET, capture_output=True, text=True, cwd=tmp_path
    )
    assert ended.stdout.splitlines() == [
        "[] True",
        "['SANDBOX_ACCESS_KEY', 'SANDBOX_API_KEY', 'SANDBOX_SECRET_KEY'] False",
    ], ended.stderr


def _bad_files() -> dict[str, Callable[[Path], object]]:
    def with_mode(mode: int) -> Callable[[Path], object]:
        return lambda path: (path.write_text(SECRET), path.chmod(mode))

    def holding(text: str) -> Callable[[Path], object]:
        return lambda path: (path.write_text(text), path.chmod(0o600))

    def public(path: Path) -> None:
        with_mode(0o600)(path)
        path.parent.chmod(0o777)

    return {
        "group": with_mode(0o640),
        "world": with_mode(0o604),
        "folder": lambda path: path.mkdir(),
        "pipe": lambda path: os.mkfifo(path, 0o600),
        "large": holding(SECRET * 200),
        "blank inside": holding(f"{SECRET}\n{SECRET}"),
        "not ASCII": holding(f"{SECRET}é"),
        "public folder": public,
        "empty": holding("\n"),
    }


@pytest.mark.parametrize("name", _bad_files())
def test_k7_a_careless_key_file_is_refused(tmp_path: Path, name: str) -> None:
    """Nine kinds of bad file; the message names the file and never its content."""
    folder = tmp_path / "keys-of-the-test"
    folder.mkdir(mode=0o700)
    path = folder / "key"
    _bad_files()[name](path)
    with pytest.raises(SettingsError) as caught:
        key_from_file(path, "`secret_key` of account x")
    assert str(path) in caught.value.message
    assert keys_in(caught.value.message + caught.value.remedy) == []


def test_k7_another_users_key_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that somebody else can change is not trusted."""
    folder = tmp_path / "keys-of-the-test"
    folder.mkdir(mode=0o700)
    (folder / "key").write_text(SECRET)
    (folder / "key").chmod(0o600)
    monkeypatch.setattr("importer.key_sources.os.geteuid", lambda: 54_321)
    with pytest.raises(SettingsError, match="belongs to somebody else"):
        key_from_file(folder / "key", "x")


def _all_commands() -> Iterator[click.Command]:
    from importer.cli.main import cli

    waiting: list[click.Command] = [cli]
    while waiting:
        command = waiting.pop()
        yield command
        if isinstance(command, click.Group):
            context = click.Context(command)
            found = (command.get_command(context, name) for name in command.list_commands(context))
            waiting += [one for one in found if one is not None]


def test_k8_no_option_takes_a_key(ordinary_run: OrdinaryRun) -> None:
    """What stands on the command line everybody on the machine can read, so there is no such option."""
    names = [option for command in _all_commands() for each in command.params for option in each.opts]
    assert len(names) > 20
    assert not [name for name in names if any(word in name for word in ("key", "secret", "password", "token"))]
    assert len(ordinary_run.command_lines) == 3
    assert keys_in("".join(ordinary_run.command_lines)) == []


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
        parse_mapping(f"target: create-lead\nlead: {{mx_City: City}}\n{line}\n", Path("m.yaml"), **known_words())
    told = caught.value.message + caught.value.remedy
    assert "line 3" in told
    assert "looks like a key" in told
    assert keys_in(told) == []
    assert "0123456789abcdef0123" not in told


def test_k11_there_is_no_debug_report(echo: str) -> None:
    """No command collects files for support; the nearest thing, a server's quoted request, is redacted."""
    names = [
        name for command in _all_commands() for name in (command.name, *(o for p in command.params for o in p.opts))
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
