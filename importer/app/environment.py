"""Everything outside that an import touches, and the way to what this machine remembers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from importer.config.accounts import load_account
from importer.config.settings import Account, Locale, database_of
from importer.core.errors import SettingsError
from importer.core.progress import Progress
from importer.core.time import Clock
from importer.leadsquared.interface import Crm
from importer.planning.store import PlanFacts

if TYPE_CHECKING:
    from importer.ledger.interface import Ledger

Confirm = Callable[[str], bool]
Review = Callable[[PlanFacts, Sequence[str]], None]
"""Looks at a plan before its first row is sent, and at what is unusual about it; raises ImporterError to keep it."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything outside that an import touches. ``confirm`` asks the person; ``make_crm`` opens the door.

    ``vouched`` says that a person is there to be asked, or has said yes beforehand: without either, only what is usual
    is sent. ``review`` decides in place of both, where nobody is asked.
    """

    home: Path
    environment: Mapping[str, str]
    clock: Clock
    stop: threading.Event
    progress: Progress
    make_crm: Callable[[Account], Crm]
    confirm: Confirm
    random_text: Callable[[], str]
    vouched: bool = True
    review: Review | None = None


def locale_of(account_name: str | None, outside: Surroundings) -> tuple[str, Locale]:
    """Name and defaults of the account that a check is for; a check works without any account.

    Raises :class:`SettingsError` only for an account that was named.
    """
    try:
        account = load_account(account_name, outside.environment, outside.home)
    except SettingsError:
        if account_name:
            raise
        get = outside.environment.get
        locale = Locale(get("LEADSQUARED_TIME_ZONE", "").strip(), get("LEADSQUARED_COUNTRY", "").strip().upper())
        return "", locale
    return account.name, Locale(account.time_zone, account.country)


@contextmanager
def open_memory(outside: Surroundings) -> Iterator[Ledger]:
    """The ledger of the database or of the home folder, closed at the end.

    Raises :class:`LedgerError` and :class:`SettingsError`.
    """
    from importer.ledger.factory import enter_ledger
    from importer.ledger.identity import wants_adoption

    database, adopt = database_of(outside.environment), wants_adoption(outside.environment)
    ledger = enter_ledger(outside.home, database, clock=outside.clock.now, adopt=adopt)
    try:
        yield ledger
    finally:
        ledger.close()
