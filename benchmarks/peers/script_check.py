"""The script that a user would write: read the file with pandas, validate the frame with pandera, a dictionary a row.

Arguments: file.
"""

import json
import re
import sys

import pandas as pd
import pandera.pandas as pa
from rules import SCHEMA

DATES = {"Joined": "%d/%m/%Y", "Seen at": "%Y-%m-%d %H:%M:%S"}


def columns():
    """A pandera column for each field."""
    for field in SCHEMA["fields"]:
        name, rules = field["name"], field.get("constraints", {})
        checks = []
        if "pattern" in rules:
            checks.append(pa.Check.str_matches(f"^(?:{rules['pattern']})$"))
        if "maxLength" in rules:
            checks.append(pa.Check.str_length(max_value=rules["maxLength"]))
        if "minimum" in rules:
            checks.append(pa.Check(lambda texts: pd.to_numeric(texts, errors="coerce").between(0, 100_000)))
        if "enum" in rules:
            checks.append(pa.Check.isin(rules["enum"]))
        if field["type"] == "boolean":
            checks.append(pa.Check.isin(["yes", "no"]))
        if name in DATES:
            checks.append(
                pa.Check(lambda texts, form=DATES[name]: pd.to_datetime(texts, format=form, errors="coerce").notna())
            )
        yield name, pa.Column(object, checks, nullable=not rules.get("required"), unique=bool(rules.get("unique")))


def main():
    """Print the number of bodies that the good rows make."""
    frame = pd.read_csv(sys.argv[1], dtype=object, keep_default_na=False, na_values=[""])
    try:
        pa.DataFrameSchema(dict(columns())).validate(frame, lazy=True)
    except pa.errors.SchemaErrors as errors:
        bad = set(errors.failure_cases["index"].dropna().astype(int))
        frame = frame.drop(index=list(bad))
    bodies, batch = 0, []
    for _, row in frame.iterrows():
        fields = [
            {"SchemaName": re.sub(r"\W", "_", name), "Value": text} for name, text in row.items() if pd.notna(text)
        ]
        batch.append({"RelatedProspectId": row["Lead ID"], "ActivityEvent": 201, "Fields": fields})
        if len(batch) == 25:
            json.dumps(batch)
            bodies += 1
            batch = []
    print(bodies)


if __name__ == "__main__":
    main()
