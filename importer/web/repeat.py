"""Make a job of a finished import, so that files of its kind are imported by themselves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from importer.core.errors import UsageError
from importer.jobs import LoadedJobs, NewJob, create_job
from importer.sources import NO_HEADINGS
from importer.web.drafts import Draft
from importer.web.imports import ImportService
from importer.web.jobs_access import JobsAccess
from importer.web.mapping_document import MappingDocument

_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_DAYS = {"every": "*", "weekdays": "1-5"}
_READING = ("sheet", "header_row", "encoding", "delimiter")
_LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class Repetition:
    """When and under which name an import is repeated; ``time`` is HH:MM in ``zone``, ``days`` every or weekdays.

    ``hold`` keeps every file until a person approves it.
    """

    name: str
    time: str = "02:30"
    zone: str = "UTC"
    days: str = "every"
    pattern: str = "*"
    hold: bool = False

    def cron(self) -> str:
        """Return the times as a cron expression. Raises :class:`UsageError`."""
        found = _TIME.fullmatch(self.time.strip())
        if found is None or self.days not in _DAYS:
            raise UsageError(f'"{self.time}" is not a time.', "Write hours and minutes, such as 02:30.")
        return f"{int(found[2])} {int(found[1])} * * {_DAYS[self.days]}"


def suggest_repetition(draft: Draft, zone: str) -> Repetition:
    """Suggest a name and times for the job of a draft."""
    stem = draft.name.rsplit(".", 1)[0].lower()
    name = re.sub(r"[^a-z]+", "-", stem).strip("-")[:_LONGEST_NAME].rstrip("-")
    return Repetition(name or "nightly", zone=zone or "UTC")


def repeat_import(draft: Draft, chosen: Repetition, imports: ImportService, jobs: JobsAccess) -> LoadedJobs:
    """Make a job that does to the files of its inbox what was done to this import.

    Raises :class:`UsageError`, :class:`MappingError` or :class:`JobsFileError`; the jobs file is then as it was.
    """
    if not draft.deliveries or not draft.account:
        raise UsageError("Only an import that was sent can be repeated.", "Send it first, then come back.")
    new = NewJob(
        name=chosen.name.strip(),
        account=draft.account,
        mapping=_mapping(draft, imports),
        pattern=chosen.pattern.strip() or "*",
        cron=chosen.cron(),
        timezone=chosen.zone.strip(),
        guards={"approval": True} if chosen.hold else {},
    )
    return create_job(new, jobs.file, jobs.env.variables, jobs.env.home)


def _mapping(draft: Draft, imports: ImportService) -> str:
    """Return the mapping with the choices that the page keeps apart: sheet, row of the headings, encoding."""
    document = MappingDocument.read(imports.store.mapping(draft))
    given = document.data.get("source")
    source: dict[str, Any] = dict(given) if isinstance(given, dict) else {}
    source |= {name: draft.options[name] for name in _READING if draft.options.get(name) is not None}
    if source.get("header_row") == NO_HEADINGS:
        source["header_row"] = "none"
    if draft.options.get("pad_short_rows"):
        source["ragged"] = "pad"
    document.set_option("source", source)
    return document.text()
