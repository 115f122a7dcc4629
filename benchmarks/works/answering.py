"""A server that takes bulk calls and answers at once that every row was created; it stores nothing.

Prints its port. It ends with its standard input.
"""

import json
import socketserver
import sys
import threading
from http.server import BaseHTTPRequestHandler

IDENTITY = {"UserId": "u", "UserName": "bench", "Name": "Bench", "EmailAddress": "bench@example.com",
            "Role": "Administrator", "TimeZone": "Asia/Kolkata", "OrgId": "bench", "OrgShortCode": "B",
            "OrgDisplayName": "Bench", "DefaultCountryCode": "91", "LSQCommonServiceURLs": {}}  # fmt: skip


class Answering(BaseHTTPRequestHandler):
    """One connection, kept open."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    number = 0

    def log_message(self, *_):
        """Nothing is logged."""

    def do_GET(self):
        """Whose keys these are, or that a lead has no activities."""
        self._answer(IDENTITY if "UserByAccessKey" in self.path else {"RecordCount": 0, "ProspectActivities": []})

    def do_POST(self):
        """Every row was created."""
        rows = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not isinstance(rows, list):
            self._answer({"RecordCount": 0, "ProspectActivities": []})
            return
        Answering.number += 1
        begin = Answering.number * 100
        self._answer(
            {
                "Status": "Success",
                "Response": [
                    {"RowNumber": place, "ActivityCreated": True, "ProspectActivityId": f"{begin + place:032x}"}
                    for place in range(1, len(rows) + 1)
                ],
            }
        )

    def _answer(self, content):
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(socketserver.ThreadingTCPServer):
    """A thread for each connection."""

    daemon_threads = True
    request_queue_size = 64


def main():
    """Serve until standard input ends."""
    with Server(("127.0.0.1", 0), Answering) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_address[1], flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
