"""Values of a mapping that stand elsewhere: in the file's name, the day of the import, and tables beside it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from importer.core.errors import ImporterError, MappingError
from importer.planning import PlanRequest, fill_lookups, prepare_import, read_mapping

LEADS = "target: bulk-upsert-leads\nsearch_by: EmailAddress\nlead:\n  EmailAddress: Email\n"


def request(folder: Path, rule: str, name: str = "a.csv", day: date = date(2026, 11, 30)) -> PlanRequest:
    (folder / name).write_text("Email,Branch\na@x.io,Pune\n", encoding="utf-8")
    (folder / "m.yaml").write_text(f"{LEADS}  mx_1: {rule}\n", encoding="utf-8")
    return PlanRequest(folder / name, folder / "m.yaml", today=day)


def fingerprint(folder: Path, rule: str, name: str = "a.csv", day: date = date(2026, 11, 30)) -> str:
    return prepare_import(request(folder, rule, name, day)).fingerprint


@pytest.mark.parametrize(
    ("rule", "path", "message"),
    [
        ("{file_name: 'b+'}", "lead.mx_1.file_name", 'Nothing in the name of the file, "a.csv", matches "b+".'),
        ("{file_name: 'a', lookup: {b: c}}", "lead.mx_1.file_name", '"a" is not in the table of the field.'),
        ("{run_date: '%Y', lookup: {b: c}}", "lead.mx_1.run_date", '"2026" is not in the table of the field.'),
        ("{file_name: 'a', type: date, format: '%Y%m%d'}", "lead.mx_1.value", '"a" is not a date of the form'),
        ("{column: Branch, lookup_file: {file: t.csv, to: Cod}}", "lead.mx_1.lookup_file", 't.csv has no column "Cod".'),
        ("{column: Branch, lookup_file: twice.csv}", "lead.mx_1.lookup_file", 'row 3: "Pune" stands in the table twice'),
        ("{column: Branch, lookup_file: one.csv}", "lead.mx_1.lookup_file", "one.csv has one column only."),
        ("{column: Branch, lookup_file: none.csv}", "lead.mx_1.lookup_file", "none.csv has no row with both texts."),
        ("{column: Branch, lookup_file: torn.csv}", "lead.mx_1.lookup_file", "row 2: The row ends after 2 of 3 cells"),
        ("{column: Branch, lookup_file: link.csv}", "lead.mx_1.lookup_file", "link.csv is a link, which is not followed."),
        ("{column: Branch, lookup_file: sub/t.csv}", "lead.mx_1.lookup_file", "sub is a link, which is not followed."),
        ("{column: Branch, type: integer, lookup_file: t.csv}", "lead.mx_1.lookup", '"P-1" is not a whole number.'),
    ],
)  # fmt: skip
def test_a_value_that_is_not_there_is_a_problem_of_the_mapping(
    rule: str, path: str, message: str, tmp_path: Path
) -> None:
    """Nothing is sent then."""
    tables = {
        "t.csv": "Name,Code\nPune,P-1\n",
        "twice.csv": "Name,Code\nPune,P-1\nPune,P-2\n",
        "one.csv": "Name\nPune\n",
        "none.csv": "Name,Code\nPune,\n",
        "torn.csv": "Name,Code,X\nPune,P-1\n",
    }
    for name, text in tables.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "link.csv").symlink_to(tmp_path / "t.csv")
    (tmp_path / "sub").symlink_to(tmp_path)
    with pytest.raises(MappingError) as caught:
        prepare_import(request(tmp_path, rule))
    (problem,) = caught.value.problems
    assert (problem.path, problem.line) == (path, 5)
    assert message in problem.message


def test_a_table_that_is_missing_is_named(tmp_path: Path) -> None:
    """As any other file."""
    with pytest.raises(ImporterError, match=r"There is no file .*t\.csv"):
        prepare_import(request(tmp_path, "{column: Branch, lookup_file: t.csv}"))


def test_a_table_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is held in memory."""
    monkeypatch.setattr("importer.planning.lookup_files.MAX_ENTRIES", 1)
    (tmp_path / "t.csv").write_text("Name,Code\nPune,P\nGoa,G\n", encoding="utf-8")
    with pytest.raises(MappingError, match="has more than 1 rows"):
        prepare_import(request(tmp_path, "{column: Branch, lookup_file: t.csv}"))


def test_the_values_belong_to_the_import(tmp_path: Path) -> None:
    """Another name, day or table makes another one; for a mapping without them they do not matter."""
    (tmp_path / "t.csv").write_text("Name,Code\nPune,P\n", encoding="utf-8")
    other = date(2026, 12, 1)
    assert fingerprint(tmp_path, "Branch") == fingerprint(tmp_path, "Branch", "b.csv", other)
    assert fingerprint(tmp_path, "{file_name: '[ab]'}") != fingerprint(tmp_path, "{file_name: '[ab]'}", "b.csv")
    assert fingerprint(tmp_path, "{run_date: '%d'}") != fingerprint(tmp_path, "{run_date: '%d'}", day=other)
    looked_up = "{column: Branch, lookup_file: t.csv}"
    before = fingerprint(tmp_path, looked_up)
    (tmp_path / "t.csv").write_text("Name,Code\nPune,Q\n", encoding="utf-8")
    assert before != fingerprint(tmp_path, looked_up)


def test_a_schema_is_shown_without_a_file(tmp_path: Path) -> None:
    """The tables are read all the same, inside of field sets too."""
    (tmp_path / "t.csv").write_text("Name,Code\nPune,P\n", encoding="utf-8")
    rule = "{fields: {A: {column: Branch, lookup_file: t.csv}, B: {file_name: x}}}"
    filled = fill_lookups(read_mapping(request(tmp_path, rule).mapping))
    assert filled.mapping.lead["mx_1"].fields is not None
    assert filled.mapping.lead["mx_1"].fields["A"].lookup == {"Pune": "P"}
