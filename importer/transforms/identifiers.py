"""Readers of the texts that identify people and records: e-mail addresses and LeadSquared ids."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from importer.transforms.columns import arrow_of, column_of, matching, without_invisible

if TYPE_CHECKING:
    import pandas as pd

if TYPE_CHECKING:
    import pandas as pd

_MOST_CHARACTERS, _MOST_BEFORE_AT = 254, 64


def _address(letters: str, alone: str) -> str:
    """Return the pattern for an alphabet; ``alone`` are those of its characters that can begin and end a name."""
    atom = rf"[{letters}0-9!#$%&'*+/=?^_`{{|}}~-]+"
    label = rf"[{alone}0-9][{letters}0-9]*(?:-+[{letters}0-9]+)*"
    return rf"{atom}(?:\.{atom})*@(?:{label}\.)+(?:[{alone}][{letters}]+|xn--[a-zA-Z0-9-]+)"


_WORD = re.compile(r"[^\W\d_]+")
_LOOK_ALIKES = frozenset(("Latin", "Cyrillic", "Greek"))
_ASCII = _address("a-zA-Z", "a-zA-Z")
_ANY_SCRIPT = _address(r"\pL\pM\pN", r"\pL\pN")
"""Much slower, so only for columns that need it."""


def read_emails(texts: pd.Series[str]) -> pd.Series[str]:
    """Read e-mail addresses, without outer blanks and invisible characters; missing where the text is not one.

    Accepted are one @, a domain with a dot, letters of any script and no blanks, at most
    254 characters, of which 64 before the @ (RFC 5321, section 4.5.3.1).
    """
    plain = without_invisible(arrow_of(texts))
    ascii_only = pc.all(pc.string_is_ascii(plain)).as_py() is not False
    addresses = matching(plain, _ASCII if ascii_only else _ANY_SCRIPT)
    before_at = pc.find_substring(addresses, "@")
    fits = pc.and_(
        pc.less_equal(pc.utf8_length(addresses), _MOST_CHARACTERS), pc.less_equal(before_at, _MOST_BEFORE_AT)
    )
    return column_of(pc.if_else(fits, addresses, pa.scalar(None, addresses.type)), texts)


def stray_letter(address: str) -> str:
    """Return the first letter of a word that mixes alphabets whose letters look alike; empty when there is none."""
    for found in () if address.isascii() else _WORD.finditer(address):
        word = found.group()
        alphabets = [alphabet(letter) for letter in word]
        if len(_LOOK_ALIKES.intersection(alphabets)) > 1:
            usual = max(alphabets, key=alphabets.count)
            return next(letter for letter, own in zip(word, alphabets, strict=True) if own != usual)
    return ""


@cache
def alphabet(letter: str) -> str:
    """Return the alphabet of a letter, as Unicode calls it: ``Latin``, ``Cyrillic``."""
    return unicodedata.name(letter, "unknown").partition(" ")[0].title()


_ID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


def read_ids(texts: pd.Series[str]) -> pd.Series[str]:
    """Read ids and write them in small letters; missing where the text is not one.

    An id has 32 hexadecimal digits in five groups; braces and missing hyphens are refused.
    """
    return column_of(pc.ascii_lower(matching(without_invisible(arrow_of(texts)), _ID)), texts)
