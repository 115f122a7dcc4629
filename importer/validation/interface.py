"""The columns of a source, and the result of checking a chunk of its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from importer.core.issues import Problem

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class SourceColumn:
    """One column of the source: the ``label`` that names it in chunks and problems, Excel's letter, and the heading as
    it stands in the file."""

    label: str
    letter: str
    heading: str


@dataclass(frozen=True, slots=True)
class CheckedChunk:
    """A checked chunk. ``rows[i]``, ``records.iloc[i]`` and ``ok[i]`` belong to the same row.

    ``rows`` are the spreadsheet row numbers. ``records`` has a ``RangeIndex`` and one column of text (pandas ``str``)
    for every mapped field, named by its flat name: the text for the CRM. A missing value means that the field is not
    sent, an empty text clears it; a record means something only where ``ok``. ``problems`` are sorted by row and hold
    everything that is wrong, also the problems that the rows had before. ``left_out`` says why the mapping leaves a row
    out, "" for all others. A row is ``ok`` if and only if it has no problem and is not left out.
    """

    rows: NDArray[np.int64]
    records: pd.DataFrame
    ok: NDArray[np.bool_]
    problems: list[Problem]
    left_out: NDArray[np.object_]
