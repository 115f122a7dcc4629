"""The page of `importer web` in a real browser, against a sandbox over real HTTP."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import Desk
from tests.support.commands import Running

CHROMIUM = shutil.which("chromium")
SAMPLES = Path(__file__).parents[3] / "sample_data"
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]


# Closed with its module: while it is open, an event loop runs in this thread, which the engine's calls refuse.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """The browser; where there is none, the tests are skipped unless REQUIRE_BROWSER demands it."""
    if CHROMIUM is None:
        assert not os.environ.get("REQUIRE_BROWSER"), "REQUIRE_BROWSER is set, and this computer has no chromium"
        pytest.skip("this computer has no chromium to open the page with")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        yield browser
        browser.close()


class PageServer:
    """The command `importer web`, which can be killed and started again."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.port = "0"
        self.process: Running | None = None

    def start(self) -> str:
        """Start it, and return the address that opens the page."""
        before = {path.name for path in self._folder.glob("*.out")} if self._folder.exists() else set()
        self.process = self._desk.fork("web", "--port", self.port, "--json", "--no-browser")
        (out,) = {path.name for path in self._folder.glob("*.out")} - before
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                address = str(json.loads((self._folder / out).read_text("utf-8"))["address"])
            except ValueError:
                assert self.process.is_alive(), self.process.wait(5).err
                time.sleep(0.05)
            else:
                self.port = address.split(":")[2].split("/", maxsplit=1)[0]
                return address
        raise AssertionError("the page did not start")

    def stop(self) -> None:
        if self.process is not None and self.process.is_alive():
            self.process.process.terminate()
            self.process.wait(60)

    @property
    def _folder(self) -> Path:
        return self._desk.folder.with_name(f"{self._desk.folder.name}-told")


class Visitor:
    """A person at the page: counts what she does, and notes script errors and requests to other hosts."""

    def __init__(self, page: Any, address: str) -> None:
        self.page = page
        self.actions = 0
        self.errors: list[str] = []
        self.foreign: list[str] = []
        self.origin = "/".join(address.split("/")[:3])
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda said: self.errors.append(said.text) if said.type in ("error", "warning") else None)
        page.on("request", self._note_foreign)
        page.goto(address)
        page.get_by_role("heading", name="Import a spreadsheet").wait_for()

    def _note_foreign(self, request: Any) -> None:
        if not request.url.startswith((self.origin, "data:")):
            self.foreign.append(request.url)

    def home(self) -> None:
        self.page.goto(f"{self.origin}/")
        self.actions = 0

    def click(self, role: str, name: str, **more: Any) -> None:
        self.page.get_by_role(role, name=name, **more).first.click(timeout=60_000)
        self.actions += 1

    def see(self, heading: str) -> str:
        found = self.page.get_by_role("heading", name=heading).first
        found.wait_for(timeout=90_000)
        return str(found.inner_text())

    def upload(self, path: Path) -> None:
        """Choose a file and go on to its columns, with a first answer to each question."""
        self.page.set_input_files("#file", path)
        self.actions += 1
        self.see("Is this the right table?")
        self.page.locator(".waiting").wait_for(state="detached", timeout=60_000)
        sheets = self.page.locator(".choices button")
        if sheets.count():
            sheets.first.click()
            self.actions += 1
            self.page.locator(".choices").wait_for(state="detached", timeout=60_000)
        encodings = self.page.locator(".plain button")
        if encodings.count():
            encodings.first.click()
            self.actions += 1
            encodings.first.wait_for(state="detached", timeout=60_000)
        self.click("button", "Continue")
        self.see("What do the rows become")
        event = self.page.get_by_label("Type of the activity")
        if event.count() and not event.input_value():
            event.select_option(index=1)
            self.actions += 1
        self.click("button", "Continue")
        self.see("Which column fills which field?")
        for question in self.page.locator("fieldset.ask").all():
            question.locator("input").first.check()
            self.actions += 1

    def check(self) -> str:
        self.click("button", "Check the file")
        return self.see_check()

    def see_check(self) -> str:
        return self.see("ready to send")

    def send(self) -> str:
        self.click("link", "Continue")
        self.click("button", "Send ")
        return self.see("in LeadSquared")

    def assert_unharmed(self) -> None:
        assert (self.errors, self.foreign) == ([], [])


@pytest.fixture
def server(desk: Desk) -> Iterator[PageServer]:
    made = PageServer(desk)
    yield made
    made.stop()


@pytest.fixture
def visit(chromium: Any, server: PageServer) -> Iterator[Callable[[], Visitor]]:
    """Opens the page in a new window."""
    contexts = []

    def open_page() -> Visitor:
        address = server.start()
        contexts.append(chromium.new_context(viewport={"width": 1280, "height": 900}))
        return Visitor(contexts[-1].new_page(), address)

    yield open_page
    for context in contexts:
        context.close()
