"""The environment of an import: folders, variables, clock, person and network; and the ledger of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from importer.config import Account, Locale, load_account, read_database_url
from importer.core.errors import SettingsError
from importer.core.progress import Progress
from importer.core.time import Clock
from importer.leadsquared import Crm
from importer.planning import PlanFacts
from importer.rate_limit import first_wait

if TYPE_CHECKING:
    from importer.ledger import Ledger

_NOTED_SECONDS = 1.0

Confirm = Callable[[str], bool]
Review = Callable[[PlanFacts, Sequence[str]], None]
"""Approves a plan, with its anomalies, before its first row is sent; raises ImporterError to prevent the sending."""


@dataclass(frozen=True, slots=True)
class Environment:
    """Everything outside of the program that an import uses.

    ``variables`` are those of the process, ``confirm`` asks the person, ``make_crm`` connects to an account.
    ``vouched`` says that a person can be asked, or has agreed beforehand: without either, a plan with anomalies
    is not sent. ``review`` decides in place of both, where nobody is asked.
    """

    home: Path
    variables: Mapping[str, str]
    clock: Clock
    stop: threading.Event
    progress: Progress
    make_crm: Callable[[Account], Crm]
    confirm: Confirm
    random_text: Callable[[], str]
    vouched: bool = True
    review: Review | None = None


def account_locale(account_name: str | None, env: Environment) -> tuple[str, Locale]:
    """Return name and defaults of the account that a check is for; both are empty without an account.

    Raises :class:`SettingsError` only for an account that was named.
    """
    try:
        account = load_account(account_name, env.variables, env.home)
    except SettingsError:
        if account_name:
            raise
        get = env.variables.get
        locale = Locale(get("LEADSQUARED_TIME_ZONE", "").strip(), get("LEADSQUARED_COUNTRY", "").strip().upper())
        return "", locale
    return account.name, Locale(account.time_zone, account.country)


@contextmanager
def open_ledger_of(env: Environment) -> Iterator[Ledger]:
    """Open the ledger in the database or in the home folder; it is closed at the end.

    Raises :class:`LedgerError` and :class:`SettingsError`.
    """
    from importer.ledger import open_ledger, wants_adoption

    database, adopt = read_database_url(env.variables), wants_adoption(env.variables)
    ledger = open_ledger(env.home, database, clock=env.clock.now, adopt=adopt)
    try:
        _clean_ledger(ledger, env)
        yield ledger
    finally:
        ledger.close()


def note_first_wait(account: Account, env: Environment) -> None:
    """Say why nothing seems to happen for some seconds when an account is used here for the first time."""
    seconds = first_wait(account)
    if seconds >= _NOTED_SECONDS:
        env.progress.note(
            f"The first calls to account {account.name} from here wait for {seconds:g} seconds, because nothing "
            "is known of calls that were made a moment ago."
        )


def _clean_ledger(ledger: Ledger, env: Environment) -> None:
    """Hide keys that an earlier version left in the ledger, once for each account whose keys can be had."""
    for account in ledger.accounts_to_clean():
        with suppress(SettingsError):
            # A key is known, and found in texts, once its account is loaded.
            load_account(account, env.variables, env.home)
            ledger.clean(account)
