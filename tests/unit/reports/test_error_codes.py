"""Every code that a report can hold has an explanation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from importer.cli.main import cli
from importer.core.errors import UsageError
from importer.core.issues import CATALOGUE
from importer.core.model import Status
from importer.delivery import held_rows, outcomes
from importer.leadsquared.error_catalog import ERROR_EXPLANATIONS
from importer.reports.error_codes import explain, explanations, remedy_of
from importer.sandbox import refusals
from importer.targets import TARGETS


def test_every_code_of_the_program_is_explained() -> None:
    """Those of rows, and those that delivering gives."""
    known = {one.code for one in explanations()}
    assert set(CATALOGUE) <= known
    own = {outcomes.NO_RECEIPT, outcomes.NO_ANSWER, outcomes.REFUSED_WHOLE, outcomes.DUPLICATE_ID}
    assert (
        own | {held_rows.ALREADY_SENT, *held_rows.SKIP_CODES, held_rows.WAITS_FOR_OTHER_RUN, held_rows.CHANGED_SINCE}
        <= known
    )
    assert len(known) == len(list(explanations()))


def test_every_status_is_explained() -> None:
    """As reports name it, in whatever capitals."""
    for status in Status:
        assert explain(status.value).kind == "What became of a row"
    assert explain("Skipped").remedy.startswith("Nothing.")


def test_every_refusal_of_the_sandbox_is_explained() -> None:
    """What people meet while they try things out can be looked up."""
    source = Path(refusals.__file__).read_text("utf-8")
    assert set(re.findall(r"MX\w+Exception", source)) <= set(ERROR_EXPLANATIONS)


def test_explanations_are_sentences() -> None:
    """A title without a full stop; explanation and remedy with one."""
    for one in explanations():
        assert not one.title.endswith("."), one.code
        assert one.explanation.endswith((".", "!")), one.code
        assert one.remedy, one.code
        assert "{" not in re.sub(r"`source: \{\w+: \w+\}`|\[0-9\]\{5\}", "", one.example), one.code


def test_a_code_is_found_however_it_is_written() -> None:
    """Capitals and blanks do not matter; a near miss is answered with the nearest code."""
    assert explain(" mxDuplicateEntryexception ").code == "MXDuplicateEntryException"
    with pytest.raises(UsageError) as caught:
        explain("not-an-emial")
    assert "Did you mean not-an-email?" in caught.value.remedy
    with pytest.raises(UsageError) as caught:
        explain("%%%%")
    assert "Did you mean" not in caught.value.remedy


def test_the_command() -> None:
    """One code, all codes, and both as JSON."""
    run = CliRunner().invoke
    one = run(cli, ["explain", "no-answer"])
    assert one.output.startswith("no-answer: No complete answer came back.\n")
    assert "What to do: Do not enter" in one.output
    reads = run(cli, ["explain", "required"]).output
    assert "Reads: The cell is empty" in reads
    everything = run(cli, ["explain"]).output
    assert "LeadSquared's own" in everything
    assert '"code": "no-answer"' in run(cli, ["explain", "no-answer", "--json"]).output
    assert '"codes": [' in run(cli, ["explain", "--json"]).output


def test_advice_without_a_value_beside_it_says_what_to_write() -> None:
    """Beside a cell a remedy says what is expected there."""
    assert explain("not-a-date").example.endswith("Expected something like 31/12/2026.")
    assert explain("not-a-date").remedy == "Write something like 31/12/2026."
    assert explain("required").remedy == "Fill in the cell."


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("create-lead", "use a target that updates leads"),
        ("bulk-upsert-leads", "another lead than the one that the row updates"),
        ("lead-and-activity", "another lead than the one that the row updates"),
        ("activity-by-email", "another lead than the one with the row's e-mail address"),
    ],
)
def test_the_remedy_of_a_duplicate_fits_the_target(target: str, words: str) -> None:
    """A target that updates leads is no advice where the row goes to one already."""
    assert words in remedy_of("MXDuplicateEntryException", TARGETS[target])
    assert remedy_of("MXUnknownAttributeException", TARGETS[target])
    assert remedy_of("MXNeverSeen", TARGETS[target]) == ""
