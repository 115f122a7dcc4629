"""Accounts from the environment, from the accounts file and from sandboxes, and every refusal in words."""

from __future__ import annotations

import json
import os
import stat
from collections import UserDict
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.config.accounts import account_from_environment, load_account, sandbox_file
from importer.config.settings import (
    DEFAULT_LIMIT,
    Account,
    KeysIn,
    child_environment,
    home_folder,
    parse_origin,
    read_database_url,
    remove_keys,
    with_limits,
    without_database,
)
from importer.core.errors import SettingsError
from importer.core.model import CallClass, Limit
from importer.core.redaction import redact
from tests.support.sampled import examples
from tests.unit.core.environment_helpers import ACCESS, API, HOST, SECRET, environment


def keys_of(account: Account) -> tuple[str, str, str]:
    return account.keys.access.reveal(), account.keys.secret.reveal(), account.keys.api.reveal()


def accounts_file(folder: Path, text: str) -> dict[str, str]:
    """An accounts file with ``text``, and the environment that points to it."""
    path = folder / "my-accounts.yaml"
    path.write_text(text, "utf-8")
    return {"IMPORTER_ACCOUNTS": str(path)}


def test_an_account_of_the_environment() -> None:
    """Host and keys are enough; everything else has a default."""
    account = account_from_environment(environment())
    assert (account.name, account.host, account.async_host) == ("default", HOST, "")
    assert keys_of(account) == (ACCESS, SECRET, API)
    assert dict(account.limits) == dict.fromkeys(CallClass, DEFAULT_LIMIT)
    assert (account.daily_calls, account.settle_seconds, account.timeout_seconds) == (0, 120.0, 60.0)
    assert (account.time_zone, account.country, account.is_sandbox) == ("", "", False)


def test_every_setting_of_the_environment() -> None:
    """Each variable arrives where it belongs; a country is written in capitals."""
    account = account_from_environment(
        environment(
            ASYNC_HOST="asyncapi-in21.leadsquared.com",
            CALLS_PER_WINDOW="10",
            WINDOW_SECONDS="2.5",
            BULK_CALLS_PER_WINDOW="3",
            DAILY_CALLS="5000",
            SETTLE_SECONDS="0",
            TIMEOUT_SECONDS="12",
            TIME_ZONE=" Asia/Kolkata ",
            COUNTRY="in",
            KEYS_IN=" Query ",
        )
    )
    assert account.keys_in is KeysIn.QUERY
    assert account.async_host == "https://asyncapi-in21.leadsquared.com"
    assert account.limits == {
        CallClass.STANDARD: Limit(10, 2.5),
        CallClass.ASYNC: Limit(10, 2.5),
        CallClass.BULK: Limit(3, 2.5),
    }
    assert (account.daily_calls, account.settle_seconds, account.timeout_seconds) == (5000, 0.0, 12.0)
    assert (account.time_zone, account.country) == ("Asia/Kolkata", "IN")


@pytest.mark.parametrize(
    ("given", "standard", "bulk", "known"),
    [
        ({}, 25, 25, set()),
        ({"PLAN": "pro"}, 10, 5, set(CallClass)),
        ({"PLAN": "Super"}, 20, 10, set(CallClass)),
        ({"PLAN": "unknown"}, 25, 25, set()),
        ({"PLAN": "pro", "CALLS_PER_WINDOW": "30"}, 30, 30, set(CallClass)),
        ({"PLAN": "pro", "BULK_CALLS_PER_WINDOW": "3"}, 10, 3, set(CallClass)),
        ({"BULK_CALLS_PER_WINDOW": "3"}, 25, 3, {CallClass.BULK}),
        ({"HOST": "http://127.0.0.1:1"}, 25, 25, set(CallClass)),
    ],
)
def test_the_plan_sets_the_limits(given: dict[str, str], standard: int, bulk: int, known: set[CallClass]) -> None:
    """What is configured outranks it; a limit that is only assumed is not called known."""
    account = account_from_environment(environment(**given))
    assert account.limits[CallClass.STANDARD] == account.limits[CallClass.ASYNC] == Limit(standard, 5.0)
    assert (account.limits[CallClass.BULK], account.known_limits) == (Limit(bulk, 5.0), known)


