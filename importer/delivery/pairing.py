"""Pair the rows of a file with rows that were sent earlier, and decide which of them may be sent.

Pure: it is given what the ledger knows of one group of rows that may be the same thing, and decides. Taking two things
for one loses a row; taking one for two only asks a person once too often. So every doubt ends in HOLD, never in SKIP.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from importer.ledger import CHANGE_DECLINED, EarlierRow, KnownRow, RowIdentity

RowId = tuple[str, int]
"""Run and row number of an earlier row."""


class Disposition(StrEnum):
    """What happens to a row of the file."""

    SEND = "send"
    SKIP = "skip"
    """An earlier row is the same."""
    WAIT = "wait"
    """It may be a row of another run that is not settled."""
    HOLD = "hold"
    """It looks like an earlier row, and differs: a person or the mapping decides."""


class Likeness(StrEnum):
    """Why a row is taken for an earlier one."""

    KEY = "key"
    """The same lead; for an activity also the same type and time."""
    NAMED = "named"
    """The same values in the columns of `row_key`."""
    SOURCE = "source"
    """The same cells, sent with another version of the mapping."""
    CONTENT = "content"
    """The same content, without anything that tells whether it is a new event."""
    MARKED = "marked"
    """The same row of the workbook that was annotated, by its mark."""
    ALMOST = "almost"
    """All fields but one, of a row that the file lacks although it has nearly all others of that import."""
    CORRECTED = "corrected"
    """The cells of a bad row whose correction was sent."""
    RECORRECTED = "recorrected"
    """The correction of a row that another one corrects already."""
    OLDER = "older"
    """Values of a lead that were sent before and replaced since."""
    TWIN = "twin"
    """The same `row_key` as a row further up in the file."""


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row of the file. ``keyed``: it says who and what it is. ``accepted``: a person decided to send it."""

    row: int
    key: bytes
    content: bytes
    named: bytes | None = None
    keyed: bool = True
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class RowDecision:
    """The decision about a row, and the earlier row that led to it; ``twin`` is a row of the same file instead."""

    disposition: Disposition
    likeness: Likeness = Likeness.KEY
    earlier: EarlierRow | None = None
    twin: int = 0

    @property
    def is_repeat(self) -> bool:
        """Whether the row is held only because nothing tells whether it is a new event."""
        return self.disposition is Disposition.HOLD and self.likeness in (Likeness.CONTENT, Likeness.CORRECTED)

    @property
    def is_difference(self) -> bool:
        """Whether the row is held because it differs from an earlier one."""
        return self.disposition is Disposition.HOLD and self.earlier is not None and not self.is_repeat


SEND = RowDecision(Disposition.SEND)
OLDER = RowDecision(Disposition.SEND, Likeness.OLDER)


def row_id(earlier: EarlierRow) -> RowId:
    """Return run and row number of an earlier row."""
    return earlier.known.run_id, earlier.known.row


def unidentified(known: KnownRow) -> EarlierRow:
    """Return an earlier row of which only its outcome matters."""
    return EarlierRow(known, RowIdentity(known.row, b"", b"", b""), "", 0)


