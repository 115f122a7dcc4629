"""Any text as a mapping: it is loaded and means the same at a second look, or all of its problems are reported."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from tests.reliability.fuzz.mapping_checks import MAPPINGS, SCALARS, WORDS, load, load_bytes
from tests.reliability.fuzz.reading_checks import bounded, examples

BITS = st.sampled_from(SCALARS) | st.sampled_from(WORDS) | st.text(max_size=6)


@examples(150)
@given(
    text=st.text(max_size=80) | st.lists(BITS, max_size=25).map(" ".join) | st.lists(BITS, max_size=25).map("\n".join)
)
def test_any_text(text: str) -> None:
    """Also such as begins like YAML."""
    with bounded():
        load(text)


@examples(150)
@given(content=st.binary(max_size=300))
def test_any_bytes(content: bytes) -> None:
    """As they may lie on a disk."""
    with bounded():
        load_bytes(content)


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
    with bounded():
        load(text)


def test_the_mappings_load() -> None:
    """Before anything is changed."""
    assert all(load(text) for text in MAPPINGS)
