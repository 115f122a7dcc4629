"""What a job tells leaves the machine over real HTTP, and holds nothing of the data and no key."""

from __future__ import annotations

import json

from tests.acceptance.conftest import Desk
from tests.support.job_files import run_job, write_jobs_file
from tests.support.notification_servers import Webhook, serving

CELL = "canary-cell-of-a-row"
HEADING = "canary-heading-of-a-file"


def test_a_notification_tells_no_cell_and_no_key(desk: Desk) -> None:
    """A file with a bad row and one that does not fit: one message; the address that is away is tried again later."""
    notify = "notify: [{url: {env: HOOK}}, {url: {env: AWAY}, when: always}, {url: {env: GONE}}]"
    with serving(Webhook()) as webhook:
        hook = f"{webhook.address}/t0ken0in0the0path"
        desk.environment |= {"HOOK": hook, "AWAY": "json://127.0.0.1:1/an0ther0secret"}
        write_jobs_file(desk, more=notify)
        text = desk.visits(5, "inbox/monday.csv").read_text("utf-8")
        (desk.folder / "inbox/monday.csv").write_text(f"{text}{CELL},{CELL}\n", "utf-8")
        (desk.folder / "inbox/tuesday.csv").write_text(f"{HEADING},Note\n{CELL},\xff\n", "latin-1")
        ended = run_job(desk)
        assert (ended.status, ended.json["outcome"]) == (1, "failed"), ended.err
        (message,) = webhook.received
        assert message["title"] == "visits: 1 file could not be imported"
        assert "6 rows: 5 created, 1 invalid" in message["message"]
        assert f"Workbook: {ended.json['files'][0]['results']}" in message["message"]
        everything = json.dumps(webhook.received) + json.dumps(webhook.headers)
        for hidden in (CELL, HEADING, desk.environment["LEADSQUARED_ACCESS_KEY"]):
            assert hidden not in everything
        listed = desk.run("jobs", "list", "--json")
        waiting = {each["to"]: each["trouble"] for each in listed.json["jobs"][0]["notifications"]}
        assert waiting["the variable AWAY"] == "There is no connection to the other side."
        assert "GONE of a notification is not set" in waiting["the variable GONE"]
        told = "".join(each.out + each.err for each in (ended, listed))
        assert "t0ken0in0the0path" not in told
        assert "an0ther0secret" not in told
    kept = b"".join(path.read_bytes() for path in (desk.folder / "home" / "jobs").glob("*.db"))
    assert b"an0ther0secret" not in kept
