"""Which rows of one key are the same as earlier ones, which wait, which are held, and which may be sent."""

from __future__ import annotations

import pytest

from importer.core.model import Status
from importer.delivery.pairing import (
    SEND,
    Disposition,
    FileRow,
    Likeness,
    RowDecision,
    contained_share,
    decide_group,
    row_id,
)
from importer.ledger.model import CHANGE_DECLINED, EarlierRow, KnownRow, RowIdentity

KEY = b"key"


def earlier(
    content: str, status: Status = Status.CREATED, *, row: int = 2, name: str = "", code: str = ""
) -> EarlierRow:
    known = KnownRow("old", row, "old.csv", status, "", "", "2026-01-01T00:00:00+00:00")
    identity = RowIdentity(row, KEY, content.encode(), b"source", name.encode() or None)
    return EarlierRow(known, identity, code, row)


def rows(*contents: str, **options: object) -> list[FileRow]:
    return [FileRow(number, KEY, content.encode(), **options) for number, content in enumerate(contents, start=2)]  # type: ignore[arg-type]


def decide(found: list[FileRow], known: list[EarlierRow], *, latest_wins: bool = False) -> list[str]:
    made = decide_group(found, known, set(), latest_wins=latest_wins)
    return [f"{one.disposition.value} {one.likeness.value}" if one != SEND else "send" for one in made]


@pytest.mark.parametrize(
    ("file", "known", "expected"),
    [
        (["a"], [], ["send"]),
        (["a"], ["a"], ["skip content"]),
        (["a", "a"], ["a"], ["skip content", "send"]),
        (["a", "b"], ["a"], ["skip content", "send"]),
        (["b"], ["a"], ["hold key"]),
        (["b", "c"], ["a"], ["hold key", "hold key"]),
        (["b", "a"], ["a", "b"], ["skip content", "skip content"]),
        (["c", "a", "b"], ["a", "b"], ["send", "skip content", "skip content"]),
    ],
)
def test_rows_are_paired_by_content_and_what_is_left_is_compared(
    file: list[str], known: list[str], expected: list[str]
) -> None:
    """A row without a partner is new only when no earlier row is left without one."""
    before = [earlier(content, row=number) for number, content in enumerate(known, start=7)]
    assert decide(rows(*file), before) == expected


def test_open_rows_are_waited_for() -> None:
    """An earlier row that may be in the CRM holds its equal and everything that may be its correction."""
    for status in (Status.UNCERTAIN, Status.PENDING):
        assert decide(rows("a"), [earlier("a", status)]) == ["wait content"]
        assert decide(rows("b"), [earlier("a", status)]) == ["wait key"]
    assert decide(rows("a"), [earlier("a", Status.UNCERTAIN), earlier("a", row=3)]) == ["skip content"]


def test_a_row_without_a_key_is_held_when_an_equal_one_was_sent() -> None:
    """Its content is its key, so nothing else can meet it; a person may say that it is a new event."""
    assert decide(rows("a", keyed=False), [earlier("a")]) == ["hold content"]
    assert decide(rows("a", "a", keyed=False), [earlier("a")]) == ["hold content", "send"]
    assert decide(rows("a", keyed=False, accepted=True), [earlier("a")]) == ["send"]


def test_decisions_of_a_person_hold() -> None:
    """An accepted row is sent unless another run sent the same since; a declined one is skipped in later files."""
    assert decide(rows("b", accepted=True), [earlier("a")]) == ["send"]
    assert decide(rows("b", accepted=True), [earlier("b")]) == ["skip content"]
    declined = earlier("b", Status.SKIPPED, row=3, code=CHANGE_DECLINED)
    assert decide(rows("b", "c"), [earlier("a"), declined]) == ["skip key", "hold key"]


def test_a_name_is_compared_before_the_key() -> None:
    """The same name with other content is held, equal content of the same name twice in a file is sent once."""
    assert decide(rows("b", named=b"T1"), [earlier("a", name="T1")]) == ["hold named"]
    assert decide(rows("a", "a", "b", named=b"T1"), []) == ["send", "skip twin", "hold twin"]
    assert decide(rows("a", named=b"T1", keyed=False), [earlier("a", name="T1")]) == ["skip content"]


def test_only_the_latest_content_counts_for_updates() -> None:
    """A, B, A is sent three times, in several files or in one; the same again is not."""
    before = [earlier("a", row=7), earlier("b", row=8)]
    assert decide(rows("b"), before, latest_wins=True) == ["skip content"]
    assert decide(rows("a"), before, latest_wins=True) == ["send older"]
    assert decide(rows("a", "b", "b", "a"), [], latest_wins=True) == ["send", "send", "skip twin", "send"]
    open_one = [earlier("a", Status.UNCERTAIN)]
    assert decide(rows("a"), open_one, latest_wins=True) == ["wait content"]
    assert decide(rows("b"), open_one, latest_wins=True) == ["wait key"]
    assert decide(rows("b", accepted=True), open_one, latest_wins=True) == ["send"]


def test_leads_that_nothing_identifies_are_leads_of_their_own() -> None:
    """Equal rows of a file are all sent; an equal earlier row is asked about."""
    assert decide(rows("a", "a", keyed=False), [], latest_wins=True) == ["send", "send"]
    assert decide(rows("a", "a", keyed=False), [earlier("a")], latest_wins=True) == ["hold content", "send"]


def test_an_earlier_row_is_taken_once() -> None:
    """Rows that were paired elsewhere are no partners."""
    known = [earlier("a", row=7), earlier("a", row=8)]
    made = decide_group(rows("a"), known, {row_id(known[0])}, latest_wins=False)
    assert made == [RowDecision(Disposition.SKIP, Likeness.CONTENT, known[1])]
    assert decide_group(rows("a"), known, {row_id(one) for one in known}, latest_wins=False) == [SEND]


def test_a_few_rows_prove_nothing_about_a_file() -> None:
    """A share is known from twenty delivered rows on."""
    assert contained_share(19, 19) == 0
    assert contained_share(27, 30) == 0.9


def test_the_first_row_of_a_lead_counts_when_the_mapping_says_so() -> None:
    """Later rows of the file are skipped, whatever was sent before."""
    made = decide_group(rows("a", "b"), [earlier("c")], set(), latest_wins=True, first_of_file=True)
    assert made == [SEND, RowDecision(Disposition.SKIP, Likeness.TWIN, twin=2)]


def test_equal_rows_of_a_file_create_their_lead_once() -> None:
    """A lead cannot be there twice, whether an earlier import or this file creates it; other values are sent."""

    def decide_leads(found: list[FileRow], *known: EarlierRow) -> list[RowDecision]:
        return decide_group(found, known, set(), latest_wins=False, creates_leads=True)

    twin = RowDecision(Disposition.SKIP, Likeness.TWIN, twin=2)
    assert decide_leads(rows("a", "b", "a")) == [SEND, SEND, twin]
    known = earlier("a")
    assert decide_leads(rows("a", "a"), known) == [RowDecision(Disposition.SKIP, Likeness.CONTENT, known), twin]
    assert decide_leads(rows("a", "a", keyed=False)) == [SEND, SEND]
    assert decide_leads(rows("a", "a", accepted=True)) == [SEND, SEND]