@pytest.mark.parametrize(
    ("lacking", "words"),
    [
        (["HOST"], "LEADSQUARED_HOST is not set."),
        (["SECRET_KEY"], "LEADSQUARED_SECRET_KEY is not set."),
        (["HOST", "ACCESS_KEY"], "LEADSQUARED_HOST and LEADSQUARED_ACCESS_KEY are not set."),
    ],
)
def test_what_is_missing_is_named(lacking: list[str], words: str) -> None:
    """The message lists the variables, and the remedy a way to try the program without them."""
    with pytest.raises(SettingsError) as caught:
        account_from_environment(environment(**dict.fromkeys(lacking, "")))
    assert caught.value.message == words
    assert "importer demo" in caught.value.remedy
    assert caught.value.exit_status == 2


@pytest.mark.parametrize(
    ("setting", "text", "expected"),
    [
        ("KEYS_IN", "body", "headers, query"),
        ("CALLS_PER_WINDOW", "0", "from 1 to 1000"),
        ("CALLS_PER_WINDOW", "many", "from 1 to 1000"),
        ("BULK_CALLS_PER_WINDOW", "1001", "from 1 to 1000"),
        ("WINDOW_SECONDS", "nan", "from 0.1 to 3600"),
        ("DAILY_CALLS", "-1", "from 0 to 1e+08"),
        ("SETTLE_SECONDS", "inf", "from 0 to 86400"),
        ("TIMEOUT_SECONDS", "0", "from 0.1 to 3600"),
    ],
)
def test_a_number_out_of_range(setting: str, text: str, expected: str) -> None:
    """The message names the setting and quotes the text; the remedy says what is expected."""
    with pytest.raises(SettingsError, match=f"LEADSQUARED_{setting} is '{text}'") as caught:
        account_from_environment(environment(**{setting: text}))
    assert expected in caught.value.remedy


@pytest.mark.parametrize(
    ("pasted", "origin"),
    [
        ("api.leadsquared.com", "https://api.leadsquared.com"),
        (" https://API-IN21.leadsquared.com/v2/ ", "https://api-in21.leadsquared.com"),
        ("https://api-us11.leadsquared.com:443", "https://api-us11.leadsquared.com"),
        ("http://127.0.0.1:8080/v2", "http://127.0.0.1:8080"),
        ("http://localhost", "http://localhost"),
        ("https://[::1]:9000", "https://[::1]:9000"),
    ],
)
def test_a_host_as_people_paste_it(pasted: str, origin: str) -> None:
    """Bare, with scheme, with path, in capitals: it becomes the origin."""
    assert parse_origin(pasted, "X") == origin


def test_an_account_on_this_machine_is_a_sandbox() -> None:
    """Loopback addresses are known as such."""
    assert account_from_environment(environment(HOST="http://[::1]:8080")).is_sandbox


@settings(max_examples=examples(100), deadline=None)
@given(st.text(max_size=60))
def test_no_text_becomes_a_strange_host(text: str) -> None:
    """Whatever is pasted: an origin of LeadSquared or of this machine comes out, or a refusal."""
    try:
        origin = parse_origin(text, "X")
    except SettingsError:
        return
    host = origin.split("://")[1].rpartition(":")[0] or origin.split("://")[1]
    assert host.endswith(".leadsquared.com") or host in ("127.0.0.1", "localhost", "[::1]")


@pytest.mark.parametrize("text", ["two words here", "line\nbreak", "schlüssel", "tab\there"])
def test_a_key_of_the_environment_that_was_copied_badly(text: str) -> None:
    """The message says which one, never what it holds; from then on its text is hidden."""
    with pytest.raises(SettingsError, match="LEADSQUARED_SECRET_KEY holds blanks") as caught:
        account_from_environment(environment(SECRET_KEY=text))
    assert text not in caught.value.message + caught.value.remedy


def test_a_key_may_end_with_a_line_break() -> None:
    """As `$(cat file)` in some shells leaves it."""
    assert keys_of(account_from_environment(environment(ACCESS_KEY=f" {ACCESS}\n")))[0] == ACCESS


