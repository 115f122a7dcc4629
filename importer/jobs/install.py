"""Units for the schedulers that a machine has already: crontab lines, a systemd service, a task of Windows."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from importer.jobs.config.loader import LoadedJobs

UNIT_PATH = Path("/etc/systemd/system/importer.service")
TASK_FILE = Path("importer-task.xml")
_BEGIN, _END = "# BEGIN importer jobs", "# END importer jobs"
_KEYS = ("lsq_access_key", "lsq_secret_key", "lsq_api_key")


@dataclass(frozen=True, slots=True)
class Place:
    """Where things are on this machine; every path is absolute. ``program`` is the command with its interpreter."""

    program: Sequence[str]
    home: Path
    user: str


def cron_block(jobs: LoadedJobs, place: Place) -> str:
    """Lines for a crontab, one for each job with a schedule, between two marks."""
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
    """The crontab ``existing`` with ``block`` in place of an earlier one, or at its end."""
    before, begin, rest = existing.partition(_BEGIN)
    if not begin:
        return existing + ("\n" if existing and not existing.endswith("\n") else "") + block
    _, _, after = rest.partition(f"{_END}\n")
    return before + block + after


def systemd_unit(jobs: LoadedJobs, place: Place) -> str:
    """A hardened service that runs `importer serve`; the keys come as credentials."""
    command = [*place.program, "serve", "--file", str(jobs.path.absolute())]
    writable = _writable(jobs, place)
    named = dict.fromkeys(address.credential for address in jobs.addresses() if address.credential is not None)
    loaded = [f"#LoadCredential={key}:/etc/importer/{key}" for key in _KEYS]
    loaded += [_quoted(f"LoadCredential={name}:/etc/importer/{name}") for name in named]
    return _UNIT.format(
        user=place.user,
        folder=_percent(jobs.path.absolute().parent),
        home=_percent(place.home),
        command=" ".join(_quoted(part) for part in command),
        writable=" ".join(_quoted(str(path)) for path in writable),
        credentials="\n".join(loaded),
    )


def _writable(jobs: LoadedJobs, place: Place) -> list[Path]:
    """The folders that the service must be able to change; everything else is read-only to it."""
    folders: Iterable[Path] = (
        folder for task in jobs.tasks.values() for folder in (task.inbox, task.done, task.failed, task.results)
    )
    found: list[Path] = []
    for folder in sorted({place.home, *(path.absolute() for path in folders)}):
        if not any(folder.is_relative_to(above) for above in found):
            found.append(folder)
    return found


def _percent(path: Path) -> str:
    """systemd takes % for the beginning of a specifier."""
    return str(path).replace("%", "%%")


def _quoted(text: str) -> str:
    inner = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{inner}"' if inner != text or " " in text else text


_UNIT = """\
[Unit]
Description=importer: spreadsheets into LeadSquared
Wants=network-online.target
After=network-online.target

[Service]
User={user}
WorkingDirectory={folder}
Environment="IMPORTER_HOME={home}"
ExecStart={command}
# Keys: one file each, readable by root only. Remove the # where the account comes from the environment; named accounts
# say {{credential: NAME}} in accounts.yaml.
{credentials}

# SIGTERM lets the calls in flight end; what is left is continued at the next start.
KillMode=mixed
TimeoutStopSec=300
Restart=on-failure
RestartSec=30
# 2: the configuration is wrong. 75: another one is serving.
RestartPreventExitStatus=2 75

NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
# Folders that do not exist yet must be made before the first start.
ReadWritePaths={writable}
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
CapabilityBoundingSet=
AmbientCapabilities=
LockPersonality=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
UMask=0077

[Install]
WantedBy=multi-user.target
"""


def windows_task(jobs: LoadedJobs, place: Place) -> str:
    """A task of Windows that runs `importer serve` inside its Linux subsystem from the start of the computer on."""
    command = [
        "env",
        f"IMPORTER_HOME={place.home}",
        *place.program,
        "serve",
        "--file",
        str(jobs.path.absolute()),
    ]
    return _TASK.format(arguments=escape("--exec " + " ".join(_for_windows(part) for part in command)))


def _for_windows(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"' if not text or any(sign in text for sign in ' \t"&') else text


_TASK = """\
<?xml version="1.0"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Description>importer: spreadsheets into LeadSquared</Description></RegistrationInfo>
  <Triggers><BootTrigger><Enabled>true</Enabled></BootTrigger></Triggers>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure><Interval>PT1M</Interval><Count>255</Count></RestartOnFailure>
    <StartWhenAvailable>true</StartWhenAvailable>
  </Settings>
  <Actions>
    <Exec>
      <Command>wsl.exe</Command>
      <Arguments>{arguments}</Arguments>
    </Exec>
  </Actions>
</Task>
"""
