"""Examination of an account: what works, what does not, and what to do about it. Sends no rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from importer.app.environment import Environment, note_first_wait, open_ledger_of
from importer.app.preflight import identify_account, warn_of_shared_tenant
from importer.config import Account
from importer.core.errors import CrmError, ImporterError, RunStopped, SettingsError
from importer.core.model import CallClass, Request
from importer.core.time import Clock, format_age
from importer.crm_schema import ActivityType, FieldFacts, load
from importer.leadsquared import (
    FULL_SCOPE,
    ApiUser,
    ClockReading,
    Crm,
    QueryClient,
    parse_queue_metrics,
    read_activity_types,
    read_lead_fields,
    read_metadata,
    save_metadata,
)
from importer.rate_limit import DailyQuota, count_calls_today, describe_limit, make_account_limiter
from importer.targets import TARGETS

if TYPE_CHECKING:
    from importer.ledger import Ledger

_SKEW_WARNING = 60.0
_REFRESH = "For checks against the account: importer doctor --refresh"


class Health(StrEnum):
    """The result of an examination."""

    GOOD = "ok"
    NOTE = "note"
    BAD = "problem"


@dataclass(frozen=True, slots=True)
class Examination:
    """One thing that was examined, what was found, and what to do about it."""

    name: str
    health: Health
    found: str
    remedy: str = ""


def examine(
    account: Account,
    crm: Crm,
    ledger: Ledger,
    clock: Clock,
    stopping: Callable[[], bool],
    home: Path,
    *,
    refresh: bool = False,
) -> Iterator[Examination]:
    """Examine the account, most basic things first; stops after the first that makes the others pointless.

    With ``refresh`` the descriptions of its fields, activity types and users are cached in ``home``.
    """
    try:
        yield from _examine(account, crm, ledger, clock, stopping, home, refresh=refresh)
    except RunStopped as stopped:
        if stopping():
            raise
        yield Examination("Calls", Health.BAD, stopped.message, stopped.remedy)


def _examine(
    account: Account,
    crm: Crm,
    ledger: Ledger,
    clock: Clock,
    stopping: Callable[[], bool],
    home: Path,
    *,
    refresh: bool,
) -> Iterator[Examination]:
    yield Examination("Host", Health.GOOD, account.host)
    quota = DailyQuota(account, ledger, clock)
    try:
        identity, seen = identify_account(account, crm, clock, stopping, quota.check_and_count)
    except SettingsError as error:
        yield Examination("Keys", Health.BAD, error.message, error.remedy)
        return
    yield Examination("Keys", Health.GOOD, f"accepted; they belong to {identity.user_name} of {identity.org_name}")
    yield examine_tenant(account, identity, ledger.tenants())
    yield _role(identity.role)
    yield from examine_region(account, identity)
    yield _default("Time zone", account.time_zone, identity.time_zone, "LEADSQUARED_TIME_ZONE")
    country = f"telephone prefix +{identity.country_code.lstrip('+')}" if identity.country_code else ""
    yield _default("Country", account.country, country, "LEADSQUARED_COUNTRY")
    limiter = make_account_limiter(account, clock)
    try:
        query_client = QueryClient(crm, limiter, clock, stopping, quota.check_and_count)
        yield examine_clock(seen)
        yield from _limits(account, ledger, clock)
        # The fields of another tenant must not be cached as this account's.
        other_tenant = ledger.tenants().get(account.name, identity.org_id) != identity.org_id
        if refresh and not other_tenant:
            yield from _refresh(account, identity.org_id, query_client, clock, home)
        else:
            yield from _metadata(query_client)
            yield _examine_cache(account, clock, home)
        yield from _queues(account, query_client)
    finally:
        limiter.close()


def examine_tenant(account: Account, identity: ApiUser, known: Mapping[str, str]) -> Examination:
    """Examine whether the keys belong to the tenant that is ``known`` for the account, and to no other account."""
    bound, words = known.get(account.name, ""), f"{identity.org_name or identity.org_id} ({identity.org_id})"
    if bound and bound != identity.org_id:
        return Examination(
            "Tenant",
            Health.BAD,
            f"{words}, but earlier imports of account {account.name} went to another one ({bound})",
            "Use the right keys, or give the other tenant its own account name. Until then nothing is sent.",
        )
    shared = warn_of_shared_tenant(account, identity, known)
    if shared:
        return Examination("Tenant", Health.NOTE, words, shared)
    return Examination("Tenant", Health.GOOD, words if bound else f"{words}; its first import will remember it")


def examine_region(account: Account, identity: ApiUser) -> Iterator[Examination]:
    """Report a problem when LeadSquared names another host for the account."""
    if identity.api_host and not account.is_sandbox and identity.api_host not in account.host:
        yield Examination(
            "Region", Health.BAD, f"this account lives at {identity.api_host}", "Set LEADSQUARED_HOST to it."
        )


def _role(role: str) -> Examination:
    if role.lower() == "administrator":
        return Examination("Role", Health.GOOD, role)
    return Examination(
        "Role", Health.NOTE, role or "unknown", "Use the keys of an active Administrator: others may not see all leads."
    )


def _default(name: str, configured: str, found: str, setting: str) -> Examination:
    if configured:
        return Examination(name, Health.GOOD, f"{configured} (configured); LeadSquared says {found or 'nothing'}")
    return Examination(
        name, Health.NOTE, f"LeadSquared says {found or 'nothing'}", f"Mappings that name none need {setting}."
    )


def examine_clock(seen: ClockReading | None) -> Examination:
    """Examine how far this computer's clock is from LeadSquared's."""
    if seen is None or seen.server_skew is None:
        return Examination("Clock", Health.NOTE, "LeadSquared's answers carry no time")
    skew = seen.server_skew
    if abs(skew) > _SKEW_WARNING:
        return Examination(
            "Clock",
            Health.BAD,
            f"differs from LeadSquared's by {skew:+.0f} s",
            "Set this computer's clock from the network.",
        )
    return Examination("Clock", Health.GOOD, f"within {abs(skew):.0f} s of LeadSquared's")


def _limits(account: Account, ledger: Ledger, clock: Clock) -> Iterator[Examination]:
    learned = ledger.learned_limits(account.name)
    for kind in CallClass:
        if kind in learned:
            lesson = learned[kind]
            words = describe_limit(kind, lesson.limit.calls, lesson.limit.seconds)
            yield Examination("Limit", Health.GOOD, f"{words}, learned {lesson.at[:10]} from a refusal")
        else:
            limit = account.limits[kind]
            yield Examination(
                "Limit", Health.GOOD, f"{describe_limit(kind, limit.calls, limit.seconds)}, as configured"
            )
    used = count_calls_today(ledger, account.name, clock.now())
    whose = "all computers that share the database" if account.database else "this computer"
    quota = f" of {account.daily_calls}" if account.daily_calls else ", no daily budget set"
    yield Examination("Calls today", Health.GOOD, f"{used}{quota} (by {whose}, UTC day)")


def _metadata(query_client: QueryClient) -> Iterator[Examination]:
    try:
        fields = read_lead_fields(query_client.query)
        types = read_activity_types(query_client.query)
    except CrmError as error:
        yield Examination(
            "Metadata", Health.BAD, error.message, "The keys' user may not read fields and activity types."
        )
        return
    yield from _describe_metadata(fields, types)


def _describe_metadata(fields: Sequence[FieldFacts], types: Sequence[ActivityType]) -> Iterator[Examination]:
    mandatory = [field.schema_name for field in fields if field.mandatory]
    words = f"; mandatory: {', '.join(mandatory)}" if mandatory else ""
    yield Examination("Lead fields", Health.GOOD, f"{len(fields)}{words}")
    named = ", ".join(f"{one.event} {one.name}" for one in types[:8]) + (" …" if len(types) > 8 else "")
    yield Examination("Activity types", Health.GOOD, f"{len(types)}: {named}" if types else "0")


def _refresh(
    account: Account, tenant: str, query_client: QueryClient, clock: Clock, home: Path
) -> Iterator[Examination]:
    """Read fields, activity types and users of the account, and cache them."""
    try:
        reading = read_metadata(account, tenant, query_client.query, clock.now(), FULL_SCOPE)
    except CrmError as error:
        yield Examination("Metadata", Health.BAD, error.message, error.remedy)
        return
    known = reading.metadata
    yield from _describe_metadata(known.lead_fields or (), known.activity_types or ())
    yield Examination("Users", Health.GOOD, f"{len(known.users or ())}")
    for trouble in save_metadata(home, reading).troubles:
        yield Examination("Metadata", Health.BAD, trouble, "The keys' user may not read it, or the disk refuses it.")
    yield _examine_cache(account, clock, home)


def _examine_cache(account: Account, clock: Clock, home: Path) -> Examination:
    found = load(home, account.name, account.host)
    if found.metadata is None:
        return Examination("Remembered", Health.NOTE, found.note or "no fields of this account yet", _REFRESH)
    now = clock.now()
    words = f"fields, activity types and users as of {format_age(found.metadata.age(now))} ago"
    if found.metadata.is_fresh(now, timedelta(hours=account.metadata_hours)):
        return Examination("Remembered", Health.GOOD, words)
    return Examination("Remembered", Health.NOTE, f"{words}, which is too old", _REFRESH)


def _queues(account: Account, query_client: QueryClient) -> Iterator[Examination]:
    if not account.async_host:
        yield Examination(
            "Async",
            Health.NOTE,
            "not configured",
            "Only the async targets need LEADSQUARED_ASYNC_HOST and LEADSQUARED_API_KEY.",
        )
        return
    requests = {name: target.metrics_request() for name, target in TARGETS.items()}
    for name, request in requests.items():
        if request is not None:
            yield _queue(name, request, query_client)


def _queue(name: str, request: Request, query_client: QueryClient) -> Examination:
    try:
        metrics = parse_queue_metrics(query_client.query(request))
    except CrmError as error:
        return Examination(
            f"Queue of {name}", Health.BAD, error.message, "Check LEADSQUARED_ASYNC_HOST and LEADSQUARED_API_KEY."
        )
    return Examination(
        f"Queue of {name}",
        Health.GOOD,
        f"{metrics.pending} waiting, longest wait {metrics.max_delay_seconds:g} s, "
        f"{metrics.per_minute:g} done a minute",
    )


def forget_limits(account: Account, env: Environment) -> None:
    """Forget the limits learned from refusals, so that all processes of this machine keep the configured ones again.

    Raises :class:`LedgerError` when the ledger or the folder of the limits cannot be used.
    """
    with open_ledger_of(env) as ledger:
        ledger.forget_limits(account.name)
    limiter = make_account_limiter(account, env.clock)
    try:
        limiter.forget_learned_limits()
    finally:
        limiter.close()


def examine_account(account: Account, env: Environment, *, refresh: bool = False) -> Iterator[Examination]:
    """Connect to the account and examine it as :func:`examine`."""
    crm = env.make_crm(account)
    try:
        note_first_wait(account, env)
        with open_ledger_of(env) as ledger:
            stopping = env.stop.is_set
            yield from examine(account, crm, ledger, env.clock, stopping, env.home, refresh=refresh)
    finally:
        crm.close()


@dataclass(frozen=True, slots=True)
class AccountTest:
    """What was found about one account; ``tenant`` is empty when LeadSquared did not name it."""

    name: str
    examined: tuple[Examination, ...]
    tenant: str = ""

    @property
    def is_usable(self) -> bool:
        """Return whether no examination found a problem."""
        return all(each.health is not Health.BAD for each in self.examined)


def check_account(account: Account, ledger: Ledger, env: Environment, also: Mapping[str, str]) -> AccountTest:
    """Ask LeadSquared once whose keys these are.

    ``also`` holds the tenants of accounts that were tried before, by name: an equal one is noticed. Raises
    :class:`RunStopped` when the person asks to stop.
    """
    found: list[Examination] = [Examination("Host", Health.GOOD, account.host)]
    crm = env.make_crm(account)
    try:
        quota = DailyQuota(account, ledger, env.clock)
        identity, seen = identify_account(account, crm, env.clock, env.stop.is_set, quota.check_and_count)
    except ImporterError as error:
        if isinstance(error, RunStopped) and env.stop.is_set():
            raise
        found.append(Examination("Keys", Health.BAD, error.message, error.remedy))
        return AccountTest(account.name, tuple(found))
    finally:
        crm.close()
    found.append(
        Examination("Keys", Health.GOOD, f"accepted; they belong to {identity.user_name} of {identity.org_name}")
    )
    found.append(examine_tenant(account, identity, {**also, **ledger.tenants()}))
    found += [*examine_region(account, identity), examine_clock(seen), *_async(account)]
    return AccountTest(account.name, tuple(found), identity.org_id)


def _async(account: Account) -> Iterator[Examination]:
    if account.async_host and account.keys.api:
        yield Examination("Async", Health.GOOD, account.async_host)
    elif account.async_host or account.keys.api:
        lacking = "async_host" if account.keys.api else "api_key"
        yield Examination(
            "Async", Health.NOTE, f"{lacking} is missing", "The async targets need async_host and api_key."
        )
    else:
        yield Examination("Async", Health.NOTE, "not configured", "Only the async targets need async_host and api_key.")
