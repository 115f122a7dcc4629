"""A light CRM for the fleet: it answers bulk calls at once, counts every row, and refuses calls above an account's limit.

Arguments: number of accounts, calls and seconds of their limit, the file of the shared clock. It prints its port, and
after its standard input has ended what it counted, as JSON.
"""

from __future__ import annotations

import json
import socketserver
import sys
import threading
import time
from collections import deque
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from tests.reliability.soak.shared_clock import SharedClock


class Tenant:
    """One account: when its calls completed, and how often each row came."""

    def __init__(self, number: int) -> None:
        self.identity = {
            "UserId": "u", "UserName": "fleet", "Name": "Fleet", "EmailAddress": "fleet@example.com",
            "Role": "Administrator", "TimeZone": "Asia/Kolkata", "OrgId": f"fleet-{number}", "OrgShortCode": "F",
            "OrgDisplayName": "Fleet", "DefaultCountryCode": "91", "LSQCommonServiceURLs": {},
        }  # fmt: skip
        self.lock = threading.Lock()
        self.recent: deque[float] = deque()
        self.rows: dict[int, int] = {}
        self.calls = self.refused = 0
        self.first = self.last = 0.0

    def may_enter(self, limit: int, window: float) -> bool:
        """Whether one more call fits into any window of the limit; counts it."""
        now = time.monotonic()
        with self.lock:
            while self.recent and self.recent[0] <= now - window:
                self.recent.popleft()
            if len(self.recent) >= limit:
                self.refused += 1
                return False
            self.recent.append(now)
            self.calls += 1
            self.first, self.last = self.first or now, now
            return True

    def take(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Store the rows; their receipts."""
        receipts = []
        with self.lock:
            for place, row in enumerate(rows, 1):
                number = int(str(row["ActivityNote"]).rpartition(" ")[2])
                self.rows[number] = self.rows.get(number, 0) + 1
                identity = f"{len(self.rows):032x}"
                receipts.append({"RowNumber": place, "ActivityCreated": True, "ProspectActivityId": identity})
        return receipts


TENANTS: dict[str, Tenant] = {}
LIMIT = [25, 5.0]


class FastCrm(BaseHTTPRequestHandler):
    """One connection, kept open."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    hours: SharedClock

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        return format_datetime(self.hours.now(), usegmt=True)

    def do_GET(self) -> None:
        tenant = TENANTS[self.headers["x-LSQ-AccessKey"]]
        self._answer(
            tenant.identity if "UserByAccessKey" in self.path else {"RecordCount": 0, "ProspectActivities": []}
        )

    def do_POST(self) -> None:
        rows = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        tenant = TENANTS[self.headers["x-LSQ-AccessKey"]]
        if not isinstance(rows, list):
            self._answer({"RecordCount": 0, "ProspectActivities": []})
        elif tenant.may_enter(int(LIMIT[0]), LIMIT[1]):
            self._answer({"Status": "Success", "Response": tenant.take(rows)})
        else:
            self._answer({"Status": "Error", "ExceptionMessage": "API calls exceeded the limit"}, 429)

    def _answer(self, content: dict[str, Any], status: int = 200) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(socketserver.ThreadingTCPServer):
    """A thread for each connection."""

    daemon_threads = True
    request_queue_size = 256


def main() -> None:
    """Serve until standard input ends, then say what came."""
    accounts, calls, window, clock = sys.argv[1:]
    LIMIT[:] = [int(calls), float(window)]
    FastCrm.hours = SharedClock(Path(clock))
    TENANTS.update({f"fleet0{number:04}": Tenant(number) for number in range(int(accounts))})
    with Server(("127.0.0.1", 0), FastCrm) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sys.stdout.write(f"{server.server_address[1]}\n")
        sys.stdout.flush()
        sys.stdin.read()
        server.shutdown()
    found = list(TENANTS.values())
    told = {
        "calls": sum(one.calls for one in found),
        "refused": sum(one.refused for one in found),
        "rows": sum(len(one.rows) for one in found),
        "doubled": sum(times - 1 for one in found for times in one.rows.values()),
        "seconds": max(one.last for one in found) - min(one.first for one in found if one.first),
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
