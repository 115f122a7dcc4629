"""What must hold of every mapping, sound or not, and words that mappings are made of."""

from __future__ import annotations

import re
from pathlib import Path

from importer.config.yaml import decode_text
from importer.core.errors import MappingError
from importer.mapping.loader import LoadedMapping, parse_mapping
from importer.planning.mapping_files import mapping_vocabulary
from importer.targets import make_target
from tests.reliability.fuzz.reading_checks import ROOT

MAPPINGS = [path.read_text("utf-8") for path in sorted((ROOT / "mappings").glob("*.yaml"))]
PATH = Path("fuzz.yaml")
WORDS = sorted({word for text in MAPPINGS for word in re.findall(r"[A-Za-z_.-]{3,}", text)})
SCALARS = [
    "", "~", "null", "yes", "0", "-1", "1.5", "1e999", ".inf", ".nan", "9" * 400, "0x1F", "2026-01-01", "12:30:00", '"', "''", "'",
    "[", "]", "{", "}", "[]", "{}", "{a: {b: {c: d}}}", "[1, [2, [3]]]", "&a", "*a", "<<: *a", "!!python/object:os.system x",
    "!!binary aGk=", "!!set {a}", "!!int x", "|", ">", "- x", "? x", ": x", "---", "...", "%YAML 1.1", "#", "@", "`", "\t", "\r",
    "\u2028", "\u0085", "é", "\ufeff", "(", "(a+)+$", "[a-", "%d/%m/%Y", "%Q", "{Name}", "{", "{{}}", "{a.b}", "x" * 300,
    "target: create-lead", "column: Name", "type: date", "value: 1", "range: [5, 1]", "pattern: '('", "lookup: {a: b}", "fields:",
]  # fmt: skip


def load(text: str) -> LoadedMapping | None:
    """The mapping, after a look at what it became; ``None`` when it was refused with reasons."""
    try:
        loaded = parse_mapping(text, PATH, **mapping_vocabulary())
    except MappingError as error:
        reasons = error.problems
    else:
        assert parse_mapping(text, PATH, **mapping_vocabulary()).sha == loaded.sha
        make_target(loaded.mapping)
        return loaded
    assert reasons
    assert all(problem.message and problem.line >= 0 for problem in reasons)
    # YAML has more line ends than other texts.
    assert all(problem.line <= sum(map(text.count, "\n\r\x85\u2028\u2029")) + 2 for problem in reasons)
    return None


def load_bytes(content: bytes) -> LoadedMapping | None:
    """The same for a file's content."""
    try:
        text = decode_text(content, PATH)
    except MappingError:
        return None
    return load(text)
