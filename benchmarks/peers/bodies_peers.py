"""The same bodies as a script makes them: a dictionary for each row of a frame, and the json module.

Arguments: to_dict or iterrows, a Parquet file with a column for each field.
"""

import json
import sys

import pandas as pd

BATCH = 25
TOP = ("RelatedProspectId", "ActivityNote", "ActivityDateTime")


def body(record):
    """One activity."""
    fields = [
        {"SchemaName": name, "Value": text}
        for name, text in record.items()
        if name.startswith("mx_") and pd.notna(text)
    ]
    top = {name: record[name] for name in TOP if pd.notna(record[name])}
    return {"ActivityEvent": int(record["ActivityEvent"]), **top, "Fields": fields}


def main():
    """Print the number of bodies and of bytes."""
    frame = pd.read_parquet(sys.argv[2])
    records = frame.to_dict("records") if sys.argv[1] == "to_dict" else (dict(row) for _, row in frame.iterrows())
    bodies = size = 0
    batch = []
    for record in records:
        batch.append(body(record))
        if len(batch) == BATCH:
            size += len(json.dumps(batch).encode())
            bodies += 1
            batch = []
    if batch:
        size += len(json.dumps(batch).encode())
        bodies += 1
    print(bodies, size)


if __name__ == "__main__":
    main()
