"""What planning knows of the account: the mapping is compared with it, and the cells will be. Nothing is asked here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from importer.config.settings import Account, AccountChecks
from importer.core.errors import AccountMismatch, MappingProblem
from importer.core.issues import ACCOUNT_CODES
from importer.crm_schema.cache import load
from importer.crm_schema.checks.interface import Call, Findings
from importer.crm_schema.constraints import Demand
from importer.crm_schema.model import Metadata
from importer.planning.plan import Prepared
from importer.planning.store import AccountFacts, KnownState, PlanFacts
from importer.targets import TARGETS

REFRESH = "importer doctor --refresh"
_ALL_CHECKS = "names and types of fields, mandatory fields, activity types, options of drop-downs, lengths, and owners"
_MOST_NOTES = 20


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """What is known of an account, and what may follow from it.

    ``notes`` are sentences for the person about how it came to be known, or why it did not.
    """

    state: KnownState = KnownState.UNKNOWN
    metadata: Metadata | None = None
    certain: bool = True
    notes: tuple[str, ...] = ()


def remembered(account: Account | None, home: Path, now: datetime) -> KnownAccount:
    """What the last reading of the account found. Without account, settings or reading, nothing is known."""
    if account is None:
        return KnownAccount()
    if account.account_checks is AccountChecks.OFF:
        return KnownAccount(KnownState.OFF)
    found = load(home, account.name, account.host)
    notes = (found.note,) if found.note else ()
    return judged(account, found.metadata, now, notes)


def judged(account: Account, metadata: Metadata | None, now: datetime, notes: Sequence[str] = ()) -> KnownAccount:
    """What may follow from ``metadata`` at ``now``."""
    state = KnownState.UNKNOWN
    if metadata is not None:
        fresh = metadata.is_fresh(now, timedelta(hours=account.metadata_hours))
        state = KnownState.FRESH if fresh else KnownState.OLD
    return KnownAccount(state, metadata, account.account_checks is AccountChecks.PROBLEM, tuple(notes))


def fit(prepared: Prepared, known: KnownAccount) -> Prepared:
    """``prepared``, compared with the account: its cells will be checked against it, and its notes say what is odd.

    Raises :class:`AccountMismatch` for what is certain to fail.
    """
    metadata = known.metadata
    if metadata is None:
        notes = [*known.notes, *_unknown_notes(known.state)]
        return replace(prepared, account=AccountFacts(known.state), account_notes=tuple(notes))
    # What compares is loaded only where something is known.
    from importer.crm_schema.checks.compare import compare

    found = compare(prepared.loaded, metadata, call_of(prepared.mapping.target))
    if known.state is KnownState.OLD or not known.certain:
        found = found.softened()
    path = str(prepared.request.mapping)
    if found.problems:
        raise AccountMismatch(path, found.problems, _moment(metadata))
    prepared.validator.demand(found.demands)
    facts = AccountFacts(
        state=known.state,
        read_at=metadata.read_at.isoformat(timespec="seconds"),
        tenant=metadata.tenant,
        digest=digest_of(found.demands),
    )
    notes = [*known.notes, *_age_notes(known, metadata), *_finding_notes(path, found)]
    return replace(prepared, account=facts, account_notes=tuple(notes))


def call_of(target: str) -> Call:
    """What the comparison must know of a target."""
    kind = TARGETS[target]
    return Call(kind.activity_keys, kind.creates_leads, kind.updates_leads)


def digest_of(demands: Mapping[str, Demand]) -> str:
    """One digest of what the account demands of the cells, so that a change is noticed; empty for nothing."""
    if not demands:
        return ""
    parts = [
        [name, demand.label, demand.options, demand.max_length, demand.events, demand.required]
        + ([sorted(demand.owners.active), sorted(demand.owners.inactive)] if demand.owners else [])
        for name, demand in sorted(demands.items())
    ]
    return hashlib.sha256(repr(parts).encode("utf-8", "backslashreplace")).hexdigest()


def unfit_for_account(facts: PlanFacts) -> bool:
    """Whether rows of a plan have a problem that may vanish when the account changes."""
    return any(group.code in ACCOUNT_CODES for group in facts.groups)


def _moment(metadata: Metadata) -> str:
    return f"{metadata.read_at:%d %b %Y %H:%M} UTC"


def _unknown_notes(state: KnownState) -> Iterator[str]:
    if state is KnownState.UNKNOWN:
        yield (
            f"Nothing is known of the account's fields, so these checks were not made: {_ALL_CHECKS}. "
            f"With the keys of an account: {REFRESH}"
        )


def _age_notes(known: KnownAccount, metadata: Metadata) -> Iterator[str]:
    if known.state is KnownState.OLD:
        yield (
            f"The account's fields were read on {_moment(metadata)}. That is too long ago to decide anything: what "
            f"does not fit them is only noted, and the cells were not compared with them. Renew it: {REFRESH}"
        )


def _finding_notes(path: str, found: Findings) -> Iterator[str]:
    for warning in found.warnings[:_MOST_NOTES]:
        yield _note(path, warning)
    if len(found.warnings) > _MOST_NOTES:
        yield f"{len(found.warnings) - _MOST_NOTES} more places of the mapping may not fit the account."
    if found.unchecked:
        yield f"Not compared with the account: {'; '.join(found.unchecked)}."


def _note(path: str, warning: MappingProblem) -> str:
    line = f", line {warning.line}" if warning.line else ""
    return f"{path}{line} ({warning.path}): {warning.message} {warning.remedy}"
