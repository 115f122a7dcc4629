"""Where requests may go: to LeadSquared over TLS and nowhere else, whatever the environment or a cell says."""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import pkgutil
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

import importer
from importer.config.settings import parse_origin
from importer.core.errors import CrmError, SettingsError
from importer.core.model import CallClass, Reply, Request, TransportFailure
from importer.leadsquared.client import LeadSquaredClient
from importer.leadsquared.reader import CrmReader
from tests.acceptance.security.security_words import ACCESS, account
from tests.support.certificates import self_signed, server_context

ROOT = Path(__file__).parents[3]
QUESTION = Request("GET", "/x", CallClass.STANDARD)


@contextmanager
def listening(folder: Path | None = None) -> Iterator[tuple[int, list[bytes]]]:
    """A server that remembers the first bytes of each request; with a folder it speaks TLS, self-signed."""
    heard: list[bytes] = []
    context = server_context(self_signed(folder)) if folder else None
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                    with context.wrap_socket(connection, server_side=True) if context else connection as spoken:
                        heard.append(spoken.recv(4000))
                        spoken.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
                except OSError:
                    if server.fileno() < 0:
                        return

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1], heard


@pytest.mark.parametrize(
    "text",
    [
        "https://api.leadsquared.com.evil.example",
        "https://evil.example/api.leadsquared.com",
        "https://api-leadsquared.com",
        "https://apileadsquared.com",
        "https://api.leadsquared.co",
        "https://evil.leadsquared.com",
        "https://api.leadsquared.com@evil.example",
        "https://user:pass@api.leadsquared.com",
        "https://api.leadsquared.com\\.evil.example",
        "https://api.leadsquared.com.",
        "https://api.leadsquared.com:8443",
        "https://\u0430pi.leadsquared.com",
        "https://api.leadsquared.com#@evil.example",
        "https://api.leadsquared.com?x=evil.example",
        "http://api.leadsquared.com",
        "ftp://api.leadsquared.com",
    ],
)
def test_h1_a_host_that_only_looks_like_leadsquared(text: str) -> None:
    """The host is compared as a whole after it was taken apart, never by a part of its text."""
    with pytest.raises(SettingsError, match="is not a LeadSquared host"):
        parse_origin(text, "LEADSQUARED_HOST")
    assert parse_origin("https://API-IN21.LeadSquared.com", "x") == "https://api-in21.leadsquared.com"


@pytest.mark.parametrize(
    "text",
    [
        "http://10.0.0.1",
        "http://0.0.0.0",
        "http://192.168.1.5:8080",
        "http://127.0.0.1.nip.io",
        "http://[::ffff:1.2.3.4]",
    ],
)
def test_h2_other_hosts_are_only_on_this_machine(text: str) -> None:
    """A test CRM may run here; nothing in the network, private or not, is one."""
    with pytest.raises(SettingsError, match="is not a LeadSquared host"):
        parse_origin(text, "LEADSQUARED_HOST")


def test_h4_certificates_and_passwords_of_the_environment_are_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a bundle of certificates that a variable names nor a .netrc makes the program trust or tell anybody."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password netrc-password\n", "utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    with listening(tmp_path) as (port, heard):
        for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
            monkeypatch.setenv(name, str(tmp_path / "own.pem"))
        reply = LeadSquaredClient(account(f"https://127.0.0.1:{port}")).send(QUESTION)
        assert reply.failure is TransportFailure.NOT_SENT
        assert heard == []
    with listening() as (port, heard):
        assert LeadSquaredClient(account(f"http://127.0.0.1:{port}")).send(QUESTION).status == 200
        assert b"Authorization" not in heard[0]


@cache
def program_nodes() -> tuple[tuple[Path, ast.AST], ...]:
    """Imports, calls, keywords and attributes of every module of the program."""
    kinds = (ast.Import, ast.ImportFrom, ast.Call, ast.keyword, ast.Attribute)
    return tuple(
        (path, node)
        for path in (ROOT / "importer").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, kinds)
    )


def test_h5_nothing_turns_the_check_of_certificates_off() -> None:
    """No call in the program passes `verify`, and no setting is called so."""
    for path, node in program_nodes():
        assert not (isinstance(node, ast.keyword) and node.arg in ("verify", "check_hostname")), path
        assert not (isinstance(node, ast.Attribute) and node.attr in ("CERT_NONE", "_create_unverified_context")), path


