"""Any text as a mapping: it is loaded and means the same at a second look, or all of its problems are told."""

from __future__ import annotations

import re
from pathlib import Path

from fuzz_words import ROOT, bounded, examples
from hypothesis import given
from hypothesis import strategies as st

from importer.errors import MappingError
from importer.mapping.decoding import decoded
from importer.mapping.loader import LoadedMapping, parse_mapping
from importer.pipeline.plan import known_words
from importer.targets import make_target

MAPPINGS = [path.read_text("utf-8") for path in sorted((ROOT / "mappings").glob("*.yaml"))]
PATH = Path("fuzz.yaml")
_WORDS = sorted({word for text in MAPPINGS for word in re.findall(r"[A-Za-z_.-]{3,}", text)})
_SCALARS = [
    "", "~", "null", "yes", "0", "-1", "1.5", "1e999", ".inf", ".nan", "9" * 400, "0x1F", "2026-01-01", "12:30:00", '"', "''", "'",
    "[", "]", "{", "}", "[]", "{}", "{a: {b: {c: d}}}", "[1, [2, [3]]]", "&a", "*a", "<<: *a", "!!python/object:os.system x",
    "!!binary aGk=", "!!set {a}", "!!int x", "|", ">", "- x", "? x", ": x", "---", "...", "%YAML 1.1", "#", "@", "`", "\t", "\r",
    "\u2028", "\u0085", "é", "\ufeff", "(", "(a+)+$", "[a-", "%d/%m/%Y", "%Q", "{Name}", "{", "{{}}", "{a.b}", "x" * 300,
    "target: create-lead", "column: Name", "type: date", "value: 1", "range: [5, 1]", "pattern: '('", "lookup: {a: b}", "fields:",
]  # fmt: skip
BITS = st.sampled_from(_SCALARS) | st.sampled_from(_WORDS) | st.text(max_size=6)


def load(text: str) -> LoadedMapping | None:
    """The mapping, after a look at what it became; ``None`` when it was refused with reasons."""
    with bounded():
        try:
            loaded = parse_mapping(text, PATH, **known_words())
        except MappingError as error:
            reasons = error.problems
        else:
            assert parse_mapping(text, PATH, **known_words()).sha == loaded.sha
            make_target(loaded.mapping)
            return loaded
    assert reasons
    assert all(problem.message and problem.line >= 0 for problem in reasons)
    # YAML has more line ends than other texts.
    assert all(problem.line <= sum(map(text.count, "\n\r\x85\u2028\u2029")) + 2 for problem in reasons)
    return None


@examples(150)
@given(
    text=st.text(max_size=80) | st.lists(BITS, max_size=25).map(" ".join) | st.lists(BITS, max_size=25).map("\n".join)
)
def test_any_text(text: str) -> None:
    """Also such as begins like YAML."""
    load(text)


@examples(150)
@given(content=st.binary(max_size=300))
def test_any_bytes(content: bytes) -> None:
    """As they may lie on a disk."""
    with bounded():
        try:
            text = decoded(content, PATH)
        except MappingError:
            return
    load(text)


@st.composite
def _edited(draw: st.DrawFn) -> str:
    """A mapping that works, with words changed, lines doubled, moved or taken out, and other indents."""
    lines = draw(st.sampled_from(MAPPINGS)).split("\n")
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        deed = draw(st.sampled_from(["word", "word", "value", "double", "remove", "indent", "move", "cut", "insert"]))
        line = lines[at]
        if deed == "word":
            words = list(re.finditer(r"[^\s:{},\[\]]+", line))
            if words:
                word = words[draw(st.integers(0, len(words) - 1))]
                lines[at] = line[: word.start()] + draw(BITS) + line[word.end() :]
        elif deed == "value":
            lines[at] = f"{line.partition(':')[0]}: {draw(BITS)}"
        elif deed == "double":
            lines.insert(draw(st.integers(0, len(lines))), line)
        elif deed == "remove" and len(lines) > 1:
            del lines[at]
        elif deed == "indent":
            lines[at] = " " * draw(st.integers(0, 6)) + line.lstrip()
        elif deed == "move":
            lines.insert(draw(st.integers(0, len(lines) - 1)), lines.pop(at))
        elif deed == "cut":
            lines[at] = line[: draw(st.integers(0, max(0, len(line))))]
        else:
            lines.insert(at, draw(BITS))
    return "\n".join(lines)


@examples(150)
@given(text=_edited())
def test_mappings_with_slips(text: str) -> None:
    """Nearly right is the commonest way to be wrong."""
    load(text)


def test_the_mappings_load() -> None:
    """Before anything is changed."""
    assert all(load(text) for text in MAPPINGS)
