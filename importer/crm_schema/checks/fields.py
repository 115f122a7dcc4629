"""Checks of a section of the mapping against the fields of the account: names, types, constants, options, lengths."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from importer.core.text import find_nearest
from importer.crm_schema.checks.findings import IMPORT_KEY_LENGTH, REFRESH_HINT, FindingsCollector, suggest_field
from importer.crm_schema.model import CrmFieldKind, FieldConstraint, FieldFacts, Metadata, Owners, option_key
from importer.mapping import FieldRule, FieldType

_PLAIN = frozenset(
    {
        CrmFieldKind.TEXT,
        CrmFieldKind.EMAIL,
        CrmFieldKind.PHONE,
        CrmFieldKind.NUMBER,
        CrmFieldKind.DATE,
        CrmFieldKind.DATETIME,
        CrmFieldKind.BOOLEAN,
    }
)
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
        """Return the field with this schema name."""
        return next((field for field in self.fields if field.schema_name == name), None)


def compare_section(
    section: Section, rules: Mapping[str, FieldRule], metadata: Metadata, findings: FindingsCollector
) -> None:
    """Compare every rule with the field of its name."""
    owners = owners_by_id(metadata)
    for name, rule in rules.items():
        path = f"{section.name}.{name}"
        field = section.field(name)
        if field is None:
            if name.casefold() not in section.known:
                findings.add_problem(
                    path, f"{section.whose} has no field {name}.", suggest_field(name, rule, section.fields)
                )
            continue
        _compare_flags(path, field, section, findings)
        if rule.fields is not None:
            _compare_set(path, field, findings)
        else:
            _compare_plain(path, rule, field, owners, findings)


def _compare_plain(
    path: str, rule: FieldRule, field: FieldFacts, owners: Owners | None, findings: FindingsCollector
) -> None:
    if field.kind is CrmFieldKind.SET:
        findings.add_warning(
            path, f"{field.words} is a custom field set in the account.", "Fill its fields with `fields:`."
        )
        return
    if field.kind is CrmFieldKind.USER and owners is None:
        findings.add_unchecked(f"owners {REFRESH_HINT}")
    if field.kind is CrmFieldKind.CHOICE and (field.open_options or not field.options):
        findings.add_unchecked(f"the options of {field.words}")
    compare_value(path, rule, field, owners, findings)


def _compare_set(path: str, field: FieldFacts, findings: FindingsCollector) -> None:
    if field.kind in _PLAIN:
        findings.add_problem(
            f"{path}.fields",
            f"{field.words} is a {field.kind.value} field in the account, not a custom field set.",
            "Give it a column or value.",
        )
    else:
        findings.add_unchecked(INSIDE_SETS)


def _compare_flags(path: str, field: FieldFacts, section: Section, findings: FindingsCollector) -> None:
    if field.read_only:
        findings.add_warning(
            path,
            f"{field.words} is read-only in the account; LeadSquared may refuse or ignore it.",
            "Better leave it out.",
        )
    elif field.locked and section.locks:
        findings.add_warning(
            path,
            f"{field.words} is locked once a lead was made; for leads that exist LeadSquared may refuse or ignore it.",
            "Leave it out where leads are updated.",
        )


def compare_key(section: Section, findings: FindingsCollector) -> None:
    """Compare the field of the import key."""
    name = findings.loaded.mapping.import_key
    if name is None or name.casefold() in section.known:
        return
    field = section.field(name)
    if field is None:
        findings.add_problem(
            "import_key", f"{section.whose} has no field {name}.", suggest_field(name, None, section.fields)
        )
    elif field.kind not in (CrmFieldKind.TEXT, CrmFieldKind.OTHER):
        findings.add_problem(
            "import_key", f"{field.words} is a {field.kind.value} field in the account.", "Name a field for plain text."
        )
    elif 0 < field.max_length < IMPORT_KEY_LENGTH:
        findings.add_problem(
            "import_key",
            f"{field.words} holds {field.max_length} characters, and the import key has {IMPORT_KEY_LENGTH}.",
            "Name a longer field, or make this one longer in LeadSquared.",
        )


def require_text(path: str, field: FieldFacts, rule: FieldRule, findings: FindingsCollector) -> None:
    """Require a text in every cell of this field, because the account makes it mandatory."""
    if not rule.is_constant:
        known = findings.constraints.get(path, FieldConstraint(field.words))
        findings.constraints[path] = replace(known, required=True)


def owners_by_id(metadata: Metadata) -> Owners | None:
    """Return the users by their id, ``None`` when the users were not read."""
    if not metadata.users:
        return None
    return Owners(
        active=frozenset(user.id.casefold() for user in metadata.users if user.active and user.id),
        inactive=frozenset(user.id.casefold() for user in metadata.users if not user.active and user.id),
    )


def owners_by_email(metadata: Metadata) -> Owners | None:
    """Return the users by their e-mail address, ``None`` when the users were not read."""
    if not metadata.users:
        return None
    active = frozenset(user.email.casefold() for user in metadata.users if user.active and user.email)
    left = frozenset(user.email.casefold() for user in metadata.users if not user.active and user.email)
    return Owners(active, left - active)


_SHOWN = 8
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_FLAGS = frozenset({"0", "1", "true", "false"})
_TEXTS = frozenset({FieldType.TEXT, FieldType.CHOICE})
_FITS = {
    CrmFieldKind.NUMBER: frozenset({FieldType.NUMBER, FieldType.INTEGER, FieldType.BOOLEAN}),
    CrmFieldKind.DATE: frozenset({FieldType.DATE}),
    CrmFieldKind.DATETIME: frozenset({FieldType.DATETIME, FieldType.DATE}),
    CrmFieldKind.BOOLEAN: frozenset({FieldType.BOOLEAN}),
    CrmFieldKind.EMAIL: frozenset({FieldType.EMAIL, *_TEXTS}),
    CrmFieldKind.PHONE: frozenset({FieldType.PHONE, FieldType.INTEGER, *_TEXTS}),
    CrmFieldKind.USER: frozenset({FieldType.UUID, *_TEXTS}),
}
"""Types of the mapping whose texts a field of the kind takes; what is not listed takes all."""
_PERHAPS = {
    CrmFieldKind.NUMBER: _TEXTS,
    CrmFieldKind.DATE: frozenset({FieldType.DATETIME, *_TEXTS}),
    CrmFieldKind.DATETIME: _TEXTS,
    CrmFieldKind.BOOLEAN: frozenset({FieldType.NUMBER, FieldType.INTEGER, *_TEXTS}),
}
"""Types of which some texts fit and others do not."""
_ADVICE = {
    CrmFieldKind.NUMBER: "`type: number`",
    CrmFieldKind.DATE: "`type: date`",
    CrmFieldKind.DATETIME: "`type: datetime`",
    CrmFieldKind.BOOLEAN: "`type: boolean`",
    CrmFieldKind.EMAIL: "`type: email`",
    CrmFieldKind.PHONE: "`type: phone`",
    CrmFieldKind.USER: "a column with the ids of users",
}
_LIMITED = frozenset({CrmFieldKind.TEXT, CrmFieldKind.EMAIL})
"""Kinds whose length the account counts as we do; a phone number, say, is stored in another form than it is sent."""


def compare_value(
    path: str, rule: FieldRule, field: FieldFacts, owners: Owners | None, findings: FindingsCollector
) -> None:
    """Compare a plain rule with the account's field, and add the constraints on its cells."""
    _compare_type(path, rule, field, findings)
    constraint = FieldConstraint(field.words)
    if field.kind is CrmFieldKind.CHOICE and field.options and not field.open_options:
        constraint = replace(constraint, options=field.options)
        _compare_options(path, rule, field, findings)
    if field.kind in _LIMITED and field.max_length:
        constraint = replace(constraint, max_length=field.max_length)
        _compare_length(path, rule, field, findings)
    if field.kind is CrmFieldKind.USER and owners is not None:
        constraint = compare_owner(path, rule, field.words, owners, findings)
    if field.kind in _ADVICE and field.kind is not CrmFieldKind.USER and rule.type in _TEXTS and rule.value is None:
        constraint = replace(constraint, kind=field.kind)
    if constraint != FieldConstraint(field.words):
        findings.constraints[path] = constraint


