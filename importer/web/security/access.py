"""Persons and their roles, and the marks of views: which role one needs, which is public, which takes uploads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from flask import abort, g

View = TypeVar("View", bound=Callable[..., Any])

_ROLE, _PUBLIC, _UPLOAD = "required_role", "is_public", "accepts_upload"


class Role(StrEnum):
    """What a person may do; each role includes the ones before it."""

    PREPARE = "prepare"
    APPROVE = "approve"
    ADMIN = "admin"

    def includes(self, other: Role) -> bool:
        """Return whether this role may do all that ``other`` may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True)
class Person:
    """Somebody who signed in."""

    name: str
    role: Role

    def may(self, role: Role | str) -> bool:
        """Return whether the person may do what needs ``role``."""
        return self.role.includes(Role(role))


def current_person() -> Person:
    """Return the person of this request; ends it with status 401 when nobody has signed in."""
    person: Person | None = g.get("person")
    if person is None:
        abort(401)
    return person


def require(role: Role | str) -> Callable[[View], View]:
    """Mark a view as one for persons with ``role``; without a mark it is for everyone who has signed in.

    The mark works above and below the decorator of the route.
    """

    def mark(view: View) -> View:
        vars(view)[_ROLE] = Role(role)
        return view

    return mark


def public(view: View) -> View:
    """Mark a view as one that needs no sign-in, such as a health check."""
    vars(view)[_PUBLIC] = True
    return view


def accepts_upload(view: View) -> View:
    """Mark a view whose requests may be as large as the largest upload; others are limited to a few megabytes."""
    vars(view)[_UPLOAD] = True
    return view


def required_role(view: Callable[..., Any] | None) -> Role:
    """Return the role that a view needs."""
    role: Role = getattr(view, _ROLE, Role.PREPARE)
    return role


def is_public(view: Callable[..., Any] | None) -> bool:
    """Return whether a view needs no sign-in."""
    return getattr(view, _PUBLIC, False)


def takes_upload(view: Callable[..., Any] | None) -> bool:
    """Return whether a view takes uploads."""
    return getattr(view, _UPLOAD, False)
