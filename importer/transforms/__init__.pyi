from .choices import FLAGS, LookupTable, folded
from .columns import (
    WHITESPACE,
    ByteStats,
    LastColumnCache,
    arrow_of,
    blank,
    column_of,
    joined,
    matching,
    per_distinct,
    truths_of,
    without_invisible,
)
from .date_forms import (
    NAMES,
    ORDINAL,
    date_form,
    example_of,
    shown_form,
)
from .dates import CELL_FORMS, DEFAULT_PIVOT, Dates, DateTimes
from .identifiers import (
    alphabet,
    read_emails,
    read_ids,
    stray_letter,
)
from .marks import Mark, MarkKind, remove_marks
from .number_forms import currency_of, describe_form, find_number_forms, form_options, separators
from .numbers import NumberForm, Numbers, within
from .phones import Phones, knows_country, only_country
from .registry import TRANSFORMS, Transform

__all__ = [
    "CELL_FORMS",
    "DEFAULT_PIVOT",
    "FLAGS",
    "NAMES",
    "ORDINAL",
    "TRANSFORMS",
    "WHITESPACE",
    "ByteStats",
    "DateTimes",
    "Dates",
    "LastColumnCache",
    "LookupTable",
    "Mark",
    "MarkKind",
    "NumberForm",
    "Numbers",
    "Phones",
    "Transform",
    "alphabet",
    "arrow_of",
    "blank",
    "column_of",
    "currency_of",
    "date_form",
    "describe_form",
    "example_of",
    "find_number_forms",
    "folded",
    "form_options",
    "joined",
    "knows_country",
    "matching",
    "only_country",
    "per_distinct",
    "read_emails",
    "read_ids",
    "remove_marks",
    "separators",
    "shown_form",
    "stray_letter",
    "truths_of",
    "within",
    "without_invisible",
]