def test_h6_libraries_that_are_new_enough() -> None:
    """The oldest versions that may be installed have none of the known holes of requests and urllib3."""
    wanted = (ROOT / "pyproject.toml").read_text("utf-8")
    found = re.search(r'"requests>=(\d+)\.(\d+)', wanted)
    assert found is not None
    assert tuple(map(int, found.groups())) >= (2, 33)
    for name, least in (("requests", (2, 33)), ("urllib3", (2, 6))):
        assert tuple(int(part) for part in importlib.metadata.version(name).split(".")[:2]) >= least


@pytest.mark.parametrize(
    "lead_id", ["../../x?accessKey=", "a/b", "", "1 OR 1=1", "2c1e8f0a-6b1d-4c52-9e8e-0d3f5a7b9c11/../x"]
)
def test_h8_an_id_is_an_id_before_it_becomes_part_of_an_address(lead_id: str) -> None:
    """What is no GUID is not asked about."""

    def never(request: Request) -> Reply:
        pytest.fail("a question was asked")

    with pytest.raises(CrmError):
        CrmReader(never).activities_of_lead(lead_id, "201")


def test_h8_values_in_addresses_are_quoted() -> None:
    """A cell that is looked up stays one value of one parameter."""
    value = "a&accessKey=x#y/../?z=%00\u20ac"
    with listening() as (port, heard):
        request = Request("GET", "/Leads.GetByEmailaddress", CallClass.STANDARD, None, {"emailaddress": value})
        assert LeadSquaredClient(account(f"http://127.0.0.1:{port}")).send(request).status == 200
    address = heard[0].split(b" ")[1].decode()
    assert parse_qs(urlsplit(address).query, strict_parsing=True) == {"emailaddress": [value]}
    assert ACCESS not in address


def test_r6_no_code_is_made_of_data() -> None:
    """No pickle, eval, exec, shell or unsafe YAML anywhere in the program."""
    unsafe_modules = {"pickle", "marshal", "shelve", "dill", "cloudpickle"}
    unsafe_calls = {"eval", "exec", "compile", "os.system", "os.popen", "yaml.unsafe_load", "yaml.full_load"}
    for path, node in program_nodes():
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = {alias.name for alias in node.names} | {getattr(node, "module", None) or ""}
            assert not names & unsafe_modules, path
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in unsafe_calls, path
            if called == "yaml.load":
                assert [ast.unparse(word.value) for word in node.keywords] == ["yaml.BaseLoader"], path
            assert not any(word.arg == "shell" for word in node.keywords), path


_SCANNING = {"search", "sub", "subn", "findall", "finditer", "split"}
_SEEDS = [
    "a",
    " ",
    "0",
    "9.",
    "a@",
    "a.",
    "-",
    '="',
    "<c r=",
    "&#",
    "_x0",
    "\n",
    "é",
    "1/1/",
    ":00",
    "\t,",
    "'",
    '""',
    "a,",
]


def patterns() -> Iterator[tuple[str, re.Pattern[Any], bool]]:
    """Every regular expression that a module of the program keeps, and whether it is looked for anywhere in a text."""
    for info in pkgutil.walk_packages(importer.__path__, "importer."):
        if ".sandbox" in info.name or info.name.endswith(("__main__", "platform.windows")):
            continue
        module = importlib.import_module(info.name)
        source = Path(str(module.__file__)).read_text("utf-8")
        for name, value in vars(module).items():
            if isinstance(value, re.Pattern):
                used = set(re.findall(rf"\b{name}\.(\w+)", source))
                yield f"{info.name}.{name}", value, bool(used & _SCANNING) or not used


def test_r7_no_expression_explodes() -> None:
    """Fifty thousand characters made to confuse it cost none of them more than two seconds of computing."""
    every = list(patterns())
    assert len(every) > 30
    slow = []
    for name, pattern, scans in every:
        for seed in _SEEDS:
            text = (seed * 50_000)[:50_000] + "\x00!"
            attack = text.encode() if isinstance(pattern.pattern, bytes) else text
            began = time.process_time()
            (pattern.search if scans else pattern.fullmatch)(attack)
            pattern.match(attack)
            if time.process_time() - began > 2:
                slow.append((name, seed))
    assert slow == []
