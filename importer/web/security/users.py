"""The people who sign in with a password: a private JSON file with argon2id hashes."""

from __future__ import annotations

import json
import re
import secrets
import threading
import unicodedata
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from importer.core.errors import SettingsError, UsageError
from importer.core.filesystem import atomic_write
from importer.core.text import display_text, suggest_name
from importer.core.time import Clock, format_iso
from importer.web.security.access import Role
from importer.web.security.audit import AuditTrail
from importer.web.security.sessions import AccessDatabase

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 1000
_FEWEST_DIFFERENT = 5
_NAME = re.compile(r"[\w.@+-]{1,100}")
_HASHES_AT_ONCE = threading.BoundedSemaphore(2)
"""Each hash takes 64 MB of memory; more sign-ins at once wait for each other."""

Users = dict[str, "User"]
T = TypeVar("T")


@dataclass(frozen=True)
class User:
    """One person. ``stamp`` changes with the password, and ends all sessions that began with the old one."""

    name: str
    role: Role
    password_hash: str
    stamp: str
    created: str


class UserStore:
    """The users of one home folder. Changes are recorded in the audit trail under the name of who made them."""

    def __init__(self, home: Path, clock: Clock, hasher: PasswordHasher | None = None) -> None:
        folder = home / "web"
        self.path = folder / "users.json"
        self._clock, self._hasher = clock, hasher or PasswordHasher()
        self._lock, self._audit = AccessDatabase(folder), AuditTrail(folder, clock)

    def list_users(self) -> list[User]:
        """Return all users by name. Raises :class:`SettingsError` when the file is damaged."""
        return [user for _, user in sorted(self._read().items())]

    def find_user(self, name: str) -> User | None:
        """Return the user of this name, in whatever letter case."""
        return self._read().get(normalize_name(name))

    def add_user(self, name: str, password: str, role: str, *, by: str) -> User:
        """Add a user. Raises :class:`UsageError` for a name that is taken, and for a weak password."""
        name, password, chosen = _checked_name(name), _checked_password(password, name), _checked_role(role)
        made = User(name, chosen, self._hash(password), _new_stamp(), format_iso(self._clock.now()))

        def add(users: Users) -> None:
            if name in users:
                raise UsageError(f"There is a user {name} already.", "Choose another name, or change the password.")
            users[name] = made

        self._change(add)
        self._audit.record(by, "user added", user=name, role=chosen)
        return made

    def remove_user(self, name: str, *, by: str) -> None:
        """Remove a user, whose sessions end with that. Raises :class:`UsageError` for the last admin."""

        def remove(users: Users) -> None:
            _keep_an_admin(users, _existing(users, name))
            del users[_existing(users, name).name]

        self._change(remove)
        self._audit.record(by, "user removed", user=normalize_name(name))

    def set_role(self, name: str, role: str, *, by: str) -> None:
        """Give a user another role, from the next request on. Raises :class:`UsageError` for the last admin."""
        chosen = _checked_role(role)

        def change(users: Users) -> None:
            user = _existing(users, name)
            if chosen is not Role.ADMIN:
                _keep_an_admin(users, user)
            users[user.name] = replace(user, role=chosen)

        self._change(change)
        self._audit.record(by, "role changed", user=normalize_name(name), role=chosen)

    def set_password(self, name: str, password: str, *, by: str) -> User:
        """Give a user another password; all of her sessions end. Raises :class:`UsageError`."""
        made = self._hash(_checked_password(password, normalize_name(name)))

        def change(users: Users) -> User:
            user = replace(_existing(users, name), password_hash=made, stamp=_new_stamp())
            users[user.name] = user
            return user

        user = self._change(change)
        self._audit.record(by, "password changed", user=user.name)
        return user

    def check_password(self, name: str, password: str) -> User | None:
        """Return the user whose name and password these are; it takes as long for unknown names."""
        user = self.find_user(name)
        # Made before it is known whether it is needed: its time must not tell either.
        unknown = self._hash_of_nobody
        known_hash = user.password_hash if user else unknown
        # Nobody has an empty password; comparing one takes as long as any other.
        given = unicodedata.normalize("NFKC", password) if len(password) <= LONGEST_PASSWORD else ""
        if not self._matches(known_hash, given) or user is None:
            return None
        if self._hasher.check_needs_rehash(known_hash):
            self._rehash(user, given)
        return user

    def _matches(self, known_hash: str, password: str) -> bool:
        with _HASHES_AT_ONCE:
            try:
                return self._hasher.verify(known_hash, password)
            except (VerificationError, InvalidHashError):
                return False

    def _rehash(self, user: User, password: str) -> None:
        """Keep the hash of a password with today's parameters, unless it was changed in the meantime."""
        made = self._hash(password)

        def change(users: Users) -> None:
            if users.get(user.name) == user:
                users[user.name] = replace(user, password_hash=made)

        self._change(change)

    @cached_property
    def _hash_of_nobody(self) -> str:
        return self._hash(secrets.token_urlsafe())

    def _hash(self, password: str) -> str:
        with _HASHES_AT_ONCE:
            return self._hasher.hash(password)

    def _change(self, change: Callable[[Users], T]) -> T:
        # Two programs must not write at once; the lock of the other file serves this one, too.
        with self._lock.transaction():
            users = self._read()
            result = change(users)
            content = {"users": [asdict(user) for user in users.values()]}
            atomic_write(self.path, json.dumps(content, indent=1))
            return result

    def _read(self) -> Users:
        try:
            content = json.loads(self.path.read_text("utf-8"))
            users = [User(**{**fields, "role": Role(fields["role"])}) for fields in content["users"]]
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SettingsError(
                f"The file of users {display_text(str(self.path))} cannot be read: {type(error).__name__}.",
                "Restore it from a backup, or remove it and add the users again: importer web users add NAME",
            ) from None
        return {user.name: user for user in users}


def normalize_name(name: str) -> str:
    """Return the spelling under which a name is kept and compared."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _existing(users: Users, name: str) -> User:
    user = users.get(normalize_name(name))
    if user is None:
        raise UsageError(f"There is no user {display_text(name)}.", suggest_name(normalize_name(name), users))
    return user


def _keep_an_admin(users: Users, user: User) -> None:
    if user.role is Role.ADMIN and sum(each.role is Role.ADMIN for each in users.values()) == 1:
        raise UsageError(f"{user.name} is the only admin.", "Give somebody else the role admin first.")


def _checked_name(name: str) -> str:
    made = normalize_name(name)
    if not _NAME.fullmatch(made):
        raise UsageError(
            f"{display_text(name)} cannot be the name of a user.",
            "Use letters, digits and . _ - + @ without blanks, such as an e-mail address.",
        )
    return made


def _checked_role(role: str) -> Role:
    try:
        return Role(role)
    except ValueError:
        raise UsageError(f"There is no role {display_text(role)}.", suggest_name(role, list(Role))) from None


def _checked_password(password: str, name: str) -> str:
    made = unicodedata.normalize("NFKC", password)
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        fault = f"has {len(password)} characters"
    elif len(set(made)) < _FEWEST_DIFFERENT:
        fault = "repeats few characters"
    elif name in made.casefold():
        fault = "contains the name"
    else:
        return made
    raise UsageError(
        f"The password {fault}.",
        f"Choose {SHORTEST_PASSWORD} or more characters that others do not guess, such as four words.",
    )


def _new_stamp() -> str:
    return secrets.token_hex(16)
