"""`importer accounts`: several LeadSquared accounts, by name."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from importer.cli.doctor import examination_json, print_examination
from importer.cli.options import build_environment, json_option, open_account
from importer.cli.streams import print_json, print_output
from importer.core.errors import SettingsError, UsageError
from importer.core.text import display_text, pluralize
from importer.core.time import format_minute

if TYPE_CHECKING:
    from importer.app import AccountListing, AccountTest

_KEPT = {
    "keyring": "its keys are in the keyring of this computer.",
    "file": "its keys are in files that only you can read.",
    "environment": "its keys are read from these environment variables:",
}


@click.group("accounts")
def command() -> None:
    """Several LeadSquared accounts, each with its name, host, keys and limits, in accounts.yaml."""


@command.command("list")
@json_option
def list_command(as_json: bool) -> int:
    """Show the accounts: host, limits, where the keys are kept and whether they are there. Never shows a key."""
    from importer.app import list_accounts

    path, listed = list_accounts(build_environment(quiet=True, verbose=0))
    if as_json:
        print_json({"file": str(path), "accounts": [_account_json(one) for one in listed]})
        return 0
    for one in listed:
        _print_account(one)
    if not listed:
        _print(f"{path} names no account yet. Add one: importer accounts add NAME")
    return 0


def _account_json(one: AccountListing) -> dict[str, Any]:
    # Keys are labelled "access key": what follows a name such as access_key is redacted wherever it is printed.
    keys = [
        {"key": _key_label(key.name), "place": key.place, "there": not key.trouble, "trouble": key.trouble}
        for key in one.keys
    ]
    plain = ("name", "host", "region", "async_host", "time_zone", "country", "last_used", "daily_calls")
    limits = {"calls": one.calls, "bulk_calls": one.bulk_calls, "window_seconds": one.window_seconds}
    return {**{name: getattr(one, name) for name in plain}, "limits": limits, "keys": keys}


def _key_label(key: str) -> str:
    return key.replace("_", " ")


def _print_account(one: AccountListing) -> None:
    _print(f"{one.name}  {one.host}{f' (region {one.region})' if one.region else ''}")
    for key in one.keys:
        _print(f"    {_key_label(key.name)}: {key.place}, {f'but: {key.trouble}' if key.trouble else 'there'}")
    budget = f", {one.daily_calls:,} a day" if one.daily_calls else ""
    _print(f"    limits: {one.calls} calls and {one.bulk_calls} bulk calls in {one.window_seconds:g} s{budget}")
    where = " / ".join(filter(None, (one.time_zone, one.country))) or "none"
    last = f"{format_minute(one.last_used)} UTC" if one.last_used else "never"
    _print(f"    time zone and country: {where}; last used: {last}")


def _print(text: str) -> None:
    print_output(display_text(text))


@command.command("add")
@click.argument("name")
@click.option("--region", help="Region of its hosts: sg, us11, in21, in22, ir31, ca12 or me61.")
@click.option("--host", help="Its API host, in place of a region.")
@click.option("--async-host", help="Its async host, only for the async targets; the region's if it has one: region.")
@click.option("--kept-in", type=click.Choice(list(_KEPT)), help="Where its keys are kept; asked for if not given.")
@click.option("--time-zone", help="Time zone of times in its files, such as Asia/Kolkata.")
@click.option("--country", help="Country of phone numbers without a country code, such as IN.")
@click.option("--plan", type=click.Choice(["pro", "super", "unknown"]), help="LeadSquared's plan, for its limits.")
@click.option("--calls-per-window", type=int, help="How many calls it allows in a window (25).")
@click.option("--bulk-calls-per-window", type=int, help="How many bulk calls it allows in a window.")
@click.option("--window-seconds", type=float, help="How long a window is (5).")
@click.option("--daily-calls", type=int, help="Stop for today after so many calls.")
@click.option("--replace", is_flag=True, help="Write an account of this name anew.")
def add_command(
    name: str, region: str | None, host: str | None, kept_in: str | None, replace: bool, **rest: Any
) -> int:
    """Add the account NAME to accounts.yaml. Keys are asked for without being shown, and never written into it."""
    from importer.config import KeyStorage, NewAccount, add_account, check_name_free, find_file_to_write, key_variable

    env = build_environment(quiet=True, verbose=0)
    path = find_file_to_write(env.variables, env.home)
    check_name_free(name, path, env.home, replace=replace)
    chosen, async_host = _hosts(region, host, rest.pop("async_host"))
    keeping = KeyStorage(kept_in or _ask("Where shall its keys be kept?", "--kept-in", click.Choice(list(_KEPT))))
    if rest["plan"] is None and rest["calls_per_window"] is None and sys.stdin.isatty():
        question = "LeadSquared's plan, which decides how many calls it allows"
        rest["plan"] = _ask(question, "--plan", click.Choice(["pro", "super", "unknown"]))
    settings = {setting: value for setting, value in rest.items() if value is not None}
    add_account(NewAccount(name, chosen, async_host, keeping, settings, replace), path, env.home, _ask_key)
    _print(f"Account {name} is in {path}; {_KEPT[keeping.value]}")
    if keeping is KeyStorage.ENVIRONMENT:
        for key in ("access_key", "secret_key", *(("api_key",) if async_host else ())):
            _print(f"    {key_variable(name, key)}")
    _print(f"Try it: importer accounts test {name}")
    return 0


def _hosts(region: str | None, host: str | None, async_host: str | None) -> tuple[str, str]:
    """Return host and async host, as given or asked for. Raises :class:`UsageError`."""
    from importer.config import REGIONS
    from importer.config import find_region as find

    if region and host:
        raise UsageError("--region and --host say the same.", "Give one of them.")
    if not region and not host:
        known = ", ".join(f"{name} ({one.place})" for name, one in REGIONS.items())
        given = _ask(f"Region or host; regions are {known}", "--region")
        region, host = (None, given) if "." in given or "/" in given else (given, None)
    found = find(region) if region else None
    if async_host == "region":
        async_host = found.async_host if found else ""
        if not async_host:
            raise UsageError("No page of LeadSquared names the async host there.", "Give it: --async-host HOST")
    return found.host if found else host or "", async_host or ""


def _ask(question: str, option: str, kind: click.Choice[str] | None = None) -> str:
    """Ask the person. Raises :class:`UsageError` without a terminal."""
    if not sys.stdin.isatty():
        raise UsageError(f"Nobody is there to be asked: {option} is missing.", f"Give {option}.")
    return str(click.prompt(question, type=kind, err=True)).strip()


def _ask_key(name: str) -> str:
    if not sys.stdin.isatty():
        raise UsageError(
            "Keys are only asked at a terminal, where nothing shows or records them.",
            "Run it in a terminal, or let them come from the environment: --kept-in environment",
        )
    return str(click.prompt(f"The {_key_label(name)} (it is not shown)", hide_input=True, err=True))


@command.command("test")
@click.argument("name", required=False)
@click.option("--all", "every", is_flag=True, help="All accounts of accounts.yaml.")
@json_option
def test_command(name: str | None, every: bool, as_json: bool) -> int:
    """Ask LeadSquared once whose keys they are: of the account NAME, of all, or of the LEADSQUARED_… variables."""
    from importer.app import read_accounts_file

    if name and every:
        raise UsageError("NAME and --all contradict each other.", "Give one of them.")
    env = build_environment(quiet=True, verbose=0)
    names = list(read_accounts_file(env)[1]) if every else [name]
    tried: list[AccountTest] = []
    for each in names:
        tried.append(_check(each, env, {one.name: one.tenant for one in tried if one.tenant}))
        if not as_json:
            _print(tried[-1].name)
            for examination in tried[-1].examined:
                print_examination(examination, indent="    ")
    status = 0 if all(one.is_usable for one in tried) else 1
    if as_json:
        accounts = [
            {
                "name": one.name,
                "sound": one.is_usable,
                "tenant": one.tenant,
                "examined": [examination_json(examination) for examination in one.examined],
            }
            for one in tried
        ]
        print_json({"exit_status": status, "accounts": accounts})
    return status


def _check(name: str | None, env: Any, also: dict[str, str]) -> AccountTest:
    from importer.app import AccountTest, Examination, Health, check_account, open_ledger_of

    try:
        account = open_account(env, name)
    except SettingsError as error:
        return AccountTest(name or "default", (Examination("Settings", Health.BAD, error.message, error.remedy),))
    with open_ledger_of(env) as ledger:
        return check_account(account, ledger, env, also)


@command.command("remove")
@click.argument("name")
def remove_command(name: str) -> int:
    """Take the account NAME out of accounts.yaml. Its keys stay where they are kept."""
    from importer.app import read_accounts_file
    from importer.config import remove_account

    env = build_environment(quiet=True, verbose=0)
    path, entries = read_accounts_file(env)
    remove_account(name, path)
    _print(f"Account {name} is no longer in {path}. What was sent with it stays in the ledger.")
    for key in ("access_key", "secret_key", "api_key"):
        place = getattr(entries[name], key)
        if place is not None:
            ((kind, where),) = place.model_dump(exclude_none=True).items()
            _print(f"    {_key_label(key)} stays: {kind} {where}")
    return 0


@command.command("check")
@click.argument("file", required=False, type=click.Path(path_type=Path))
def check_command(file: Path | None) -> int:
    """Find every problem in accounts.yaml, or in FILE."""
    from importer.app import read_accounts_file
    from importer.config import load_accounts

    path, entries = (
        (file, load_accounts(file)) if file else read_accounts_file(build_environment(quiet=True, verbose=0))
    )
    _print(f"{path} is a valid accounts file with {len(entries)} {pluralize(len(entries), 'account')}.")
    return 0


@command.command("schema")
def schema_command() -> int:
    """The JSON Schema of accounts files, for editors."""
    from importer.config import accounts_json_schema

    print_output(json.dumps(accounts_json_schema(), indent=2, ensure_ascii=False))
    return 0
