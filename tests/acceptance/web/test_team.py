"""`importer serve --web`: the page for a team beside the jobs, as a process."""

from __future__ import annotations

import http.client
import json
import re
import threading
from urllib.parse import urlencode, urlsplit

from importer.core.time import SystemClock
from importer.web import UserStore
from tests.acceptance.conftest import Desk

PASSWORD = "four words of mine"


class Visitor:
    """Somebody with a browser."""

    def __init__(self, address: str) -> None:
        self._address, self._cookie = address, ""

    def ask(self, method: str, path: str, **form: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection(urlsplit(self._address).netloc, timeout=30)
        headers = {"Cookie": self._cookie, "Accept": "text/html"}
        if method == "POST":
            headers |= {"Origin": self._address, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request(method, path, urlencode(form), headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        self._cookie = (answer.headers["Set-Cookie"] or self._cookie).split(";")[0]
        connection.close()
        return answer.status, text

    def sign_in(self, name: str) -> int:
        token = re.search(r'name="csrf" value="([0-9a-f]{64})"', self.ask("GET", "/sign-in")[1])
        assert token is not None
        return self.ask("POST", "/sign-in", csrf=token[1], name=name, password=PASSWORD)[0]


def test_a_team_signs_in_beside_the_jobs(desk: Desk) -> None:
    """The page shows the jobs that the same service runs; a second service on the computer ends at once."""
    desk.visits(0, "unused.csv")
    (desk.folder / "inbox").mkdir()
    more = 'source: {folder: inbox, pattern: "*.csv"}, schedule: {cron: "0 0 1 1 *", timezone: Asia/Kolkata}'
    desk.write("jobs.yaml", f"jobs:\n  visits: {{account: default, mapping: visits.yaml, {more}}}\n")
    home = desk.folder / "home"
    home.mkdir(mode=0o700, exist_ok=True)
    process = desk.start("serve", "--web", "127.0.0.1:0", "--json")
    try:
        UserStore(home, SystemClock(threading.Event())).add_user("ann", PASSWORD, "admin", by="test")
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        assert (said["status"], said["jobs"]) == ("serving", ["visits"])
        ann = Visitor(said["web"])
        assert ann.ask("GET", "/jobs")[0] == 303
        assert ann.sign_in("ann") == 303
        status, text = ann.ask("GET", "/jobs")
        assert status == 200
        assert ">visits</a>" in text
        assert "No service runs the jobs" not in text
        assert desk.run("serve", "--json").status == 75
    finally:
        process.terminate()
        assert process.wait(60) == 0
