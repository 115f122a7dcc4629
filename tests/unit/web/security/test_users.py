"""The file of users."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from importer.core.errors import SettingsError, UsageError
from importer.web.security import Role, UserStore
from tests.unit.web.security.conftest import FAST, PASSWORD, SetClock


@pytest.fixture
def store(tmp_path: Path, clock: SetClock) -> UserStore:
    return UserStore(tmp_path, clock, FAST)


def test_a_user_is_found_by_name_and_password(store: UserStore) -> None:
    store.add_user("Asha@Example.com", PASSWORD, "approve", by="root")
    found = store.check_password(" asha@example.COM", PASSWORD)
    assert found is not None
    assert (found.name, found.role) == ("asha@example.com", Role.APPROVE)
    assert store.check_password("asha@example.com", PASSWORD.upper()) is None
    assert store.check_password("ravi", PASSWORD) is None
    assert [user.name for user in store.list_users()] == ["asha@example.com"]


def test_a_password_is_the_same_however_it_is_composed(store: UserStore) -> None:
    """Keyboards of phones and computers differ in that."""
    store.add_user("asha", "Zu\u0308rich ist scho\u0308n", "admin", by="root")
    assert store.check_password("asha", "Z\u00fcrich ist sch\u00f6n") is not None


def test_the_file_is_private_and_holds_no_password(store: UserStore) -> None:
    store.add_user("asha", PASSWORD, "admin", by="root")
    text = store.path.read_text()
    assert PASSWORD not in text
    assert "$argon2id$" in text
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert PASSWORD not in (store.path.parent / "audit.jsonl").read_text()


@pytest.mark.parametrize(
    ("name", "password", "role", "message"),
    [
        ("asha", "short", "admin", "5 characters"),
        ("asha", "x" * 1001, "admin", "1001 characters"),
        ("asha", "abababababab", "admin", "few characters"),
        ("asha", "my-ASHA-password", "admin", "contains the name"),
        ("", PASSWORD, "admin", "cannot be the name"),
        ("a b", PASSWORD, "admin", "cannot be the name"),
        ("a\u202eb", PASSWORD, "admin", "cannot be the name"),
        ("asha", PASSWORD, "root", "no role root"),
        ("RAVI", PASSWORD, "admin", "already"),
    ],
)
def test_users_that_cannot_be(store: UserStore, name: str, password: str, role: str, message: str) -> None:
    store.add_user("ravi", PASSWORD, "admin", by="root")
    with pytest.raises(UsageError, match=message) as caught:
        store.add_user(name, password, role, by="root")
    assert password not in caught.value.message
    assert len(store.list_users()) == 1


def test_a_page_without_admin_is_never_made(store: UserStore) -> None:
    store.add_user("asha", PASSWORD, "admin", by="root")
    with pytest.raises(UsageError, match="only admin"):
        store.remove_user("Asha", by="root")
    with pytest.raises(UsageError, match="only admin"):
        store.set_role("asha", "approve", by="root")
    store.add_user("ravi", PASSWORD, "prepare", by="root")
    store.set_role("ravi", "admin", by="root")
    store.remove_user("asha", by="root")
    assert [user.role for user in store.list_users()] == [Role.ADMIN]


def test_changes_of_a_user_who_is_not_there(store: UserStore) -> None:
    store.add_user("asha", PASSWORD, "admin", by="root")
    changes: list[Callable[[], None]] = [
        lambda: store.remove_user("ashaa", by="root"),
        lambda: store.set_role("ashaa", "admin", by="root"),
        lambda: store.set_password("ashaa", PASSWORD, by="root"),
    ]
    for change in changes:
        with pytest.raises(UsageError, match="no user ashaa") as caught:
            change()
        assert "Did you mean `asha`" in caught.value.remedy


def test_a_new_password_has_a_new_stamp(store: UserStore) -> None:
    before = store.add_user("asha", PASSWORD, "admin", by="root")
    store.set_password("asha", "another four words", by="root")
    after = store.check_password("asha", "another four words")
    assert after is not None
    assert after.stamp != before.stamp
    assert store.check_password("asha", PASSWORD) is None


def test_a_hash_with_older_parameters_is_renewed(store: UserStore, tmp_path: Path, clock: SetClock) -> None:
    """Without ending sessions."""
    store.add_user("asha", PASSWORD, "admin", by="root")
    newer = UserStore(tmp_path, clock, PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    before = newer.check_password("asha", PASSWORD)
    after = newer.find_user("asha")
    assert before is not None
    assert after is not None
    assert "m=16,t=2" in after.password_hash
    assert after.stamp == before.stamp


def test_a_changed_password_is_not_replaced_by_the_old_one(store: UserStore, tmp_path: Path, clock: SetClock) -> None:
    """Somebody signs in with the old password while it is changed."""
    store.add_user("asha", PASSWORD, "admin", by="root")

    class Slow(PasswordHasher):
        def check_needs_rehash(self, hash: str | bytes) -> bool:
            store.set_password("asha", "another four words", by="root")
            return True

    UserStore(tmp_path, clock, Slow(time_cost=1, memory_cost=8, parallelism=1)).check_password("asha", PASSWORD)
    assert store.check_password("asha", PASSWORD) is None
    assert store.check_password("asha", "another four words") is not None


def test_unknown_names_cost_as_much_as_known_ones(tmp_path: Path, clock: SetClock) -> None:
    """One hash is compared for each, also for a password that is too long."""

    class Counted(PasswordHasher):
        compared = 0

        def verify(self, hash: str | bytes, password: str | bytes) -> bool:
            Counted.compared += 1
            return super().verify(hash, password)

    store = UserStore(tmp_path, clock, Counted(time_cost=1, memory_cost=8, parallelism=1))
    store.add_user("asha", PASSWORD, "admin", by="root")
    for name in ("asha", "ravi"):
        for password in ("wrong", "x" * 100_000):
            assert store.check_password(name, password) is None
    assert Counted.compared == 4


def test_the_parameters_are_those_that_are_recommended(tmp_path: Path, clock: SetClock) -> None:
    """argon2id with 64 MiB and three passes, as RFC 9106 has it for servers with little memory."""
    made = UserStore(tmp_path, clock).add_user("asha", PASSWORD, "admin", by="root")
    assert made.password_hash.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


@pytest.mark.parametrize("content", ["", "[]", '{"users": [{}]}', '{"users": [{"role": "root"}]}', '{"users": 5}'])
def test_a_damaged_file_is_an_error_and_nobody_enters(store: UserStore, content: str) -> None:
    store.path.write_text(content)
    with pytest.raises(SettingsError, match="cannot be read") as caught:
        store.check_password("asha", PASSWORD)
    assert "backup" in caught.value.remedy


def test_changes_are_recorded_with_who_made_them(store: UserStore) -> None:
    store.add_user("asha", PASSWORD, "admin", by="root")
    store.add_user("ravi", PASSWORD, "prepare", by="asha")
    store.set_role("ravi", "approve", by="asha")
    store.set_password("ravi", "another four words", by="asha")
    store.remove_user("ravi", by="asha")
    entries = [json.loads(line) for line in (store.path.parent / "audit.jsonl").read_text().splitlines()]
    assert [(entry["who"], entry["what"], entry["user"]) for entry in entries] == [
        ("root", "user added", "asha"),
        ("asha", "user added", "ravi"),
        ("asha", "role changed", "ravi"),
        ("asha", "password changed", "ravi"),
        ("asha", "user removed", "ravi"),
    ]
