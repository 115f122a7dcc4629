"""A section of the mapping against the fields that the account has for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from importer.crm_schema.checks.findings import READS_THEM, Collected
from importer.crm_schema.checks.interface import IMPORT_KEY_LENGTH
from importer.crm_schema.checks.names import proposal
from importer.crm_schema.checks.values import compare_value
from importer.crm_schema.constraints import Demand, Owners
from importer.crm_schema.model import FieldFacts, Kind, Metadata
from importer.mapping.model import FieldRule

_PLAIN = frozenset({Kind.TEXT, Kind.EMAIL, Kind.PHONE, Kind.NUMBER, Kind.DATE, Kind.DATETIME, Kind.BOOLEAN})
INSIDE_SETS = "the fields inside custom field sets"


@dataclass(frozen=True, slots=True)
class Section:
    """The fields that the account has for one section of a mapping.

    ``whose`` begins sentences about what it lacks; ``known`` are names in small letters that need not be among the
    ``fields``; ``locks`` tells whether the call may change what was made before.
    """

    name: str
    whose: str
    fields: Sequence[FieldFacts]
    known: frozenset[str] = frozenset()
    locks: bool = False

    def field(self, name: str) -> FieldFacts | None:
        """The field with this schema name."""
        return next((field for field in self.fields if field.schema_name == name), None)


def compare_section(section: Section, rules: Mapping[str, FieldRule], metadata: Metadata, found: Collected) -> None:
    """Compare every rule with the field of its name."""
    owners = owners_by_id(metadata)
    for name, rule in rules.items():
        path = f"{section.name}.{name}"
        field = section.field(name)
        if field is None:
            if name.casefold() not in section.known:
                found.fails(path, f"{section.whose} has no field {name}.", proposal(name, rule, section.fields))
            continue
        _compare_flags(path, field, section, found)
        if rule.fields is not None:
            _compare_set(path, field, found)
        else:
            _compare_plain(path, rule, field, owners, found)


def _compare_plain(path: str, rule: FieldRule, field: FieldFacts, owners: Owners | None, found: Collected) -> None:
    if field.kind is Kind.SET:
        found.may_fail(path, f"{field.words} is a custom field set in the account.", "Fill its fields with `fields:`.")
        return
    if field.kind is Kind.USER and owners is None:
        found.not_checked(f"owners {READS_THEM}")
    if field.kind is Kind.CHOICE and (field.open_options or not field.options):
        found.not_checked(f"the options of {field.words}")
    compare_value(path, rule, field, owners, found)


def _compare_set(path: str, field: FieldFacts, found: Collected) -> None:
    if field.kind in _PLAIN:
        found.fails(
            f"{path}.fields",
            f"{field.words} is a {field.kind.value} field in the account, not a custom field set.",
            "Give it a column or value.",
        )
    else:
        found.not_checked(INSIDE_SETS)


def _compare_flags(path: str, field: FieldFacts, section: Section, found: Collected) -> None:
    if field.read_only:
        found.may_fail(
            path,
            f"{field.words} is read-only in the account; LeadSquared may refuse or ignore it.",
            "Better leave it out.",
        )
    elif field.locked and section.locks:
        found.may_fail(
            path,
            f"{field.words} is locked once a lead was made; for leads that exist LeadSquared may refuse or ignore it.",
            "Leave it out where leads are updated.",
        )


def compare_key(section: Section, found: Collected) -> None:
    """Compare the field of the import key."""
    name = found.loaded.mapping.import_key
    if name is None or name.casefold() in section.known:
        return
    field = section.field(name)
    if field is None:
        found.fails("import_key", f"{section.whose} has no field {name}.", proposal(name, None, section.fields))
    elif field.kind not in (Kind.TEXT, Kind.OTHER):
        found.fails(
            "import_key", f"{field.words} is a {field.kind.value} field in the account.", "Name a field for plain text."
        )
    elif 0 < field.max_length < IMPORT_KEY_LENGTH:
        found.fails(
            "import_key",
            f"{field.words} holds {field.max_length} characters, and the import key has {IMPORT_KEY_LENGTH}.",
            "Name a longer field, or make this one longer in LeadSquared.",
        )


def demand_text(path: str, field: FieldFacts, rule: FieldRule, found: Collected) -> None:
    """A cell of this field must not be empty, because the account makes it mandatory."""
    if rule.column is not None or rule.template is not None:
        known = found.demands.get(path, Demand(field.words))
        found.demands[path] = replace(known, required=True)


def owners_by_id(metadata: Metadata) -> Owners | None:
    """The users by their id, ``None`` when nothing is known of them."""
    if not metadata.users:
        return None
    return Owners(
        active=frozenset(user.id.casefold() for user in metadata.users if user.active and user.id),
        inactive=frozenset(user.id.casefold() for user in metadata.users if not user.active and user.id),
    )


def owners_by_email(metadata: Metadata) -> Owners | None:
    """The users by their e-mail address, ``None`` when nothing is known of them."""
    if not metadata.users:
        return None
    active = frozenset(user.email.casefold() for user in metadata.users if user.active and user.email)
    left = frozenset(user.email.casefold() for user in metadata.users if not user.active and user.email)
    return Owners(active, left - active)
