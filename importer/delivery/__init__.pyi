from .deduplication import EarlierRows, count_earlier_rows, describe_older
from .deliver_plan import DeliveryOptions, deliver
from .held_rows import (
    ALREADY_SENT,
    CHANGED_SINCE,
    CORRECTED_IN,
    GIVEN_UP,
    POSSIBLE_REPEAT,
    TWIN_IN_FILE,
    WAITS_FOR_OTHER_RUN,
    describe_correction,
    describe_difference,
)
from .lineage.comparison import describe_doubtful
from .lineage.marks import RowMarker
from .lineage.settlement import Lineage, load_lineage
from .outcomes import (
    DUPLICATE_ID,
    NO_ANSWER,
    NO_RECEIPT,
    REFUSED_WHOLE,
)

__all__ = [
    "ALREADY_SENT",
    "CHANGED_SINCE",
    "CORRECTED_IN",
    "DUPLICATE_ID",
    "GIVEN_UP",
    "NO_ANSWER",
    "NO_RECEIPT",
    "POSSIBLE_REPEAT",
    "REFUSED_WHOLE",
    "TWIN_IN_FILE",
    "WAITS_FOR_OTHER_RUN",
    "DeliveryOptions",
    "EarlierRows",
    "Lineage",
    "RowMarker",
    "count_earlier_rows",
    "deliver",
    "describe_correction",
    "describe_difference",
    "describe_doubtful",
    "describe_older",
    "load_lineage",
]
