"""Commands on mappings before they are used: check, schema and a workbook to fill in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from importer.config import Locale
from importer.core.errors import MappingError
from importer.core.filesystem import find_free_path
from importer.mapping import FieldRule, FieldType, find_column_references, mapping_json_schema
from importer.planning import fill_lookups, mapping_notes, match_source_headings, read_mapping
from importer.reports import TemplateColumn, write_template_workbook
from importer.sources import SourceOptions, explode_columns, open_source
from importer.targets import TARGETS, make_target
from importer.transforms import TRANSFORMS

_EXAMPLES = {
    FieldType.TEXT: "text",
    FieldType.EMAIL: "meera@example.com",
    FieldType.PHONE: "+91 98450 98450",
    FieldType.NUMBER: "12.5",
    FieldType.INTEGER: "12",
    FieldType.BOOLEAN: "yes",
    FieldType.UUID: "2c1e8f0a-6b1d-4c52-9e8e-0d3f5a7b9c11",
}


def check_mapping_file(path: Path, file: Path | None) -> Iterator[str]:
    """Check a mapping, and its headings against ``file`` when that is given; yields sentences for the person.

    Raises :class:`MappingError` with every problem at once.
    """
    loaded = read_mapping(path)
    target = make_target(loaded.mapping)
    yield f"{path} is a valid mapping for {target.name}: {target.title}"
    yield f"It fills {len(loaded.mapping.flat_fields())} fields from {len(_headings(path))} columns."
    yield from mapping_notes(loaded)
    if file is None:
        return
    section = loaded.mapping.source
    options = SourceOptions(
        section.sheet, section.header_row, section.encoding, section.delimiter, sheets=section.sheets
    )
    source = open_source(file, options)
    if section.explode:
        source = explode_columns(source, section.explode)
    match = match_source_headings(loaded, source)
    if match.problems:
        raise MappingError(str(path), match.problems)
    yield f"All its columns are in {file}."
    yield from match.notes


def _headings(path: Path) -> list[str]:
    return list(dict.fromkeys(use.heading for use in find_column_references(read_mapping(path).mapping)))


def schema_for_editors() -> dict[str, Any]:
    """Return the JSON Schema of mapping files."""
    return mapping_json_schema(TARGETS, TRANSFORMS)


def mapping_schema_text(path: Path) -> str:
    """Describe the pandera schema that the mapping compiles to. Raises :class:`MappingError`."""
    from importer.validation import SourceColumn, Validator, format_schema

    loaded = fill_lookups(read_mapping(path))
    target = make_target(loaded.mapping)
    columns = {heading: SourceColumn(heading, "", heading) for heading in _headings(path)}
    validator = Validator(
        loaded.mapping,
        columns,
        today=datetime.now(UTC).date(),
        required=target.required,
        identity=target.identity,
        locale=Locale(time_zone="UTC"),
        folder=path.parent,
        path=str(path),
    )
    return format_schema(validator.schema)


def write_template(path: Path, output: Path | None) -> Path:
    """Write a workbook to fill in for the mapping, and return its path.

    Raises :class:`MappingError` or :class:`ReportError`.
    """
    loaded = read_mapping(path)
    required = make_target(loaded.mapping).required
    columns: dict[str, TemplateColumn] = {}
    rules = {flat.name: flat.rule for flat in loaded.mapping.flat_fields()}
    for use in find_column_references(loaded.mapping):
        rule = rules.get(use.name)
        if use.heading not in columns:
            needed = rule is not None and rule.column == use.heading and (rule.required or use.name in required)
            columns[use.heading] = _column(use.heading, use.name, rule, needed)
    place = output or find_free_path(Path(f"{path.stem}-template.xlsx"))
    write_template_workbook(place, loaded.mapping.source.sheet or "Rows", list(columns.values()))
    return place


def _column(heading: str, field: str, rule: FieldRule | None, required: bool) -> TemplateColumn:
    if field == "where":
        return TemplateColumn(heading, "Decides whether the row is imported.", "text", ())
    if rule is None or rule.column != heading:
        return TemplateColumn(heading, f"Part of the text of {field}.", "text", ())
    choices = tuple(rule.lookup or rule.options or ())
    words = [f"Fills {field}.", "Required." if required else "May be empty.", f"Type: {rule.type.value}."]
    if rule.format:
        words.append(f"Form: {' or '.join(rule.format)}.")
    if rule.max_length:
        words.append(f"At most {rule.max_length} characters.")
    if rule.range:
        low, high = rule.range
        words.append(f"From {'any' if low is None else low} to {'any' if high is None else high}.")
    if choices:
        words.append(f"One of: {', '.join(choices[:20])}.")
    return TemplateColumn(heading, " ".join(words), _example(rule, choices), choices)


def _example(rule: FieldRule, choices: tuple[str, ...]) -> str:
    if choices:
        return choices[0]
    if rule.type in (FieldType.DATE, FieldType.DATETIME):
        default = "%Y-%m-%d" if rule.type is FieldType.DATE else "%Y-%m-%d %H:%M:%S"
        return datetime(2026, 12, 31, 18, 30, tzinfo=UTC).strftime(rule.format[0] if rule.format else default)
    return _EXAMPLES.get(rule.type, "text")
