"""The user's own pandera schema: found, tied to the mapping, and its failures reported as problems."""

from __future__ import annotations

import importlib.util
import os
import py_compile
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Any

import pytest

from importer.core.errors import MappingError
from importer.validation.user_schema import UnusableSchemaError, read_user_schema
from importer.validation.validator import CheckedChunk
from tests.unit.validation.builders import check, messages_of, validator, write_schema

HEADINGS = ["Score", "Full name", "Bonus"]
RULES: dict[str, Any] = {
    "mx_1": {"column": "Score", "type": "integer"},
    "Name": {"column": "Full name", "transforms": ["strip"]},
    "mx_2": "Bonus",
}
MODEL = """
class Rules(pa.DataFrameModel):
    score: int = pa.Field(ge=0, le=50, alias="mx_1")
    name: str = pa.Field(nullable=True, alias="Full name")
    bonus: pd.Int64Dtype = pa.Field(nullable=True, coerce=True, alias="activity.mx_2")

    @pa.check("Full name", name="short name")
    def short(cls, names):
        return names.str.len() < 6

    @pa.dataframe_check(name="fair sum")
    def fair(cls, frame):
        return frame["mx_1"] + frame["activity.mx_2"].fillna(0) < 60
"""


def run(folder: Path, schema: str, *rows: list[str], name: str = "Rules", **options: Any) -> CheckedChunk:
    """The rows checked with a schema of the user's called ``name``."""
    write_schema(folder, schema)
    return check(RULES, HEADINGS, list(rows), schema=f"rules.py:{name}", folder=folder, **options)


def refused(folder: Path, schema: str, *rows: list[str], name: str = "Rules") -> tuple[str, str]:
    """Message and remedy of the error that a schema of the user's causes."""
    with pytest.raises(MappingError) as caught:
        run(folder, schema, *rows, name=name)
    (problem,) = caught.value.problems
    assert problem.path == "schema"
    return problem.message, problem.remedy


@pytest.mark.slow
def test_a_model_with_coercion_and_a_check_of_whole_rows(tmp_path: Path) -> None:
    """Every failure of every row is reported, although texts that cannot be coerced stop pandera; our own come first."""
    checked = run(
        tmp_path,
        MODEL,
        ["1", " abc ", ""],
        ["x", "abcdefg", "3"],
        ["-5", "ab", "39"],
        ["30", "", "30"],
        ["99", "abc", "q"],
        ["2", "abc", "x"],
    )
    fails = "of your schema. Correct the cell, or the schema."
    assert messages_of(checked) == [
        'row 3, column A "Score": "x" is not a whole number. Expected something like 12.',
        f'row 3, column B "Full name": "abcdefg" fails the check short name {fails}',
        f'row 4, column A "Score": "-5" fails the check greater_than_or_equal_to(0) {fails}',
        "row 5: The row fails the check fair sum of your schema. Correct the row, or the schema.",
        f'row 6, column A "Score": "99" fails the check less_than_or_equal_to(50) {fails}',
        f'row 6, column C "Bonus": "q" fails the check coerce_dtype(\'Int64\') {fails}',
        f'row 7, column C "Bonus": "x" fails the check coerce_dtype(\'Int64\') {fails}',
    ]
    assert checked.ok.tolist() == [True, False, False, False, False, False]
    assert checked.records["activity.mx_1"].iloc[0] == "1"


def test_good_rows_pass_in_one_go(tmp_path: Path) -> None:
    """A schema that is content changes nothing, and what it coerces is not sent."""
    checked = run(tmp_path, MODEL, ["01", "abc", "5"], ["7", "", ""])
    assert checked.problems == []
    assert checked.records["activity.mx_2"].iloc[0] == "5"


@pytest.mark.slow
@pytest.mark.parametrize("column", ["activity.mx_1", "mx_1", "Score"])
def test_columns_are_found_by_flat_name_schema_name_and_heading(tmp_path: Path, column: str) -> None:
    """People may speak of a field or of the column in the spreadsheet."""
    schema = f'Rules = pa.DataFrameSchema({{"{column}": pa.Column(int, pa.Check.lt(5))}})'
    checked = run(tmp_path, schema, ["4", "", ""], ["5", "", ""], ["x", "", ""])
    assert [(problem.row, problem.code, problem.column) for problem in checked.problems] == [
        (3, "custom-check", "Score"),
        (4, "not-an-integer", "Score"),
    ]