def test_a_new_home_is_private_and_another_folder_stays_as_it_is(tmp_path: Path) -> None:
    """Whatever the umask; somebody else may need the rights of a folder that was there before."""
    before = os.umask(0o777)
    try:
        wanted = tmp_path / "home"
        assert home_folder({"IMPORTER_HOME": str(wanted)}) == wanted
    finally:
        os.umask(before)
    assert stat.S_IMODE(wanted.stat().st_mode) == 0o700
    wanted.chmod(0o755)
    assert home_folder({"IMPORTER_HOME": str(wanted)}) == wanted
    assert stat.S_IMODE(wanted.stat().st_mode) == 0o755


@pytest.mark.parametrize("mode", [0o775, 0o757, 0o1777])
def test_a_home_that_others_may_change_is_refused(tmp_path: Path, mode: int) -> None:
    """With the reason and two ways out, and without a change."""
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(mode)
    with pytest.raises(SettingsError, match="Others may change the folder") as caught:
        home_folder({"IMPORTER_HOME": str(shared)})
    assert str(shared / "importer") in caught.value.remedy
    assert stat.S_IMODE(shared.stat().st_mode) == mode


def test_the_home_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a setting it lies in the user's data folder."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    home = home_folder({})
    assert home.is_relative_to(tmp_path)
    assert home.name == "importer"


def test_a_home_that_cannot_be_used(tmp_path: Path) -> None:
    """A file in its place is named, with the setting that moves it."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(SettingsError, match="cannot be used") as caught:
        home_folder({"IMPORTER_HOME": str(tmp_path / "file" / "home")})
    assert "IMPORTER_HOME" in caught.value.remedy


def test_without_a_name_the_environment_counts(tmp_path: Path) -> None:
    """No name, and the name `default`, mean the variables."""
    assert load_account(None, environment(), tmp_path).name == "default"
    assert load_account("default", environment(), tmp_path).name == "default"


INDIA = """
accounts:
  india:
    host: api-in21.leadsquared.com
    access_key: {env: INDIA_ACCESS}
    secret_key: {file: "%s"}
    calls_per_window: 7
    country: in
  other: {host: api.leadsquared.com}
"""


def test_an_account_of_the_file(tmp_path: Path) -> None:
    """Chosen by `--account` or LEADSQUARED_ACCOUNT, its keys fetched from where the file says."""
    key = tmp_path / "key"
    key.touch(mode=0o600)
    key.write_text(f"{SECRET}\n")
    variables = {**accounts_file(tmp_path, INDIA % key), "INDIA_ACCESS": ACCESS}
    for account in (
        load_account("india", variables, tmp_path),
        load_account(None, {**variables, "LEADSQUARED_ACCOUNT": "india"}, tmp_path),
    ):
        assert (account.name, account.host, account.country) == ("india", HOST, "IN")
        assert keys_of(account) == (ACCESS, SECRET, "")
        assert account.limits[CallClass.STANDARD] == Limit(7, 5.0)


def test_the_accounts_file_lies_here_or_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without IMPORTER_ACCOUNTS it is `accounts.yaml` of the working folder, else of the home folder."""
    here, home = tmp_path / "here", tmp_path / "home"
    here.mkdir()
    home.mkdir()
    monkeypatch.chdir(here)
    (home / "accounts.yaml").write_text(f"one: {{host: {HOST}, country: AA}}")
    assert load_account("one", {}, home).country == "AA"
    (here / "accounts.yaml").write_text(f"one: {{host: {HOST}, country: BB}}")
    assert load_account("one", {}, home).country == "BB"


