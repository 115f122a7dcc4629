"""`importer serve --web`: where the page is served, and where it refuses to be."""

from __future__ import annotations

import http.client
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from importer.app import Environment
from importer.cli.jobs.page import PageOptions, page_served
from importer.core.errors import ImporterError
from importer.core.progress import SilentProgress
from importer.core.time import SystemClock
from importer.web import UserStore


@pytest.fixture
def env(tmp_path: Path) -> Environment:
    stop = threading.Event()
    return Environment(
        home=tmp_path,
        variables={},
        clock=SystemClock(stop),
        stop=stop,
        progress=SilentProgress(),
        make_crm=lambda account: pytest.fail("nothing is sent"),
        confirm=lambda question: False,
        random_text=lambda: "ab12",
    )


def test_without_the_option_there_is_no_page(env: Environment) -> None:
    with page_served(None, env) as page:
        assert page is None


def test_the_page_asks_to_sign_in_and_names_the_way_to_the_first_user(
    env: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    with page_served(PageOptions("127.0.0.1:0"), env) as page:
        assert page is not None
        assert "importer web users add NAME --role admin" in capsys.readouterr().err
        connection = http.client.HTTPConnection(urlsplit(page.address).netloc, timeout=10)
        connection.request("GET", "/jobs", headers={"Accept": "text/html"})
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Location"]) == (303, "/sign-in?next=%2Fjobs")
        connection.close()
    UserStore(env.home, env.clock).add_user("ann", "four words of mine", "admin", by="test")
    with page_served(PageOptions("127.0.0.1:0"), env):
        assert "Nobody can sign in" not in capsys.readouterr().err


def test_work_that_cannot_be_continued_stops_no_service(env: Environment) -> None:
    with page_served(PageOptions("127.0.0.1:0"), env) as page:
        assert page is not None
        removed = env.home / "web-imports" / "removed-import"
        removed.mkdir(parents=True)
        (removed / "task.json").write_text('{"kind": "check", "state": "running"}')
        page.server.recover()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (PageOptions("0.0.0.0:8765"), "unencrypted"),
        (PageOptions("127.0.0.1:0", "https://import.example.com"), "Nothing here speaks TLS"),
        (PageOptions("127.0.0.1:0", "https://import.example.com", "proxy.example.com"), "is not the IP address"),
        (PageOptions("somewhere"), "--web somewhere is not an address"),
    ],
)
def test_the_page_listens_nowhere_unprotected(env: Environment, options: PageOptions, words: str) -> None:
    with pytest.raises(ImporterError, match=words), page_served(options, env):
        pytest.fail("it was served")
