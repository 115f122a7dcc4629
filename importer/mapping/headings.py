"""Which column of the spreadsheet each heading of the mapping means."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from importer.core.errors import MappingProblem
from importer.mapping.document import Path, spelled
from importer.mapping.loader import LoadedMapping
from importer.mapping.suggestions import nearest
from importer.mapping.uses import column_uses, folded, plain

_SHOWN_COLUMNS = 30


@dataclass(frozen=True, slots=True)
class Table:
    """Where the columns come from, for messages: the file (and sheet), the row of its headings, letters by label."""

    name: str = "The file"
    header_row: int = 0
    letters: Mapping[str, str] = field(default_factory=dict)

    def shown(self, label: str) -> str:
        """A column as people find it: its heading, and its letter if that is known."""
        letter = self.letters.get(label)
        return f'"{label}" (column {letter})' if letter else f'"{label}"'


@dataclass(frozen=True, slots=True)
class HeadingMatch:
    """How a mapping and the columns of a file fit together.

    ``labels`` maps every heading, as the mapping spells it (in ``column`` and in braces of templates), to the label of
    its column; ``fields`` maps a label to the flat names of the CRM fields that it fills, with commas. ``unused`` are
    the labels of columns that are neither used nor ignored. ``notes`` are sentences for the person, ``problems`` what
    must be corrected first; with problems, the rest is incomplete.
    """

    labels: Mapping[str, str]
    fields: Mapping[str, str]
    unused: tuple[str, ...]
    notes: tuple[str, ...]
    problems: tuple[MappingProblem, ...]


def match_headings(
    loaded: LoadedMapping, columns: Sequence[tuple[str, str]], table: Table | None = None
) -> HeadingMatch:
    """Match the mapping with the ``columns`` of a ``table``, given as (label, heading as it stands in the file).

    A heading matches exactly, or else ignoring case, outer and repeated blanks, invisible characters and the width of
    letters, which is noted. A heading that could mean two columns is a problem, unless the mapping names the other one
    too (or ignores it).
    """
    table = table or Table()
    known = _Columns(columns)
    ignored = {known.first(heading) for heading in loaded.mapping.ignore}
    uses = column_uses(loaded.mapping)
    named = {use.heading for use in uses} | set(loaded.mapping.ignore)
    labels: dict[str, str] = {}
    fields: dict[str, list[str]] = {}
    notes: list[str] = []
    problems: list[MappingProblem] = []
    answered: set[str] = set()
    for use in uses:
        found = known.candidates(use.heading, named)
        if len(found) == 1:
            labels[use.heading] = found[0]
            names = fields.setdefault(found[0], [])
            if use.name not in names:
                names.append(use.name)
        elif use.heading not in answered:
            words = _several(use.heading, found, table) if found else _missing(use.heading, columns, table)
            problems.append(_problem(loaded, use.path, *words))
        answered.add(use.heading)
    if not labels and len(problems) > 1 and table.header_row:
        problems.append(_other_row(table))
    notes.extend(_loose_notes(labels, known.headings))
    unused = tuple(label for label, _ in columns if label not in fields and label not in ignored)
    notes.extend(_unused_note(unused))
    absent = [heading for heading in loaded.mapping.ignore if known.first(heading) is None]
    notes.extend(f'The mapping ignores "{heading}", which the file does not have.' for heading in absent)
    return HeadingMatch(
        labels=labels,
        fields={label: ", ".join(names) for label, names in fields.items()},
        unused=unused,
        notes=tuple(notes),
        problems=tuple(problems),
    )


class _Columns:
    """The columns of a file, found by label, by heading and by folded heading."""

    def __init__(self, columns: Sequence[tuple[str, str]]) -> None:
        self.headings = dict(columns)
        self._by_heading = _index((text, label) for label, text in columns)
        self._by_plain = _index((plain(text), label) for label, text in columns)
        self._by_folded = _index((form, label) for label, text in columns for form in {folded(label), folded(text)})

    def candidates(self, heading: str, named: Collection[str]) -> list[str]:
        """Labels of the columns that ``heading`` may mean: one when it is clear. ``named`` are all headings named."""
        if heading in self.headings:
            # A second column headed "City" is labelled "City (2)": which is meant is clear only when that one is named.
            same = self._by_plain.get(plain(heading), [])
            return [heading, *(label for label in same if label != heading and label not in named)]
        return self._by_heading.get(heading) or self._by_folded.get(folded(heading) or heading, [])

    def first(self, heading: str) -> str | None:
        """Label of the first column that ``heading`` may mean."""
        return next(iter(self.candidates(heading, ())), None)


def _index(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, label in pairs:
        found.setdefault(key, []).append(label)
    return found


def _problem(loaded: LoadedMapping, path: Path, message: str, remedy: str) -> MappingProblem:
    written = path if path in loaded.places else path[:-1]  # a bare heading stands for {column: heading}
    return MappingProblem(*loaded.places.get(written, (0, 0)), spelled(written), message, remedy)


def _several(heading: str, found: Sequence[str], table: Table) -> tuple[str, str]:
    shown = ", ".join(map(table.shown, found))
    return (
        f'"{heading}" could mean {len(found)} columns of the file: {shown}.',
        "Write the one you mean exactly so, and put the others under `ignore:`.",
    )


def _missing(heading: str, columns: Sequence[tuple[str, str]], table: Table) -> tuple[str, str]:
    labels = [label for label, _ in columns]
    near = nearest(heading, labels)
    proposal = f'Did you mean "{near[0]}"? ' if near else ""
    shown = ", ".join(f'"{label}"' for label in labels[:_SHOWN_COLUMNS])
    more = f" and {len(labels) - _SHOWN_COLUMNS} more" if len(labels) > _SHOWN_COLUMNS else ""
    return f'{table.name} has no column "{heading}".', f"{proposal}It has: {shown}{more}."


def _other_row(table: Table) -> MappingProblem:
    return MappingProblem(
        0,
        0,
        "source.header_row",
        f"None of the headings stands in row {table.header_row}, which was taken for the row of the headings.",
        "If they stand in another row, name it, for example `source: {header_row: 4}`.",
    )


def _loose_notes(labels: Mapping[str, str], headings: Mapping[str, str]) -> list[str]:
    return [
        f'"{heading}" of the mapping was matched to the column "{label}" of the file.'
        for heading, label in labels.items()
        if heading not in (label, headings[label])
    ]


def _unused_note(unused: Sequence[str]) -> list[str]:
    if not unused:
        return []
    shown = ", ".join(f'"{label}"' for label in unused)
    words = "column is" if len(unused) == 1 else "columns are"
    return [f"{len(unused)} {words} neither used nor ignored: {shown}."]
