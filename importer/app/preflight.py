"""Checks before the first row is sent: the keys, the tenant, room for the results, and anomalies of the plan."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from importer.config import Account
from importer.core.errors import CrmError, ImporterError, LedgerError, ReportError, SettingsError
from importer.core.filesystem import check_writable
from importer.core.time import Clock
from importer.leadsquared import ApiUser, ClockReading, Crm, CrmReader, QueryClient, UnansweredError
from importer.ledger import Run, Sender
from importer.planning import Plan, SchemaSnapshot, open_plan
from importer.rate_limit import DailyQuota, make_account_limiter

if TYPE_CHECKING:
    from importer.ledger import Ledger

_CLOCK_WARNING_SECONDS = 300
_LEAST_FREE_BYTES = 50 * 1024 * 1024
_MANY_TIMES = 10
_FEW_ROWS = 200
_RUNS_COMPARED = 500
_HEADINGS_LISTED = 5

NEW_MAPPING = "This mapping was never used with this account."


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
    except UnansweredError as error:
        # No word of LeadSquared about the keys: what is wrong is on the way.
        raise SettingsError(
            f"Account {account.name} at {account.host} cannot be reached. {error.message}", error.remedy
        ) from None
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
    warnings = list(filter(None, [warn_of_shared_tenant(account, identity, known)]))
    if identity.role and identity.role.lower() != "administrator":
        warnings.append(
            f"The keys belong to {identity.user_name}, whose role is {identity.role}. "
            "Only an Administrator sees all leads, so reading back may be incomplete."
        )
    if seen is not None and seen.server_skew is not None and abs(seen.server_skew) > _CLOCK_WARNING_SECONDS:
        warnings.append(
            f"The clock of this computer differs from LeadSquared's by {-seen.server_skew:+,.0f} s. The import allows "
            "for that, but the times in its reports are wrong: set the clock."
        )
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
        f"({identity.org_name or identity.org_id}). Rows sent through one are known to the other, and one sends at a "
        "time; but each counts its own calls: use one name, or divide limits and daily_calls between them."
    )


@contextmanager
def hold_tenant(ledger: Ledger, account: str, run_id: str = "") -> Iterator[Sender]:
    """Hold the right to send to an account, and to every other name under which its tenant is known.

    Two imports to one tenant under two names would not see each other's rows in time. Raises
    :class:`AnotherRunActive` with the holder.
    """
    tenants = ledger.tenants()
    tenant = tenants.get(account)
    with ExitStack() as held:
        own = held.enter_context(ledger.sender(account, run_id))
        for other in sorted(name for name, known in tenants.items() if known == tenant and name != account):
            held.enter_context(ledger.sender(other, run_id))
        yield own


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


def detect_anomalies(plan: Plan, ledger: Ledger) -> list[str]:
    """Describe what a person should check before this plan is sent; empty when it is as always.

    Anomalies are a mapping that was never used with the account, far more rows than usual, and other headings than
    last time.
    """
    facts = plan.facts
    if ledger.find_run(facts.fingerprint) is not None:
        return []
    if not ledger.mapping_proven(facts.account, facts.mapping_sha):
        return [NEW_MAPPING]
    return compare_with_earlier(plan, ledger)


def compare_with_earlier(plan: Plan, ledger: Ledger) -> list[str]:
    """Describe far more rows, or other headings, than the earlier imports of the mapping to the account had."""
    facts = plan.facts
    earlier = [
        run
        for run in ledger.runs(account=facts.account, limit=_RUNS_COMPARED)
        if run.new.mapping_sha == facts.mapping_sha and run.new.rows
    ]
    found = _compare_headings(plan, earlier)
    usual = median(run.new.rows for run in earlier) if earlier else facts.selected
    if facts.selected >= _FEW_ROWS and facts.selected > _MANY_TIMES * usual:
        found.insert(
            0, f"The file has {facts.selected:,} rows; imports with this mapping usually have about {usual:,.0f}."
        )
    return found


def _compare_headings(plan: Plan, earlier: Sequence[Run]) -> list[str]:
    if plan.facts.source.sheet.startswith("To fix"):
        # The sheet has columns of our own beside those of the file that it came from.
        return []
    before = next((headings for run in earlier if (headings := _headings_of(run)) is not None), None)
    now = {column.heading for column in plan.facts.source.columns}
    if before is None or now == before:
        return []
    sentences = []
    for words, names in (("new", now - before), ("gone", before - now)):
        if names:
            shown = ", ".join(f'"{name}"' for name in sorted(names)[:_HEADINGS_LISTED])
            more = f" and {len(names) - _HEADINGS_LISTED} more" if len(names) > _HEADINGS_LISTED else ""
            sentences.append(f"{words}: {shown}{more}")
    return [f"The headings differ from those of the last import with this mapping ({'; '.join(sentences)})."]


def _headings_of(run: Run) -> set[str] | None:
    try:
        facts = open_plan(Path(run.new.folder)).facts
    except ImporterError:
        return None
    if facts.source.sheet.startswith("To fix"):
        return None
    return {column.heading for column in facts.source.columns}
