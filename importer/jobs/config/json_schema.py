"""The JSON Schema of jobs files, with which editors complete, explain and check while one types."""

from __future__ import annotations

from typing import Any

from importer.jobs.config.model import JobsFile
from importer.mapping.json_schema import plain_schema

_DURATION = {"type": ["string", "integer"], "pattern": "^[0-9]+ *[smh]?$"}
_SHARE = {
    "anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?%$"}]
}


def jobs_json_schema() -> dict[str, Any]:
    """The schema (draft 7, which the common editors know)."""
    raw = JobsFile.model_json_schema(by_alias=True)
    generated = plain_schema(raw)
    definitions = {name: part for name, part in generated["$defs"].items() if "properties" in part}
    job, source = definitions["Job"], definitions["Inbox"]
    job["required"] = ["account", "mapping", "source"]
    job["not"] = {"required": ["schedule", "after"]}
    source["oneOf"] = [{"required": ["folder"]}, {"required": ["path"]}]
    source["properties"]["stable"] = {"description": source["properties"]["stable"]["description"], **_DURATION}
    guards = definitions["Guards"]["properties"]
    guards["max_invalid"] = {"description": guards["max_invalid"]["description"], **_SHARE}
    definitions["Schedule"]["required"] = ["cron", "timezone"]
    definitions["Address"]["oneOf"] = [{"required": ["env"]}, {"required": ["file"]}]
    definitions["Notification"]["required"] = ["url"]
    jobs = generated["properties"]["jobs"]
    jobs |= {"minProperties": 1, "propertyNames": {"pattern": "^[a-z0-9][a-z0-9_-]{0,39}$"}}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Jobs of importer",
        "description": "Imports that run by themselves.",
        "type": "object",
        "additionalProperties": False,
        "required": ["jobs"],
        "properties": {"jobs": jobs},
        "$defs": definitions,
    }
