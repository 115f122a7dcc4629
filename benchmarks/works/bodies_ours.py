"""importer: request bodies of 25 rows from the records of a plan. Arguments: folder of a plan."""

import sys
from itertools import islice
from pathlib import Path

from importer.leadsquared.client import body_bytes
from importer.mapping.loader import parse_mapping
from importer.planning.plan import mapping_vocabulary
from importer.planning.store import open_plan, to_records
from importer.targets import make_target

BATCH = 25


def main() -> None:
    """Print the number of bodies and of bytes."""
    plan = open_plan(Path(sys.argv[1]))
    target = make_target(
        parse_mapping(plan.facts.mapping_file, Path(plan.facts.mapping_path), **mapping_vocabulary()).mapping
    )
    bodies = size = 0
    for rows, batch in plan.ready_batches():
        records = to_records(rows, batch, [""] * len(rows))
        while group := list(islice(records, BATCH)):
            size += len(body_bytes(target.ready_request(group)))
            bodies += 1
    print(bodies, size)


if __name__ == "__main__":
    main()