def constants(rule: FieldRule) -> Iterator[tuple[str, str]]:
    """Yield the constant texts of a rule, with the option that holds them."""
    for option, text in (("value", rule.value), ("default", rule.default)):
        if text is not None and text.strip():
            yield option, text.strip()


def compare_owner(
    path: str, rule: FieldRule, label: str, owners: Owners, findings: FindingsCollector
) -> FieldConstraint:
    """Compare the constants of a field that names a user; return the constraint on its cells."""
    for option, text in constants(rule):
        word = text.casefold()
        if word in owners.active:
            continue
        state = "is a user who is not active" if word in owners.inactive else "is no user of the account"
        near = find_nearest(word, owners.active) if "@" in word else []
        meant = f"Did you mean {near[0]}?" if near else "Name an active user."
        findings.add_problem(f"{path}.{option}", f'"{text}" {state}.', meant)
    return FieldConstraint(label, owners=owners)


def _compare_type(path: str, rule: FieldRule, field: FieldFacts, findings: FindingsCollector) -> None:
    kind = field.kind
    if kind not in _FITS or rule.type in _FITS[kind]:
        return
    what = f"{field.words} is a {kind.value} field in the account"
    if rule.type not in _PERHAPS.get(kind, frozenset()):
        findings.add_problem(path, f"{what} and cannot hold what `type: {rule.type}` gives.", f"Use {_ADVICE[kind]}.")
        return
    if rule.type in _TEXTS:
        wrong = [(option, text) for option, text in constants(rule) if not _may_hold(kind, text)]
        for option, text in wrong:
            findings.add_problem(f"{path}.{option}", f'{what} and cannot hold "{text}".', "Correct the text.")
        if wrong or rule.value is not None or rule.lookup is not None:
            return
    findings.add_warning(path, f"{what}, but the mapping sends `type: {rule.type}`.", f"Better use {_ADVICE[kind]}.")


