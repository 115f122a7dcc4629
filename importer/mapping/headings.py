"""Match the headings of a mapping with the columns of a spreadsheet."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from importer.config import format_path
from importer.core.errors import MappingProblem
from importer.core.text import find_nearest, pluralize
from importer.mapping.column_references import find_column_references, fold_heading, normalize_heading
from importer.mapping.loader import LoadedMapping
from importer.mapping.model import Mapping as MappingFile

_MAX_LISTED = 30


@dataclass(frozen=True, slots=True)
class SourceTable:
    """The source of the columns, for messages: the file (and sheet), the row of its headings, letters by label."""

    name: str = "The file"
    header_row: int = 0
    letters: Mapping[str, str] = field(default_factory=dict)

    def describe_column(self, label: str) -> str:
        """Describe a column so that it is found: its heading, and its letter if that is known."""
        letter = self.letters.get(label)
        return f'"{label}" (column {letter})' if letter else f'"{label}"'


@dataclass(frozen=True, slots=True)
class HeadingMatch:
    """The result of matching a mapping with the columns of a file.

    ``labels`` maps every heading, as the mapping spells it (in ``column`` and in braces of templates), to the label of
    its column; ``fields`` maps a label to the flat names of the CRM fields that it fills, with commas. ``unused`` are
    the labels of columns that are neither used nor ignored. ``notes`` are sentences for the user; ``problems`` must be
    corrected first, and with problems the rest is incomplete.
    """

    labels: Mapping[str, str]
    fields: Mapping[str, str]
    unused: tuple[str, ...]
    notes: tuple[str, ...]
    problems: tuple[MappingProblem, ...]


def match_headings(
    loaded: LoadedMapping,
    columns: Sequence[tuple[str, str]],
    table: SourceTable | None = None,
    optional: Collection[str] = (),
) -> HeadingMatch:
    """Match the mapping with the ``columns`` of a ``table``, given as (label, heading in the file).

    Columns labelled as one of the ``optional`` are not missed when they are not used.

    A heading matches exactly, or else ignoring case, outer and repeated blanks, invisible characters and the width of
    letters, which is noted. A heading that could mean two columns is a problem, unless the mapping names the other one
    too (or ignores it).
    """
    table = table or SourceTable()
    known = _Columns(columns)
    ignored = {known.first(heading) for heading in loaded.mapping.ignore}
    references = find_column_references(loaded.mapping)
    named = {reference.heading for reference in references} | set(loaded.mapping.ignore)
    labels: dict[str, str] = {}
    fields: dict[str, list[str]] = {}
    problems: list[MappingProblem] = []
    reported: set[str] = set()
    for reference in references:
        heading = reference.heading
        found = known.candidates(heading, named)
        if len(found) == 1:
            labels[heading] = found[0]
            names = fields.setdefault(found[0], [])
            if reference.name not in names:
                names.append(reference.name)
        elif heading not in reported:
            words = _describe_ambiguous(heading, found, table) if found else _describe_missing(heading, columns, table)
            # A bare heading stands for {column: heading}; then the option itself is nowhere in the file.
            path = reference.path if reference.path in loaded.places else reference.path[:-1]
            problems.append(MappingProblem(*loaded.places.get(path, (0, 0)), format_path(path), *words))
            reported.add(heading)
    if not labels and len(problems) > 1 and table.header_row:
        message = f"None of the headings stands in row {table.header_row}, which was taken for the row of the headings."
        remedy = "If they stand in another row, name it, for example `source: {header_row: 4}`."
        problems.append(MappingProblem(0, 0, "source.header_row", message, remedy))
    expected = {*fields, *ignored, *optional}
    unused = tuple(label for label, _ in columns if label not in expected)
    return HeadingMatch(
        labels=labels,
        fields={label: ", ".join(names) for label, names in fields.items()},
        unused=unused,
        notes=tuple(_describe_notes(loaded.mapping, known, labels, unused)),
        problems=tuple(problems),
    )


def _describe_notes(
    mapping: MappingFile, known: _Columns, labels: Mapping[str, str], unused: Sequence[str]
) -> Iterator[str]:
    for heading, label in labels.items():
        if heading not in (label, known.headings[label]):
            yield f'"{heading}" of the mapping was matched to the column "{label}" of the file.'
    if unused:
        listed = ", ".join(f'"{label}"' for label in unused)
        words = pluralize(len(unused), "column is", "columns are")
        yield f"{len(unused)} {words} neither used nor ignored: {listed}."
    for heading in mapping.ignore:
        if known.first(heading) is None:
            yield f'The mapping ignores "{heading}", which the file does not have.'


class _Columns:
    """An index of the columns of a file by label, by heading and by folded heading."""

    def __init__(self, columns: Sequence[tuple[str, str]]) -> None:
        self.headings = dict(columns)
        self._by_heading = _index((text, label) for label, text in columns)
        self._by_plain = _index((normalize_heading(text), label) for label, text in columns)
        self._by_folded = _index(
            (form, label) for label, text in columns for form in {fold_heading(label), fold_heading(text)}
        )

    def candidates(self, heading: str, named: Collection[str]) -> list[str]:
        """Find the labels of the columns that ``heading`` may mean. ``named`` are all headings of the mapping."""
        if heading in self.headings:
            # A second column headed "City" is labelled "City (2)": which is meant is clear only when that one is named.
            same = self._by_plain.get(normalize_heading(heading), [])
            return [heading, *(label for label in same if label != heading and label not in named)]
        return self._by_heading.get(heading) or self._by_folded.get(fold_heading(heading) or heading, [])

    def first(self, heading: str) -> str | None:
        """Find the label of the first column that ``heading`` may mean."""
        return next(iter(self.candidates(heading, ())), None)


def _index(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, label in pairs:
        found.setdefault(key, []).append(label)
    return found


def _describe_ambiguous(heading: str, found: Sequence[str], table: SourceTable) -> tuple[str, str]:
    listed = ", ".join(map(table.describe_column, found))
    return (
        f'"{heading}" could mean {len(found)} columns of the file: {listed}.',
        "Write the one you mean exactly so, and put the others under `ignore:`.",
    )


def _describe_missing(heading: str, columns: Sequence[tuple[str, str]], table: SourceTable) -> tuple[str, str]:
    labels = [label for label, _ in columns]
    near = find_nearest(heading, labels)
    proposal = f'Did you mean "{near[0]}"? ' if near else ""
    listed = ", ".join(f'"{label}"' for label in labels[:_MAX_LISTED])
    more = f" and {len(labels) - _MAX_LISTED} more" if len(labels) > _MAX_LISTED else ""
    return f'{table.name} has no column "{heading}".', f"{proposal}It has: {listed}{more}."
