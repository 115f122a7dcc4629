"""The JSON Schema of accounts files, with which editors complete, explain and check while one types."""

from __future__ import annotations

from typing import Any

from importer.config.accounts_file.model import AccountsFile
from importer.config.settings import RANGES
from importer.mapping.json_schema import plain_schema


def accounts_json_schema() -> dict[str, Any]:
    """The schema (draft 7, which the common editors know)."""
    generated = plain_schema(AccountsFile.model_json_schema(by_alias=True))
    definitions = {name: part for name, part in generated["$defs"].items() if "properties" in part}
    entry = definitions["AccountEntry"]
    entry["required"] = ["host", "access_key", "secret_key"]
    for setting, (low, high) in RANGES.items():
        entry["properties"][setting] |= {"minimum": low, "maximum": high}
    place = definitions["KeyPlace"]
    place["oneOf"] = [{"required": [name]} for name in place["properties"]]
    accounts = generated["properties"]["accounts"]
    accounts["propertyNames"] = {"pattern": "^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$", "not": {"const": "default"}}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Accounts of importer",
        "description": "LeadSquared accounts: where they are, what they allow, and where their keys are kept.",
        "type": "object",
        "additionalProperties": False,
        "required": ["accounts"],
        "properties": {"accounts": accounts},
        "$defs": definitions,
    }
