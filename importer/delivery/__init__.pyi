from .deliver_plan import DeliveryOptions, deliver
from .held_rows import (
    ALREADY_SENT,
    CHANGED_SINCE,
    GIVEN_UP,
    POSSIBLE_REPEAT,
    TWIN_IN_FILE,
    WAITS_FOR_OTHER_RUN,
)
from .outcomes import (
    DUPLICATE_ID,
    NO_ANSWER,
    NO_RECEIPT,
    REFUSED_WHOLE,
)

__all__ = [
    "ALREADY_SENT",
    "CHANGED_SINCE",
    "DUPLICATE_ID",
    "GIVEN_UP",
    "NO_ANSWER",
    "NO_RECEIPT",
    "POSSIBLE_REPEAT",
    "REFUSED_WHOLE",
    "TWIN_IN_FILE",
    "WAITS_FOR_OTHER_RUN",
    "DeliveryOptions",
    "deliver",
]
