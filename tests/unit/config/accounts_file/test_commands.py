"""What `importer accounts` does: lists, adds, tries and removes, and never shows a key."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keyring
import keyring.errors
import pytest

from importer.app.account_status import list_accounts, read_accounts_file
from importer.app.doctor import AccountTest, Health, check_account
from importer.app.environment import Environment, open_ledger_of
from importer.cli import accounts as commands
from importer.cli.main import run
from importer.config.accounts import load_account
from importer.config.accounts_editor import (
    NewAccount,
    add_account,
    check_name_free,
    find_file_to_write,
    remove_account,
)
from importer.config.accounts_file import accounts_json_schema
from importer.config.regions import REGIONS, find_region, find_region_name
from importer.config.secrets import KeyStorage
from importer.config.settings import parse_origin
from importer.core.errors import RunStopped, SettingsError, UsageError
from importer.sandbox.server import Sandbox
from tests.support.trial import KINDS, Trial
from tests.unit.config.accounts_file.account_keys import ACCESS, API, SECRET

ANSWERS = {"access_key": ACCESS, "secret_key": f" {SECRET} ", "api_key": API}


def wish(name: str = "one", host: str = "https://api-in21.leadsquared.com", **changes: Any) -> NewAccount:
    made = NewAccount(
        name, host, "", KeyStorage.ENVIRONMENT, {"daily_calls": 50, "time_zone": "Asia/Kolkata", "country": "IN"}
    )
    return replace(made, **changes)


def added(env: Environment, given: NewAccount) -> Path:
    path = find_file_to_write(env.variables, env.home)
    add_account(given, path, env.home, ANSWERS.__getitem__)
    return path


def health(tried: AccountTest) -> dict[str, Health]:
    return {each.name: each.health for each in tried.examined}


def tried(name: str, env: Environment, also: dict[str, str] | None = None) -> AccountTest:
    with open_ledger_of(env) as ledger:
        return check_account(load_account(name, env.variables, env.home), ledger, env, also or {})


# --- adding and removing


@pytest.mark.parametrize("keeping", list(KeyStorage))
def test_an_account_is_added_with_its_keys_where_they_were_wanted(
    env: Environment, keeping: KeyStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No key is in the accounts file, and an import finds each."""
    ring: dict[tuple[str, str], str] = {}
    monkeypatch.setattr(keyring, "set_password", lambda service, user, key: ring.__setitem__((service, user), key))
    monkeypatch.setattr(keyring, "get_password", lambda service, user: ring.get((service, user)))
    given = wish(keeping=keeping, async_host="https://asyncapi-in21.leadsquared.com")
    path = added(env, given)
    text = path.read_text("utf-8")
    assert not any(key.strip() in text for key in ANSWERS.values())
    keys = load_account("one", env.variables, env.home).keys
    assert (keys.access.reveal(), keys.secret.reveal(), keys.api.reveal()) == (ACCESS, SECRET, API)
    if keeping is KeyStorage.FILE:
        kept = list((env.home / "keys" / "one").iterdir())
        assert sorted(each.name for each in kept) == ["access_key", "api_key", "secret_key"]
        assert {each.stat().st_mode & 0o777 for each in kept} == {0o600}


def test_an_account_is_never_overwritten_by_accident(env: Environment) -> None:
    """Only --replace writes it anew; a name that a sandbox has, or none can have, is refused."""
    path = added(env, wish())
    before = path.read_text("utf-8")
    with pytest.raises(UsageError, match="has an account one already"):
        added(env, wish())
    with pytest.raises(UsageError, match="cannot be the name"):
        added(env, wish("../one"))
    sandbox_file = env.home / "sandboxes" / "toy" / "connection.json"
    sandbox_file.parent.mkdir(parents=True)
    sandbox_file.write_text("{}")
    with pytest.raises(UsageError, match="There is a sandbox called toy"):
        check_name_free("toy", path, env.home, replace=True)
    assert path.read_text("utf-8") == before
    added(env, wish(replace=True, settings={"daily_calls": 60}))
    assert read_accounts_file(env)[1]["one"].daily_calls == 60


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"host": "https://example.com"}, "The host is not a LeadSquared host"),
        ({"async_host": "ftp://x"}, "The async host is not"),
        ({"settings": {"daily_calls": -1}}, "daily_calls"),
        ({"settings": {"time_zone": "Asia/Kolkatta"}}, "Asia/Kolkata"),
        ({"settings": {"country": "India"}}, "country"),
    ],
)
def test_what_is_wrong_is_told_before_anybody_is_asked_for_keys(
    env: Environment, given: dict[str, Any], words: str
) -> None:
    """And nothing is written."""
    path = find_file_to_write(env.variables, env.home)
    asked: list[str] = []
    with pytest.raises((UsageError, SettingsError, Exception), match=words):
        add_account(wish(keeping=KeyStorage.FILE, **given), path, env.home, lambda name: asked.append(name) or "key")
    assert (asked, path.exists()) == ([], False)


