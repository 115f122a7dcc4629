"""Figures of a public set of tables with true matches of their columns to the fields of a large schema."""

from __future__ import annotations

import csv
import io
import statistics
import tarfile
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from importer.sources import open_source
from importer.sources.interface import SourceOptions
from importer.suggest.account import AccountProfile, KnownField, lead_fields_of
from importer.suggest.evidence import share_of_options
from importer.suggest.matching import Confidence, assign, candidates
from importer.suggest.profile import ColumnProfile, profile_columns
from importer.suggest.similarity import WordIndex
from importer.suggest.vocabulary import CandidateField

_MOST_OPTIONS = 300
_WEIGHT_OF_OPTIONS = 60.0
Pair = tuple[str, str]


def report(archive: Path) -> None:
    """Print figures for every table of the archive: `<table>/source.csv`, `target.csv` and `groundtruth.csv`."""
    ranks, sure, proposed = [], [], []
    click.echo(f"{'table':12}{'pairs':>6}{'R@GT':>8}{'MRR':>8}{'seconds':>9}")
    with tempfile.TemporaryDirectory() as folder:
        for name, table, account, truth in _tables(archive, Path(folder)):
            began = time.process_time()
            source = open_source(table, SourceOptions())
            profiles = profile_columns(source.columns, source.chunks())
            names = {field.name for field in account.lead_fields}
            fields = [field for field in lead_fields_of(account) if field.name in names]
            matches = assign(candidates(profiles, fields))
            seconds = time.process_time() - began
            found = [((match.profile.column.heading, match.field.name), match.confidence) for match in matches]
            proposed += [pair in truth for pair, _ in found]
            sure += [pair in truth for pair, confidence in found if confidence is Confidence.HIGH]
            ranks.append(_score(_rank(profiles, fields), truth))
            click.echo(f"{name:12}{len(truth):>6}{ranks[-1][0]:>8.2f}{ranks[-1][1]:>8.2f}{seconds:>9.1f}")
    recall, reciprocal = (statistics.mean(figures) for figures in zip(*ranks, strict=True))
    click.echo(f"{'all':18}{recall:>8.3f}{reciprocal:>8.3f}")
    click.echo(f"{sum(proposed)} of {len(proposed)} proposed right, {sum(sure)} of {len(sure)} with high confidence.")


def _tables(archive: Path, folder: Path) -> Iterator[tuple[str, Path, AccountProfile, set[Pair]]]:
    """Yield each table's name, its file, an account with the columns of the target as its fields, and the matches."""
    with tarfile.open(archive) as packed:
        contents = {
            tuple(Path(member.name).parts[-2:]): packed.extractfile(member).read().decode("utf-8-sig")  # type: ignore[union-attr]
            for member in packed.getmembers()
            if member.isfile() and member.name.endswith(".csv") and "checkpoint" not in member.name
        }
    for name in sorted({table for table, file in contents if file == "groundtruth.csv"}):
        table = folder / f"{name}.csv"
        table.write_text(contents[name, "source.csv"], "utf-8")
        matches = csv.DictReader(io.StringIO(contents[name, "groundtruth.csv"]))
        account = AccountProfile(lead_fields=_fields(contents[name, "target.csv"]))
        yield name, table, account, {(row["source"], row["target"]) for row in matches}


def _fields(text: str) -> tuple[KnownField, ...]:
    names, *rows = csv.reader(io.StringIO(text))
    fields = []
    for place, name in enumerate(names):
        values = list(dict.fromkeys(row[place].strip() for row in rows if len(row) > place and row[place].strip()))
        options = tuple((value, value) for value in values) if len(values) <= _MOST_OPTIONS else ()
        fields.append(KnownField(name, name.replace("_", " "), "Text", options=options))
    return tuple(fields)


def _rank(profiles: Sequence[ColumnProfile], fields: Sequence[CandidateField]) -> list[Pair]:
    """Return every pair, the likeliest first, by the words of the names and the values that are options."""
    index = WordIndex(field.label for field in fields)
    scored = [
        (
            index.closeness(profile.column.heading, field.label)
            + _WEIGHT_OF_OPTIONS * share_of_options(profile, field),
            (profile.column.heading, field.name),
        )
        for profile in profiles
        for field in fields
    ]
    return [pair for _, pair in sorted(scored, key=lambda entry: -entry[0])]


def _score(ranked: Sequence[Pair], truth: set[Pair]) -> tuple[float, float]:
    """Return the recall among as many pairs as are true, and the mean reciprocal rank of a column's first true one."""
    recall = sum(pair in truth for pair in ranked[: len(truth)]) / len(truth)
    first = []
    for heading in {heading for heading, _ in truth}:
        own = [pair in truth for pair in ranked if pair[0] == heading]
        first.append(1 / (own.index(True) + 1) if True in own else 0.0)
    return recall, statistics.mean(first)
