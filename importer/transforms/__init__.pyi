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
from .dates import Dates, DateTimes
from .identifiers import (
    alphabet,
    read_emails,
    read_ids,
    stray_letter,
)
from .numbers import read_integers, read_numbers, within
from .phones import Phones, knows_country, only_country
from .registry import TRANSFORMS, Transform

__all__ = [
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
    "Phones",
    "Transform",
    "alphabet",
    "arrow_of",
    "blank",
    "column_of",
    "date_form",
    "example_of",
    "folded",
    "joined",
    "knows_country",
    "matching",
    "only_country",
    "read_emails",
    "read_ids",
    "read_integers",
    "read_numbers",
    "shown_form",
    "stray_letter",
    "truths_of",
    "within",
    "without_invisible",
]
