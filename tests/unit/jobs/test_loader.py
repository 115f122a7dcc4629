"""Jobs files: every problem at once, with its line and the nearest known word."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.core.errors import JobsFileError, UsageError
from importer.jobs.config.loader import find_jobs_file, load_jobs, parse_jobs
from importer.jobs.config.model import Job, MissedRuns, NotifyWhen, UnusualFiles, jobs_json_schema

FULL = """\
jobs:
  nightly:
    account: india
    mapping: maps/visits.yaml
    source: {folder: inbox, pattern: "visits-*.csv", stable: 2m}
    schedule: {cron: "30 2 * * mon-fri", timezone: Asia/Kolkata}
    missed: skip
    after_file: {done: ../done, failed: bad}
    guards: {max_rows: 500, max_invalid: 5%, unusual: send, approval: yes}
    notify:
      - {url: {env: TEAM_CHAT}, when: always}
      - {url: {file: /etc/importer/mail}, when: silence, days: 3}
    results: out
  second: {account: default, mapping: b.yaml, source: {path: exports/leads.xlsx}, after: nightly}
"""


def problems(text: str) -> list[tuple[int, str, str, str]]:
    with pytest.raises(JobsFileError) as caught:
        parse_jobs(text, Path("jobs.yaml"))
    return [(found.line, found.path, found.message, found.remedy) for found in caught.value.problems]


def one(options: str) -> str:
    """A jobs file with one job that lacks nothing, and these options."""
    return f"jobs:\n  a:\n    account: x\n    mapping: m.yaml\n    source: {{folder: in}}\n{options}"


def test_everything_said_arrives(tmp_path: Path) -> None:
    """Words, numbers and shares arrive as what they mean; paths are those of this machine."""
    loaded = parse_jobs(FULL, tmp_path / "jobs.yaml")
    task = loaded.task("nightly")
    job = task.job
    assert (job.source.stable, job.missed, job.guards.unusual) == (120.0, MissedRuns.SKIP, UnusualFiles.SEND)
    assert (job.guards.max_rows, float(job.guards.max_invalid or 0), job.guards.approval) == (500, 0.05, True)
    assert [(each.when, each.days) for each in job.notify] == [(NotifyWhen.ALWAYS, None), (NotifyWhen.SILENCE, 3)]
    assert (task.mapping, task.inbox) == (tmp_path / "maps/visits.yaml", tmp_path / "inbox")
    assert (task.done, task.failed) == (tmp_path / "inbox/../done", tmp_path / "inbox/bad")
    assert task.results == tmp_path / "out"
    assert loaded.task("second").inbox == tmp_path / "exports"
    assert [follower.name for follower in loaded.followers("nightly")] == ["second"]
    with pytest.raises(UsageError) as caught:
        loaded.task("nigtly")
    assert "nightly" in caught.value.remedy


@pytest.mark.parametrize(
    ("text", "line", "message", "remedy"),
    [
        ("", 1, "The file is empty.", "Begin with a line `jobs:`"),
        ("- a", 1, "The file is not a table of jobs.", "Begin with"),
        ("jobs: {}", 1, "The file has no jobs.", "Name a job"),
        ("jbos: {}", 1, "`jbos` is not known here.", "Did you mean `jobs`?"),
        (one("    scedule: x\n"), 6, "`scedule` is not known here.", "Did you mean `schedule`?"),
        (one("    cron: x\n"), 6, "`cron` is not known here.", "It belongs into `schedule:`."),
        (one("    missed: catchup\n"), 6, '"catchup" is not known for `missed`.', "Did you mean `catch-up`?"),
        (one("    schedule: {cron: 1 2 3, timezone: UTC}\n"), 6, '"1 2 3" has 3 fields, not five.', "minute hour day"),
        (one("    schedule: {cron: 0 2 * * *}\n"), 6, "The schedule has no `timezone`.", "Asia/Kolkata"),
        (one("    schedule: {timezone: UTC}\n"), 6, "The schedule has no `cron`.", "five fields"),
        (one("    after: b\n"), 6, 'There is no job "b".', ""),
        (one("    after: a\n"), 6, "The jobs wait for each other: a → a.", "Let one have a schedule."),
        (one("    guards: {max_invalid: 5}\n"), 6, '"5" is more than all rows.', "5%"),
        (one("    after_file: {done: ..}\n"), 6, '".." cannot be an archive.', "done"),
        (
            one("    notify: [{when: always}]\n"),
            6,
            "The notification does not say where its address is kept.",
            "env: NAME",
        ),
        (one("    notify: [{url: {env: X}, when: silence}]\n"), 6, "`silence` needs a number of days.", "days: 3"),
        (one("    notify: [{url: {env: X}, days: 3}]\n"), 6, "`days` belongs to `when: silence`.", "Remove it"),
        (one("    guards: strict\n"), 6, "`guards` must be a table of options", "{folder: inbox}"),
        (one("    missed:\n"), 6, "`missed` has nothing after the colon.", "remove the line"),
        (one("    notify: [{url: 'mailto://u:p@x'}]\n"), 6, "An address never stands in the file", "{env: NAME}"),
        (one("    password: x\n"), 6, "This looks like a key or password", "private file"),
        ("jobs:\n  A b: {account: x, mapping: m, source: {folder: i}}", 2, '"A b" cannot be the name', "small letters"),
        ("jobs:\n  a: {account: x, mapping: m, source: {}}", 2, "A source is either a `folder` or one `path`.", "Keep"),
        (
            "jobs:\n  a: {account: x, mapping: m, source: {path: i, pattern: x}}",
            2,
            "`pattern` belongs to a folder.",
            "Remove",
        ),
        (
            "jobs:\n  a: {account: x, mapping: m, source: {folder: i, pattern: a/b}}",
            2,
            '"a/b" is not a pattern',
            "visits",
        ),
        ("jobs:\n  a: {account: x, mapping: m, source: {folder: i, stable: 2d}}", 2, '"2d" is not a duration.', "30s"),
        ("jobs:\n  a: {account: x, mapping: m, source: {folder: i, stable: 25h}}", 2, '"25h" is longer than', "30s"),
    ],
)
def test_one_problem(text: str, line: int, message: str, remedy: str) -> None:
    """Each mistake is named with its line and what to write instead."""
    found = problems(text)
    assert len(found) == 1, found
    assert found[0][0] == line
    assert found[0][2].startswith(message)
    assert remedy in found[0][3]


def test_every_problem_at_once() -> None:
    """A job without anything, two jobs on the same files, a job with two reasons to run."""
    text = """\
