"""Spreadsheets as people make them, and mappings that import them without a script: what is sent, and what is not."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from importer.planning import PlanRequest, prepare_import

LEADS = "target: bulk-upsert-leads\nsearch_by: EmailAddress\n"
TODAY = date(2026, 11, 30)


@dataclass(frozen=True)
class Reshaping:
    """A file and a mapping of leads; what each row sends, and the rows that are left out or have problems.

    A record is written as the texts of its fields, in the order of the mapping; ``None`` is not sent.
    """

    name: str
    file: str
    mapping: str
    records: Mapping[int, Sequence[str | None]]
    left_out: Sequence[int] = ()
    problems: Mapping[int, str] = field(default_factory=dict)
    file_name: str = "leads.csv"
    beside: Mapping[str, str] = field(default_factory=dict)


RESHAPINGS = [
    Reshaping(
        "only confirmed registrations",
        "Email,Status\na@x.io,Confirmed\nb@x.io,Cancelled\nc@x.io, confirmed \nd@x.io,\n",
        """
        lead: {EmailAddress: Email}
        where: {column: Status, equals: confirmed}
        """,
        {2: ["a@x.io"], 4: ["c@x.io"]},
        left_out=[3, 5],
    ),
    Reshaping(
        "no tests and no colleagues",
        "Email,Name\na@x.io,Asha\nb@x.io,TEST user\nc@ourfirm.in,Ravi\n,Nobody\n",
        """
        lead: {EmailAddress: Email}
        where:
          all:
            - {column: Name, not: [Nobody, nil]}
            - {column: Email, matches: '.*@[^@]*\\.io', empty: false}
            - {column: Name, matches: '(?i)[^t].*'}
        """,
        {2: ["a@x.io"]},
        left_out=[3, 4, 5],
    ),
    Reshaping(
        "either of two programmes",
        "Email,Programme\na@x.io,MBA Finance\nb@x.io,BBA\nc@x.io,PGDM (Sales)\nd@x.io,Executive MBA\n",
        """
        lead: {EmailAddress: Email}
        where:
          any:
            - {column: Programme, begins_with: [mba, msc]}
            - {column: Programme, contains: sales}
            - {column: Programme, ends_with: ' MBA'}
        """,
        {2: ["a@x.io"], 4: ["c@x.io"], 5: ["d@x.io"]},
        left_out=[3],
    ),
    Reshaping(
        "fees from 10,000 on",
        'Email,Fee\na@x.io,"12,500"\nb@x.io,900\nc@x.io,"10,000"\nd@x.io,free\ne@x.io,\n',
        """
        lead: {EmailAddress: Email}
        where: {column: Fee, at_least: 10000, less: 12501, thousands: ","}
        """,
        {2: ["a@x.io"], 4: ["c@x.io"]},
        left_out=[3, 6],
        problems={5: "undecided-condition"},
    ),
    Reshaping(
        "amounts in the form of the field",
        'Email,Paid\na@x.io,"1.200,50"\nb@x.io,"99,90"\nc@x.io,100\n',
        """
        lead: {EmailAddress: Email, mx_Paid: {column: Paid, type: number, decimal: ",", thousands: "."}}
        where: {column: Paid, greater: 100}
        """,
        {2: ["a@x.io", "1200.50"]},
        left_out=[3, 4],
    ),
    Reshaping(
        "the last seven days",
        "Email,Joined\na@x.io,23/11/2026\nb@x.io,22/11/2026\nc@x.io,30/11/2026\nd@x.io,01/12/2026\ne@x.io,soon\n",
        """
        lead: {EmailAddress: Email}
        where: {column: Joined, from: today-7, until: today, format: "%d/%m/%Y"}
        """,
        {2: ["a@x.io"], 4: ["c@x.io"]},
        left_out=[3, 5],
        problems={6: "undecided-condition"},
    ),
    Reshaping(
        "a quarter, by the form of the field",
        "Email,Visited\na@x.io,31-03-26\nb@x.io,01-04-26\nc@x.io,30-06-26\nd@x.io,01-07-26\n",
        """
        lead: {EmailAddress: Email, mx_Visited: {column: Visited, type: date, format: "%d-%m-%y"}}
        where: {column: Visited, after: 2026-03-31, before: 2026-07-01}
        """,
        {3: ["b@x.io", "2026-04-01"], 4: ["c@x.io", "2026-06-30"]},
        left_out=[2, 5],
    ),
]


@pytest.mark.parametrize("case", RESHAPINGS, ids=lambda case: case.name.replace(" ", "-"))
def test_a_mapping_does_it(case: Reshaping, tmp_path: Path) -> None:
    """Every row is sent as expected, left out or a problem; none gets lost."""
    (tmp_path / case.file_name).write_text(case.file, encoding="utf-8")
    for name, text in case.beside.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    mapping = tmp_path / "m.yaml"
    mapping.write_text(LEADS + textwrap.dedent(case.mapping), encoding="utf-8")
    prepared = prepare_import(PlanRequest(tmp_path / case.file_name, mapping, today=TODAY))
    sent: dict[int, list[str | None]] = {}
    left_out: list[int] = []
    problems: dict[int, str] = {}
    for chunk in prepared.source.chunks():
        checked = prepared.validator.check(chunk.rows, chunk.cells, chunk.problems)
        records = [
            [None if pd.isna(text) else text for text in line] for line in checked.records.itertuples(index=False)
        ]
        sent |= {row: record for row, record, ok in zip(chunk.rows.tolist(), records, checked.ok, strict=True) if ok}
        left_out += chunk.rows[checked.left_out != ""].tolist()
        problems |= {problem.row: problem.code for problem in checked.problems}
        assert sorted([*sent, *left_out, *problems]) == chunk.rows.tolist()
    assert (sent, left_out, problems) == (case.records, list(case.left_out), case.problems)
