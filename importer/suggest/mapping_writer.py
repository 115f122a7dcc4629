"""Writer of proposals as mapping files: every line with confidence and reason, every open question as a TODO."""

from __future__ import annotations

import json
import re
import textwrap
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from importer.config import find_secrets, parse_yaml
from importer.core.text import format_count
from importer.suggest.datetimes import describe_example
from importer.suggest.model import Ignored, MappingLine, Proposal, Rule, Value

_WIDTH = 118
_HOW_TO_SEND = (
    "To send one of these after all, take it off this list and add a line above, such as `mx_Custom_1: Heading`, "
    "with the schema name of a field of your account."
)
TODO = "TODO: "
_PROPOSED = "Proposed from"
"""Begins every question that a person must answer."""


def mapping_text(proposal: Proposal) -> str:
    """Write the whole mapping as YAML; equal proposals give equal texts."""
    lines = list(_head(proposal))
    for section in ("lead", "activity"):
        lines += _section(proposal, section)
    lines += _ignore(proposal.ignored)
    return "\n".join(lines).rstrip() + "\n"


def is_proposal(text: str) -> bool:
    """Whether a mapping still begins with the words of a proposal."""
    return text.startswith(f"# {_PROPOSED} ")


def open_questions(text: str) -> list[tuple[int, str]]:
    """Find every question in the text of a proposal, with the number of the line in which it begins."""
    found: list[tuple[int, str]] = []
    lines = text.splitlines()
    for place, line in enumerate(lines):
        comment = line.strip().removeprefix("# ")
        if line.strip().startswith("#") and comment.startswith(TODO):
            words = [comment.removeprefix(TODO)]
            for following in lines[place + 1 :]:
                if not following.strip().startswith("#   "):
                    break
                words.append(following.strip().removeprefix("#").strip())
            found.append((place + 1, " ".join(words)))
    return found


def _head(proposal: Proposal) -> Iterator[str]:
    count = f"{format_count(proposal.rows)}, {len(proposal.columns)} columns"
    yield from _comment(f"{_PROPOSED} {proposal.file}: {count}. Read every line before you use it.")
    yield from _comment("high: heading and values agree. medium: likely. low: look twice. TODO: only you can know.")
    yield ""
    yield from _comment(f"{proposal.target_reason[:1].upper()}{proposal.target_reason[1:]}.")
    yield f"target: {proposal.target}"
    if proposal.search_by:
        yield f"search_by: {proposal.search_by}"
    yield ""
    source: Rule = {**proposal.source, **({"non_data_rows": "leave_out"} if proposal.no_data else {})}
    if proposal.no_data:
        rows = f"{format_count(len(proposal.no_data))}, the first of them row {proposal.no_data[0]}"
        yield from _comment(f"Totals, remarks, units or repeated headings stand in {rows}: they are left out.")
    if source:
        yield from (f"source: {_flow(source)}", "")
    if proposal.unwanted is not None:
        yield from _comment(TODO + proposal.unwanted.question)
        rule: Rule = {"column": proposal.unwanted.column, "not": proposal.unwanted.texts}
        yield from (f"# where: {_flow(rule)}", "")


def _section(proposal: Proposal, section: str) -> list[str]:
    entries = [entry for entry in proposal.entries if entry.section == section]
    todos = [words for place, words in proposal.todos if place == section]
    if not entries and not todos:
        return []
    # A section in which everything waits for a choice would be empty, which no mapping may have.
    live = any(not entry.held for entry in entries)
    lines = [f"{section}:" if live else f"# {section}:"]
    for words in todos:
        lines += _comment(TODO + words, "  ")
    for entry in entries:
        lines += _entry(entry)
    return [*lines, ""]


def _entry(entry: MappingLine) -> Iterator[str]:
    yield from _comment(f"{entry.confidence.value}: {entry.reason}", "  ")
    if entry.todo:
        yield from _comment(TODO + entry.todo, "  ")
    for rule in entry.alternatives:
        words = describe_example(rule)
        yield f"  # {entry.field}: {_flow(rule)}{f'   # {words}' if words else ''}"
    if not entry.held:
        yield from _field(entry.field, entry.rule, entry.open_texts)


def _field(name: str, rule: Rule, open_texts: Sequence[str]) -> Iterator[str]:
    only = rule.get("column")
    line = f"  {name}: {scalar(only) if len(rule) == 1 and isinstance(only, str) else _flow(rule)}"
    if len(line) <= _WIDTH and not open_texts:
        yield line
        return
    yield f"  {name}:"
    for key, value in rule.items():
        if not isinstance(value, Mapping):
            yield f"    {key}: {_value(value)}"
            continue
        yield f"    {key}:"
        yield from (f"      {scalar(text)}: {scalar(meaning)}" for text, meaning in value.items())
        yield from (f"      # {scalar(text)}: ?" for text in open_texts)


def _ignore(ignored: Sequence[Ignored]) -> Iterator[str]:
    if not ignored:
        return
    yield from _comment(_HOW_TO_SEND)
    listed = any(column.listed for column in ignored)
    yield "ignore:" if listed else "# ignore:"
    for column in ignored:
        if not column.listed:
            words = "is not sent, and cannot be listed: a mapping cannot tell its heading from another, or hold it"
            yield from _comment(f"{scalar(column.column)} {words}: {column.remark}", "  ")
            continue
        line = f"  - {scalar(column.column)}"
        remark = visible(column.remark)
        if len(line) + len(remark) + 4 <= _WIDTH:
            yield f"{line}  # {remark}"
        else:
            yield from _comment(remark, "  ")
            yield line


def _comment(text: str, indent: str = "") -> list[str]:
    """Wrap the text as comment lines; those after the first are indented further, to show that they belong to it."""
    plain = " ".join(visible(text).split())
    return textwrap.wrap(
        plain, _WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}#   ", break_on_hyphens=False
    )


def _flow(rule: Rule) -> str:
    return "{" + ", ".join(f"{scalar(key)}: {_value(value)}" for key, value in rule.items()) + "}"


def _value(value: Value) -> str:
    if isinstance(value, str):
        return scalar(value)
    if isinstance(value, Mapping):
        return _flow(value)
    return "[" + ", ".join(scalar(entry) for entry in value) + "]"


_PLAIN = re.compile(r"[^\W_](?:[\w ./@()+-]*[\w.)])?")


def can_be_named(text: str) -> bool:
    """Return whether a mapping can hold the text; control characters and likely keys are refused."""
    document = parse_yaml(f"ignore:\n  - {scalar(text)}\n")
    return bool(text.strip()) and not document.problems and not any(find_secrets(document.data))


def scalar(text: str) -> str:
    """Format a text as YAML, in quotes where it needs them."""
    return text if _PLAIN.fullmatch(text) else visible(json.dumps(text, ensure_ascii=False))


def visible(text: str) -> str:
    """Escape the characters of a text that are invisible or that YAML forbids."""
    return "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    if unicodedata.category(character) not in ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"):
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