def test_a_column_that_is_not_there_is_an_error_with_the_nearest_name(tmp_path: Path) -> None:
    """A misspelled column is noticed before any row is read, an optional one is left out."""
    message, remedy = refused(tmp_path, 'Rules = pa.DataFrameSchema({"Ful name": pa.Column(str)})')
    assert message == "Your schema has a column `Ful name`, which the mapping lacks."
    assert remedy == "Did you mean `Full name`?"
    assert run(tmp_path, 'Rules = pa.DataFrameSchema({"Ful": pa.Column(str, required=False)})', ["1", "", ""]).ok.all()


def test_a_schema_name_of_both_sections_must_be_told_apart(tmp_path: Path) -> None:
    """A name that could mean a lead field or an activity field is not guessed."""
    from importer.mapping.model import Mapping
    from importer.validation.validator import Validator
    from tests.unit.validation.builders import LOCALE, TODAY, source_columns

    write_schema(tmp_path, 'Rules = pa.DataFrameSchema({"mx_1": pa.Column(str)})')
    content = {"target": "t", "schema": "rules.py:Rules", "lead": {"mx_1": "Score"}, "activity": {"mx_1": "Score"}}
    with pytest.raises(MappingError) as caught:
        Validator(
            Mapping.model_validate(content), source_columns(HEADINGS), locale=LOCALE, today=TODAY, folder=tmp_path
        )
    assert caught.value.problems[0].message == (
        "The column `mx_1` of your schema could be `lead.mx_1` or `activity.mx_1`."
    )


@pytest.mark.slow
def test_patterns_of_columns_mean_every_field_that_fits(tmp_path: Path) -> None:
    """A regular expression as column name checks each field that it matches by itself."""
    schema = 'Rules = pa.DataFrameSchema({"activity[.]mx_.": pa.Column(int, pa.Check.lt(5), regex=True)})'
    checked = run(tmp_path, schema, ["9", "", "x"], ["1", "", "9"])
    assert [(problem.row, problem.field, problem.message) for problem in checked.problems] == [
        (2, "activity.mx_1", '"9" fails the check less_than(5) of your schema.'),
        (2, "activity.mx_2", "\"x\" fails the check coerce_dtype('int64') of your schema."),
        (3, "activity.mx_2", '"9" fails the check less_than(5) of your schema.'),
    ]


def test_empty_cells_are_missing_and_joint_uniqueness_is_of_the_row(tmp_path: Path) -> None:
    """pandera's own words for missing and repeated values become problems of the cell and of the row."""
    schema = 'Rules = pa.DataFrameSchema({"Name": pa.Column(str), "mx_1": pa.Column()}, unique=["Name", "mx_1"])'
    checked = run(tmp_path, schema, ["1", "a", ""], ["1", " ", ""], ["1", "a ", ""])
    assert [(problem.row, problem.code, problem.message) for problem in checked.problems] == [
        (2, "custom-row-check", "The row fails the check multiple_fields_uniqueness of your schema."),
        (3, "custom-check", '" " fails the check not_nullable of your schema.'),
        (4, "custom-row-check", "The row fails the check multiple_fields_uniqueness of your schema."),
    ]


def test_checks_of_single_elements_and_whole_frames(tmp_path: Path) -> None:
    """Element-wise checks, checks without a name and checks that answer for every cell are understood."""
    schema = """
Rules = pa.DataFrameSchema(
    {"Name": pa.Column(str, pa.Check(lambda text: text != "x", element_wise=True, error="must not be x")),
     "mx_1": pa.Column(int)},
    checks=[pa.Check(lambda row: row["mx_1"] != 7, element_wise=True), pa.Check(lambda frame: frame != "y", name="y")],
)
"""
    checked = run(tmp_path, schema, ["1", "x", ""], ["7", "a", ""], ["1", "y", ""])
    assert [(problem.row, problem.message) for problem in checked.problems] == [
        (2, '"x" fails the check must not be x of your schema.'),
        (3, "The row fails the check without a name of your schema."),
        (4, "The row fails the check y of your schema."),
    ]


def test_parsers_of_the_whole_frame_run_before_coercion_is_sorted_out(tmp_path: Path) -> None:
    """A frame parser sees all columns once, also when a text cannot be coerced."""
    schema = """
def both(frame):
    return frame.assign(Name=frame["Name"].str.upper() + frame["mx_2"].fillna(""))
Rules = pa.DataFrameSchema(
    {"Name": pa.Column(str, pa.Check.isin(["A1", "Bx"])), "mx_2": pa.Column(int, nullable=True)},
    parsers=pa.Parser(both),
)
"""
    checked = run(tmp_path, schema, ["1", "a", "1"], ["1", "b", "x"], ["1", "c", "1"])
    assert [(problem.row, problem.field) for problem in checked.problems] == [
        (3, "activity.mx_2"),
        (4, "activity.Name"),
    ]


