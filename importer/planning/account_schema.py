"""Compare a mapping, and later the cells, with the account's schema as it was last read. Nothing is queried here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from importer.config.settings import Account, AccountChecks
from importer.core.errors import AccountMismatch
from importer.core.issues import ACCOUNT_CODES
from importer.crm_schema.cache import load
from importer.crm_schema.checks.findings import CallTraits, Findings
from importer.crm_schema.model import FieldConstraint, Metadata
from importer.planning.plan import PreparedImport
from importer.planning.store import PlanFacts, SchemaSnapshot, SchemaState
from importer.targets import TARGETS

REFRESH = "importer doctor --refresh"
_ALL_CHECKS = "names and types of fields, mandatory fields, activity types, options of drop-downs, lengths, and owners"
_MAX_NOTES = 20


@dataclass(frozen=True, slots=True)
class AccountSchema:
    """The schema of an account as far as it is known.

    ``certain`` says that a mismatch is a problem, not only a note. ``notes`` are sentences for the person about how the
    schema was read, or why it was not.
    """

    state: SchemaState = SchemaState.UNKNOWN
    metadata: Metadata | None = None
    certain: bool = True
    notes: tuple[str, ...] = ()


def load_account_schema(account: Account | None, home: Path, now: datetime) -> AccountSchema:
    """Load the schema from the last reading of the account; unknown without account, settings or reading."""
    if account is None:
        return AccountSchema()
    if account.account_checks is AccountChecks.OFF:
        return AccountSchema(SchemaState.OFF)
    found = load(home, account.name, account.host)
    notes = (found.note,) if found.note else ()
    return evaluate_account_schema(account, found.metadata, now, notes)


def evaluate_account_schema(
    account: Account, metadata: Metadata | None, now: datetime, notes: Sequence[str] = ()
) -> AccountSchema:
    """Evaluate how old ``metadata`` is at ``now``, and whether a mismatch is a problem by the account's settings."""
    state = SchemaState.UNKNOWN
    if metadata is not None:
        fresh = metadata.is_fresh(now, timedelta(hours=account.metadata_hours))
        state = SchemaState.FRESH if fresh else SchemaState.OLD
    return AccountSchema(state, metadata, account.account_checks is AccountChecks.PROBLEM, tuple(notes))


def check_account_fit(prepared: PreparedImport, known: AccountSchema) -> PreparedImport:
    """Compare a prepared import with the account's schema.

    Returns it with notes about what does not fit, and with a validator that also checks the cells against the account.
    Raises :class:`AccountMismatch` for what is certain to fail.
    """
    metadata = known.metadata
    if metadata is None:
        notes = list(known.notes)
        if known.state is SchemaState.UNKNOWN:
            notes.append(
                f"Nothing is known of the account's fields, so these checks were not made: {_ALL_CHECKS}. "
                f"With the keys of an account: {REFRESH}"
            )
        return replace(prepared, account=SchemaSnapshot(known.state), account_notes=tuple(notes))
    # Imported only where something is known, for most dry runs do not need it.
    from importer.crm_schema.checks.compare import compare

    target = TARGETS[prepared.mapping.target]
    call = CallTraits(target.activity_keys, creates="lead" in target.sections, updates=target.updates_leads)
    found = compare(prepared.loaded, metadata, call)
    if known.state is SchemaState.OLD or not known.certain:
        found = found.softened()
    path = str(prepared.request.mapping)
    read_at = f"{metadata.read_at:%d %b %Y %H:%M} UTC"
    if found.problems:
        raise AccountMismatch(path, found.problems, read_at)
    prepared.validator.apply_constraints(found.constraints)
    snapshot = SchemaSnapshot(
        state=known.state,
        read_at=metadata.read_at.isoformat(timespec="seconds"),
        tenant=metadata.tenant,
        digest=digest_constraints(found.constraints),
    )
    notes = list(known.notes)
    if known.state is SchemaState.OLD:
        notes.append(
            f"The account's fields were read on {read_at}. That is too long ago to decide anything: what "
            f"does not fit them is only noted, and the cells were not compared with them. Renew it: {REFRESH}"
        )
    return replace(prepared, account=snapshot, account_notes=(*notes, *_finding_notes(path, found)))


def digest_constraints(demands: Mapping[str, FieldConstraint]) -> str:
    """Return one digest of the account's constraints on the cells, so that a change is noticed; empty for none."""
    if not demands:
        return ""
    parts = [
        [name, demand.label, demand.options, demand.max_length, demand.events, demand.required]
        + ([sorted(demand.owners.active), sorted(demand.owners.inactive)] if demand.owners else [])
        for name, demand in sorted(demands.items())
    ]
    return hashlib.sha256(repr(parts).encode("utf-8", "backslashreplace")).hexdigest()


def has_account_problems(facts: PlanFacts) -> bool:
    """Return whether rows of a plan have a problem that may vanish when the account changes."""
    return any(group.code in ACCOUNT_CODES for group in facts.groups)


def _finding_notes(path: str, found: Findings) -> Iterator[str]:
    for warning in found.warnings[:_MAX_NOTES]:
        line = f", line {warning.line}" if warning.line else ""
        yield f"{path}{line} ({warning.path}): {warning.message} {warning.remedy}"
    if len(found.warnings) > _MAX_NOTES:
        yield f"{len(found.warnings) - _MAX_NOTES} more places of the mapping may not fit the account."
    if found.unchecked:
        yield f"Not compared with the account: {'; '.join(found.unchecked)}."
