"""Errors for people: exit status, message, remedy, and nothing that a name could smuggle in."""

from __future__ import annotations

import pytest

from importer.core import errors
from importer.core.errors import ImporterError, MappingError, MappingProblem

EXIT_STATUS = {
    "ImporterError": 1,
    "UsageError": 2,
    "SettingsError": 2,
    "MappingError": 2,
    "AccountMismatch": 2,
    "AccountsFileError": 2,
    "JobsFileError": 2,
    "SourceError": 1,
    "UndecodableFileError": 1,
    "LedgerError": 1,
    "CrmError": 1,
    "ReportError": 1,
    "RunStopped": 4,
    "AnotherRunActive": 75,
}


def test_the_tree_of_errors() -> None:
    """Every error has the exit status that the documentation promises, and none was forgotten here."""
    found = {
        name: kind.exit_status
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, ImporterError)
    }
    assert found == EXIT_STATUS
    assert all(f"{name} " in str(errors.__doc__) for name in EXIT_STATUS)


def test_message_and_remedy() -> None:
    """The message is what str() shows; the remedy may be missing."""
    error = ImporterError("It failed.", "Try again.")
    assert (str(error), error.message, error.remedy) == ("It failed.", "It failed.", "Try again.")
    assert ImporterError("x").remedy == ""


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (MappingProblem(3, 1, "lead.Email", "Wrong.", "Do this."), "line 3 (lead.Email): Wrong. Do this."),
        (MappingProblem(0, 0, "", "Wrong."), "the mapping: Wrong."),
    ],
)
def test_a_problem_of_a_mapping(problem: MappingProblem, text: str) -> None:
    """Line and path where they are known."""
    assert str(problem) == text


def test_a_mapping_error_lists_all_problems() -> None:
    """One line each, whatever line breaks are in the names; the noun agrees with the number."""
    problems = [MappingProblem(1, 1, "a\nb", "One.\r\n"), MappingProblem(2, 1, "", "Two.")]
    error = MappingError("my\nmap.yaml", problems)
    assert error.message.splitlines() == [
        "my\\nmap.yaml has 2 problems:",
        "  line 1 (a\\nb): One.\\r\\n",
        "  line 2: Two.",
    ]
    assert error.problems == tuple(problems)
    assert MappingError("m.yaml", problems[1:]).message.startswith("m.yaml has 1 problem:")
