"""A workbook as the reading library (python-calamine) gives it, with its errors in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import python_calamine

from importer.errors import SourceError
from importer.sources.archives import damaged
from importer.sources.kinds import Kind, locked


@dataclass(frozen=True, slots=True)
class SheetName:
    """One sheet as its tab shows it. ``readable`` is false for chart and macro sheets."""

    name: str
    visible: bool
    readable: bool


class Book:
    """An open workbook. Sheets are loaded one at a time, when asked for."""

    def __init__(self, path: Path, kind: Kind) -> None:
        self._path = path
        with _translated(path):
            # A path is read piece by piece, but the library believes its extension; a stream is judged by content.
            self._stream = path.open("rb") if kind.lie else None
            self._book = python_calamine.load_workbook(self._stream or path)

    @property
    def sheets(self) -> tuple[SheetName, ...]:
        """All sheets in the order of their tabs."""
        readable = (python_calamine.SheetTypeEnum.WorkSheet,)
        shown = python_calamine.SheetVisibleEnum.Visible
        return tuple(
            SheetName(sheet.name, sheet.visible == shown, sheet.typ in readable) for sheet in self._book.sheets_metadata
        )

    def load(self, name: str) -> Any:
        """The sheet ``name`` with all its values in memory."""
        with _translated(self._path):
            return self._book.get_sheet_by_name(name)

    def last_row(self, name: str) -> int:
        """The number of the last row with a value; 0 for an empty sheet."""
        end: tuple[int, int] | None = self.load(name).end
        return end[0] + 1 if end else 0

    def first_row(self, name: str) -> tuple[str, ...]:
        """The texts of row 1 of a sheet."""
        with _translated(self._path):
            row = next(iter(self._book.get_sheet_by_name(name).iter_rows()), [])
        return tuple(str(cell) for cell in row)

    def close(self) -> None:
        """Let go of the file; sheets that were loaded stay usable."""
        self._book.close()
        if self._stream:
            self._stream.close()

    def __enter__(self) -> Book:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except python_calamine.PasswordError:
        raise locked(path) from None
    except (python_calamine.CalamineError, OSError, ValueError, OverflowError):
        raise damaged(path) from None
    except BaseException as error:
        # A panic of the Rust code is no Exception; everything else (Ctrl-C, our own errors) passes.
        if type(error).__name__ != "PanicException":
            raise
        raise damaged(path) from None


def unreadable_sheet(path: Path, name: str) -> SourceError:
    """The error for a tab that holds no cells."""
    return SourceError(f'{path}: the sheet "{name}" holds a chart or macros, not cells.', "Name another sheet.")
