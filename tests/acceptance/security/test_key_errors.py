"""Errors, logs and the holder of a key give none away (K3 to K5)."""

from __future__ import annotations

import copy
import dataclasses
import http.client
import io
import json
import logging
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from importer.config.accounts import account_from_environment, load_account
from importer.config.secrets import key_from_file
from importer.core.errors import ImporterError
from importer.core.logging import configure_logging
from importer.core.model import CallClass, HostKind, Request, TransportFailure
from importer.core.redaction import HIDDEN, Secret
from importer.leadsquared.client import LeadSquaredClient
from importer.mapping.loader import parse_mapping
from importer.planning.mapping_files import mapping_vocabulary
from tests.acceptance.security.key_words import ENVIRONMENT, keys_in
from tests.acceptance.security.security_words import ACCESS, SECRET, account

POST = Request("POST", "/ProspectActivity.svc/Create", CallClass.STANDARD, {"a": 1}, {"leadId": "1"})


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
        f"target: create-lead\nlead: {{mx_City: City}}\nsecret_key: '{SECRET}'\n",
        Path("m.yaml"),
        **mapping_vocabulary(),
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
