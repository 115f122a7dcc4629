"""A bare loop: post bodies of 25 rows with requests and one session, keep nothing. Arguments: port, calls.

Prints calls and seconds as JSON.
"""

import json
import sys
import time

import requests


def main():
    """Post."""
    url, calls = (
        f"http://127.0.0.1:{sys.argv[1]}/v2/ProspectActivity.svc/Bulk/CustomActivity/Add/ByLeadId",
        int(sys.argv[2]),
    )
    fields = [{"SchemaName": f"mx_Custom_{number}", "Value": f"value {number}"} for number in range(1, 18)]
    batch = [{"RelatedProspectId": "0" * 36, "ActivityEvent": 201, "ActivityNote": "n", "Fields": fields}] * 25
    session = requests.Session()
    begin = time.perf_counter()
    for _ in range(calls):
        assert session.post(url, json=batch, timeout=60).json()["Status"] == "Success"
    print(json.dumps({"calls": calls, "seconds": time.perf_counter() - begin}))


if __name__ == "__main__":
    main()
