"""What a run that nobody watches leaves behind."""

from __future__ import annotations

from tests.acceptance.security.conftest import PHONES, OrdinaryRun


def test_u2_files_and_folders_are_the_owners_alone(ordinary_run: OrdinaryRun) -> None:
    """Ledger, plans, logs, results: nobody else may read them."""
    assert len(ordinary_run.modes) > 10
    assert {name: oct(mode) for name, mode in ordinary_run.modes.items() if mode & 0o077} == {}


def test_u3_what_is_printed_names_rows_and_not_people(ordinary_run: OrdinaryRun) -> None:
    """However talkative: no phone number of the file is in it; they are in workbook and ledger only."""
    told = "".join(ordinary_run.outputs)
    assert len(told) > 500
    assert [phone for phone in PHONES if phone in told] == []