def _may_hold(kind: CrmFieldKind, text: str) -> bool:
    if kind is CrmFieldKind.NUMBER:
        return _NUMBER.fullmatch(text) is not None
    if kind is CrmFieldKind.BOOLEAN:
        return text.lower() in _FLAGS
    # Which forms of dates are taken is not documented; without a digit it is none.
    return any(character.isdigit() for character in text)


def _compare_options(path: str, rule: FieldRule, field: FieldFacts, findings: FindingsCollector) -> None:
    known = set(map(option_key, field.options))
    for option, text in constants(rule):
        if option_key(text) not in known:
            findings.add_problem(
                f"{path}.{option}", f'"{text}" is not an option of {field.words}.', _options_remedy(text, field)
            )
    for option, texts in (("lookup", [*(rule.lookup or {}).values()]), ("options", [*(rule.options or ())])):
        if option == "options" and rule.lookup is not None:
            # The table says what is sent.
            continue
        sent = list(dict.fromkeys(text for text in texts if text.strip()))
        lacking = [text for text in sent if option_key(text) not in known]
        if not lacking:
            continue
        words = ", ".join(f'"{text}"' for text in lacking[:_SHOWN])
        message = f"{field.words} has no option {words}."
        report = findings.add_problem if len(lacking) == len(sent) and rule.default is None else findings.add_warning
        report(f"{path}.{option}", message, _options_remedy(lacking[0], field))


def _options_remedy(text: str, field: FieldFacts) -> str:
    near = find_nearest(text, field.options)
    meant = f'Did you mean "{near[0]}"? ' if near else ""
    shown = ", ".join(f'"{option}"' for option in field.options[:_SHOWN])
    more = f" and {len(field.options) - _SHOWN} more" if len(field.options) > _SHOWN else ""
    return f"{meant}It has: {shown}{more}."


def _compare_length(path: str, rule: FieldRule, field: FieldFacts, findings: FindingsCollector) -> None:
    most = field.max_length
    for option, text in constants(rule):
        if len(text) > most:
            findings.add_problem(
                f"{path}.{option}", f"The text has {len(text)} characters; {field.words} holds {most}.", "Shorten it."
            )
    if rule.max_length is not None and rule.max_length > most:
        findings.add_warning(
            f"{path}.max_length",
            f"`max_length: {rule.max_length}` is more than the {most} characters that {field.words} holds.",
            f"Write `max_length: {most}`; longer cells are problems of their rows.",
        )
