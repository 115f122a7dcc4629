"""Load a YAML file: a validated model and the line of every key, or one error that lists everything wrong with it."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from importer.config.yaml.document import Document, KeyPath, parse_yaml
from importer.config.yaml.messages import FileKind, Model, describe_error
from importer.core.errors import MappingError, MappingProblem

MAX_BYTES = 256 * 1024
MAX_PROBLEMS = 200
"""More are only counted: nobody reads them, and the first explain the rest."""

_MAX_ROUNDS = 10
"""pydantic sees a table's contents only when the table itself is right; each round goes one level deeper."""
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_KEY_NAMES = re.compile(r"(?:x|lsq|leadsquared)*(?:access|secret|api)key|authorization|password")
_KEY_TEXTS = re.compile(r"(?i)(?:access|secret|api)[_-]?key[\"']?\s*[=:]\s*\S|\bu\$r[0-9a-f]{16,}")


def read_text(path: Path, error: type[MappingError] = MappingError) -> str:
    """Read the text of a file, without byte order mark. Raises ``error`` when it cannot be read or is no UTF-8."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as failure:
        reason = getattr(failure, "strerror", None) or str(failure)
        problem = MappingProblem(0, 0, "", f"The file cannot be read: {reason}.", "Check its name and folder.")
        raise error(str(path), [problem]) from None
    return decode_text(content, path, error)


def decode_text(content: bytes, path: Path, error: type[MappingError] = MappingError) -> str:
    """Decode ``content``: UTF-8 with or without byte order mark, at most 256 kB. Raises ``error``."""
    line = column = 1
    if len(content) > MAX_BYTES:
        line = column = 0
        words = ("The file is larger than 256 kB.", "A mapping has a few pages; is it the right file?")
    elif content.startswith(b"PK\x03\x04"):
        words = ("The file is a workbook or zip file.", "Name the mapping (YAML), not the spreadsheet.")
    elif content.startswith(_UTF16_MARKS) or (b"\0" in content[:200] and content.count(b"\0") * 3 > len(content)):
        words = ("The file is saved as UTF-16.", "Save it again with the encoding UTF-8.")
    else:
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as failure:
            before = content[: failure.start].decode("utf-8-sig", "replace").splitlines() or [""]
            line, column = len(before), len(before[-1]) + 1
            message = f"The byte {content[failure.start]:#04x} is not UTF-8."
            words = (message, "Save the file again with the encoding UTF-8.")
    raise error(str(path), [MappingProblem(line, column, "", *words)])


def parse_file(
    text: str, path: Path, kind: FileKind[Model], check: Callable[[Model, Document], None]
) -> tuple[Model, Document]:
    """Validate the ``text`` of the file ``path``: returns the model, and the document with the place of every key.

    ``check`` adds to the document what is wrong with the model as a whole; parts that are wrong by themselves are
    already taken out of the model and listed in ``document.broken``. Raises ``kind.error`` with every problem at once.
    """
    document = parse_yaml(text)
    model = _validate(document, kind)
    if model is not None:
        check(model, document)
    if document.problems or model is None:
        raise kind.error(str(path), _sort_problems(document.problems))
    return model, document


def _validate(document: Document, kind: FileKind[Model]) -> Model | None:
    """Build the model without the broken parts, whose problems are added; ``None`` when nothing is left to check."""
    if document.data is None and not document.problems:
        if kind.empty is None:
            document.data = {}
        else:
            document.problems.append(MappingProblem(1, 1, "", *kind.empty))
    elif document.data is not None and not isinstance(document.data, dict):
        document.problems.append(MappingProblem(1, 1, "", *kind.no_table))
    if not isinstance(document.data, dict):
        return None
    # First of all the texts that look like keys go, so that no later message quotes one.
    for path in kind.find_secrets(document.data):
        document.add(path, *kind.secret)
        document.broken.add(path)
    for path in document.broken:
        _take_out(document, path, kind)
    for _ in range(_MAX_ROUNDS):
        try:
            return kind.model.model_validate(document.data, by_name=False)
        except ValidationError as error:
            for details in error.errors(include_url=False):
                path = details["loc"]
                if details["type"] == "missing" and path in document.broken:
                    # It was taken out, and the table around it can do nothing without it.
                    path = path[:-1]
                else:
                    document.add(path, *describe_error(details, kind))
                document.broken.add(path)
                _take_out(document, path, kind)
    return None


def _take_out(document: Document, path: KeyPath, kind: FileKind[Any]) -> None:
    """Remove the value at ``path`` from the data, or put the neutral value of this kind of file in its place."""
    if len(path) == 1 and path[0] in kind.neutral:
        document.data[path[0]] = kind.neutral[str(path[0])]
    else:
        _remove(document.data, path)


def _remove(data: Any, path: KeyPath) -> None:
    """Remove the key at ``path``, or its nearest parent that exists. Items of lists are never removed."""
    for position, step in enumerate(path):
        if isinstance(data, list) and isinstance(step, int):
            data = data[step]
        elif isinstance(data, dict) and step in data:
            rest = path[position + 1 :]
            if not rest or not _leads_to_key(data[step], rest):
                del data[step]
                return
            data = data[step]
        else:
            return


def _leads_to_key(value: Any, rest: KeyPath) -> bool:
    if isinstance(value, list):
        return len(rest) > 1 and isinstance(rest[0], int) and rest[0] < len(value) and isinstance(value[rest[0]], dict)
    return isinstance(value, dict)


def _sort_problems(problems: list[MappingProblem]) -> list[MappingProblem]:
    """Sort the problems by their lines, each once; the last one says how many are left out."""
    by_line = sorted(dict.fromkeys(problems), key=lambda problem: (problem.line, problem.column))
    more = len(by_line) - MAX_PROBLEMS
    if more <= 0:
        return by_line
    return [*by_line[:MAX_PROBLEMS], MappingProblem(0, 0, "", f"{more} more problems are not listed.")]


def find_secrets(data: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Find the paths of entries that are named like a key of LeadSquared or whose text looks like one.

    Everybody who may see the file would see them.
    """
    if isinstance(data, dict):
        # The keys of a value mapping are cells of the spreadsheet, not names of settings.
        names_count = not path or path[-1] != "lookup"
        for name, value in data.items():
            named = names_count and _KEY_NAMES.fullmatch(re.sub(r"[^a-z]", "", name.lower()))
            if named or _KEY_TEXTS.search(name):
                yield (*path, name)
            else:
                yield from find_secrets(value, (*path, name))
    elif isinstance(data, list):
        for position, value in enumerate(data):
            yield from find_secrets(value, (*path, position))
    elif isinstance(data, str) and _KEY_TEXTS.search(data):
        yield path
