"""How a check of one option says what is wrong with its value."""

from __future__ import annotations


class UnfitError(ValueError):
    """A value that an option cannot take. pydantic carries it to the loader, which adds the place.

    ``message`` says what is wrong, ``remedy`` what to write instead.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
