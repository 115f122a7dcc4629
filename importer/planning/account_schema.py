"""Compare a mapping, and later the cells, with the cached schema of the account. Nothing here calls the CRM."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from importer.config import Account, AccountChecks
from importer.core.errors import AccountMismatch
from importer.core.issues import ACCOUNT_CODES
from importer.crm_schema import CallTraits, FieldConstraint, Findings, Metadata, load
from importer.mapping import Mapping as MappingModel
from importer.planning.plan import PreparedImport
from importer.planning.store import PlanFacts, SchemaSnapshot, SchemaState
from importer.targets import TARGETS

REFRESH = "importer doctor --refresh"
_CHECK_NAMES = "names and types of fields, mandatory fields, activity types, options of drop-downs, lengths, and owners"
_MAX_NOTES = 20


@dataclass(frozen=True, slots=True)
class AccountSchema:
    """The cached schema of an account (``metadata``), if there is one, and how far to rely on it.

    With ``certain`` a mismatch is a problem, otherwise only a note. ``notes`` are sentences for the user about a cache
    file that cannot be used.
    """

    state: SchemaState = SchemaState.UNKNOWN
    metadata: Metadata | None = None
    certain: bool = True
    notes: tuple[str, ...] = ()


def load_account_schema(account: Account | None, home: Path, now: datetime) -> AccountSchema:
    """Load the cached schema of ``account``.

    Its state is ``OFF`` when the settings turn the comparison off, ``UNKNOWN`` without an account or a usable cache.
    """
    if account is None:
        return AccountSchema()
    if account.account_checks is AccountChecks.OFF:
        return AccountSchema(SchemaState.OFF)
    cached = load(home, account.name, account.host)
    notes = (cached.note,) if cached.note else ()
    return evaluate_account_schema(account, cached.metadata, now, notes)


def evaluate_account_schema(
    account: Account, metadata: Metadata | None, now: datetime, notes: Sequence[str] = ()
) -> AccountSchema:
    """Return the schema with its age at ``now`` as fresh or old, and ``certain`` by the account's settings."""
    state = SchemaState.UNKNOWN
    if metadata is not None:
        fresh = metadata.is_fresh(now, timedelta(hours=account.metadata_hours))
        state = SchemaState.FRESH if fresh else SchemaState.OLD
    return AccountSchema(state, metadata, account.account_checks is AccountChecks.PROBLEM, tuple(notes))


def check_account_fit(prepared: PreparedImport, known: AccountSchema) -> PreparedImport:
    """Compare a prepared import with the account's schema.

    Returns it with notes about mismatches, and with a validator that also checks the cells against the schema. Raises
    :class:`AccountMismatch` when the schema is fresh and certain and the mapping does not fit it.
    """
    metadata = known.metadata
    if metadata is None:
        notes = list(known.notes)
        if known.state is SchemaState.UNKNOWN:
            notes.append(
                f"Nothing is known of the account's fields, so these checks were not made: {_CHECK_NAMES}. "
                f"With the keys of an account: {REFRESH}"
            )
        return replace(prepared, account=SchemaSnapshot(known.state), account_notes=tuple(notes))
    # Imported only when there is a schema: most checks run without one.
    from importer.crm_schema import compare

    target = TARGETS[prepared.mapping.target]
    call = CallTraits(target.activity_keys, creates="lead" in target.sections, updates=target.updates_leads)
    found = compare(prepared.loaded, metadata, call)
    if known.state is SchemaState.OLD or not known.certain:
        # Turn problems into warnings, and drop the constraints on the cells.
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
    labels = _label_fields(prepared.mapping, metadata)
    notes += _finding_notes(path, found)
    return replace(prepared, account=snapshot, account_notes=tuple(notes), field_labels=labels)


def _label_fields(mapping: MappingModel, metadata: Metadata) -> dict[str, str]:
    """Return the names by which the account shows the fields of a mapping, as far as it has other ones."""
    event = str(next((one.rule.value for one in mapping.flat_fields() if one.name == "activity.ActivityEvent"), ""))
    kind = metadata.type_of(event)
    known = {f"lead.{one.schema_name}": one.display_name for one in metadata.lead_fields or ()}
    known |= {f"activity.{one.schema_name}": one.display_name for one in (kind.fields if kind else None) or ()}
    labels = {one.name: known.get(one.name, "") for one in mapping.flat_fields()}
    return {name: label for name, label in labels.items() if label}


def digest_constraints(constraints: Mapping[str, FieldConstraint]) -> str:
    """Return a digest of the account's constraints on the cells; empty for none. It changes the plan's fingerprint."""
    if not constraints:
        return ""
    parts = [
        [name, constraint.label, constraint.options, constraint.max_length, constraint.events, constraint.required]
        + ([sorted(constraint.owners.active), sorted(constraint.owners.inactive)] if constraint.owners else [])
        + ([constraint.kind.value] if constraint.kind else [])
        for name, constraint in sorted(constraints.items())
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
