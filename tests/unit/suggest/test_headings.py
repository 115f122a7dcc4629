"""Headings are understood in whatever spelling, and not beyond that."""

from __future__ import annotations

import pytest

from importer.suggest.similarity import CONTAINED, EXACT, NEAR, QUALIFIED, WordIndex, likeness, means_other, words_of


@pytest.mark.parametrize(
    ("heading", "words"),
    [
        ("createdTime", ("created", "time")),
        ("E-Mail", ("e", "mail")),
        ("EMAIL_ADDRESS*", ("email", "address")),
        ("Prénom", ("prenom",)),
        ("Straße", ("strasse",)),
        ("Amount (INR)", ("amount",)),
        ("(column C)", ("column", "c")),
        ("mx_Street1", ("mx", "street", "1")),
        ("मोबाइल नंबर", ("मोबाइल", "नंबर")),
        ("Student's name", ("student", "name")),
        ("No. of employees", ("number", "of", "employee")),
        ("% in last exam", ("percent", "in", "last", "exam")),
        ("Qty reqd.", ("quantity", "required")),
        ("  ", ()),
    ],
)
def test_words(heading: str, words: tuple[str, ...]) -> None:
    """Case, accents, camel case and what stands in brackets do not count."""
    assert words_of(heading) == words


@pytest.mark.parametrize(
    ("heading", "phrase", "least", "most"),
    [
        ("E-mail", "email", EXACT, EXACT),
        ("Attendee e-mail", "email", QUALIFIED, QUALIFIED),
        ("Data pagamento", "data de pagamento", QUALIFIED, QUALIFIED),
        ("Emial adress", "email address", NEAR, QUALIFIED - 1),
        ("Mobile for updates", "mobile", CONTAINED, CONTAINED),
        ("Street 1", "street 2", 0, 0),
        ("Customer ID", "lead id", 0, 0),
        ("Plan", "city", 0, 0),
        ("Which city do you live in?", "city", QUALIFIED, QUALIFIED),
        ("And your last name?", "last name", QUALIFIED, QUALIFIED),
        ("Mobile 1", "mobile", QUALIFIED, QUALIFIED),
        ("जन्म तिथि (DOB)", "dob", NEAR, QUALIFIED - 1),
        ("SR No.", "sumber", 0, 0),
        ("Called on", "calle", 0, 0),
        ("Accepts SMS marketing", "accepts marketing", 0, 0),
    ],
)
def test_likeness(heading: str, phrase: str, least: float, most: float) -> None:
    """The name itself, whose it is, a slip of the pen, a part of the heading, nothing."""
    assert least <= likeness(heading, (phrase,))[0] <= most


def test_the_most_alike_of_several_names_counts() -> None:
    """Of names that are equally alike the first; a slip of the pen before a part of the heading."""
    assert likeness("Mobile", ("phone", "mobile", "Mobile")) == (EXACT, "mobile")
    assert likeness("Your mobile", ("phone", "mobile")) == (QUALIFIED, "mobile")
    assert likeness("Emial adress", ("emial", "email address"))[1] == "email address"
    assert likeness("Home town of my mobile phone", ("phone", "mobile"))[1] == "phone"
    assert likeness("Company / Account", ("account",)) == likeness("Account | Company", ("of", "account"))
    assert likeness("", ("phone",)) == likeness("phone", ()) == likeness("of", ("", "()")) == (0.0, "")


def test_somebody_else_is_meant() -> None:
    """An agent's address is not the lead's."""
    assert means_other("Agent e-mail")
    assert means_other("Nombre del agente")
    assert not means_other("Attendee e-mail")


def test_words_in_another_order_are_close() -> None:
    """A word that many names have says less than a rare one; typos and ends of compounds count nearly in full."""
    index = WordIndex(["Last exam percentage", "Exam date", "Exam fee", "Produktinteresse", "Enquiry subject"])
    assert index.closeness("% in last exam", "Last exam percentage") == pytest.approx(100)
    assert index.closeness("Interesse", "Produktinteresse") == pytest.approx(100)
    assert index.closeness("Subjekt", "Enquiry subject") > 50
    assert (
        index.closeness("Exam percentage", "Last exam percentage") > index.closeness("Exam percentage", "Exam fee") > 0
    )
    assert index.closeness("City", "Exam fee") == 0
