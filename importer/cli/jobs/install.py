"""`importer jobs install`: units for cron, systemd, launchd and the tasks of Windows."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click

from importer.cli.jobs.workspace import jobs_options
from importer.cli.streams import print_json, print_message, print_output
from importer.core.platform import owner_name, user_name

_CRON, _SYSTEMD, _WINDOWS, _LAUNCHD = "cron", "systemd", "windows-task", "launchd"


@click.command("install")
@click.option("--cron", "kind", flag_value=_CRON, help="Lines for a crontab: each job at its time.")
@click.option("--systemd", "kind", flag_value=_SYSTEMD, help="A hardened service that runs importer serve.")
@click.option("--windows-task", "kind", flag_value=_WINDOWS, help="A task that runs importer serve from log-on.")
@click.option("--launchd", "kind", flag_value=_LAUNCHD, help="An agent of macOS that runs importer serve from log-in.")
@click.option("--write", is_flag=True, help="Install it, in place of printing it.")
@click.option("--replace", is_flag=True, help="With --write: replace a unit that differs.")
@jobs_options
def install_command(kind: str | None, write: bool, replace: bool, file: Path | None, as_json: bool) -> int:
    """Print a unit for the scheduler of this machine, or install it."""
    from importer.cli.options import build_environment
    from importer.jobs import (
        AGENT_FILE,
        TASK_FILE,
        UNIT_PATH,
        Installation,
        crontab_block,
        find_jobs_file,
        launchd_agent,
        load_jobs,
        systemd_unit,
        windows_task,
    )

    if kind is None:
        raise click.UsageError("Say for what: --cron, --systemd, --launchd or --windows-task.")
    env = build_environment(quiet=True, verbose=0)
    jobs = load_jobs(find_jobs_file(file, env.variables, env.home))
    place = Installation(_program(), env.home, _owner(jobs.path))
    texts = {_CRON: crontab_block, _SYSTEMD: systemd_unit, _WINDOWS: windows_task, _LAUNCHD: launchd_agent}
    text = texts[kind](jobs, place)
    path = {_SYSTEMD: UNIT_PATH, _WINDOWS: TASK_FILE, _LAUNCHD: Path.home() / AGENT_FILE}.get(kind)
    words = ""
    if write:
        words = _install_crontab(text) if path is None else _write_unit(path, text, replace=replace)
    if as_json:
        where = str(path) if path else "crontab"
        print_json({"kind": kind, "text": text, "path": where, "written": write, "exit_status": 0})
    elif write:
        print_message(words)
    else:
        print_output(text.rstrip("\n"))
    return 0


def _owner(path: Path) -> str:
    """Whose jobs they are, also when root installs the unit."""
    try:
        return owner_name(path)
    except (OSError, KeyError):
        return user_name()


def _program() -> list[str]:
    """The command as this process was started: the installed script, or the interpreter with the module."""
    scripts = [Path(sys.executable).parent / name for name in ("importer", "importer.exe")]
    found = next((str(script) for script in scripts if script.is_file()), None) or shutil.which("importer")
    return [found] if found else [sys.executable, "-m", "importer"]


def _install_crontab(block: str) -> str:
    """Put the block into the crontab of this user. Raises :class:`ImporterError`."""
    from importer.core.errors import ImporterError
    from importer.jobs import merged_crontab

    program = shutil.which("crontab")
    if program is None:
        raise ImporterError("There is no crontab on this computer.", "Print the lines and put them where cron reads.")
    listed = subprocess.run([program, "-l"], capture_output=True, text=True, check=False)
    # Without a crontab it fails and says so; anything else would be written over.
    if listed.returncode != 0 and "no crontab" not in listed.stderr.lower():
        raise ImporterError(f"The crontab cannot be read: {listed.stderr.strip()}", "Nothing was changed.")
    merged = merged_crontab(listed.stdout if listed.returncode == 0 else "", block)
    written = subprocess.run([program, "-"], input=merged, capture_output=True, text=True, check=False)
    if written.returncode != 0:
        raise ImporterError(f"The crontab cannot be written: {written.stderr.strip()}", "Print the lines instead.")
    return "The lines are in your crontab. See them: crontab -l"


def _write_unit(path: Path, text: str, *, replace: bool) -> str:
    """Write a unit. Raises :class:`ImporterError` when another one is there, or it cannot be written."""
    from importer.core.errors import ImporterError, UsageError
    from importer.core.filesystem import atomic_write

    # The tasks of Windows are read in UTF-16 only.
    content = text.encode("utf-16" if path.suffix == ".xml" else "utf-8")
    try:
        if path.exists() and path.read_bytes() != content and not replace:
            raise UsageError(f"{path} is there already and differs.", "Compare them; --replace writes the new one.")
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(path, content, mode=0o644)
    except OSError as error:
        raise ImporterError(
            f"{path} cannot be written: {error.strerror or error}.", "Run it as root, or print it and copy it there."
        ) from None
    commands = {
        ".service": f"Start it: systemctl daemon-reload && systemctl enable --now {path.name}",
        ".plist": f"Start it: launchctl bootstrap gui/$(id -u) {shlex.quote(str(path))}",
        ".xml": f"Install it: schtasks /Create /TN importer /XML {path}",
    }
    return f"{path} is written. {commands[path.suffix]}"