@pytest.mark.parametrize("key", ["", "  ", "two words", "línea"])
def test_a_key_that_is_none_is_not_kept(env: Environment, key: str) -> None:
    """Nothing is written, and the key is not in the message."""
    path = find_file_to_write(env.variables, env.home)
    with pytest.raises((UsageError, SettingsError)) as refused:
        add_account(wish(keeping=KeyStorage.FILE), path, env.home, lambda name: key)
    assert not key.strip() or key.strip() not in refused.value.message + refused.value.remedy
    assert not path.exists()
    assert not (env.home / "keys").exists()


@pytest.mark.parametrize("error", [keyring.errors.NoKeyringError("x"), OSError("x"), None])
def test_a_keyring_that_does_not_take_keys(
    env: Environment, error: Exception | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says so, or forgets at once: the account is not written."""

    def refusing(*given: str) -> None:
        if error is not None:
            raise error

    monkeypatch.setattr(keyring, "set_password", refusing)
    monkeypatch.setattr(keyring, "get_password", refusing)
    with pytest.raises(SettingsError, match="does not take the key"):
        added(env, wish(keeping=KeyStorage.KEYRING))
    assert not (env.home / "accounts.yaml").exists()


def test_without_the_package_there_is_no_keyring(env: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    """The person hears how to install it."""
    monkeypatch.setitem(__import__("sys").modules, "keyring", None)
    with pytest.raises(SettingsError, match="need the package keyring"):
        added(env, wish(keeping=KeyStorage.KEYRING))


def test_a_key_file_that_cannot_be_written(env: Environment) -> None:
    """The disk's words, and nothing in the accounts file."""
    (env.home / "keys").write_text("a file in the way")
    with pytest.raises(SettingsError, match="The key cannot be written"):
        added(env, wish(keeping=KeyStorage.FILE))
    assert not (env.home / "accounts.yaml").exists()


def test_an_account_is_removed(env: Environment) -> None:
    """The others stay; an unknown name is refused."""
    path = added(env, wish())
    added(env, wish("two"))
    remove_account("one", path)
    assert list(read_accounts_file(env)[1]) == ["two"]
    with pytest.raises(UsageError, match="no account one"):
        remove_account("one", path)


def test_where_a_new_accounts_file_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where IMPORTER_ACCOUNTS says, else into the home folder; one that is there already is used."""
    monkeypatch.chdir(tmp_path)
    assert find_file_to_write({}, tmp_path / "home") == tmp_path / "home" / "accounts.yaml"
    assert find_file_to_write({"IMPORTER_ACCOUNTS": "x/a.yaml"}, tmp_path) == Path("x/a.yaml")
    Path("accounts.yaml").write_text("accounts:\n")
    assert find_file_to_write({}, tmp_path / "home") == Path("accounts.yaml")


# --- regions


def test_every_region_is_a_host_of_leadsquared() -> None:
    """Sync and async, as the client accepts them."""
    for name, one in REGIONS.items():
        assert parse_origin(one.host, "x") == one.host
        assert not one.async_host or parse_origin(one.async_host, "x") == one.async_host
        assert (find_region(name), find_region_name(one.host)) == (one, name)
    assert find_region_name("http://127.0.0.1:1") == ""
    with pytest.raises(UsageError) as refused:
        find_region("in12")
    assert "Did you mean `in21`?" in refused.value.remedy


# --- listing


def test_the_list_says_where_keys_are_and_whether_they_are_there(env: Environment) -> None:
    """Never the keys; and when an account was used last."""
    added(env, wish(settings={"daily_calls": 50, "bulk_calls_per_window": 5}))
    added(env, wish("two"))
    _, (one, two) = list_accounts(env)
    assert (one.region, one.calls, one.bulk_calls, one.daily_calls, one.last_used) == ("in21", 25, 5, 50, "")
    assert [(key.place, key.trouble) for key in one.keys] == [("env ONE_ACCESS_KEY", ""), ("env ONE_SECRET_KEY", "")]
    assert [key.trouble for key in two.keys] == ["not there", "not there"]
    with open_ledger_of(env) as ledger:
        ledger.count_queries("one", 1)
    assert [len(each.last_used) for each in list_accounts(env)[1]] == [10, 0]
    assert not any(key.strip() in repr(list_accounts(env)) for key in ANSWERS.values())


def test_a_key_file_that_others_may_read_is_told(env: Environment) -> None:
    """With what to do about it."""
    added(env, wish(keeping=KeyStorage.FILE))
    (env.home / "keys" / "one" / "secret_key").chmod(0o644)
    _, (one,) = list_accounts(env)
    assert [bool(key.trouble) for key in one.keys] == [False, True]
    assert "chmod 600" in one.keys[1].trouble


def test_without_an_accounts_file(env: Environment) -> None:
    """The person hears how to make one."""
    with pytest.raises(UsageError) as refused:
        list_accounts(env)
    assert "importer accounts add" in refused.value.remedy


# --- trying


@pytest.mark.slow
def test_an_account_is_tried_with_one_question_that_counts(env: Environment, sandbox: Callable[..., Sandbox]) -> None:
    """Host, keys, tenant, clock and async host; the budget knows it."""
    crm = sandbox()
    added(env, wish(host=crm.host, async_host=crm.host))
    found = tried("one", env)
    assert found.is_usable
    assert {each.name for each in found.examined} == {"Host", "Keys", "Tenant", "Clock", "Async"}
    assert set(health(found).values()) == {Health.GOOD}
    assert found.tenant.startswith("sandbox-")
    assert [entry["call"] for entry in crm.log] == ["who-am-i"]
    with open_ledger_of(env) as ledger:
        assert ledger.queries_on("one", env.clock.now().strftime("%Y-%m-%d")) == 1
        assert ledger.tenants() == {}, "only an import that somebody said yes to binds a name to its tenant"


@pytest.mark.slow
def test_accounts_of_one_tenant_are_noticed(env: Environment, sandbox: Callable[..., Sandbox]) -> None:
    """Whether the other was tried just now or imported to earlier: they share a limit."""
    crm = sandbox()
    added(env, wish(host=crm.host))
    first = tried("one", env)
    assert health(first)["Tenant"] is Health.GOOD
    assert health(first)["Async"] is Health.NOTE
    again = tried("one", env, {"other": first.tenant})
    assert (health(again)["Tenant"], again.is_usable) == (Health.NOTE, True)
    assert any("other" in each.remedy and "limit" in each.remedy for each in again.examined)
    with open_ledger_of(env) as ledger:
        ledger.bind_account("earlier", first.tenant)
    assert health(tried("one", env))["Tenant"] is Health.NOTE


@pytest.mark.slow
def test_keys_of_another_tenant_are_found(env: Environment, sandbox: Callable[..., Sandbox]) -> None:
    """An account whose imports went elsewhere is not sound, though its keys are accepted."""
    added(env, wish(host=sandbox().host))
    with open_ledger_of(env) as ledger:
        ledger.bind_account("one", "somewhere-else")
    found = tried("one", env)
    assert (health(found)["Keys"], health(found)["Tenant"], found.is_usable) == (Health.GOOD, Health.BAD, False)


@pytest.mark.slow
def test_wrong_keys_and_a_budget_that_is_used_up(env: Environment, sandbox: Callable[..., Sandbox]) -> None:
    """Both are told, and the second asks nothing."""
    crm = sandbox()
    added(env, wish(host=crm.host, settings={"daily_calls": 1}))
    wrong = replace(env, variables={**env.variables, "ONE_SECRET_KEY": "wrong-secret"})
    found = tried("one", wrong)
    assert (found.is_usable, found.tenant, health(found)) == (False, "", {"Host": Health.GOOD, "Keys": Health.BAD})
    spent = tried("one", env)
    assert "budget of 1 calls a day" in spent.examined[-1].found
    assert len(crm.log) == 1
    env.stop.set()
    with pytest.raises(RunStopped):
        tried("one", env)


@pytest.mark.slow
def test_half_an_async_host(env: Environment, sandbox: Callable[..., Sandbox]) -> None:
    """What is missing is named."""
    crm = sandbox()
    added(env, wish(host=crm.host, async_host=crm.host))
    less = replace(env, variables={**env.variables, "ONE_API_KEY": ""})
    assert any(each.found == "api_key is missing" for each in tried("one", less).examined)


# --- the command line


@pytest.mark.slow
def test_the_commands_from_end_to_end(tmp_path: Path) -> None:
    """Two accounts on one sandbox: added, listed, tried and removed, with the keys from the environment."""
    with Trial(tmp_path, next(iter(KINDS.values())), rows=1) as trial:
        accounts = {"IMPORTER_ACCOUNTS": str(tmp_path / "accounts.yaml")}
        for name in ("one", "two"):
            for key in ("ACCESS", "SECRET"):
                accounts[f"{name.upper()}_{key}_KEY"] = trial.environment[f"LEADSQUARED_{key}_KEY"]
            options = ("--host", trial.sandbox.host, "--kept-in", "environment", "--daily-calls", "9")
            ended = trial.command("accounts", "add", name, *options, **accounts)
            assert (ended.status, f"{name.upper()}_ACCESS_KEY" in ended.out) == (0, True), ended.err
        listed = trial.command("accounts", "list", "--json", **accounts).json["accounts"]
        assert [key["there"] for one in listed for key in one["keys"]] == [True] * 4
        told = trial.command("accounts", "test", "--all", "--json", **accounts)
        assert (told.status, [one["sound"] for one in told.json["accounts"]]) == (0, [True, True])
        assert "limit" in json.dumps(told.json["accounts"][1])
        assert told.json["accounts"][0]["tenant"]
        wrong = trial.command("accounts", "test", "two", **{**accounts, "TWO_SECRET_KEY": "wrong"})
        assert (wrong.status, "problem" in wrong.out) == (1, True)
        assert trial.command("accounts", "remove", "two", **accounts).status == 0
        shown = trial.command("accounts", "list", **accounts).out
        assert "one  http://127.0.0.1" in shown
        assert "two" not in shown
        assert "9 a day" in shown
        assert trial.command("accounts", "test", "two", **accounts).status == 1


def test_a_terminal_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """For region, keeping and keys; what is hidden stays hidden."""
    asked: list[tuple[str, bool]] = []
    answers = iter(["in21", "file", "pro", ACCESS, SECRET])

    def prompt(question: str, *, hide_input: bool = False, **rest: Any) -> str:
        asked.append((question, hide_input))
        return next(answers)

    monkeypatch.setattr(commands.click, "prompt", prompt)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("importer.cli.options._handle_stop_signals", lambda stop, progress: None)
    monkeypatch.setenv("IMPORTER_HOME", str(tmp_path))
    monkeypatch.delenv("IMPORTER_ACCOUNTS", raising=False)
    monkeypatch.chdir(tmp_path)
    assert run(["accounts", "add", "india"]) == 0
    assert [hidden for _, hidden in asked] == [False, False, False, True, True]
    assert "plan: pro" in (tmp_path / "accounts.yaml").read_text("utf-8")
    told = capsys.readouterr()
    assert "files that only you can read" in told.out
    assert ACCESS not in told.out + told.err
    assert run(["accounts", "check"]) == 0
    capsys.readouterr()
    assert run(["accounts", "schema"]) == 0
    assert json.loads(capsys.readouterr().out) == accounts_json_schema()
    assert run(["accounts", "list"]) == 0
    assert run(["accounts", "remove", "india"]) == 0
    assert run(["accounts", "list"]) == 0
    assert "names no account yet" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["add", "x"], "--region is missing"),
        (["add", "x", "--region", "in21"], "--kept-in is missing"),
        (["add", "x", "--region", "in21", "--kept-in", "file"], "only asked at a terminal"),
        (["add", "x", "--region", "in21", "--host", "y"], "say the same"),
        (["add", "x", "--region", "ir31", "--async-host", "region", "--kept-in", "file"], "names the async host"),
        (["test", "x", "--all"], "contradict"),
    ],
)
def test_without_a_terminal_what_is_missing_is_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    """Nobody waits for an answer that cannot come."""
    monkeypatch.setattr("importer.cli.options._handle_stop_signals", lambda stop, progress: None)
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    monkeypatch.setenv("IMPORTER_HOME", str(tmp_path))
    monkeypatch.setenv("IMPORTER_ACCOUNTS", str(tmp_path / "accounts.yaml"))
    assert run(["accounts", *arguments]) == 2
    assert words in capsys.readouterr().err
