"""Checks before the first row is sent: the keys, the tenant, and room for the results."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from importer.config.settings import Account
from importer.core.errors import CrmError, LedgerError, ReportError, SettingsError
from importer.core.filesystem import check_writable
from importer.core.time import Clock
from importer.leadsquared.interface import ApiUser, Crm
from importer.leadsquared.query_client import ClockReading, QueryClient
from importer.leadsquared.reader import CrmReader
from importer.ledger.interface import Ledger
from importer.planning.store import SchemaSnapshot
from importer.rate_limit.account_limiter import make_account_limiter
from importer.rate_limit.daily_quota import DailyQuota

_CLOCK_WARNING_SECONDS = 300
_LEAST_FREE_BYTES = 50 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ClearedAccount:
    """An account that may be sent to. ``warnings`` are sentences for the person.

    ``clock_reading`` is the reading of the server's clock; ``None`` when its responses carry no time.
    """

    identity: ApiUser
    warnings: tuple[str, ...]
    clock_reading: ClockReading | None = None


def identify_account(
    account: Account, crm: Crm, clock: Clock, stopping: Callable[[], bool], before_query: Callable[[], None]
) -> tuple[ApiUser, ClockReading | None]:
    """Ask LeadSquared whose keys these are; returns the identity and the reading of the server's clock, if it has one.

    ``before_query`` is called before each call. Raises :class:`SettingsError` when LeadSquared does not accept
    the keys.
    """
    limiter = make_account_limiter(account, clock)
    query_client = QueryClient(crm, limiter, clock, stopping, before_query)
    try:
        return CrmReader(query_client.query).read_api_user(), query_client.clock_reading
    except CrmError as error:
        raise SettingsError(
            f"LeadSquared does not accept account {account.name} at {account.host}: {error.message}",
            "Check host and keys (My Account > Settings > API and Webhooks). New keys go into LEADSQUARED_ACCESS_KEY "
            "and LEADSQUARED_SECRET_KEY, or to where accounts.yaml says. Then run: importer doctor",
        ) from None
    finally:
        limiter.close()


def clear_account(
    account: Account, crm: Crm, ledger: Ledger, clock: Clock, stopping: Callable[[], bool]
) -> ClearedAccount:
    """Check that the keys are valid and belong to the tenant that the ledger has under this account's name.

    A tenant that is new is not recorded here: the person may refuse it.
    Raises :class:`SettingsError`; nothing has been sent then.
    """
    # This call is made even when the day's budget is used up: the run then stops with its report, not without one.
    identity, seen = identify_account(account, crm, clock, stopping, DailyQuota(account, ledger, clock).count)
    known = ledger.tenants()
    _refuse_other_tenant(account, known.get(account.name, ""), identity)
    warnings = [shared for shared in [warn_of_shared_tenant(account, identity, known)] if shared]
    if identity.role and identity.role.lower() != "administrator":
        warnings.append(
            f"The keys belong to {identity.user_name}, whose role is {identity.role}. "
            "Only an Administrator sees all leads, so reading back may be incomplete."
        )
    warnings += _clock_warnings(seen.server_skew if seen else None)
    return ClearedAccount(identity, tuple(warnings), seen)


def bind_tenant(account: Account, ledger: Ledger, identity: ApiUser) -> None:
    """Record the tenant of the account, if none is recorded yet.

    Raises :class:`SettingsError` when another one is recorded; nothing has been sent then.
    """
    _refuse_other_tenant(account, ledger.bind_account(account.name, identity.org_id), identity)


def _refuse_other_tenant(account: Account, bound: str, identity: ApiUser) -> None:
    if bound and bound != identity.org_id:
        raise SettingsError(
            f"The keys of account {account.name} belong to another LeadSquared tenant "
            f"({identity.org_name or identity.org_id}) than the one this account's earlier imports went to.",
            "Use the right keys, or give the other tenant its own account name.",
        )


def warn_of_shared_tenant(account: Account, identity: ApiUser, known: Mapping[str, str]) -> str:
    """Return a warning when accounts of other names have the same tenant among the ``known``; empty when none has."""
    others = sorted(name for name, tenant in known.items() if tenant == identity.org_id and name != account.name)
    if not others:
        return ""
    return (
        f"Account {account.name} and {', '.join(others)} are the same LeadSquared tenant "
        f"({identity.org_name or identity.org_id}). They use up one limit without knowing of each other, and rows sent "
        "through one are not known to the other: use one name, or divide limits and daily_calls between them."
    )


def require_same_tenant(known: SchemaSnapshot, identity: ApiUser) -> None:
    """Check that the plan was compared with the tenant that will get its rows.

    Raises :class:`SettingsError`; nothing has been sent then.
    """
    if known.tenant and known.tenant != identity.org_id:
        raise SettingsError(
            "The rows were compared with the fields of another LeadSquared tenant than the one that the keys belong to "
            f"({identity.org_name or identity.org_id}).",
            "Use the right keys; or read the fields of this tenant (importer doctor --refresh), and run again.",
        )


def _clock_warnings(skew: float | None) -> list[str]:
    if skew is None or abs(skew) <= _CLOCK_WARNING_SECONDS:
        return []
    return [
        f"The clock of this computer differs from LeadSquared's by {-skew:+,.0f} s. The import allows for that, but "
        "the times in its reports are wrong: set the clock."
    ]


def check_disk(results_folder: Path, home: Path, source_bytes: int) -> None:
    """Check that the results can be written before anything is sent.

    Raises :class:`ReportError` or :class:`LedgerError` with what to do.
    """
    check_writable(results_folder)
    needed = max(_LEAST_FREE_BYTES, 3 * source_bytes)
    for folder, error in ((results_folder, ReportError), (home, LedgerError)):
        free = shutil.disk_usage(folder).free
        if free < needed:
            raise error(
                f"The disk of {folder} has {free // 2**20} MB free; this import needs about {needed // 2**20} MB.",
                "Make room, or choose another folder (--results, IMPORTER_HOME); nothing was sent.",
            )
