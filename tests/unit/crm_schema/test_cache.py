"""What an account says of itself is remembered privately, whole or not at all, and never believed when it is odd."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.crm_schema.cache import FOLDER, cache_file, load, save
from importer.crm_schema.model import ActivityType, CrmFieldKind, CrmUser, FieldFacts, Metadata

READ_AT = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
HOST = "https://api.leadsquared.com"
FULL = Metadata(
    account="india",
    host=HOST,
    tenant="org-1",
    read_at=READ_AT,
    lead_fields=(FieldFacts("mx_City", "City", "Text", "Textbox", max_length=100),),
    activity_types=(ActivityType("201", "Webinar"), ActivityType("202", "Visit", (FieldFacts("mx_Custom_1"),))),
    users=(CrmUser("id-1", "ann@example.com", active=True),),
)
TEXTS = st.text(max_size=8)
FIELDS = st.builds(
    FieldFacts,
    TEXTS,
    TEXTS,
    TEXTS,
    TEXTS,
    st.booleans(),
    st.integers(0, 10**6),
    st.lists(TEXTS, max_size=3).map(tuple),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.lists(TEXTS, max_size=3).map(tuple),
)


def some(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | st.lists(parts, max_size=3).map(tuple)


METADATA = st.builds(
    Metadata,
    account=TEXTS,
    host=TEXTS,
    tenant=TEXTS,
    read_at=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),
    lead_fields=some(FIELDS),
    activity_types=some(st.builds(ActivityType, TEXTS, TEXTS, some(FIELDS))),
    users=some(st.builds(CrmUser, TEXTS, TEXTS, st.booleans())),
)


@pytest.mark.slow
@given(known=METADATA)
def test_what_is_saved_is_loaded(tmp_path_factory: pytest.TempPathFactory, known: Metadata) -> None:
    """Whatever an account says comes back as it was."""
    home = tmp_path_factory.mktemp("home")
    assert save(home, known) == ""
    found = load(home, known.account, known.host)
    assert (found.metadata, found.note) == (known, "")


def test_the_file_is_private_and_replaced_whole(tmp_path: Path) -> None:
    """Nobody else may read it, and nothing half written is left beside it."""
    old = os.umask(0)
    try:
        assert save(tmp_path, FULL) == ""
        assert save(tmp_path, FULL) == ""
    finally:
        os.umask(old)
    path = cache_file(tmp_path, "india")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_keys_are_cleaned_out_of_the_file(tmp_path: Path) -> None:
    """What the caller knows to be a key does not reach the disk, even when the account itself names it."""
    save(tmp_path, FULL, lambda text: text.replace("Webinar", "***"))
    assert "Webinar" not in cache_file(tmp_path, "india").read_text()


def test_nothing_is_remembered_at_first(tmp_path: Path) -> None:
    """A missing file is no trouble."""
    assert load(tmp_path, "india", HOST).note == ""


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\xff", b'{"format": 1}', b"[" * 100_000],
)
def test_a_damaged_file_is_not_used(tmp_path: Path, content: bytes) -> None:
    """It is ignored with a note that says how to renew it."""
    path = cache_file(tmp_path, "india")
    path.parent.mkdir()
    path.write_bytes(content)
    found = load(tmp_path, "india", HOST)
    assert found.metadata is None
    assert "damaged" in found.note
    assert "importer doctor --refresh" in found.note


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("read_at",), "yesterday"),
        (("read_at",), "2026-11-20T10:00:00"),
        (("lead_fields",), {}),
        (("lead_fields", 0), "City"),
        (("lead_fields", 0, "max_length"), -1),
        (("lead_fields", 0, "max_length"), True),
        (("lead_fields", 0, "mandatory"), "yes"),
        (("lead_fields", 0, "options"), [1]),
        (("users", 0, "id"), None),
    ],
)
def test_a_file_with_one_odd_value_is_not_used(tmp_path: Path, place: tuple[Any, ...], value: object) -> None:
    """Half of what an account says would be believed to be all."""
    save(tmp_path, FULL)
    path = cache_file(tmp_path, "india")
    content = json.loads(path.read_text())
    inner = content
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    path.write_text(json.dumps(content))
    assert "damaged" in load(tmp_path, "india", HOST).note


def test_files_of_other_versions_and_hosts_are_not_used(tmp_path: Path) -> None:
    """They are ignored with a note."""
    save(tmp_path, FULL)
    assert "api.leadsquared.com" in load(tmp_path, "india", "https://api-us11.leadsquared.com").note
    path = cache_file(tmp_path, "india")
    path.write_text(path.read_text().replace('"format": 1', '"format": 0'))
    assert "another version" in load(tmp_path, "india", HOST).note


def test_a_file_that_is_too_big_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No memory is spent on it."""
    monkeypatch.setattr("importer.crm_schema.cache._MOST_BYTES", 10)
    save(tmp_path, FULL)
    assert "damaged" in load(tmp_path, "india", HOST).note