def test_a_schema_that_would_drop_rows_tells_them_instead(tmp_path: Path) -> None:
    """`drop_invalid_rows` must not make bad rows good."""
    schema = """
Rules = pa.DataFrameSchema(
    {"mx_1": pa.Column(int, pa.Check.lt(5), drop_invalid_rows=True)}, drop_invalid_rows=True, strict=True
)
"""
    assert [problem.row for problem in run(tmp_path, schema, ["9", "", ""], ["1", "", ""]).problems] == [2]


def test_a_check_that_only_warns_does_not_refuse(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    """`raise_warning` is the user's wish to let rows pass."""
    schema = 'Rules = pa.DataFrameSchema({"mx_1": pa.Column(int, pa.Check.lt(5, raise_warning=True))})'
    assert run(tmp_path, schema, ["9", "", ""]).ok.all()
    assert not recwarn.list


def test_rows_that_the_source_has_spoilt_are_left_alone(tmp_path: Path) -> None:
    """A row with shifted cells, or a cell with an Excel error, is not blamed by the user's schema as well."""
    from importer.core.issues import make_problem

    schema = 'Rules = pa.DataFrameSchema({"Name": pa.Column(str, pa.Check.eq("a")), "mx_2": pa.Column(int)})'
    write_schema(tmp_path, schema)
    found = [
        make_problem("row-too-short", 2, found=1, expected=3),
        make_problem("error-cell", 3, column="Bonus", letter="C", value="#N/A"),
    ]
    rows = [["1", "b", "x"], ["1", "b", "#N/A"]]
    checked = check(RULES, HEADINGS, rows, found, schema="rules.py:Rules", folder=tmp_path)
    assert [(problem.row, problem.code) for problem in checked.problems] == [
        (2, "row-too-short"),
        (3, "error-cell"),
        (3, "custom-check"),
    ]


def test_templates_of_several_columns_can_be_checked(tmp_path: Path) -> None:
    """A field without a column of its own shows the text that was made for it."""
    write_schema(tmp_path, 'Rules = pa.DataFrameSchema({"note": pa.Column(str, pa.Check.ne("a-b"))})')
    rules = {"note": {"template": "{A}-{B}"}}
    (problem,) = check(rules, ["A", "B"], [["a", "b"]], schema="rules.py:Rules", folder=tmp_path).problems
    assert (problem.column, problem.field, problem.value) == ("", "activity.note", "a-b")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("schema", "message", "remedy"),
    [
        (
            'Rules = pa.DataFrameSchema({"mx_1": pa.Column(int, pa.Check(lambda s: 1 / 0, name="boom"))})',
            'The check boom of your schema broke: ZeroDivisionError("division by zero").',
            "Correct the check.",
        ),
        (
            'Rules = pa.DataFrameSchema({"mx_1": pa.Column(int, pa.Check(lambda s: s.mean() < 3, name="mean"))})',
            "The check mean of your schema does not say which rows fail it.",
            "Let it give one answer for every row; a file is checked in pieces, so no check sees all of it.",
        ),
        (
            'Rules = pa.DataFrameSchema({"mx_1": pa.Column()}, parsers=pa.Parser(lambda frame: frame["gone"]))',
            "Your schema broke: KeyError: 'gone'.",
            "Correct it.",
        ),
    ],
)
def test_a_schema_that_breaks_stops_with_its_own_words(tmp_path: Path, schema: str, message: str, remedy: str) -> None:
    """A broken check is an error of the mapping, never a verdict on rows."""
    assert refused(tmp_path, schema, ["9", "", ""]) == (message, remedy)


