"""Write units for the scheduler of a machine: crontab lines, a systemd service, a Windows task, a launchd agent."""

from __future__ import annotations

import plistlib
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from xml.sax.saxutils import escape

from importer.jobs.config.loader import LoadedJobs

UNIT_PATH = Path("/etc/systemd/system/importer.service")
TASK_FILE = Path("importer-task.xml")
AGENT_FILE = Path("Library/LaunchAgents/importer.serve.plist")
"""Below the home folder of the user."""
_BEGIN, _END = "# BEGIN importer jobs", "# END importer jobs"
_KEYS = ("lsq_access_key", "lsq_secret_key", "lsq_api_key")


@dataclass(frozen=True, slots=True)
class Installation:
    """Absolute paths of this machine, and the user. ``program`` is the command with its interpreter."""

    program: Sequence[str]
    home: Path
    user: str


def crontab_block(jobs: LoadedJobs, place: Installation) -> str:
    """Write lines for a crontab, one for each job with a schedule, between two marks."""
    lines = [
        _BEGIN,
        "# The clock is that of CRON_TZ where cron knows it (cronie); else it is that of the computer.",
        "# CRON_TZ holds for all lines below it: lines of your own belong above this block.",
    ]
    for name, task in jobs.tasks.items():
        schedule = task.job.schedule
        if schedule is None:
            continue
        command = [*place.program, "jobs", "run", name, "--file", str(jobs.path.absolute()), "--quiet"]
        line = f"IMPORTER_HOME={shlex.quote(str(place.home))} {shlex.join(command)}"
        # cron takes a bare % for the end of the line.
        lines += [f"CRON_TZ={schedule.timezone}", f"{schedule.cron} {line.replace('%', chr(92) + '%')}"]
    return "\n".join([*lines, _END, ""])


def merged_crontab(existing: str, block: str) -> str:
    """Return the crontab ``existing`` with ``block`` in place of an earlier one, or at its end."""
    before, begin, rest = existing.partition(_BEGIN)
    if not begin:
        return existing + ("\n" if existing and not existing.endswith("\n") else "") + block
    _, _, after = rest.partition(f"{_END}\n")
    return before + block + after


def systemd_unit(jobs: LoadedJobs, place: Installation) -> str:
    """Write a hardened systemd service that runs `importer serve`; the keys come as credentials."""
    command = [*place.program, "serve", "--file", str(jobs.path.absolute())]
    writable = _writable(jobs, place)
    named = dict.fromkeys(address.credential for address in jobs.addresses() if address.credential is not None)
    loaded = [f"#LoadCredential={key}:/etc/importer/{key}" for key in _KEYS]
    loaded += [_quote(f"LoadCredential={name}:/etc/importer/{name}") for name in named]
    return _template("importer.service").format(
        user=place.user,
        folder=_escape_percent(jobs.path.absolute().parent),
        home=_escape_percent(place.home),
        command=" ".join(_quote(part) for part in command),
        writable=" ".join(_quote(str(path)) for path in writable),
        credentials="\n".join(loaded),
    )


def _writable(jobs: LoadedJobs, place: Installation) -> list[Path]:
    """Return the folders that the service must be able to change; everything else is read-only to it."""
    folders: Iterable[Path] = (
        folder for task in jobs.tasks.values() for folder in (task.inbox, task.done, task.failed, task.results)
    )
    found: list[Path] = []
    for folder in sorted({place.home, *(path.absolute() for path in folders)}):
        if not any(folder.is_relative_to(above) for above in found):
            found.append(folder)
    return found


def _escape_percent(path: Path) -> str:
    """Double %, which begins a specifier of systemd."""
    return str(path).replace("%", "%%")


def _quote(text: str) -> str:
    inner = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{inner}"' if inner != text or " " in text else text


def windows_task(jobs: LoadedJobs, place: Installation) -> str:
    """Write a task of Windows that runs `importer serve` from the user's log-on, and again after a failure.

    A task has no environment variables of its own: ``IMPORTER_HOME`` is that of the user.
    """
    arguments = [*place.program[1:], "serve", "--file", str(jobs.path.absolute())]
    return _template("importer-task.xml").format(
        command=escape(place.program[0]),
        arguments=escape(" ".join(f'"{part}"' if " " in part else part for part in arguments)),
        folder=escape(str(jobs.path.absolute().parent)),
    )


def launchd_agent(jobs: LoadedJobs, place: Installation) -> str:
    """Write a launchd agent of macOS that runs `importer serve` from the user's log-in, and again after a failure."""
    agent = {
        "Label": AGENT_FILE.stem,
        "ProgramArguments": [*place.program, "serve", "--file", str(jobs.path.absolute())],
        "WorkingDirectory": str(jobs.path.absolute().parent),
        "EnvironmentVariables": {"IMPORTER_HOME": str(place.home)},
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": 60,
        "StandardErrorPath": str(place.home / "serve.err"),
    }
    return plistlib.dumps(agent).decode("utf-8")


def _template(name: str) -> str:
    return files("importer.jobs").joinpath("templates", name).read_text("utf-8")