def test_a_disk_that_refuses_is_told(tmp_path: Path) -> None:
    """The caller goes on with the sentence."""
    (tmp_path / FOLDER).write_text("in the way")
    assert "could not be written" in save(tmp_path, FULL)


def test_freshness() -> None:
    """Within the time it is fresh; a time that is still to come proves nothing."""
    day = timedelta(days=1)
    assert FULL.is_fresh(READ_AT + day, day)
    assert not FULL.is_fresh(READ_AT + day + timedelta(seconds=1), day)
    assert FULL.is_fresh(READ_AT - timedelta(minutes=1), day)
    assert not FULL.is_fresh(READ_AT - timedelta(hours=1), day)
    assert FULL.age(READ_AT - day) == timedelta()


def test_types_and_their_fields() -> None:
    """Types are found by code, and it is known whose fields nobody asked for."""
    webinar = FULL.type_of(" 201 ")
    assert webinar is not None
    assert webinar.name == "Webinar"
    assert FULL.type_of("9") is None
    assert webinar.fields is None
    asked = FULL.with_fields("201", ()).type_of("201")
    assert asked is not None
    assert asked.fields == ()
    assert Metadata("a", HOST, "", READ_AT).type_of("201") is None


@pytest.mark.parametrize(
    ("data_type", "render", "kind"),
    [
        ("Text", "Textbox", CrmFieldKind.TEXT),
        ("String", "", CrmFieldKind.TEXT),
        ("Date", "Date", CrmFieldKind.DATE),
        ("Date", "DateTime", CrmFieldKind.DATETIME),
        ("DateTime", "", CrmFieldKind.DATETIME),
        ("SearchableDropdown", "", CrmFieldKind.CHOICE),
        ("Select", "", CrmFieldKind.CHOICE),
        ("ActiveUsers", "", CrmFieldKind.USER),
        ("CustomObject", "", CrmFieldKind.SET),
        ("Hologram", "", CrmFieldKind.OTHER),
    ],
)
def test_kinds(data_type: str, render: str, kind: CrmFieldKind) -> None:
    """One word for both spellings; what is not known is not guessed."""
    assert FieldFacts("mx_A", data_type=data_type, render=render).kind is kind


def test_fields_for_people() -> None:
    """The name that they see, and the schema name."""
    assert FieldFacts("mx_A", "Plan").words == '"Plan" (mx_A)'
    assert FieldFacts("mx_A").words == "mx_A"


def test_a_file_of_an_earlier_version_has_no_shown_texts(tmp_path: Path) -> None:
    """It is loaded all the same; an option then shows its value."""
    field = FieldFacts("mx_A", options=("G", "S"), option_texts=("Gold", ""))
    assert field.shown_options == (("G", "Gold"), ("S", "S"))
    assert save(tmp_path, replace(FULL, lead_fields=(field,))) == ""
    (path,) = (path for path in tmp_path.rglob("*") if path.is_file())
    content = json.loads(path.read_text("utf-8"))
    del content["lead_fields"][0]["option_texts"]
    path.write_text(json.dumps(content), "utf-8")
    found = load(tmp_path, FULL.account, FULL.host).metadata
    assert found is not None
    assert found.lead_fields is not None
    assert found.lead_fields[0].shown_options == (("G", "G"), ("S", "S"))