jobs:
  a: {}
  b: {account: x, mapping: m, source: {folder: ./in}, after: c, schedule: {cron: 0 2 * * *, timezone: UTC}}
  c: {account: x, mapping: m, source: {folder: in}}
"""
    told = [(line, message) for line, _, message, _ in problems(text)]
    assert told == [
        (2, "The job does not say its `account`."),
        (2, "The job does not say its `mapping`."),
        (2, "The job does not say its `source`."),
        (3, "The job has a schedule and also waits for another job."),
        (4, "The job b takes the same files: some names fit the patterns of both."),
    ]


def test_where_the_file_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The option, the variable, the working folder, the home folder: the first counts."""
    monkeypatch.chdir(tmp_path)
    home = tmp_path / "home"
    home.mkdir()
    with pytest.raises(UsageError) as caught:
        find_jobs_file(None, {}, home)
    assert "--file" in caught.value.remedy
    (home / "jobs.yaml").touch()
    assert find_jobs_file(None, {}, home) == home / "jobs.yaml"
    (tmp_path / "jobs.yaml").touch()
    assert find_jobs_file(None, {}, home) == Path("jobs.yaml")
    assert find_jobs_file(None, {"IMPORTER_JOBS": "/x.yaml"}, home) == Path("/x.yaml")
    assert find_jobs_file(Path("y"), {"IMPORTER_JOBS": "/x.yaml"}, home) == Path("y")
    with pytest.raises(JobsFileError) as missing:
        load_jobs(tmp_path / "none.yaml")
    assert "the jobs file: The file cannot be read" in missing.value.message


def test_the_schema_knows_every_option() -> None:
    """What the model reads, the editor knows; nothing else is allowed."""
    schema = jobs_json_schema()
    job = schema["$defs"]["Job"]
    assert set(job["properties"]) == set(Job.model_fields)
    assert job["additionalProperties"] is False
    assert job["required"] == ["account", "mapping", "source"]
    assert schema["$defs"]["NotificationRule"]["properties"]["when"]["enum"] == ["always", "problems", "silence"]


def test_the_example_of_the_docs_is_sound(tmp_path: Path) -> None:
    """What people copy from the page about jobs loads."""
    page = (Path(__file__).parents[3] / "docs" / "jobs.md").read_text("utf-8")
    example = page.partition("```yaml\n")[2].partition("```")[0]
    assert list(parse_jobs(example, tmp_path / "jobs.yaml").tasks) == ["nightly-visits", "visit-notes"]