@pytest.mark.parametrize("text", [None, "accounts: {}", "accounts: {india: {host: api.leadsquared.com}}"])
def test_an_unknown_account(tmp_path: Path, text: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The remedy lists the accounts that are known, or none."""
    monkeypatch.chdir(tmp_path)
    variables = accounts_file(tmp_path, text) if text else {}
    with pytest.raises(SettingsError, match="no account called mars") as caught:
        load_account("mars", variables, tmp_path)
    assert ("india" if text and "india" in text else "none") in caught.value.remedy


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("accounts: [", "cannot be read as YAML"),
        ("a: b: c", "cannot be read as YAML"),
        ("- one\n- two", "does not list accounts"),
        ("accounts: [one]", "does not list accounts"),
        ("one: just-text", "does not list accounts"),
        ("", "does not list accounts"),
        (f"one: {{host: {HOST}, hots: x}}", "account one has the unknown setting hots"),
        ("one: {host: evil.example}", "`host` of account one is not a LeadSquared host"),
        (f"one: {{host: {HOST}, daily_calls: x}}", "`daily_calls` of account one is 'x'"),
        (f"one: {{host: {HOST}, access_key: {ACCESS}}}", "must not stand in the accounts file"),
        (f"one: {{host: {HOST}, access_key: [{ACCESS}]}}", "must not stand in the accounts file"),
        (f"one: {{host: {HOST}, access_key: {{value: {ACCESS}}}}}", "must not stand in the accounts file"),
        (f"one: {{host: {HOST}, access_key: {{env: A, file: B}}}}", "must not stand in the accounts file"),
    ],
)
def test_an_accounts_file_that_is_wrong(tmp_path: Path, text: str, words: str) -> None:
    """Every mistake is named with its place; what may be a key is not repeated."""
    with pytest.raises(SettingsError, match=words) as caught:
        load_account("one", accounts_file(tmp_path, text), tmp_path)
    assert ACCESS not in caught.value.message + caught.value.remedy
    assert caught.value.__cause__ is None


def test_an_accounts_file_in_another_encoding(tmp_path: Path) -> None:
    """UTF-16 is refused, not guessed."""
    variables = accounts_file(tmp_path, "")
    Path(variables["IMPORTER_ACCOUNTS"]).write_bytes("one: {}".encode("utf-16"))
    with pytest.raises(SettingsError, match="cannot be read as YAML"):
        load_account("one", variables, tmp_path)


def test_the_connection_of_a_sandbox(tmp_path: Path) -> None:
    """A sandbox account is read from its connection file, whatever characters its name has."""
    path = sandbox_file(tmp_path, "../my demo")
    assert path.is_relative_to(tmp_path / "sandboxes")
    path.parent.mkdir(parents=True)
    content = {"host": "http://127.0.0.1:9", "access_key": ACCESS, "secret_key": SECRET, "pid": 4}
    path.write_text(json.dumps(content))
    account = load_account("../my demo", {}, tmp_path)
    assert (account.host, account.is_sandbox) == ("http://127.0.0.1:9", True)
    assert keys_of(account) == (ACCESS, SECRET, "")


@pytest.mark.parametrize("content", ["{", "[]", "7"])
def test_a_damaged_connection_file(tmp_path: Path, content: str) -> None:
    """It is named, and starting the sandbox again makes a new one."""
    path = sandbox_file(tmp_path, "demo")
    path.parent.mkdir(parents=True)
    path.write_text(content)
    with pytest.raises(SettingsError, match="cannot be read") as caught:
        load_account("demo", {}, tmp_path)
    assert "importer sandbox --name demo" in caught.value.remedy


def test_paths_of_the_async_host_are_settings() -> None:
    """A path replaces the one that is assumed; another address is refused."""
    own = account_from_environment(environment(LEAD_STATUS_PATH=" /1/lead/state "))
    assert own.async_paths == {"/lead/status": "/1/lead/state"}
    with pytest.raises(SettingsError, match="LEADSQUARED_ACTIVITY_STATUS_PATH is not a path"):
        account_from_environment(environment(ACTIVITY_STATUS_PATH="https://elsewhere.example/x"))


def test_learned_limits_replace_configured_ones() -> None:
    """Only those that were learned."""
    account = with_limits(account_from_environment(environment()), {CallClass.BULK: Limit(2, 60.0)})
    assert account.limits[CallClass.BULK] == Limit(2, 60.0)
    assert account.limits[CallClass.STANDARD] == DEFAULT_LIMIT


@pytest.mark.parametrize(
    ("url", "secrets"),
    [
        ("postgresql://bob:w0rd%2Fone@db.example.org:5432/importer", ["w0rd%2Fone", "w0rd/one"]),
        ("postgres:///importer?host=/run/postgresql&user=bob&password=w0rd-two", ["w0rd-two"]),
        ("postgresql://bob@db1.example.org,db2.example.org/importer", []),
    ],
)
def test_the_url_of_a_database_is_a_key(url: str, secrets: list[str]) -> None:
    """It and its passwords are hidden from now on; programs that we start do not get it."""
    assert read_database_url({}) is None
    assert read_database_url({"IMPORTER_DATABASE_URL": "  "}) is None
    found = read_database_url({"IMPORTER_DATABASE_URL": f" {url} "})
    assert found is not None
    assert (found.reveal(), str(found)) == (url, "••••")
    for secret in (url, *secrets):
        assert secret not in redact(f"<{secret}>")
    variables = {"IMPORTER_DATABASE_URL": url, "PATH": "/bin"}
    assert child_environment(variables, {}) == without_database(variables) == {"PATH": "/bin"}
    remove_keys(variables)
    assert variables == {"PATH": "/bin"}


@pytest.mark.parametrize("url", ["mysql://bob:w0rd-three@h/d", "postgresql://[w0rd-three", "w0rd-three"])
def test_the_url_of_something_else(url: str) -> None:
    """It is refused without being quoted."""
    with pytest.raises(SettingsError) as caught:
        read_database_url({"IMPORTER_DATABASE_URL": url})
    assert "w0rd" not in caught.value.message + caught.value.remedy


def test_an_account_knows_the_database(tmp_path: Path) -> None:
    """Its limits are shared there."""
    assert load_account(None, environment(), tmp_path).database is None
    found = load_account(None, {**environment(), "IMPORTER_DATABASE_URL": "postgresql:///d"}, tmp_path).database
    assert found is not None
    assert found.reveal() == "postgresql:///d"


def test_variables_with_keys_are_forgotten() -> None:
    """By their names, and by their text once it is known to be a key; everything else stays."""
    account_from_environment(environment())
    variables = {**environment(), "MY_OWN_NAME": ACCESS, "PATH": "/bin", "GNOME_KEYRING_CONTROL": "/run/keyring"}
    child = child_environment({**variables, "DB_PASSWORD": "x"}, {"SANDBOX_API_KEY": "made for it"})
    assert child == {
        "LEADSQUARED_HOST": HOST,
        "PATH": "/bin",
        "GNOME_KEYRING_CONTROL": "/run/keyring",
        "SANDBOX_API_KEY": "made for it",
    }
    remove_keys(variables)
    assert sorted(variables) == ["GNOME_KEYRING_CONTROL", "LEADSQUARED_HOST", "PATH"]
    assert os.environ.get("PATH")


class Vanishing(UserDict[str, str]):
    """Variables of which another thread has removed one by the time that it is asked for, or is to be removed."""

    def __init__(self, gone: str, when: str) -> None:
        super().__init__({"LEADSQUARED_ACCESS_KEY": "0123456789abcdef0123", "PATH": "/bin", gone: "x"})
        self.gone, self.when = gone, when

    # As that of os.environ: UserDict's own looks for the name first since Python 3.12.
    get = Mapping.get

    def __getitem__(self, name: str) -> str:
        if self.when == "asked" and name == self.gone:
            raise KeyError(name)
        return super().__getitem__(name)

    def __delitem__(self, name: str) -> None:
        super().__delitem__(name)
        if self.when == "removed":
            raise KeyError(name)


@pytest.mark.parametrize(("gone", "when"), [("A17", "asked"), ("LEADSQUARED_SECRET_KEY", "removed")])
def test_two_jobs_forget_keys_at_the_same_moment(gone: str, when: str) -> None:
    """A variable that the other one has removed meanwhile is no trouble."""
    variables = Vanishing(gone, when)
    remove_keys(variables)
    assert set(variables) <= {"PATH", "A17"}
    assert child_environment(variables, {"B": "2"})["B"] == "2"
