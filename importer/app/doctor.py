"""Examines an account: what works, what does not, and what to do about it. Sends nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from importer.app.environment import Surroundings, open_memory
from importer.app.preflight import sharing, who_is_it
from importer.config.settings import Account
from importer.core.errors import CrmError, RunStopped, SettingsError
from importer.core.model import CallClass, Request
from importer.core.time import Clock
from importer.crm_schema.cache import load
from importer.crm_schema.model import ActivityType, FieldFacts
from importer.leadsquared.interface import ApiUser, Crm
from importer.leadsquared.metadata import (
    FULL_SCOPE,
    parse_queue_metrics,
    read_activity_types,
    read_lead_fields,
    read_metadata,
    save_metadata,
)
from importer.leadsquared.query_client import ClockReading, QueryClient
from importer.ledger.interface import Ledger
from importer.rate_limit.account_limiter import make_account_limiter
from importer.rate_limit.daily_quota import DailyQuota, count_calls_today
from importer.rate_limit.window_limiter import describe_limit
from importer.reports.account_freshness import age_words
from importer.targets import TARGETS

_SKEW_WARNING = 60.0
_REFRESH = "For checks against the account: importer doctor --refresh"


class Health(StrEnum):
    """How an examined thing is."""

    GOOD = "ok"
    NOTE = "note"
    BAD = "problem"


@dataclass(frozen=True, slots=True)
class Examined:
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
) -> Iterator[Examined]:
    """Examine the account, most basic things first; stops after the first that makes the others pointless.

    With ``refresh`` everything that it says of its fields, activity types and users is remembered in ``home``.
    """
    try:
        yield from _examine(account, crm, ledger, clock, stopping, home, refresh=refresh)
    except RunStopped as stopped:
        if stopping():
            raise
        yield Examined("Calls", Health.BAD, stopped.message, stopped.remedy)


def _examine(
    account: Account,
    crm: Crm,
    ledger: Ledger,
    clock: Clock,
    stopping: Callable[[], bool],
    home: Path,
    *,
    refresh: bool,
) -> Iterator[Examined]:
    yield Examined("Host", Health.GOOD, account.host)
    quota = DailyQuota(account, ledger, clock)
    try:
        identity, seen = who_is_it(account, crm, clock, stopping, quota.check_and_count)
    except SettingsError as error:
        yield Examined("Keys", Health.BAD, error.message, error.remedy)
        return
    yield Examined("Keys", Health.GOOD, f"accepted; they belong to {identity.user_name} of {identity.org_name}")
    yield tenant(account, identity, ledger.tenants())
    yield _role(identity.role)
    yield from region(account, identity)
    yield _default("Time zone", account.time_zone, identity.time_zone, "LEADSQUARED_TIME_ZONE")
    country = f"telephone prefix +{identity.country_code.lstrip('+')}" if identity.country_code else ""
    yield _default("Country", account.country, country, "LEADSQUARED_COUNTRY")
    limiter = make_account_limiter(account, clock)
    try:
        query_client = QueryClient(crm, limiter, clock, stopping, quota.check_and_count)
        yield server_clock(seen)
        yield from _limits(account, ledger, clock)
        # What a stranger says of its fields must not be remembered as this account's.
        stranger = ledger.tenants().get(account.name, identity.org_id) != identity.org_id
        if refresh and not stranger:
            yield from _read_anew(account, identity.org_id, query_client, clock, home)
        else:
            yield from _metadata(query_client)
            yield _remembered(account, clock, home)
        yield from _queues(account, query_client)
    finally:
        limiter.close()


def tenant(account: Account, identity: ApiUser, known: Mapping[str, str]) -> Examined:
    """Whether the keys belong to the tenant that is ``known`` of the account, and to no other account's."""
    bound, words = known.get(account.name, ""), f"{identity.org_name or identity.org_id} ({identity.org_id})"
    if bound and bound != identity.org_id:
        return Examined(
            "Tenant",
            Health.BAD,
            f"{words}, but earlier imports of account {account.name} went to another one ({bound})",
            "Use the right keys, or give the other tenant its own account name. Until then nothing is sent.",
        )
    shared = sharing(account, identity, known)
    if shared:
        return Examined("Tenant", Health.NOTE, words, shared)
    return Examined("Tenant", Health.GOOD, words if bound else f"{words}; its first import will remember it")


def region(account: Account, identity: ApiUser) -> Iterator[Examined]:
    """A problem when LeadSquared names another host for the account."""
    if identity.api_host and not account.is_sandbox and identity.api_host not in account.host:
        yield Examined(
            "Region", Health.BAD, f"this account lives at {identity.api_host}", "Set LEADSQUARED_HOST to it."
        )


def _role(role: str) -> Examined:
    if role.lower() == "administrator":
        return Examined("Role", Health.GOOD, role)
    return Examined(
        "Role", Health.NOTE, role or "unknown", "Use the keys of an active Administrator: others may not see all leads."
    )


def _default(name: str, configured: str, found: str, setting: str) -> Examined:
    if configured:
        return Examined(name, Health.GOOD, f"{configured} (configured); LeadSquared says {found or 'nothing'}")
    return Examined(
        name, Health.NOTE, f"LeadSquared says {found or 'nothing'}", f"Mappings that name none need {setting}."
    )


