"""The tables inside of a field's options: cases of a value, replacements in a text, and a look-up in a file."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from importer.config import StrictModel, Text
from importer.mapping.conditions import Condition
from importer.mapping.re2_patterns import Re2Pattern
from importer.mapping.values import validate_file_beside, validate_template

Template = Annotated[str, AfterValidator(validate_template)]


class Case(StrictModel):
    """One of the cases of `when`: a value, and the condition under which a field takes it."""

    if_: Condition | None = Field(None, alias="if", description="Condition of the case; the last case may have none.")
    column: Text | None = Field(None, description="Heading of the column with the value.")
    value: str | None = Field(None, description="A constant.")
    template: Template | None = Field(None, description="Text with {Heading} placeholders.")


class Replacement(StrictModel):
    """A text that takes the place of everything that a pattern matches."""

    find: Re2Pattern = Field(description="Regular expression (RE2) of what is replaced.")
    with_: str = Field(alias="with", description="The text in its place; \\1 is the first group of the pattern.")


class LookupFile(StrictModel):
    """A table in a file of its own: one column with the texts of the spreadsheet, one with those of the CRM."""

    file: Annotated[str, AfterValidator(validate_file_beside)] = Field(
        description="Name of the CSV file or workbook, in the folder of the mapping."
    )
    sheet: Text | None = Field(None, description="Sheet of a workbook, if it has several.")
    from_: Text | None = Field(None, alias="from", description="Heading of the texts; the first column if left out.")
    to: Text | None = Field(None, description="Heading of the CRM's texts; the second column if left out.")

    @model_validator(mode="before")
    @classmethod
    def _from_bare_text(cls, given: Any) -> Any:
        return {"file": given} if isinstance(given, str) else given
