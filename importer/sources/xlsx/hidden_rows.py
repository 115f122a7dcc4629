"""How many rows of a sheet are hidden, by hand or by a filter: they are read like all others, and a note says so."""

from __future__ import annotations

import re

_ROW = re.compile(rb"<(?:\w+:)?row\s[^>]*?\bhidden=[\"'](?:1|true)[\"'][^>]*?(/?)>")
_LONGEST_TAG = 4096


class HiddenRows:
    """Counts the hidden rows with cells in the XML of a sheet, given in blocks that may end anywhere."""

    def __init__(self) -> None:
        self.count = 0
        self._rest = b""

    def take(self, block: bytes) -> None:
        """The next block."""
        text = self._rest + block
        # One byte is found many times faster than several, and mostly it is not there.
        if b"h" in text and b"hidden=" in text:
            self.count += sum(1 for closed in _ROW.findall(text) if not closed)
        # A tag that is cut is looked at again, whole.
        begin = text.rfind(b"<", -_LONGEST_TAG)
        self._rest = text[begin:] if begin >= 0 and b">" not in text[begin:] else b""


def hidden_note(count: int) -> tuple[str, ...]:
    """A note about them, if there are any."""
    if not count:
        return ()
    return (f"{count} hidden {'row is' if count == 1 else 'rows are'} read like all others.",)
