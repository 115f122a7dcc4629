"""The accounts file: read strictly, and changed without touching what nobody spoke of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from importer.config.accounts import ACCOUNT_SETTINGS, SOURCES_OF_KEYS, load_account
from importer.config.accounts_editor import ACCOUNTS
from importer.config.accounts_file import AccountEntry, KeyPlace, accounts_json_schema, load_accounts, parse_accounts
from importer.config.entry_table import write_entries
from importer.config.settings import RANGES
from importer.core.errors import AccountsFileError, SettingsError, UsageError

GOOD = """\
# Ours, since 2024.
accounts:
  india:   # the big one
    host: https://api-in21.leadsquared.com
    access_key: {env: ONE_ACCESS_KEY}
    secret_key:
      env: ONE_SECRET_KEY
    daily_calls: 5000
    time_zone: Asia/Kolkata
    country: IN

  # This one is Lena's.
  ireland:
    host: "https://api-ir31.leadsquared.com"
    access_key: {keyring: importer}
    secret_key: {keyring: importer}
    account_checks: note
# the end
"""
ENTRY = {
    "host": "https://api.leadsquared.com",
    "access_key": {"env": "A"},
    "secret_key": {"env": "B"},
    "daily_calls": 7,
}


def problems_of(text: str) -> list[str]:
    with pytest.raises(AccountsFileError) as refused:
        parse_accounts(text, Path("accounts.yaml"))
    return [str(problem) for problem in refused.value.problems]


def test_a_sound_file() -> None:
    """Every account with its settings; the same file serves an import."""
    found = parse_accounts(GOOD, Path("accounts.yaml"))
    assert list(found) == ["india", "ireland"]
    assert (found["india"].daily_calls, found["india"].country) == (5000, "IN")
    assert found["ireland"].access_key == KeyPlace(keyring="importer")
    assert parse_accounts("# nothing yet\n", Path("a")) == parse_accounts("accounts:\n", Path("a")) == {}


def test_everything_that_is_wrong_is_told_at_once_with_lines() -> None:
    """Slips with the nearest known word, keys that stand there, impossible values, and what is missing."""
    told = problems_of(
        "accounts:\n"
        "  india:\n"
        "    hots: https://api-in21.leadsquared.com\n"
        "    access_key: u$r0123456789abcdef0123\n"
        "    secret_key: {evn: X}\n"
        "    daily_calls: many\n"
        "    country: India\n"
        "  default:\n"
        "    host: https://example.com\n"
        "    access_key: {env: A, file: B}\n"
        "    secret_key: {env: B}\n"
    )
    text = "\n".join(told)
    for line, words in (
        (2, "does not say its `host`"),
        (3, "Did you mean `host`?"),
        (4, "looks like a key"),
        (5, "Did you mean `env`?"),
        (6, "from 0 to 1e+08"),
        (7, "IN"),
        (8, "LEADSQUARED_"),
        (9, "not a LeadSquared host"),
        (10, "A key is kept at one place"),
    ):
        assert any(f"{line}" in one.split(" ")[1] and words in one for one in told), (line, words, text)
    assert "u$r0123" not in text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- a\n", "not a table of accounts"),
        ("acounts: {}\n", "Did you mean `accounts`?"),
        ("accounts: {a: text}\n", "must be a table"),
        ("accounts:\n  a: {access_key: plain, secret_key: {env: B}, host: api.leadsquared.com}\n", "never stands"),
        ("accounts: {a b: {}}\n", "cannot be the name"),
        ("accounts: [\n", "bracket"),
    ],
)
def test_what_cannot_be_read(text: str, words: str) -> None:
    """Each with its own sentence."""
    assert words in "\n".join(problems_of(text))


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    """The error is the accounts file's, not a mapping's."""
    (tmp_path / "a.yaml").write_bytes(b"\xff\xfe\x00\x01accounts")
    with pytest.raises(AccountsFileError, match=r"a\.yaml"):
        load_accounts(tmp_path / "a.yaml")


def test_the_strict_reading_and_that_of_an_import_know_the_same_settings() -> None:
    """One of them would otherwise refuse what the other one takes."""
    assert set(AccountEntry.model_fields) == ACCOUNT_SETTINGS
    assert set(KeyPlace.model_fields) == set(SOURCES_OF_KEYS)


def test_the_schema_says_what_the_reading_does() -> None:
    """Required settings, ranges, places of keys, and nothing unknown."""
    schema = json.loads(json.dumps(accounts_json_schema()))
    entry = schema["$defs"]["AccountEntry"]
    assert set(entry["properties"]) == ACCOUNT_SETTINGS
    assert entry["required"] == ["host", "access_key", "secret_key"]
    assert entry["additionalProperties"] is False
    assert entry["properties"]["account_checks"]["enum"] == ["problem", "note", "off"]
    assert {name: (entry["properties"][name]["minimum"], entry["properties"][name]["maximum"]) for name in RANGES} == {
        name: tuple(limits) for name, limits in RANGES.items()
    }
    assert len(schema["$defs"]["KeyPlace"]["oneOf"]) == len(SOURCES_OF_KEYS)


def test_an_account_is_added_after_the_others_and_nothing_else_changes() -> None:
    """Comments, blank lines, quotes and order stay."""
    text = ACCOUNTS.with_entry(GOOD, "new", ENTRY)
    added = [line for line in text.splitlines() if line not in GOOD.splitlines()]
    assert [line for line in text.splitlines(keepends=True) if line.rstrip("\n") not in added] == GOOD.splitlines(
        keepends=True
    )
    assert added == [
        "  new:",
        "    host: https://api.leadsquared.com",
        "    access_key: {env: A}",
        "    secret_key: {env: B}",
        "    daily_calls: 7",
    ]
    assert list(parse_accounts(text, Path("a"))) == ["india", "ireland", "new"]


@pytest.mark.parametrize(
    "before", ["", "# mine\n", "accounts:\n", "accounts: {}\n", "accounts: {} # none\n", "# x\naccounts:"]
)
def test_the_first_account(before: str) -> None:
    """Into a file that is new, empty, or has only words in it."""
    text = ACCOUNTS.with_entry(before, "new", ENTRY)
    assert list(parse_accounts(text, Path("a"))) == ["new"]
    assert before.strip("\n").replace(" {}", "").rstrip() in text.replace("  # none", " # none")


@pytest.mark.parametrize("name", ["india", "ireland"])
def test_an_account_is_written_anew_or_removed_in_its_place(name: str) -> None:
    """The other account and every comment outside of it stay."""
    text = ACCOUNTS.with_entry(GOOD, name, ENTRY)
    assert list(parse_accounts(text, Path("a"))) == ["india", "ireland"]
    assert parse_accounts(text, Path("a"))[name].daily_calls == 7
    for less in (text, ACCOUNTS.without_entry(GOOD, name)):
        assert all(words in less for words in ("# Ours, since 2024.", "# This one is Lena's.", "# the end"))
    (left,) = parse_accounts(ACCOUNTS.without_entry(GOOD, name), Path("a"))
    assert left != name
    nothing = ACCOUNTS.without_entry(ACCOUNTS.without_entry(GOOD, name), left)
    assert parse_accounts(nothing, Path("a")) == {}
    assert list(parse_accounts(ACCOUNTS.with_entry(nothing, "x", ENTRY), Path("a"))) == ["x"]


def test_line_ends_of_windows_stay() -> None:
    """The new lines end like the others."""
    text = ACCOUNTS.with_entry(GOOD.replace("\n", "\r\n"), "new", ENTRY)
    assert text.count("\n") == text.count("\r\n") == GOOD.count("\n") + 5


@pytest.mark.parametrize(
    "text",
    [
        "accounts: {a: {host: x}}\n",
        "accounts:\n  a: &one\n    host: x\n  b: *one\n",
    ],
)
def test_a_file_in_which_one_account_cannot_be_changed_alone(text: str) -> None:
    """Nothing is written, and the person hears how to write it."""
    with pytest.raises((UsageError, AssertionError)) as refused:
        ACCOUNTS.without_entry(text, "a")
    assert isinstance(refused.value, UsageError)
    assert "as a block of lines" in refused.value.remedy


def test_an_unknown_account_is_not_removed() -> None:
    """The known ones are named."""
    with pytest.raises(UsageError) as refused:
        ACCOUNTS.without_entry(GOOD, "spain")
    assert "india, ireland" in refused.value.remedy


def test_a_file_is_written_whole_and_keeps_its_mode(tmp_path: Path) -> None:
    """A new one is private; a link still leads to its file; somebody else's change is not undone."""
    path = tmp_path / "accounts.yaml"
    write_entries(path, GOOD, "")
    assert (path.read_text("utf-8"), path.stat().st_mode & 0o777) == (GOOD, 0o600)
    path.chmod(0o640)
    link = tmp_path / "link.yaml"
    link.symlink_to(path)
    write_entries(link, "accounts:\n", GOOD)
    assert (link.is_symlink(), path.read_text("utf-8"), path.stat().st_mode & 0o777) == (True, "accounts:\n", 0o640)
    with pytest.raises(UsageError, match="changed by somebody else"):
        write_entries(path, GOOD, "what was read")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["accounts.yaml", "link.yaml"]


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """Whatever the disk says, the person hears that nothing was changed."""
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="cannot be written") as refused:
        write_entries(tmp_path / "file" / "accounts.yaml", GOOD, "")
    assert "Nothing was changed" in refused.value.remedy


def test_an_import_finds_what_was_added(tmp_path: Path) -> None:
    """The reader of an import and the writer of accounts mean the same."""
    path = tmp_path / "accounts.yaml"
    write_entries(path, ACCOUNTS.with_entry("", "new", ENTRY), "")
    account = load_account("new", {"IMPORTER_ACCOUNTS": str(path), "A": "aaaa", "B": "bbbb"}, tmp_path)
    assert (account.host, account.daily_calls, account.keys.access.reveal()) == (ENTRY["host"], 7, "aaaa")
    assert yaml.safe_load(path.read_text("utf-8"))["accounts"]["new"] == ENTRY
