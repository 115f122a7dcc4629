"""importer: plan a file into a folder, and write its ready records as a Parquet file beside it.

Arguments: file, mapping, folder.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from importer.planning.plan import PlanRequest, plan_import, prepare_import


def main() -> None:
    """Write both."""
    source, mapping, folder = map(Path, sys.argv[1:])
    plan = plan_import(prepare_import(PlanRequest(source, mapping)), folder, datetime.now(UTC))
    tables = [pa.Table.from_batches([batch]) for _, batch in plan.ready_batches()]
    records = pa.concat_tables(tables)
    short = [name.removeprefix("activity.") for name in records.schema.names]
    pyarrow.parquet.write_table(records.rename_columns(short), folder / "records.parquet")


if __name__ == "__main__":
    main()
