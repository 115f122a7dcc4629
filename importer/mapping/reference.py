"""The tables of docs/mapping.md, drawn from the model.

``python -m importer.mapping.reference docs/mapping.md`` renews them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel

from importer.mapping.checks import ORIGINS, TYPES_OF_OPTION
from importer.mapping.conditions import Condition
from importer.mapping.date_formats import DIRECTIVES
from importer.mapping.field_tables import Case, LookupFile, Replacement
from importer.mapping.model import TYPE_MEANINGS, FieldRule, SourceSection
from importer.mapping.model import Mapping as MappingFile
from importer.transforms import TRANSFORMS

BEGIN = "<!-- generated: importer.mapping.reference -->"
END = "<!-- end of generated -->"


def mapping_reference() -> str:
    """Describe every key of a mapping, as Markdown tables under headings of the third level."""
    parts = (
        ("Keys of the file", _keys(MappingFile)),
        ("Keys of `source:`", _keys(SourceSection)),
        ("Where a value comes from (exactly one)", _keys(FieldRule, only=ORIGINS)),
        ("What the value must be", _keys(FieldRule, but=ORIGINS)),
        ("Keys of a condition", _keys(Condition)),
        ("Keys of a case of `when`", _keys(Case)),
        ("Keys of a replacement", _keys(Replacement)),
        ("Keys of `lookup_file`", _keys(LookupFile)),
        ("Types", _table(("Type", "Accepts"), ((f"`{kind}`", words) for kind, words in TYPE_MEANINGS.items()))),
        (
            "Transforms",
            _table(("Transform", "Does"), ((f"`{name}`", one.description) for name, one in TRANSFORMS.items())),
        ),
        ("Parts of a `format`", _table(("Part", "Means"), ((f"`{part}`", word) for part, word in DIRECTIVES.items()))),
    )
    return "\n\n".join(f"### {heading}\n\n{table}" for heading, table in parts)


def _keys(model: type[BaseModel], *, only: Iterable[str] = (), but: Iterable[str] = ()) -> str:
    wanted, unwanted = set(only), set(but)
    rows = []
    for name, field in model.model_fields.items():
        if (wanted and name not in wanted) or name in unwanted:
            continue
        types = TYPES_OF_OPTION.get(name) if model is FieldRule else None
        fits = f" For {', '.join(f'`{kind}`' for kind in types)}." if types else ""
        default = field.get_default(call_default_factory=True)
        without_default = default is None or default in ((), {}) or isinstance(default, BaseModel)
        left_out = "needed" if field.is_required() else "" if without_default else f"`{str(default).lower()}`"
        rows.append((f"`{field.alias or name}`", f"{field.description or ''}{fits}", left_out))
    if not any(left_out for _, _, left_out in rows):
        return _table(("Key", "Means"), (row[:2] for row in rows))
    return _table(("Key", "Means", "If left out"), rows)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def renew(page: str) -> str:
    """Return ``page`` with new tables between its two markers. Raises :class:`ValueError` without the markers."""
    before, after_begin = page.split(BEGIN)
    _, after = after_begin.split(END)
    return f"{before}{BEGIN}\n\n{mapping_reference()}\n\n{END}{after}"


def main(arguments: list[str]) -> None:
    """Renew the tables in the pages named."""
    for argument in arguments:
        page = Path(argument)
        page.write_text(renew(page.read_text("utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
