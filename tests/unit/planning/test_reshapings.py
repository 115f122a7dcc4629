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
    Reshaping(
        "cells that say nothing",
        "Email,City,Phone\na@x.io,N/A,-\nb@x.io,Pune,n/a\nc@x.io, - ,9845098450\n",
        """
        lead: {EmailAddress: Email, mx_City: City, Phone: {column: Phone, type: phone, country: IN}}
        empty: [N/A, "-"]
        """,
        {2: ["a@x.io", None, None], 3: ["b@x.io", "Pune", None], 4: ["c@x.io", None, "+91-9845098450"]},
    ),
    Reshaping(
        "a zero that means empty in one column only",
        "Email,Score,Visits\na@x.io,0,0\nb@x.io,7,3\n",
        """
        empty: [none]
        lead: {EmailAddress: Email, mx_Score: {column: Score, type: integer, empty: ["0"]}, mx_Visits: Visits}
        """,
        {2: ["a@x.io", None, "0"], 3: ["b@x.io", "7", "3"]},
    ),
    Reshaping(
        "the placeholder decides as an empty cell",
        "Email,Course\na@x.io,N/A\nb@x.io,MBA\n",
        """
        empty: [n/a]
        lead: {EmailAddress: Email}
        where: {column: Course, empty: false}
        """,
        {3: ["b@x.io"]},
        left_out=[2],
    ),
    Reshaping(
        "the first phone that there is",
        "Email,Mobile,Home,Office\na@x.io,9845098450,,\nb@x.io, ,,9845098451\nc@x.io,-,9845098452,\nd@x.io,,,\n",
        """
        lead:
          EmailAddress: Email
          Phone: {first_of: [Mobile, Home, Office], type: phone, country: IN, empty: ["-"]}
        """,
        {
            2: ["a@x.io", "+91-9845098450"],
            3: ["b@x.io", "+91-9845098451"],
            4: ["c@x.io", "+91-9845098452"],
            5: ["d@x.io", None],
        },
    ),
    Reshaping(
        "a title in front of the name",
        "Email,Name\na@x.io,Dr. Asha Rao\nb@x.io,Mrs Meera\nc@x.io,Drew\n",
        """
        lead:
          EmailAddress: Email
          FirstName: {column: Name, replace: [{find: '^(Dr|Mrs?|Ms)\\b\\.? *', with: ''}]}
        """,
        {2: ["a@x.io", "Asha Rao"], 3: ["b@x.io", "Meera"], 4: ["c@x.io", "Drew"]},
    ),
    Reshaping(
        "family name first",
        'Email,Name\na@x.io,"Rao, Asha"\nb@x.io,Cher\n',
        """
        lead:
          EmailAddress: Email
          FirstName:
            column: Name
            replace:
              - {find: '^(.*), *(.*)$', with: '\\2 \\1'}
              - {find: Cher, with: Cherilyn}
        """,
        {2: ["a@x.io", "Asha Rao"], 3: ["b@x.io", "Cherilyn"]},
    ),
    Reshaping(
        "the campaign in a link",
        "Email,Page\na@x.io,https://x.io/?utm_source=google&utm_campaign=mba26\nb@x.io,https://x.io/\nc@x.io,\n",
        """
        lead: {EmailAddress: Email, SourceCampaign: {column: Page, extract: 'utm_campaign=([^&]*)', default: none}}
        """,
        {2: ["a@x.io", "mba26"], 3: ["b@x.io", "none"], 4: ["c@x.io", "none"]},
    ),
    Reshaping(
        "the pin code in an address",
        'Email,Address\na@x.io,"12 MG Road, Pune 411001"\nb@x.io,Delhi\n',
        """
        lead:
          EmailAddress: Email
          mx_Zip: {column: Address, extract: '[1-9][0-9]{5}', required: true}
        """,
        {2: ["a@x.io", "411001"]},
        problems={3: "required"},
    ),
    Reshaping(
        "the domain of an address",
        "Email\na@firm.in\nb@gmail.com\n",
        """
        lead:
          EmailAddress: Email
          Company: {column: Email, extract: '@(.*)', transforms: [lower]}
        """,
        {2: ["a@firm.in", "firm.in"], 3: ["b@gmail.com", "gmail.com"]},
    ),
    Reshaping(
        "several interests in a cell",
        'Email,Interests\na@x.io,"Sales, Finance ,,sales"\nb@x.io,HR/Sales\nc@x.io,"Sales, Law"\nd@x.io,\n',
        """
        lead:
          EmailAddress: Email
          mx_Interests: {column: Interests, separator: [",", /], type: choice, options: [Sales, Finance, HR]}
        """,
        {2: ["a@x.io", "Sales;Finance"], 3: ["b@x.io", "HR;Sales"], 5: ["d@x.io", None]},
        problems={4: "not-an-option"},
    ),
    Reshaping(
        "several values by their codes",
        "Email,Days\na@x.io,Mon|Tue\nb@x.io,tue\nc@x.io,Mon|Fun\n",
        """
        lead:
          EmailAddress: Email
          mx_Days: {column: Days, separator: "|", joiner: ",", lookup: {Mon: M, Tue: T}}
        """,
        {2: ["a@x.io", "M,T"], 3: ["b@x.io", "T"]},
        problems={4: "not-in-lookup"},
    ),
    Reshaping(
        "lines inside of a cell",
        'Email,Tags\na@x.io,"new\nhot\nnew"\n',
        """
        lead: {EmailAddress: Email, mx_Tags: {column: Tags, separator: newline}}
        """,
        {2: ["a@x.io", "new;hot"]},
    ),
    Reshaping(
        "a stage by what was paid",
        "Email,Paid,Answer\na@x.io,500,\nb@x.io,0,Hot\nc@x.io,,cold\nd@x.io,soon,Hot\n",
        """
        lead:
          EmailAddress: Email
          ProspectStage:
            when:
              - {if: {column: Paid, greater: 0}, value: Customer}
              - {if: {column: Answer, in: [hot, warm]}, value: Opportunity}
              - {value: Prospect}
        """,
        {2: ["a@x.io", "Customer"], 3: ["b@x.io", "Opportunity"], 4: ["c@x.io", "Prospect"]},
        problems={5: "undecided-condition"},
    ),
    Reshaping(
        "another column for another kind of row",
        "Email,Kind,Student,Parent\na@x.io,self,Asha,Meera\nb@x.io,Parent,Ravi,Anil\nc@x.io,?,Zoya,Farah\n",
        """
        lead:
          EmailAddress: Email
          FirstName:
            when:
              - {if: {column: Kind, equals: self}, column: Student}
              - {if: {column: Kind, equals: parent}, template: "{Parent} (of {Student})"}
        """,
        {2: ["a@x.io", "Asha"], 3: ["b@x.io", "Anil (of Ravi)"], 4: ["c@x.io", None]},
    ),
    Reshaping(
        "a case that is decided before the doubtful one",
        "Email,VIP,Paid\na@x.io,yes,lots\nb@x.io,no,lots\n",
        """
        lead:
          EmailAddress: Email
          mx_Class:
            when:
              - {if: {column: VIP, equals: "yes"}, value: A}
              - {if: {any: [{column: Paid, at_least: 10}]}, value: B}
        """,
        {2: ["a@x.io", "A"]},
        problems={3: "undecided-condition"},
    ),
    Reshaping(
        "the fair in the file's name",
        "Email\na@x.io\n",
        """
        lead:
          EmailAddress: Email
          Source: {file_name: '^[a-z]+', transforms: [title], lookup: {Pune: Fair in Pune}}
          mx_Visited: {file_name: '(\\d{8})', type: date, format: "%Y%m%d"}
        """,
        {2: ["a@x.io", "Fair in Pune", "2026-02-14"]},
        file_name="pune_leads_20260214.csv",
    ),
    Reshaping(
        "the day of the import",
        "Email\na@x.io\n",
        """
        lead:
          EmailAddress: Email
          mx_Imported: {run_date: "%Y-%m-%d", type: date}
          Source: {run_date: "Import %B %Y"}
        """,
        {2: ["a@x.io", "2026-11-30", "Import November 2026"]},
    ),
    Reshaping(
        "a table of codes beside the mapping",
        "Email,Branch\na@x.io,Koramangala\nb@x.io,andheri \nc@x.io,Mars\n",
        """
        lead: {EmailAddress: Email, mx_Branch: {column: Branch, lookup_file: branches.csv}}
        """,
        {2: ["a@x.io", "BLR-01"], 3: ["b@x.io", "MUM-02"]},
        problems={4: "not-in-lookup"},
        beside={"branches.csv": "Branch,Code\nKoramangala,BLR-01\nAndheri,MUM-02\nClosed,\n"},
    ),
    Reshaping(
        "a table with other columns",
        "Email,Counsellor\na@x.io,7\nb@x.io,8\n",
        """
        lead:
          EmailAddress: Email
          OwnerEmail: {column: Counsellor, lookup_file: {file: team.csv, from: No, to: E-Mail}, default: desk@x.io}
        """,
        {2: ["a@x.io", "asha@x.io"], 3: ["b@x.io", "desk@x.io"]},
        beside={"team.csv": "Name;E-mail;No\nAsha;asha@x.io;7\n"},
    ),
    Reshaping(
        "no headings at all",
        "a@x.io,Asha,Pune\nb@x.io,Ravi,\n",
        """
        source: {header_row: none}
        lead: {EmailAddress: A, FirstName: B, mx_City: C}
        """,
        {1: ["a@x.io", "Asha", "Pune"], 2: ["b@x.io", "Ravi", None]},
    ),
    Reshaping(
        "totals and remarks below the table",
        "Email,Name,Fee\na@x.io,Asha,100\nb@x.io,Ravi,200\nTotal,,300\nGenerated by Priya on 3 Nov,,\n",
        """
        source: {non_data_rows: leave_out}
        lead: {EmailAddress: Email, FirstName: Name, mx_Fee: Fee}
        """,
        {2: ["a@x.io", "Asha", "100"], 3: ["b@x.io", "Ravi", "200"]},
        left_out=[4, 5],
    ),
    Reshaping(
        "units below the headings, and headings that come again",
        "Email,Name,Fee,Joined\n,,(INR),DD/MM/YYYY\na@x.io,Asha,100,\nEmail,Name,Fee,Joined\nb@x.io,Ravi,200,\n",
        """
        source: {non_data_rows: leave_out}
        lead: {EmailAddress: Email, FirstName: Name, mx_Fee: Fee}
        ignore: [Joined]
        """,
        {3: ["a@x.io", "Asha", "100"], 5: ["b@x.io", "Ravi", "200"]},
        left_out=[2, 4],
    ),
    Reshaping(
        "rows that are no data, if nothing is said",
        "Email,Name,Fee\n,,[INR]\na@x.io,Asha,100\nTotal,,300\n",
        """
        lead: {EmailAddress: Email, FirstName: Name, mx_Fee: Fee}
        where: {column: Fee, at_least: 200}
        """,
        {},
        left_out=[3],
        problems={2: "units-row", 4: "footer-row"},
    ),
    Reshaping(
        "two lines of headings",
        "Student,,Fee,\nEmail,Name,Amount,Paid on\na@x.io,Asha,100,2026-02-01\nb@x.io,Ravi,200,2026-02-02\n",
        """
        lead: {EmailAddress: Email, FirstName: Name, mx_Fee: Amount, mx_Paid_On: {column: Paid on, type: date}}
        """,
        {3: ["a@x.io", "Asha", "100", "2026-02-01"], 4: ["b@x.io", "Ravi", "200", "2026-02-02"]},
    ),
    Reshaping(
        "names in capitals",
        "Email,Name\na@x.io,RONALD MCDONALD\nb@x.io,maria de la cruz\nc@x.io,Arun o'brien iii\n",
        """
        lead: {EmailAddress: Email, FirstName: {column: Name, transforms: [title]}}
        """,
        {2: ["a@x.io", "Ronald McDonald"], 3: ["b@x.io", "Maria de la Cruz"], 4: ["c@x.io", "Arun O'Brien III"]},
    ),
    Reshaping(
        "initials and a name from three columns",
        "Email,First,Middle,Last\na@x.io,Asha,K.,Rao\nb@x.io,Ravi,,\n",
        """
        lead:
          EmailAddress: Email
          FirstName: {template: "{First} {Middle} {Last}", transforms: [collapse_spaces]}
        """,
        {2: ["a@x.io", "Asha K. Rao"], 3: ["b@x.io", "Ravi"]},
    ),
    Reshaping(
        "an address that is cleaned before it is checked",
        'Email\nMailto:A@X.io\nb (at) x.io\n"Ravi <c@x.io>"\n',
        """
        lead:
          EmailAddress:
            column: Email
            type: email
            transforms: [lower]
            replace: [{find: ' ?[(]at[)] ?', with: '@'}, {find: '^.*<(.*)>$', with: '\\1'}]
        """,
        {2: ["a@x.io"], 3: ["b@x.io"], 4: ["c@x.io"]},
    ),
    Reshaping(
        "amounts in lakhs",
        "Email,Budget\na@x.io,Rs. 5 lakh\nb@x.io,2.5 Lakhs\n",
        """
        lead:
          EmailAddress: Email
          mx_Budget_Lakh: {column: Budget, type: number, decimal: ".", extract: '([0-9.]+) ?(?i:lakh)'}
        """,
        {2: ["a@x.io", "5"], 3: ["b@x.io", "2.5"]},
    ),
    Reshaping(
        "a yes by any word",
        "Email,Consent\na@x.io,opted in\nb@x.io,No thanks\nc@x.io,\n",
        """
        lead:
          EmailAddress: Email
          DoNotEmail:
            when: [{if: {column: Consent, matches: '(?i)(yes|y|opted in)'}, value: "0"}, {value: "1"}]
        """,
        {2: ["a@x.io", "0"], 3: ["b@x.io", "1"], 4: ["c@x.io", "1"]},
    ),
    Reshaping(
        "only leads that can be reached",
        "Email,Mobile,Bounced\na@x.io,,no\n,9845098450,no\nc@x.io,,yes\n",
        """
        lead: {EmailAddress: Email}
        where:
          all:
            - {any: [{column: Email, empty: false}, {column: Mobile, empty: false}]}
            - {column: Bounced, not: ["yes", y]}
        """,
        {2: ["a@x.io"]},
        left_out=[4],
        problems={3: "required"},
    ),
    Reshaping(
        "spaces and dashes in ids",
        "Email,Id\na@x.io,AB-12 / 7\nb@x.io,ab 13-8\n",
        """
        lead:
          EmailAddress: Email
          mx_Id: {column: Id, replace: [{find: '[^0-9A-Za-z]+', with: ''}], transforms: [upper], pattern: '[A-Z]{2}\\d+'}
        """,
        {2: ["a@x.io", "AB127"], 3: ["b@x.io", "AB138"]},
    ),
    Reshaping(
        "a code out of the heading row's own texts",
        "Email,Choice\na@x.io,MBA-F: Finance\nb@x.io,Undecided\n",
        """
        lead:
          EmailAddress: Email
          mx_Course: {column: Choice, extract: '^([A-Z-]+):', lookup: {MBA-F: Finance}, default: Open}
        """,
        {2: ["a@x.io", "Finance"], 3: ["b@x.io", "Open"]},
    ),
    Reshaping(
        "one row for each child",
        "Email,Child 1,Child 2,City\na@x.io,Asha,Ravi,Pune\nb@x.io,,Zoya,Goa\n",
        """
        source: {explode: [Child 1, child 2]}
        same_lead: last
        lead: {EmailAddress: Email, mx_Child: (value), mx_Number: {column: (heading), extract: '[0-9]'}, mx_City: City}
        """,
        {
            2: ["a@x.io", "Asha", "1", "Pune"],
            100_000_002: ["a@x.io", "Ravi", "2", "Pune"],
            100_000_003: ["b@x.io", "Zoya", "2", "Goa"],
        },
        left_out=[3],
    ),
    Reshaping(
        "marks of two terms, with a condition and a gap",
        "Email,Term 1,Term 2,Left\na@x.io,7,-,no\nb@x.io,8,9,yes\nc@x.io\n",
        """
        source: {explode: [Term 1, Term 2]}
        empty: ["-"]
        lead: {EmailAddress: Email, mx_Mark: {column: (value), type: integer}, mx_Term: (heading)}
        where: {column: Left, equals: "no"}
        """,
        {2: ["a@x.io", "7", "Term 1"]},
        left_out=[3, 100_000_002, 100_000_003],
        problems={4: "row-too-short", 100_000_004: "row-too-short"},
    ),
    Reshaping(
        "a list of values and a constant for all",
        "Email,Langs\na@x.io,hindi / english\nb@x.io,Tamil\n",
        """
        lead:
          EmailAddress: Email
          mx_Languages: {column: Langs, separator: /, transforms: [title], options: [Hindi, English, Tamil], type: choice}
          Source: {value: Survey}
        """,
        {2: ["a@x.io", "Hindi;English", "Survey"], 3: ["b@x.io", "Tamil", "Survey"]},
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
    numbers: list[int] = []
    for chunk in prepared.source.chunks():
        checked = prepared.validator.check(chunk.rows, chunk.cells, chunk.problems)
        records = [
            [None if pd.isna(text) else text for text in line] for line in checked.records.itertuples(index=False)
        ]
        sent |= {row: record for row, record, ok in zip(chunk.rows.tolist(), records, checked.ok, strict=True) if ok}
        left_out += chunk.rows[checked.left_out != ""].tolist()
        problems |= {problem.row: problem.code for problem in checked.problems}
        numbers += chunk.rows.tolist()
    assert sorted([*sent, *left_out, *problems]) == numbers
    assert (sent, left_out, problems) == (case.records, list(case.left_out), case.problems)
