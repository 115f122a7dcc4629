"""What a jobs file says, as frozen values: which files go where, when, and what keeps them from being sent."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from importer.jobs.config.cron import checked_cron
from importer.jobs.config.values import checked_folder_name, checked_pattern, read_duration
from importer.mapping.model import Flag, Share, StrictModel, Text, TimeZone, WholeNumber
from importer.mapping.unfit import UnfitError

STABLE_SECONDS = 30.0
UNATTENDED_ROWS = 20_000


class Missed(StrEnum):
    """What becomes of a time at which nothing was running."""

    CATCH_UP = "catch-up"
    SKIP = "skip"


class Unusual(StrEnum):
    """What becomes of a file that is not like the earlier ones."""

    HOLD = "hold"
    SEND = "send"


class When(StrEnum):
    """What somebody wants to hear of."""

    ALWAYS = "always"
    PROBLEMS = "problems"
    SILENCE = "silence"


Duration = Annotated[float, BeforeValidator(read_duration)]
Cron = Annotated[str, AfterValidator(checked_cron)]
Pattern = Annotated[str, AfterValidator(checked_pattern)]
FolderName = Annotated[str, AfterValidator(checked_folder_name)]


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
    timezone: TimeZone | None = Field(None, description="Where the clock of the schedule hangs, such as Asia/Kolkata.")


class Archive(StrictModel):
    """Where files go afterwards: folders beside the file, or paths on the same disk."""

    done: FolderName = Field("done", description="Folder of the files that were imported.")
    failed: FolderName = Field("failed", description="Folder of the files that could not be imported.")


class Guards(StrictModel):
    """What holds a file until a person approves it."""

    max_rows: WholeNumber = Field(
        UNATTENDED_ROWS, ge=1, description="A file with more rows is held until a person approves it."
    )
    max_invalid: Share | None = Field(
        None, description="A file with a larger share of invalid rows, such as 5%, is held until a person approves it."
    )
    unusual: Unusual = Field(
        Unusual.HOLD, description="A file with far more rows than usual or other headings: `hold` or `send` it."
    )
    approval: Flag = Field(False, description="Every file waits until a person approves it.")


class Address(StrictModel):
    """Where the address of a notification is kept; it often holds a password and never stands in the file itself."""

    env: Text | None = Field(None, description="Name of the environment variable that holds the address.")
    file: Text | None = Field(None, description="Path of a private file that holds the address.")
    credential: Text | None = Field(None, description="Name of a credential of systemd (LoadCredential=).")

    @model_validator(mode="before")
    @classmethod
    def _never_a_text(cls, given: Any) -> Any:
        if isinstance(given, str):
            raise UnfitError(
                "An address never stands in the file itself: it often holds a password.",
                "Keep it elsewhere, and write {env: NAME}, {file: PATH} or {credential: NAME}.",
            )
        return given


class Notification(StrictModel):
    """Who hears what."""

    url: Address | None = Field(
        None, description="Where the Apprise address is: {env: NAME}, {file: PATH} or {credential: NAME}."
    )
    when: When = Field(
        When.PROBLEMS,
        description="`always`, `problems` (failed, held, or rows that need a person), or `silence`.",
    )
    days: WholeNumber | None = Field(None, ge=1, description="For `silence`: after so many days without a success.")


class Job(StrictModel):
    """One import that runs by itself."""

    account: Text = Field("", description="Name of the account; `default` is the one of the environment.")
    mapping: Text = Field("", description="Path of the mapping, from the folder of this file.")
    source: Inbox = Field(default_factory=Inbox, description="Where the files come from.")
    schedule: Schedule | None = Field(None, description="When the job is due; without it, it runs by hand.")
    after: Text | None = Field(None, description="Run when this other job has ended well, in place of a schedule.")
    missed: Missed = Field(
        Missed.CATCH_UP,
        description="Times at which nothing was running: `catch-up` once at the next start, or `skip`.",
    )
    after_file: Archive = Field(default_factory=Archive, description="Where files go afterwards.")
    guards: Guards = Field(default_factory=Guards, description="What holds a file until a person approves it.")
    notify: tuple[Notification, ...] = Field((), description="Who hears how it ended.")
    results: Text = Field("results", description="Folder of the results, from the folder of this file.")


class JobsFile(StrictModel):
    """The whole file."""

    jobs: Mapping[str, Job] = Field(default_factory=dict, description="The jobs by their names.")
