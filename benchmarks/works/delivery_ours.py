"""importer: deliver a file to the answering server, without a limit to speak of. Arguments: port, file, mapping, folder.

Prints calls, seconds of the delivery, and seconds spent in each part of a call, as JSON.
"""

import functools
import json
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

SPENT: Counter[str] = Counter()
LOCK = threading.Lock()


def timed(owner: type, name: str, part: str, computing: Callable[[], float] = time.thread_time) -> None:
    """Count the time that a method takes as that of a part, and how much of it was computing."""
    method = getattr(owner, name)

    @functools.wraps(method)
    def measured(*arguments, **options):
        begin, computed = time.perf_counter(), computing()
        try:
            return method(*arguments, **options)
        finally:
            with LOCK:
                SPENT[part] += time.perf_counter() - begin
                SPENT[f"{part} computing"] += computing() - computed
                SPENT[f"{part} times"] += 1

    setattr(owner, name, measured)


def main() -> None:
    """Deliver, and print what it took."""
    port, source, mapping, folder = sys.argv[1:]
    os.environ |= {
        "IMPORTER_HOME": str(Path(folder) / "home"),
        "LEADSQUARED_HOST": f"http://127.0.0.1:{port}",
        "LEADSQUARED_ACCESS_KEY": "u$r" + "0" * 29,
        "LEADSQUARED_SECRET_KEY": "0" * 40,
        "LEADSQUARED_CALLS_PER_WINDOW": "500",
        "LEADSQUARED_BULK_CALLS_PER_WINDOW": "500",
        "LEADSQUARED_WINDOW_SECONDS": "1",
    }
    from importer.cli.main import run
    from importer.delivery import deliver_plan
    from importer.delivery.dispatcher import Dispatcher
    from importer.leadsquared.client import LeadSquaredClient
    from importer.ledger.ledger import Ledger
    from importer.targets.bulk_activities import BulkActivitiesByLeadId

    timed(Ledger, "record", "commit")
    timed(BulkActivitiesByLeadId, "ready_request", "bodies")
    timed(LeadSquaredClient, "send", "HTTP")
    timed(Dispatcher, "run", "delivery", time.process_time)
    assert deliver_plan
    status = run(["run", source, "-m", mapping, "--yes", "--quiet", "--results", str(Path(folder) / "results.xlsx")])
    print(json.dumps({"status": status, **SPENT}))


if __name__ == "__main__":
    main()
