"""Which character separates the cells of a text file: the one that gives every record the same number of cells."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass

from importer.core.errors import SourceError
from importer.sources.interface import Detection

CANDIDATES = (",", ";", "\t", "|")
SAMPLE_CHARACTERS = 1 << 18
_MOST_RECORDS = 1000
_CONSISTENT = 0.9
_NAMES = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "bar", " ": "space"}
_WORDS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "bar": "|", "pipe": "|", "space": " "}


@dataclass(frozen=True, slots=True)
class _Split:
    """What one delimiter makes of the sample: cells of the first record, the usual number, and how usual it is."""

    delimiter: str
    first: int
    usual: int
    agreeing: int
    records: int

    @property
    def share(self) -> float:
        return self.agreeing / self.records


def spoken(delimiter: str) -> str:
    """The delimiter as people write it: ``tab`` for a tab, otherwise the character."""
    return "tab" if delimiter == "\t" else delimiter


def given_delimiter(given: str) -> str:
    """The character that ``given`` means. Raises :class:`SourceError` unless it can separate cells."""
    character = _WORDS.get(given.casefold(), given)
    if len(character) != 1 or character in '"\r\n\0' or character.isalnum():
        raise SourceError(
            f'"{given}" cannot be a delimiter.', "Give one character such as , or ; or |, or the word tab for a tab."
        )
    return character


def separator_line(line: str) -> str | None:
    """The delimiter that a first line ``sep=;`` announces, as Excel understands it; ``None`` for any other line."""
    text = line.lstrip("\ufeff").rstrip("\r\n")
    text = text[1:-1] if len(text) == 7 and text[0] == text[-1] == '"' else text
    if len(text) == 5 and text[:4].casefold() == "sep=" and not text[4].isalnum() and text[4] != '"':
        return text[4]
    return None


def detect_delimiter(sample: str, *, cut: bool, name: str) -> tuple[str, Detection]:
    """The delimiter of ``sample`` and the evidence; ``cut`` says that the file goes on after the sample.

    A file in which no candidate occurs has one column. Raises :class:`SourceError` when two candidates fit equally.
    """
    splits = [split for split in (_split(sample, candidate, cut) for candidate in CANDIDATES) if split]
    splitting = [split for split in splits if split.usual > 1]
    strong = [split for split in splitting if split.share >= _CONSISTENT and split.first == split.usual]
    heading = [split for split in splitting if split.first > 1]
    below = [split for split in splitting if split.share >= 0.6]
    for fitting in (strong, heading, below):
        if fitting:
            best = _only(fitting, name)
            how = f"the same number of cells in {best.agreeing} of {best.records} rows"
            return best.delimiter, Detection("delimiter", spoken(best.delimiter), how)
    return ",", Detection("delimiter", ",", "the file has one column")


def _only(fitting: list[_Split], name: str) -> _Split:
    ranked = sorted(fitting, key=lambda split: split.share, reverse=True)
    if len(ranked) > 1 and ranked[0].share - ranked[1].share < 0.05:
        listed = " or ".join(f"{spoken(split.delimiter)} ({split.usual} columns)" for split in ranked)
        raise SourceError(
            f"{name}: cannot tell which character separates the cells: {listed}.",
            'Say it, for example `source: {delimiter: ";"}`.',
        )
    return ranked[0]


def _split(sample: str, delimiter: str, cut: bool) -> _Split | None:
    counts: list[int] = []
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, strict=True)
    try:
        for record in reader:
            if any(record):
                counts.append(len(record))
            if len(counts) >= _MOST_RECORDS:
                break
        else:
            if cut and len(counts) > 1:
                counts.pop()
    except csv.Error:
        # What came before still counts; the reader of the rows reports the broken record with its line.
        pass
    if not counts:
        return None
    several = Counter(count for count in counts if count > 1)
    usual, agreeing = several.most_common(1)[0] if several else (1, len(counts))
    return _Split(delimiter, counts[0], usual, agreeing, len(counts))