def test_a_schema_that_cannot_be_loaded_says_why(tmp_path: Path) -> None:
    """A missing file, a mistake in it, a missing name and a wrong kind of thing each have their words."""
    not_schema = "Name a DataFrameModel class or a DataFrameSchema of pandera."
    path = tmp_path / "rules.py"
    assert refused(tmp_path, "Rules = 1") == (f"`Rules` of {path} is not a schema.", not_schema)
    assert refused(tmp_path, "Rules = 1", name="Rulez") == (f"{path} has no `Rulez`.", not_schema)
    message, remedy = refused(tmp_path, "raise RuntimeError('no licence')")
    assert message == f"{path} cannot be run: RuntimeError: no licence."
    assert remedy == "Try it by itself: python rules.py"
    message, _ = refused(tmp_path, "class Rules(pa.DataFrameModel):\n    a: object()")
    assert message.startswith(f"`Rules` of {path} is not a valid model: ")
    with pytest.raises(MappingError) as caught:
        validator(RULES, HEADINGS, schema="gone.py:Rules", folder=tmp_path, line_of=lambda path: (7, 1))
    (problem,) = caught.value.problems
    assert problem.line == 7
    assert problem.message == f"The schema {tmp_path / 'gone.py'} cannot be read: No such file or directory."
    assert problem.remedy == "Its path begins in the folder of the mapping."


def test_a_model_with_postponed_annotations_can_be_loaded(tmp_path: Path) -> None:
    """`from __future__ import annotations` is no obstacle."""
    (tmp_path / "rules.py").write_text(
        "from __future__ import annotations\nimport pandera.pandas as pa\n"
        "class Rules(pa.DataFrameModel):\n    mx_1: int = pa.Field(lt=5)\n",
        encoding="utf-8",
    )
    checked = check(RULES, HEADINGS, [["9", "", ""]], schema="rules.py:Rules", folder=tmp_path)
    assert [problem.code for problem in checked.problems] == ["custom-check"]


def test_a_yaml_file_of_pandera_is_a_schema_too(tmp_path: Path) -> None:
    """What pandera writes with `to_yaml` can be named in the mapping."""
    import pandera.pandas as pa

    pa.DataFrameSchema({"mx_1": pa.Column(int, pa.Check.lt(5), coerce=True)}).to_yaml(tmp_path / "rules.yaml")
    checked = check(RULES, HEADINGS, [["9", "", ""], ["1", "", ""]], schema="rules.yaml", folder=tmp_path)
    assert [problem.message for problem in checked.problems] == ['"9" fails the check less_than(5) of your schema.']


@pytest.mark.slow
@pytest.mark.parametrize("content", ["columns: [", "just text", "schema_type: dataframe\ncolumns: 3\n"])
def test_a_yaml_file_that_is_no_schema_is_an_error(tmp_path: Path, content: str) -> None:
    """Whatever is in the file, the message says what is expected."""
    (tmp_path / "rules.yaml").write_text(content, encoding="utf-8")
    with pytest.raises(MappingError) as caught:
        validator(RULES, HEADINGS, schema="rules.yaml", folder=tmp_path)
    assert caught.value.problems[0].message.startswith(f"{tmp_path / 'rules.yaml'} is not a")
    with pytest.raises(MappingError, match="cannot be read"):
        validator(RULES, HEADINGS, schema="gone.yaml", folder=tmp_path)


@pytest.mark.parametrize(
    ("file", "folder", "words"),
    [
        (0o666, 0o755, "others may open or change it"),
        (0o644, 0o777, "everybody may put files"),
        (0o620, 0o755, "others"),
    ],
)
def test_a_schema_that_others_can_change_is_not_run(tmp_path: Path, file: int, folder: int, words: str) -> None:
    """It would run with the rights of whoever imports, and see the keys; the way out is named."""
    path = tmp_path / "rules.py"
    path.write_text("raise SystemExit('it was run')", "utf-8")
    path.chmod(file)
    tmp_path.chmod(folder)
    with pytest.raises(UnusableSchemaError) as caught:
        read_user_schema("rules.py:Rules", tmp_path)
    message, remedy = caught.value.args
    assert words in message
    assert "chmod 644" in remedy


def test_exactly_what_was_looked_at_is_run(tmp_path: Path) -> None:
    """Neither a compiled file beside it nor a link is taken in its place."""
    path = tmp_path / "rules.py"
    path.write_text("import pandera.pandas as pa\nRules = pa.DataFrameSchema({'x': pa.Column(str)})\n", "utf-8")
    os.utime(path, (1_000_000_000, 1_000_000_000))
    compiled = Path(importlib.util.cache_from_source(str(path)))
    compiled.parent.mkdir()
    (tmp_path / "other.py").write_text("raise SystemExit('it was run')" + " " * 50, "utf-8")
    py_compile.compile(str(tmp_path / "other.py"), str(compiled), invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
    assert list(read_user_schema("rules.py:Rules", tmp_path).columns) == ["x"]
