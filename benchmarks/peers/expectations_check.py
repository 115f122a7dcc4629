"""great_expectations: read a CSV file with pandas and validate it with the rules of the benchmark. Arguments: file."""

import sys

import great_expectations as gx
import great_expectations.expectations as gxe
import pandas as pd
from rules import SCHEMA

DATES = {"Joined": "%d/%m/%Y", "Seen at": "%Y-%m-%d %H:%M:%S"}


def expectations():
    """The rules, one or more for each column."""
    for field in SCHEMA["fields"]:
        name, rules = field["name"], field.get("constraints", {})
        if rules.get("required"):
            yield gxe.ExpectColumnValuesToNotBeNull(column=name)
        if "pattern" in rules:
            yield gxe.ExpectColumnValuesToMatchRegex(column=name, regex=f"^(?:{rules['pattern']})$")
        if "maxLength" in rules:
            yield gxe.ExpectColumnValueLengthsToBeBetween(column=name, max_value=rules["maxLength"])
        if "minimum" in rules:
            yield gxe.ExpectColumnValuesToMatchRegex(column=name, regex=r"^[0-9]+([.][0-9]+)?$")
        if "enum" in rules:
            yield gxe.ExpectColumnValuesToBeInSet(column=name, value_set=rules["enum"])
        if rules.get("unique"):
            yield gxe.ExpectColumnValuesToBeUnique(column=name)
        if field["type"] == "boolean":
            yield gxe.ExpectColumnValuesToBeInSet(column=name, value_set=["yes", "no"])
        if name in DATES:
            yield gxe.ExpectColumnValuesToMatchStrftimeFormat(column=name, strftime_format=DATES[name])


def main():
    """Print the number of rules that failed."""
    frame = pd.read_csv(sys.argv[1], dtype=object, keep_default_na=False, na_values=[""])
    context = gx.get_context(mode="ephemeral")
    batch = context.data_sources.add_pandas("p").add_dataframe_asset("a").add_batch_definition_whole_dataframe("b")
    suite = gx.ExpectationSuite(name="rules", expectations=list(expectations()))
    result = batch.get_batch({"dataframe": frame}).validate(suite, result_format="BASIC")
    print(sum(not one.success for one in result.results))


if __name__ == "__main__":
    main()
