from .deduplication import ALREADY_SENT, GIVEN_UP, WAITS_FOR_OTHER_RUN
from .deliver_plan import DeliveryOptions, deliver
from .outcomes import (
    DUPLICATE_ID,
    NO_ANSWER,
    NO_RECEIPT,
    REFUSED_WHOLE,
)

__all__ = [
    "ALREADY_SENT",
    "DUPLICATE_ID",
    "GIVEN_UP",
    "NO_ANSWER",
    "NO_RECEIPT",
    "REFUSED_WHOLE",
    "WAITS_FOR_OTHER_RUN",
    "DeliveryOptions",
    "deliver",
]
