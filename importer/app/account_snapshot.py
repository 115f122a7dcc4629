"""The account's fields, activity types and users for one run: from the cache while it is fresh, else read now."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from importer.app.environment import Environment, open_ledger_of
from importer.config import Account, AccountChecks
from importer.core.errors import AccountMismatch, CrmError, RunStopped
from importer.core.time import Clock
from importer.crm_schema import EVENT, OWNER, CrmFieldKind, FieldFacts, Metadata, find_event_codes
from importer.leadsquared import (
    Crm,
    CrmReader,
    MetadataReading,
    MetadataScope,
    QueryClient,
    complete_metadata,
    read_metadata,
    save_metadata,
)
from importer.mapping import Mapping
from importer.planning import (
    REFRESH,
    AccountSchema,
    PlanRequest,
    PreparedImport,
    SchemaState,
    check_account_fit,
    load_account_schema,
    prepare_import,
)
from importer.rate_limit import DailyQuota, make_account_limiter

_TIMEOUT_SECONDS = 15.0


@dataclass(slots=True)
class AccountView:
    """The account as one run knows it. A connection to the CRM is made only when something must be read."""

    account: Account
    make_crm: Callable[[Account], Crm]
    clock: Clock
    stop: threading.Event
    home: Path
    before_query: Callable[[], None]
    """Called before each query; raises :class:`RunStopped` when the day's budget is used up."""
    just_read: bool = field(default=False, init=False)
    """Whether this run has read the whole description of the account itself."""

    def fitted(self, prepared: PreparedImport) -> PreparedImport:
        """Compare ``prepared`` with the account; before it is rejected, the account is read once more.

        Raises :class:`AccountMismatch`.
        """
        known = self._remembered()
        wanted = wanted_by(prepared.mapping)
        if known.state is not SchemaState.OFF:
            if known.metadata is None or known.state is SchemaState.OLD or not self.account.metadata_hours:
                known = self._read(wanted, known)
            elif wanted.lacks(known.metadata):
                metadata = known.metadata
                known = self._query(lambda query_client: complete_metadata(metadata, query_client.query, wanted), known)
        try:
            return check_account_fit(prepared, known)
        except AccountMismatch:
            if self.just_read:
                raise
        return self.fitted_anew(prepared)

    def fitted_anew(self, prepared: PreparedImport) -> PreparedImport:
        """Compare ``prepared`` with the account as it is now. Raises as :meth:`fitted`."""
        return check_account_fit(prepared, self._read(wanted_by(prepared.mapping), self._remembered()))

    def _remembered(self) -> AccountSchema:
        return load_account_schema(self.account, self.home, self.clock.now())

    def _read(self, wanted: MetadataScope, before: AccountSchema) -> AccountSchema:
        self.just_read = True

        def read(query_client: QueryClient) -> MetadataReading:
            tenant = CrmReader(query_client.query).read_api_user().org_id
            return read_metadata(self.account, tenant, query_client.query, self.clock.now(), wanted)

        return self._query(read, before)

    def _query(self, read: Callable[[QueryClient], MetadataReading], before: AccountSchema) -> AccountSchema:
        """Read the account; returns ``before`` with a note when it cannot be read."""
        crm = self.make_crm(self.account)
        limiter = make_account_limiter(self.account, self.clock)
        try:
            reading = save_metadata(
                self.home, read(QueryClient(crm, limiter, self.clock, self.stop.is_set, self.before_query))
            )
        except (CrmError, RunStopped) as error:
            # A request to stop takes effect when the file is read, a moment from now.
            note = f"The account's fields could not be read: {error.message} Later: {REFRESH}"
            return replace(before, notes=(*before.notes, note))
        finally:
            limiter.close()
            crm.close()
        # What was read right now is fresh, even when the setting says that nothing stays so.
        certain = self.account.account_checks is AccountChecks.PROBLEM
        return AccountSchema(SchemaState.FRESH, reading.metadata, certain, reading.troubles)


def read_account_if_needed(request: PlanRequest, account: Account, env: Environment) -> None:
    """Read what checks of the mapping must know of the account, unless that is known and fresh.

    An account that does not answer stays as it is known. Raises :class:`SourceError` and :class:`MappingError`.
    """
    prepared = prepare_import(request)
    account = replace(account, timeout_seconds=min(account.timeout_seconds, _TIMEOUT_SECONDS))
    with open_ledger_of(env) as ledger:
        quota = DailyQuota(account, ledger, env.clock)
        view = AccountView(account, env.make_crm, env.clock, env.stop, env.home, quota.check_and_count)
        # What does not fit is described by the check.
        with suppress(AccountMismatch):
            view.fitted(prepared)


def wanted_by(mapping: Mapping) -> MetadataScope:
    """Return what must be known of an account to check this mapping."""
    events = find_event_codes(mapping.activity.get(EVENT)).codes

    def users(metadata: Metadata) -> bool:
        fields: list[FieldFacts] = [one for one in metadata.lead_fields or () if one.schema_name in mapping.lead]
        for kind in metadata.activity_types or ():
            if kind.event in events:
                fields += [one for one in kind.fields or () if one.schema_name in mapping.activity]
        return OWNER in mapping.activity or any(one.kind is CrmFieldKind.USER for one in fields)

    return MetadataScope(events, users)