def decide_group(
    rows: Sequence[FileRow],
    earlier: Sequence[EarlierRow],
    taken: Collection[RowId],
    *,
    latest_wins: bool,
    first_of_file: bool = False,
    creates_leads: bool = False,
) -> list[RowDecision]:
    """Decide about rows of one key, given in the order of the file; ``earlier`` is the oldest call first.

    ``taken`` are earlier rows that other rows of the file were paired with. ``latest_wins``: the rows update a lead,
    so only what was sent last counts, if they say which lead. ``first_of_file``: of several rows in the file only the
    first is sent. ``creates_leads``: the rows create nothing but their lead, which cannot be there twice.
    """
    declined = {one.identity.content for one in earlier if one.error_code == CHANGE_DECLINED}
    free = [one for one in earlier if one.error_code != CHANGE_DECLINED and row_id(one) not in taken]
    if latest_wins and rows[0].keyed:
        if first_of_file and len(rows) > 1:
            rest = [RowDecision(Disposition.SKIP, Likeness.TWIN, twin=rows[0].row)] * (len(rows) - 1)
            return [*_follow_latest(rows[:1], free), *rest]
        return _follow_latest(rows, free)
    # First pass: each row of the file takes one earlier row of equal content, the most certain first.
    decisions: list[RowDecision | None] = []
    for row in rows:
        equal = [one for one in free if one.identity.content == row.content]
        if equal and not (row.accepted and not row.keyed):
            match = max(equal, key=lambda one: one.known.certainty)
            free.remove(match)
            decisions.append(_paired(row, match))
        else:
            decisions.append(None)
    # Second pass: rows that are left are compared with earlier rows that are left.
    first_of_name: dict[bytes, FileRow] = {}
    leads: dict[bytes, FileRow] = {}
    result = []
    for row, paired in zip(rows, decisions, strict=True):
        if paired is None and row.content in leads and not row.accepted:
            result.append(RowDecision(Disposition.SKIP, Likeness.TWIN, twin=leads[row.content].row))
        else:
            result.append(paired or _decide_unpaired(row, free, declined, first_of_name))
        if row.named is not None:
            first_of_name.setdefault(row.named, row)
        if creates_leads and row.keyed:
            leads.setdefault(row.content, row)
    return result


def _paired(row: FileRow, match: EarlierRow) -> RowDecision:
    if match.known.is_open:
        return RowDecision(Disposition.WAIT, Likeness.CONTENT, match)
    if row.keyed or row.named is not None:
        return RowDecision(Disposition.SKIP, Likeness.CONTENT, match)
    return RowDecision(Disposition.HOLD, Likeness.CONTENT, match)


def _decide_unpaired(
    row: FileRow, free: Sequence[EarlierRow], declined: Collection[bytes], first_of_name: dict[bytes, FileRow]
) -> RowDecision:
    if row.accepted:
        return SEND
    likeness = Likeness.KEY if row.named is None else Likeness.NAMED
    if row.named is not None and (first := first_of_name.get(row.named)) is not None:
        same = first.content == row.content
        return RowDecision(Disposition.SKIP if same else Disposition.HOLD, Likeness.TWIN, twin=first.row)
    if row.content in declined:
        return RowDecision(Disposition.SKIP, likeness)
    # Rows without a key have equal content whenever they meet here, so there is nothing to compare.
    if not free or not (row.keyed or row.named is not None):
        return SEND
    waiting = next((one for one in free if one.known.is_open), None)
    if waiting is not None:
        return RowDecision(Disposition.WAIT, likeness, waiting)
    return RowDecision(Disposition.HOLD, likeness, free[-1])


def _follow_latest(rows: Sequence[FileRow], earlier: Sequence[EarlierRow]) -> list[RowDecision]:
    """Skip a row only if what was sent last for its key, earlier or further up in the file, has its content."""
    latest = earlier[-1] if earlier else None
    content = latest.identity.content if latest else None
    before = {one.identity.content for one in earlier}
    result = []

    def sent_as(row: FileRow) -> RowDecision:
        return OLDER if row.content in before else SEND

    for row in rows:
        if row.content != content:
            waits = latest is not None and latest.known.is_open and not row.accepted
            result.append(RowDecision(Disposition.WAIT, Likeness.KEY, latest) if waits else sent_as(row))
            if not waits:
                latest, content = None, row.content
        elif latest is None:
            # The same again within the file: only the first of them is sent.
            result.append(RowDecision(Disposition.SKIP, Likeness.TWIN, twin=_last_equal(rows, row)))
        else:
            kind = Disposition.WAIT if latest.known.is_open else Disposition.SKIP
            result.append(RowDecision(kind, Likeness.CONTENT, latest))
    return result


def _last_equal(rows: Sequence[FileRow], row: FileRow) -> int:
    return max(other.row for other in rows if other.row < row.row and other.content == row.content)


def contained_share(paired: int, delivered: int) -> float:
    """Return the share of earlier imports' rows that a file holds; 0 for fewer than twenty, which prove nothing."""
    return paired / delivered if delivered >= _FEWEST_ROWS else 0.0


CONTAINS_EARLIER = 0.9
"""From this share on a file is the earlier one again, or grown: what equals an earlier row is that row."""

_FEWEST_ROWS = 20
