"""What the views of the page share: settings, imports, accounts, and the person who asks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

from flask import current_app

from importer.app import Environment, read_accounts_file
from importer.config import Account, is_loopback, load_account, sandbox_file
from importer.core.errors import ImporterError, SettingsError
from importer.core.time import Clock, SystemClock
from importer.web.imports import ImportService
from importer.web.jobs_access import JobsAccess
from importer.web.operations import Operations
from importer.web.security import UserStore

SANDBOX = "sandbox"
_EXTENSION = "importer"


@dataclass(frozen=True, slots=True)
class WebConfig:
    """The settings of the page.

    ``load_account`` loads an account by its name, and starts its sandbox where it has one; ``start_sandbox`` starts
    the CRM on this computer, ``reset_sandbox`` also empties it. ``local`` means one person on this computer. With
    ``two_people`` an import is approved by another person than the one who prepared it. ``make_clock`` makes the clock
    of a task, whose waits its event ends.
    """

    env: Environment
    load_account: Callable[[str], Account]
    start_sandbox: Callable[[], None]
    reset_sandbox: Callable[[], None]
    local: bool = True
    two_people: bool = False
    make_clock: Callable[[threading.Event], Clock] = SystemClock


@dataclass(frozen=True, slots=True)
class AccountChoice:
    """An account that can receive rows; ``trouble`` says why it cannot be used, if so."""

    name: str
    host: str
    sandbox: bool
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Services:
    """The services of one application."""

    config: WebConfig
    imports: ImportService
    operations: Operations
    jobs: JobsAccess
    users: UserStore
    record: Callable[..., None]
    """Appends an entry to the audit trail: who, what, and facts by name."""
    recorded: Callable[[int], list[dict[str, Any]]]
    """Reads so many entries of the audit trail, the newest first."""

    def account_choices(self) -> list[AccountChoice]:
        """List the accounts of the variables, of the accounts file, and the sandbox once it was started."""
        env = self.config.env
        found: dict[str, AccountChoice] = {}
        names: list[str | None] = [None]
        # Without an accounts file there are the variables and the sandbox.
        with suppress(ImporterError):
            names += read_accounts_file(env)[1]
        if sandbox_file(env.home, SANDBOX).exists():
            names.append(SANDBOX)
        for name in names:
            try:
                account = load_account(name, env.variables, env.home)
            except SettingsError as error:
                if name is not None:
                    found[name] = AccountChoice(name, "", sandbox=False, trouble=f"{error.message} {error.remedy}")
                continue
            found[account.name] = AccountChoice(account.name, account.host, is_loopback(account.host))
        return list(found.values())

    def sandboxes(self) -> dict[str, bool]:
        """Return for each account whether it is a CRM on this computer."""
        return {one.name: one.sandbox for one in self.account_choices()}

    def is_sandbox(self, account: str) -> bool:
        """Return whether an account is a CRM on this computer."""
        return self.sandboxes().get(account, False)


def install(app: object, services: Services) -> None:
    """Attach the services to a Flask application."""
    app.extensions[_EXTENSION] = services  # type: ignore[attr-defined]


def services() -> Services:
    """Return the services of the application that answers this request."""
    return cast(Services, current_app.extensions[_EXTENSION])