def server_clock(seen: ClockReading | None) -> Examined:
    """How far this computer's clock is from LeadSquared's."""
    if seen is None:
        return Examined("Clock", Health.NOTE, "LeadSquared's answers carry no time")
    skew = seen.server_skew
    if abs(skew) > _SKEW_WARNING:
        return Examined(
            "Clock",
            Health.BAD,
            f"differs from LeadSquared's by {skew:+.0f} s",
            "Set this computer's clock from the network.",
        )
    return Examined("Clock", Health.GOOD, f"within {abs(skew):.0f} s of LeadSquared's")


def _limits(account: Account, ledger: Ledger, clock: Clock) -> Iterator[Examined]:
    learned = ledger.learned_limits(account.name)
    for kind in CallClass:
        if kind in learned:
            lesson = learned[kind]
            words = describe_limit(kind, lesson.limit.calls, lesson.limit.seconds)
            yield Examined("Limit", Health.GOOD, f"{words}, learned {lesson.at[:10]} from a refusal")
        else:
            limit = account.limits[kind]
            yield Examined("Limit", Health.GOOD, f"{describe_limit(kind, limit.calls, limit.seconds)}, as configured")
    used = count_calls_today(ledger, account.name, clock.now())
    whose = "all computers that share the database" if account.database else "this computer"
    quota = f" of {account.daily_calls}" if account.daily_calls else ", no daily budget set"
    yield Examined("Calls today", Health.GOOD, f"{used}{quota} (by {whose}, UTC day)")


def _metadata(query_client: QueryClient) -> Iterator[Examined]:
    try:
        fields = read_lead_fields(query_client.query)
        types = read_activity_types(query_client.query)
    except CrmError as error:
        yield Examined("Metadata", Health.BAD, error.message, "The keys' user may not read fields and activity types.")
        return
    yield from _listed(fields, types)


def _listed(fields: Sequence[FieldFacts], types: Sequence[ActivityType]) -> Iterator[Examined]:
    mandatory = [field.schema_name for field in fields if field.mandatory]
    words = f"; mandatory: {', '.join(mandatory)}" if mandatory else ""
    yield Examined("Lead fields", Health.GOOD, f"{len(fields)}{words}")
    named = ", ".join(f"{one.event} {one.name}" for one in types[:8]) + (" …" if len(types) > 8 else "")
    yield Examined("Activity types", Health.GOOD, f"{len(types)}: {named}" if types else "0")


def _read_anew(
    account: Account, tenant: str, query_client: QueryClient, clock: Clock, home: Path
) -> Iterator[Examined]:
    """Read everything that the account says of itself, and remember it."""
    try:
        reading = read_metadata(account, tenant, query_client.query, clock.now(), FULL_SCOPE)
    except CrmError as error:
        yield Examined("Metadata", Health.BAD, error.message, error.remedy)
        return
    known = reading.metadata
    yield from _listed(known.lead_fields or (), known.activity_types or ())
    yield Examined("Users", Health.GOOD, f"{len(known.users or ())}")
    for trouble in save_metadata(home, reading).troubles:
        yield Examined("Metadata", Health.BAD, trouble, "The keys' user may not read it, or the disk refuses it.")
    yield _remembered(account, clock, home)


def _remembered(account: Account, clock: Clock, home: Path) -> Examined:
    found = load(home, account.name, account.host)
    if found.metadata is None:
        return Examined("Remembered", Health.NOTE, found.note or "no fields of this account yet", _REFRESH)
    now = clock.now()
    words = f"fields, activity types and users as of {age_words(found.metadata.age(now))} ago"
    if found.metadata.is_fresh(now, timedelta(hours=account.metadata_hours)):
        return Examined("Remembered", Health.GOOD, words)
    return Examined("Remembered", Health.NOTE, f"{words}, which is too old", _REFRESH)


def _queues(account: Account, query_client: QueryClient) -> Iterator[Examined]:
    if not account.async_host:
        yield Examined(
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


def _queue(name: str, request: Request, query_client: QueryClient) -> Examined:
    try:
        metrics = parse_queue_metrics(query_client.query(request))
    except CrmError as error:
        return Examined(
            f"Queue of {name}", Health.BAD, error.message, "Check LEADSQUARED_ASYNC_HOST and LEADSQUARED_API_KEY."
        )
    return Examined(
        f"Queue of {name}",
        Health.GOOD,
        f"{metrics.pending} waiting, longest wait {metrics.max_delay_seconds:g} s, "
        f"{metrics.per_minute:g} done a minute",
    )


def forget_limits(account: Account, outside: Surroundings) -> None:
    """Let all processes of this machine keep the configured limits again, as if no refusal had taught others.

    Raises :class:`LedgerError` when the ledger or the folder of the limits cannot be used.
    """
    with open_memory(outside) as ledger:
        ledger.forget_limits(account.name)
    limiter = make_account_limiter(account, outside.clock)
    try:
        limiter.forget_learned_limits()
    finally:
        limiter.close()


def examine_account(account: Account, outside: Surroundings, *, refresh: bool = False) -> Iterator[Examined]:
    """Examine the account with what the command line has at hand."""
    crm = outside.make_crm(account)
    try:
        with open_memory(outside) as ledger:
            stopping = outside.stop.is_set
            yield from examine(account, crm, ledger, outside.clock, stopping, outside.home, refresh=refresh)
    finally:
        crm.close()
