"""The data model of a jobs file, as frozen values: which files go where, when, and what holds them; its JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from importer.config import (
    SHARE_SCHEMA,
    Flag,
    InvalidValueError,
    Share,
    StrictModel,
    Text,
    TimeZone,
    WholeNumber,
    build_schema,
    generate_schema,
)
from importer.jobs.config.cron import validate_cron

STABLE_SECONDS = 30.0
UNATTENDED_ROWS = 20_000
_UNITS = {"s": 1, "m": 60, "h": 3600}
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_MAX_SECONDS = 86_400


def read_duration(given: Any) -> Any:
    """Parse a duration such as ``30s``, ``5m`` or ``1h`` into seconds; at most a day."""
    if not isinstance(given, str):
        return given
    match = re.fullmatch(r"([0-9]{1,6})\s*([smh]?)", given.strip())
    if match is None:
        raise InvalidValueError(f'"{given}" is not a duration.', "Write something like 30s, 5m or 1h.")
    seconds = int(match[1]) * _UNITS.get(match[2], 1)
    if seconds > _MAX_SECONDS:
        raise InvalidValueError(f'"{given}" is longer than a day.', "Write something like 30s, 5m or 1h.")
    return float(seconds)


def validate_file_pattern(text: str) -> str:
    """Return a pattern for names of files, such as ``visits-*.csv``: no folders in it."""
    if not text.strip() or "/" in text or "\\" in text:
        raise InvalidValueError(f'"{text}" is not a pattern for names of files.', "Write something like visits-*.csv.")
    return text


def validate_folder_name(text: str) -> str:
    """Return the name of a folder beside the files, or a path."""
    if not text.strip() or text.strip() in (".", ".."):
        raise InvalidValueError(f'"{text}" cannot be an archive.', "Write the name of a folder, such as done.")
    return text


def validate_job_name(text: str) -> str:
    """Return the name of a job: it becomes part of the names of files and units."""
    if not _NAME.fullmatch(text):
        raise InvalidValueError(
            f'"{text}" cannot be the name of a job.',
            "Use up to 40 small letters, digits, - and _, such as nightly-visits.",
        )
    return text


class MissedRuns(StrEnum):
    """Handling of due times at which no service was running."""

    CATCH_UP = "catch-up"
    SKIP = "skip"


class UnusualFiles(StrEnum):
    """Handling of a file that differs from the earlier ones."""

    HOLD = "hold"
    SEND = "send"


class NotifyWhen(StrEnum):
    """The outcomes that send a notification."""

    ALWAYS = "always"
    PROBLEMS = "problems"
    SILENCE = "silence"


Duration = Annotated[float, BeforeValidator(read_duration)]
Cron = Annotated[str, AfterValidator(validate_cron)]
Pattern = Annotated[str, AfterValidator(validate_file_pattern)]
FolderName = Annotated[str, AfterValidator(validate_folder_name)]


class Inbox(StrictModel):
    """Where the files come from: a folder with a pattern, or one path."""

    folder: Text | None = Field(None, description="Folder into which files are put.")
    pattern: Pattern = Field("*", description="Which names in the folder are meant, such as visits-*.csv.")
    path: Text | None = Field(None, description="One file that comes again under the same name.")
    stable: Duration = Field(
        STABLE_SECONDS, description="How long size and time of a file must not change before it is taken: 30s, 5m."
    )


class Schedule(StrictModel):
    """When the job is due."""

    cron: Cron | None = Field(None, description="Five fields: minute hour day month weekday, such as 30 2 * * *.")
    timezone: TimeZone | None = Field(None, description="Time zone of the schedule, such as Asia/Kolkata.")


class Archive(StrictModel):
    """Where files go afterwards: folders beside the file, or paths on the same disk."""

    done: FolderName = Field("done", description="Folder of the files that were imported.")
    failed: FolderName = Field("failed", description="Folder of the files that could not be imported.")


class HoldRules(StrictModel):
    """Rules that hold a file until a person approves it."""

    max_rows: WholeNumber = Field(
        UNATTENDED_ROWS, ge=1, description="A file with more rows is held until a person approves it."
    )
    max_invalid: Share | None = Field(
        None, description="A file with a larger share of invalid rows, such as 5%, is held until a person approves it."
    )
    unusual: UnusualFiles = Field(
        UnusualFiles.HOLD, description="A file with far more rows than usual or other headings: `hold` or `send` it."
    )
    approval: Flag = Field(False, description="Every file waits until a person approves it.")


class Address(StrictModel):
    """Where the address of a notification is kept; it often holds a password and never stands in the file itself."""

    env: Text | None = Field(None, description="Name of the environment variable that holds the address.")
    file: Text | None = Field(None, description="Path of a private file that holds the address.")
    credential: Text | None = Field(None, description="Name of a credential of systemd (LoadCredential=).")

    @model_validator(mode="before")
    @classmethod
    def _refuse_text(cls, given: Any) -> Any:
        if isinstance(given, str):
            raise InvalidValueError(
                "An address never stands in the file itself: it often holds a password.",
                "Keep it elsewhere, and write {env: NAME}, {file: PATH} or {credential: NAME}.",
            )
        return given


class NotificationRule(StrictModel):
    """A recipient of notifications, and the outcomes that are sent to it."""

    url: Address | None = Field(
        None, description="Where the Apprise address is: {env: NAME}, {file: PATH} or {credential: NAME}."
    )
    when: NotifyWhen = Field(
        NotifyWhen.PROBLEMS,
        description="`always`, `problems` (failed, held, or rows that need a person), or `silence`.",
    )
    days: WholeNumber | None = Field(None, ge=1, description="For `silence`: after so many days without a success.")


class Job(StrictModel):
    """One import that runs by itself."""

    account: Text = Field("", description="Name of the account; `default` is the one of the environment.")
    mapping: Text = Field("", description="Path of the mapping, from the folder of this file.")
    source: Inbox = Field(default_factory=Inbox, description="Where the files come from.")
    schedule: Schedule | None = Field(None, description="NotifyWhen the job is due; without it, it runs by hand.")
    after: Text | None = Field(None, description="Run when this other job has ended well, in place of a schedule.")
    missed: MissedRuns = Field(
        MissedRuns.CATCH_UP,
        description="Times at which nothing was running: `catch-up` once at the next start, or `skip`.",
    )
    after_file: Archive = Field(default_factory=Archive, description="Where files go afterwards.")
    guards: HoldRules = Field(default_factory=HoldRules, description="What holds a file until a person approves it.")
    notify: tuple[NotificationRule, ...] = Field((), description="Who is notified how it ended.")
    results: Text = Field("results", description="Folder of the results, from the folder of this file.")


class JobsFile(StrictModel):
    """The whole file."""

    jobs: Mapping[str, Job] = Field(default_factory=dict, description="The jobs by their names.")


_DURATION_SCHEMA = {"type": ["string", "integer"], "pattern": "^[0-9]+ *[smh]?$"}


def jobs_json_schema() -> dict[str, Any]:
    """Build the JSON Schema of jobs files (draft 7, which the common editors know)."""
    properties, definitions = generate_schema(JobsFile)
    job, source, hold = definitions["Job"], definitions["Inbox"], definitions["HoldRules"]["properties"]
    job["required"] = ["account", "mapping", "source"]
    job["not"] = {"required": ["schedule", "after"]}
    source["oneOf"] = [{"required": ["folder"]}, {"required": ["path"]}]
    source["properties"]["stable"] = {"description": source["properties"]["stable"]["description"], **_DURATION_SCHEMA}
    hold["max_invalid"] = {"description": hold["max_invalid"]["description"], **SHARE_SCHEMA}
    definitions["Schedule"]["required"] = ["cron", "timezone"]
    definitions["Address"]["oneOf"] = [{"required": ["env"]}, {"required": ["file"]}]
    definitions["NotificationRule"]["required"] = ["url"]
    properties["jobs"] |= {"minProperties": 1, "propertyNames": {"pattern": f"^{_NAME.pattern}$"}}
    return build_schema("Jobs of importer", "Imports that run by themselves.", ["jobs"], properties, definitions)
