"""Writes mapping.schema.json, which editors use to complete and check mappings. Run it when an option changes."""

from __future__ import annotations

import json
from pathlib import Path

from importer.mapping.json_schema import mapping_json_schema
from importer.targets import TARGETS
from importer.transforms import TRANSFORMS

SCHEMA = Path(__file__).with_name("mapping.schema.json")


def schema_text() -> str:
    """The whole text of mapping.schema.json."""
    return json.dumps(mapping_json_schema(TARGETS, TRANSFORMS), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA.write_text(schema_text(), encoding="utf-8")
