"""`importer accounts`: several LeadSquared accounts, by name."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from importer.cli.main import print_json
from importer.cli.options import load, surroundings
from importer.cli.streams import answer

if TYPE_CHECKING:
    from importer.app.account_status import Listed
    from importer.app.account_test import Tried

_COLOURS = {"ok": "green", "note": "yellow", "problem": "red"}
_KEEPINGS = ("keyring", "file", "environment")
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")


@click.group("accounts")
def command() -> None:
    """Several LeadSquared accounts, each with its name, host, keys and limits, in accounts.yaml."""


@command.command("list")
@_JSON
def list_command(as_json: bool) -> int:
    """Show the accounts: host, limits, where the keys are kept and whether they are there. Never shows a key."""
    from importer.app.account_status import overview

    path, listed = overview(surroundings(quiet=True, verbose=0))
    if as_json:
        print_json({"file": str(path), "accounts": [_entry(one) for one in listed]})
        return 0
    for one in listed:
        _tell(one)
    if not listed:
        _say(f"{path} names no account yet. Add one: importer accounts add NAME")
    return 0


def _entry(one: Listed) -> dict[str, Any]:
    # Named by words: what follows a name such as access_key is taken for a key and hidden, wherever it is printed.
    keys = [
        {"key": _words(key.name), "place": key.place, "there": not key.trouble, "trouble": key.trouble}
        for key in one.keys
    ]
    plain = ("name", "host", "region", "async_host", "time_zone", "country", "last_used", "daily_calls")
    limits = {"calls": one.calls, "bulk_calls": one.bulk_calls, "window_seconds": one.window_seconds}
    return {**{name: getattr(one, name) for name in plain}, "limits": limits, "keys": keys}


def _words(key: str) -> str:
    return key.replace("_", " ")


def _tell(one: Listed) -> None:
    _say(f"{one.name}  {one.host}{f' (region {one.region})' if one.region else ''}")
    for key in one.keys:
        _say(f"    {_words(key.name)}: {key.place}, {f'but: {key.trouble}' if key.trouble else 'there'}")
    budget = f", {one.daily_calls:,} a day" if one.daily_calls else ""
    _say(f"    limits: {one.calls} calls and {one.bulk_calls} bulk calls in {one.window_seconds:g} s{budget}")
    where = " / ".join(filter(None, (one.time_zone, one.country))) or "none"
    last = f"{one.last_used[:16].replace('T', ' ')} UTC" if one.last_used else "never"
    _say(f"    time zone and country: {where}; last used: {last}")


def _say(text: str) -> None:
    from importer.core.text import shown

    answer(shown(text))


@command.command("add")
@click.argument("name")
@click.option("--region", help="Region of its hosts: sg, us11, in21, in22, ir31, ca12 or me61.")
@click.option("--host", help="Its API host, in place of a region.")
@click.option("--async-host", help="Its async host, only for the async targets; the region's if it has one: region.")
@click.option("--kept-in", type=click.Choice(_KEEPINGS), help="Where its keys are kept; asked for if not given.")
@click.option("--time-zone", help="Time zone of times in its files, such as Asia/Kolkata.")
@click.option("--country", help="Country of phone numbers without a country code, such as IN.")
@click.option("--calls-per-window", type=int, help="How many calls it allows in a window (25).")
@click.option("--bulk-calls-per-window", type=int, help="How many bulk calls it allows in a window.")
@click.option("--window-seconds", type=float, help="How long a window is (5).")
@click.option("--daily-calls", type=int, help="Stop for today after so many calls.")
@click.option("--replace", is_flag=True, help="Write an account of this name anew.")
def add_command(
    name: str, region: str | None, host: str | None, kept_in: str | None, replace: bool, **rest: Any
) -> int:
    """Add the account NAME to accounts.yaml. Keys are asked for without being shown, and never written into it."""
    from importer.config.accounts_file import commands
    from importer.config.accounts_file.key_store import Keeping, variable_of

    outside = surroundings(quiet=True, verbose=0)
    path = commands.file_to_write(outside.environment, outside.home)
    commands.refuse_taken(name, path, outside.home, replace=replace)
    chosen, async_host = _hosts(region, host, rest.pop("async_host"))
    keeping = Keeping(kept_in or _asked("Where shall its keys be kept?", "--kept-in", click.Choice(_KEEPINGS)))
    settings = {setting: value for setting, value in rest.items() if value is not None}
    commands.add(commands.Wish(name, chosen, async_host, keeping, settings, replace), path, outside.home, _ask_key)
    _say(f"Account {name} is in {path}; {_kept(keeping)}")
    if keeping is Keeping.ENVIRONMENT:
        for key in ("access_key", "secret_key", *(("api_key",) if async_host else ())):
            _say(f"    {variable_of(name, key)}")
    _say(f"Try it: importer accounts test {name}")
    return 0


def _kept(keeping: str) -> str:
    return {
        "keyring": "its keys are in the keyring of this computer.",
        "file": "its keys are in files that only you can read.",
        "environment": "its keys are read from these environment variables:",
    }[keeping]


def _hosts(region: str | None, host: str | None, async_host: str | None) -> tuple[str, str]:
    """Host and async host, as given or asked for. Raises :class:`UsageError`."""
    from importer.config.regions import REGIONS
    from importer.config.regions import region as find
    from importer.core.errors import UsageError

    if region and host:
        raise UsageError("--region and --host say the same.", "Give one of them.")
    if not region and not host:
        known = ", ".join(f"{name} ({one.place})" for name, one in REGIONS.items())
        told = _asked(f"Region or host; regions are {known}", "--region")
        region, host = (None, told) if "." in told or "/" in told else (told, None)
    found = find(region) if region else None
    if async_host == "region":
        async_host = found.async_host if found else ""
        if not async_host:
            raise UsageError("No page of LeadSquared names the async host there.", "Give it: --async-host HOST")
    return found.host if found else host or "", async_host or ""


def _asked(question: str, option: str, kind: click.Choice[str] | None = None) -> str:
    """What the person says. Raises :class:`UsageError` when nobody is there to be asked."""
    from importer.core.errors import UsageError

    if not sys.stdin.isatty():
        raise UsageError(f"Nobody is there to be asked: {option} is missing.", f"Give {option}.")
    return str(click.prompt(question, type=kind, err=True)).strip()


def _ask_key(name: str) -> str:
    from importer.core.errors import UsageError

    if not sys.stdin.isatty():
        raise UsageError(
            "Keys are only asked at a terminal, where nothing shows or records them.",
            "Run it in a terminal, or let them come from the environment: --kept-in environment",
        )
    return str(click.prompt(f"The {_words(name)} (it is not shown)", hide_input=True, err=True))


@command.command("test")
@click.argument("name", required=False)
@click.option("--all", "every", is_flag=True, help="All accounts of accounts.yaml.")
@_JSON
def test_command(name: str | None, every: bool, as_json: bool) -> int:
    """Ask LeadSquared once whose keys they are: of the account NAME, of all, or of the LEADSQUARED_… variables."""
    from importer.app.account_status import accounts_of
    from importer.core.errors import UsageError

    if name and every:
        raise UsageError("NAME and --all contradict each other.", "Give one of them.")
    outside = surroundings(quiet=True, verbose=0)
    names = list(accounts_of(outside)[1]) if every else [name]
    tried: list[Tried] = []
    for each in names:
        tried.append(_try(each, outside, {one.name: one.tenant for one in tried if one.tenant}))
        if not as_json:
            _tell_tried(tried[-1])
    status = 0 if all(one.is_sound for one in tried) else 1
    if as_json:
        print_json({"exit_status": status, "accounts": [_tried_entry(one) for one in tried]})
    return status


def _try(name: str | None, outside: Any, also: dict[str, str]) -> Tried:
    from importer.app.account_test import Tried, try_account
    from importer.app.doctor import Examined, Health
    from importer.app.environment import open_memory
    from importer.core.errors import SettingsError

    try:
        account = load(outside, name)
    except SettingsError as error:
        return Tried(name or "default", (Examined("Settings", Health.BAD, error.message, error.remedy),))
    with open_memory(outside) as ledger:
        return try_account(account, ledger, outside, also)


def _tell_tried(one: Tried) -> None:
    _say(one.name)
    for each in one.examined:
        mark = click.style(f"{each.health.value:<8}", fg=_COLOURS[each.health.value])
        click.echo(f"    {mark}", nl=False)
        _say(f"{each.name}: {each.found}")
        if each.remedy:
            _say(f"            {each.remedy}")


def _tried_entry(one: Tried) -> dict[str, Any]:
    examined = [
        {"name": each.name, "health": each.health.value, "found": each.found, "remedy": each.remedy}
        for each in one.examined
    ]
    return {"name": one.name, "sound": one.is_sound, "tenant": one.tenant, "examined": examined}


@command.command("remove")
@click.argument("name")
def remove_command(name: str) -> int:
    """Take the account NAME out of accounts.yaml. Its keys stay where they are kept."""
    from importer.app.account_status import accounts_of
    from importer.config.accounts_file.commands import remove

    outside = surroundings(quiet=True, verbose=0)
    path, entries = accounts_of(outside)
    remove(name, path)
    _say(f"Account {name} is no longer in {path}. What was sent with it stays in the ledger.")
    for key in ("access_key", "secret_key", "api_key"):
        place = getattr(entries[name], key)
        if place is not None:
            ((kind, where),) = place.model_dump(exclude_none=True).items()
            _say(f"    {_words(key)} stays: {kind} {where}")
    return 0


@command.command("check")
@click.argument("file", required=False, type=click.Path(path_type=Path))
def check_command(file: Path | None) -> int:
    """Find every problem in accounts.yaml, or in FILE."""
    from importer.app.account_status import accounts_of
    from importer.config.accounts_file.loader import load_accounts

    path, entries = (file, load_accounts(file)) if file else accounts_of(surroundings(quiet=True, verbose=0))
    _say(f"{path} is a sound accounts file with {len(entries)} account{'s' * (len(entries) != 1)}.")
    return 0


@command.command("schema")
def schema_command() -> int:
    """The JSON Schema of accounts files, for editors."""
    from importer.config.accounts_file.json_schema import accounts_json_schema

    answer(json.dumps(accounts_json_schema(), indent=2, ensure_ascii=False))
    return 0
