"""Validators from a few words, and what they say about a few rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from importer.config.settings import Locale
from importer.core.issues import Problem
from importer.mapping.model import Mapping as MappingFile
from importer.validation.validator import CheckedChunk, SourceColumn, Validator

FIRST_ROW = 2
TODAY = date(2026, 12, 1)
LOCALE = Locale(time_zone="Asia/Kolkata", country="IN")

Rules = Mapping[str, Any]
"""Fields of the section `activity` as a mapping file has them."""


def source_columns(headings: Sequence[str]) -> dict[str, SourceColumn]:
    """Columns A, B, C and so on with these headings."""
    return {heading: SourceColumn(heading, chr(65 + place), heading) for place, heading in enumerate(headings)}


def validator(
    rules: Rules,
    headings: Sequence[str],
    *,
    schema: str | None = None,
    where: Mapping[str, Any] | None = None,
    **options: Any,
) -> Validator:
    """A validator for activities with these rules on a file with these headings."""
    others = {"schema": schema, "where": where}
    content = {"target": "bulk-activities-by-lead-id", "activity": rules}
    content |= {name: value for name, value in others.items() if value is not None}
    options.setdefault("locale", LOCALE)
    options.setdefault("today", TODAY)
    return Validator(MappingFile.model_validate(content), source_columns(headings), **options)


def cells_of(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> pd.DataFrame:
    """Cells as a source gives them; broken text is possible."""
    frame = {heading: [row[place] for row in rows] for place, heading in enumerate(headings)}
    try:
        return pd.DataFrame(frame, dtype="str")
    except UnicodeEncodeError:
        return pd.DataFrame(frame, dtype=pd.StringDtype("python", na_value=np.nan))


def numbers(count: int, first: int = FIRST_ROW) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Row numbers from ``first`` on."""
    return np.arange(first, first + count, dtype=np.int64)


def check(
    rules: Rules,
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    problems: Sequence[Problem] = (),
    **options: Any,
) -> CheckedChunk:
    """The rows, numbered from 2 on, checked in one chunk."""
    return validator(rules, headings, **options).check(numbers(len(rows)), cells_of(headings, rows), problems)


def check_cells(rule: Any, *texts: str, **options: Any) -> CheckedChunk:
    """A file of one column "Cell", which fills the field `mx_1` by ``rule``."""
    rules = {"mx_1": {"column": "Cell", **rule}}
    return check(rules, ["Cell"], [[text] for text in texts], **options)


def wire(checked: CheckedChunk, name: str = "activity.mx_1") -> list[str | None]:
    """What LeadSquared would get for a field; ``None`` where it is not sent."""
    return [None if pd.isna(text) else text for text in checked.records[name]]


def messages_of(checked: CheckedChunk) -> list[str]:
    """The problems as people read them."""
    return [str(problem) for problem in checked.problems]


def write_schema(folder: Path, text: str) -> None:
    """A Python file with a pandera schema of the user's."""
    (folder / "rules.py").write_text(f"import pandas as pd\nimport pandera.pandas as pa\n{text}\n", encoding="utf-8")
