"""Proposal of a mapping for a file, written to a new file; with keys, the account's fields are read first."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from importer.app.environment import Environment, account_locale, open_ledger_of
from importer.config import InvalidValueError, load_account, validate_country, validate_time_zone
from importer.core.errors import ImporterError, MappingError, UsageError
from importer.core.filesystem import ReportFileExists, new_report_file
from importer.core.progress import StoppableReading
from importer.core.text import display_text, suggest_name
from importer.crm_schema import EVENT, FieldFacts
from importer.leadsquared import (
    ApiUser,
    CrmReader,
    QueryClient,
    read_activity_fields,
    read_activity_types,
    read_lead_fields,
)
from importer.planning import read_mapping
from importer.rate_limit import DailyQuota, make_account_limiter
from importer.sources import NO_HEADINGS, SourceOptions, open_source
from importer.suggest import AccountProfile, KnownField, MappingLine, Proposal
from importer.targets import TARGETS

if TYPE_CHECKING:
    from importer.leadsquared import Query


_TIMEOUT_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class ProposalRequest:
    """A request for a mapping for ``file``, to be written to ``output`` (default: the file's name with `.yaml`)."""

    file: Path
    target: str | None = None
    output: Path | None = None
    account: str | None = None
    options: SourceOptions = field(default_factory=SourceOptions)

    @property
    def place(self) -> Path:
        """Return the path of the new mapping: in the working folder, unless ``output`` is given."""
        return self.output or Path(f"{self.file.name.removesuffix('.gz').rsplit('.', 1)[0]}.yaml")


@dataclass(frozen=True, slots=True)
class AccountFields:
    """The fields that an account offers: those of leads, its activity types as pairs of code and name, and the fields
    of one activity type. Empty parts are not known."""

    lead: tuple[KnownField, ...] = ()
    activity_types: tuple[tuple[str, str], ...] = ()
    event: str = ""
    activity: tuple[KnownField, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal that was written to ``path``.

    ``questions`` are what a person must decide, with the line; ``findings`` what `mapping check` says of the file as it
    is; ``notes`` sentences about what was not known. ``account`` is the name of the account that was asked, or "", and
    ``fields`` what it offers.
    """

    path: Path
    proposal: Proposal
    questions: tuple[tuple[int, str], ...]
    findings: tuple[str, ...]
    notes: tuple[str, ...]
    account: str
    fields: AccountFields = field(default_factory=AccountFields)


def propose_mapping(request: ProposalRequest, env: Environment) -> Proposed:
    """Read the whole file, ask the account if there is one, and write the mapping to a new file.

    Raises :class:`UsageError` for an unknown target or a file that is there already, :class:`SourceError` for a
    spreadsheet that cannot be read, :class:`SettingsError` for an account that was named and is not right.
    """
    from importer.suggest import mapping_text, open_questions, propose

    _check(request)
    source = open_source(request.file, request.options, meanwhile=partial(importlib.import_module, "pandas"))
    with _describe_account(request.account, env) as (facts, notes):
        reading = StoppableReading(env.progress, env.stop).reading
        proposal = replace(propose(source, facts, request.target, reading), source=_source_section(request.options))
        events = [line.rule.get("value") for line in proposal.entries if line.field == EVENT]
        fields = _fields_of(facts, str(events[0]) if events and events[0] else "")
    text = mapping_text(proposal)
    try:
        with new_report_file(request.place) as draft:
            draft.write_text(text, "utf-8")
    except ReportFileExists:
        raise _exists_already(request.place) from None
    return Proposed(
        path=request.place,
        proposal=proposal,
        questions=tuple(open_questions(text)),
        findings=_findings(request.place),
        notes=tuple(notes),
        account=facts.name,
        fields=fields,
    )


def read_account_fields(account: str | None, event: str, env: Environment) -> tuple[AccountFields, list[str]]:
    """Read the fields of leads and of one activity type; with sentences about what could not be read."""
    with _describe_account(account, env) as (facts, notes):
        return _fields_of(facts, event), notes


def _fields_of(facts: AccountProfile, event: str) -> AccountFields:
    known = event in dict(facts.activity_types)
    activity = tuple(facts.fields_of(event)) if known else ()
    return AccountFields(tuple(facts.lead_fields), tuple(facts.activity_types), event, activity)


def proposal_json(proposed: Proposed) -> dict[str, Any]:
    """Return the proposal as JSON: every column with its field and confidence, and what a person must decide."""
    proposal = proposed.proposal
    left_out = {column.column: column.remark for column in proposal.ignored}
    return {
        "exit_status": 0,
        "mapping": str(proposed.path),
        "target": proposal.target,
        "target_reason": proposal.target_reason,
        "search_by": proposal.search_by,
        "account": proposed.account,
        "rows": proposal.rows,
        "columns": [
            {
                "column": column,
                "fields": [_field_json(entry) for entry in proposal.entries if column in entry.columns],
                "ignored": left_out.get(column, ""),
            }
            for column in proposal.columns
        ],
        "unwanted_rows": asdict(proposal.unwanted) if proposal.unwanted else None,
        "to_decide": [{"line": line, "question": words} for line, words in proposed.questions],
        "check": list(proposed.findings),
        "notes": list(proposed.notes),
    }


def _field_json(entry: MappingLine) -> dict[str, Any]:
    rules = entry.alternatives or (entry.rule,)
    return {
        "field": f"{entry.section}.{entry.field}",
        "confidence": entry.confidence.value,
        "reason": entry.reason,
        "waits": entry.held,
        "rules": [{name: value for name, value in rule.items() if name != "column"} for rule in rules],
    }


def _check(request: ProposalRequest) -> None:
    if request.target is not None and request.target not in TARGETS:
        raise UsageError(f'"{request.target}" is not a target.', suggest_name(request.target, TARGETS))
    # Checked first, so that nobody waits for a large file in vain; the writing itself never replaces a file either.
    if request.place.exists() or request.place.is_symlink():
        raise _exists_already(request.place)


def _exists_already(place: Path) -> UsageError:
    return UsageError(
        f"{display_text(str(place))} exists already, and a proposal never replaces a file.",
        "Choose another name with --output, or remove that file first.",
    )


def _source_section(options: SourceOptions) -> dict[str, str]:
    """Return the options for reading the file that the person gave, as the mapping writes them."""
    row = options.header_row
    given = {
        "sheet": options.sheet,
        "header_row": "none" if row == NO_HEADINGS else str(row) if row else None,
        "encoding": options.encoding,
        "delimiter": options.delimiter,
        "ragged": "pad" if options.pad_short_rows else None,
    }
    return {name: text for name, text in given.items() if text}


def _findings(place: Path) -> tuple[str, ...]:
    try:
        read_mapping(place)
    except MappingError as error:
        return tuple(str(problem) for problem in error.problems)
    return ()


@contextmanager
def _describe_account(name: str | None, env: Environment) -> Iterator[tuple[AccountProfile, list[str]]]:
    """Read the description of the account, and keep the connection for more; with notes about what is unknown."""
    chosen, locale = account_locale(name, env)
    notes: list[str] = []
    facts = _with_locale(AccountProfile(chosen, locale.time_zone, locale.country))
    if not chosen:
        notes.append("No account is set up, so its fields are not known: the names of headings and values decided.")
        yield facts, notes
        return
    account = load_account(name, env.variables, env.home)
    # A proposal can do without an answer, so it does not wait for one as long as an import does.
    account = replace(account, timeout_seconds=min(account.timeout_seconds, _TIMEOUT_SECONDS))
    crm = env.make_crm(account)
    limiter = make_account_limiter(account, env.clock)
    try:
        with open_ledger_of(env) as ledger:
            quota = DailyQuota(account, ledger, env.clock)
            query_client = QueryClient(crm, limiter, env.clock, env.stop.is_set, quota.check_and_count)
            yield _read_account(facts, query_client.query, notes, env.stop.is_set), notes
    finally:
        limiter.close()
        crm.close()


def _read_account(facts: AccountProfile, ask: Query, notes: list[str], stopping: Callable[[], bool]) -> AccountProfile:
    """Add what LeadSquared says of the account; without an answer a note, because a proposal needs no network."""
    try:
        identity = CrmReader(ask).read_api_user()
        fields = tuple(_known_field(one) for one in read_lead_fields(ask))
        types = tuple((kind.event, kind.name) for kind in read_activity_types(ask))
    except ImporterError as error:
        if stopping():
            raise
        notes.append(f"LeadSquared could not be asked about its fields: {error.message}")
        return facts
    return replace(
        _with_locale(facts, identity),
        lead_fields=fields,
        activity_types=types,
        fields_of=lambda code: _activity_fields(ask, code, notes),
    )


def _with_locale(facts: AccountProfile, identity: ApiUser | None = None) -> AccountProfile:
    """Add a time zone and a country that mappings know: as configured, else as LeadSquared says."""
    zone, country = facts.time_zone, facts.country
    if identity is not None:
        from importer.transforms import only_country

        # A prefix that several countries share, such as +1, gives no country.
        zone, country = zone or identity.time_zone, country or only_country(identity.country_code.strip().lstrip("+"))
    try:
        zone = validate_time_zone(zone) if zone else ""
    except InvalidValueError:
        zone = ""
    try:
        country = validate_country(country) if country else ""
    except InvalidValueError:
        country = ""
    return replace(facts, time_zone=zone, country=country)


def _known_field(found: FieldFacts) -> KnownField:
    return KnownField(
        found.schema_name,
        found.display_name,
        found.data_type,
        found.mandatory,
        found.max_length,
        found.shown_options,
    )


def _activity_fields(ask: Query, code: str, notes: list[str]) -> Sequence[KnownField]:
    try:
        found = read_activity_fields(ask, code)
    except ImporterError as error:
        notes.append(f"LeadSquared does not tell the fields of activity type {code}: {error.message}")
        return ()
    return [_known_field(one) for one in found]
