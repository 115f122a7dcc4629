"""The errors that are meant for users: what happened, and what to do about it.

    ImporterError                      exit status
    ├── UsageError                     2  an option or argument makes no sense
    ├── SettingsError                  2  host, keys, limits or accounts file
    ├── MappingError                   2  the YAML mapping, all of its problems at once
    │   ├── AccountMismatch            2  what the mapping asks for is not in the account
    │   ├── AccountsFileError          2  the accounts file, in the same way
    │   └── JobsFileError              2  the jobs file, in the same way
    ├── SourceError                    1  the spreadsheet cannot be read
    │   └── UndecodableFileError       1  a text file is not in the encoding that was given or detected
    ├── LedgerError                    1  the ledger on disk cannot be used
    ├── CrmError                       1  LeadSquared cannot be reached or used
    ├── ReportError                    1  a workbook or page cannot be written
    ├── RunStopped                     4  a guard stopped the run; run again to resume
    └── AnotherRunActive               75 another process sends to this account right now

Anything else that is raised is a bug and keeps its traceback. Bad rows are data
(:class:`importer.core.issues.Problem`), never exceptions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class ImporterError(Exception):
    """A failure that a user can do something about.

    ``message`` says what happened and where, ``remedy`` what to do. Neither ever holds a key.
    """

    exit_status = 1

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class UsageError(ImporterError):
    """An option or argument makes no sense."""

    exit_status = 2


class SettingsError(ImporterError):
    """The configuration (environment or accounts file) is missing or wrong."""

    exit_status = 2


@dataclass(frozen=True, slots=True)
class MappingProblem:
    """One thing wrong with a mapping file. ``line`` and ``column`` count from 1; 0 is unknown."""

    line: int
    column: int
    path: str
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        return self.describe("the mapping")

    def describe(self, file: str) -> str:
        """Describe the problem in one line; ``file`` stands for the place when the line is unknown."""
        place = f"line {self.line}" if self.line else file
        if self.line and not self.path and self.column > 1:
            place += f", column {self.column}"
        where = f" ({self.path})" if self.path else ""
        advice = f" {self.remedy}" if self.remedy else ""
        return f"{place}{where}: {self.message}{advice}"


def _one_line(text: str) -> str:
    # A line break in a name must not make up a line of its own.
    return text.replace("\r", "\\r").replace("\n", "\\n")


class MappingError(ImporterError):
    """A mapping file is invalid; ``problems`` holds all of its problems, not only the first."""

    exit_status = 2
    file = "the mapping"

    def __init__(self, path: str, problems: Sequence[MappingProblem]) -> None:
        self.path = path
        self.problems = tuple(problems)
        count = len(self.problems)
        head = _one_line(f"{path} has {count} problem{'s' if count != 1 else ''}:")
        lines = [f"  {_one_line(problem.describe(self.file))}" for problem in self.problems]
        super().__init__("\n".join([head, *lines]), f"Correct {self.file} and run again; nothing was sent.")


class JobsFileError(MappingError):
    """The jobs file is invalid; it is read as strictly as a mapping and reported in the same way."""

    file = "the jobs file"


class AccountsFileError(MappingError):
    """The accounts file is invalid; it is read as strictly as a mapping and reported in the same way."""

    file = "the accounts file"


class AccountMismatch(MappingError):
    """The mapping names something that the account, as it was read at ``read_at``, does not have."""

    def __init__(self, path: str, problems: Sequence[MappingProblem], read_at: str) -> None:
        super().__init__(path, problems)
        self.remedy = (
            "Correct the mapping and run again; nothing was sent. This is what the account said on "
            f"{read_at}; if it was changed since, run: importer doctor --refresh"
        )


class SourceError(ImporterError):
    """The spreadsheet cannot be read. ``sheets`` are the sheets to choose from where none was named."""

    def __init__(self, message: str, remedy: str = "", sheets: Sequence[str] = ()) -> None:
        super().__init__(message, remedy)
        self.sheets = tuple(sheets)


class UndecodableFileError(SourceError):
    """A text file is not in the encoding that was given or detected; a person can say which one it has."""


class LedgerError(ImporterError):
    """The ledger cannot be opened, read or written."""


class CrmError(ImporterError):
    """LeadSquared could not be reached, or its answer stops the whole run."""


class ReportError(ImporterError):
    """A report cannot be written to its place."""


class RunStopped(ImporterError):
    """The run stopped early; what was sent is recorded and `resume` finishes the rest.

    ``needs_person``: a person must look at it first, because going on could do harm.
    """

    exit_status = 4

    def __init__(self, message: str, remedy: str = "", *, needs_person: bool = False) -> None:
        super().__init__(message, remedy)
        self.needs_person = needs_person


class AnotherRunActive(ImporterError):
    """Another process is sending to the same account; only one may."""

    exit_status = 75
