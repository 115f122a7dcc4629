"""A run's view of the account: what is remembered while it is fresh, else what is read now."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from importer.config.settings import Account, AccountChecks
from importer.core.errors import AccountMismatch, CrmError, RunStopped
from importer.core.time import Clock
from importer.crm_schema.checks.activities import EVENT, OWNER, events_of
from importer.crm_schema.model import FieldFacts, Kind, Metadata
from importer.leadsquared.interface import Crm
from importer.leadsquared.metadata import (
    MetadataReading,
    MetadataScope,
    complete_metadata,
    read_metadata,
    save_metadata,
)
from importer.leadsquared.query_client import QueryClient
from importer.leadsquared.reader import CrmReader
from importer.mapping.model import Mapping
from importer.planning.account_schema import REFRESH, AccountSchema, check_account_fit, load_account_schema
from importer.planning.plan import PreparedImport
from importer.planning.store import SchemaState
from importer.rate_limit.account_limiter import make_account_limiter


@dataclass(slots=True)
class AccountView:
    """Knows the account for one run. The door to the CRM is opened only when something must be read."""

    account: Account
    make_crm: Callable[[Account], Crm]
    clock: Clock
    stop: threading.Event
    home: Path
    leaving: Callable[[], None]
    """Told of each question before it leaves; raises :class:`RunStopped` when the day's budget is used up."""
    just_read: bool = field(default=False, init=False)
    """Whether this run has asked the account for everything itself."""

    def fitted(self, prepared: PreparedImport) -> PreparedImport:
        """``prepared``, compared with the account; before it is found unfit, the account is asked once more.

        Raises :class:`AccountMismatch`.
        """
        known = self._remembered()
        wanted = wanted_by(prepared.mapping)
        if known.state is not SchemaState.OFF:
            if known.metadata is None or known.state is SchemaState.OLD or not self.account.metadata_hours:
                known = self._read(wanted, known)
            elif wanted.lacks(known.metadata):
                known = self._completed(known.metadata, wanted, known)
        try:
            return check_account_fit(prepared, known)
        except AccountMismatch:
            if self.just_read:
                raise
        return self.fitted_anew(prepared)

    def fitted_anew(self, prepared: PreparedImport) -> PreparedImport:
        """``prepared``, compared with what the account says now. Raises as :meth:`fitted`."""
        return check_account_fit(prepared, self._read(wanted_by(prepared.mapping), self._remembered()))

    def _remembered(self) -> AccountSchema:
        return load_account_schema(self.account, self.home, self.clock.now())

    def _read(self, wanted: MetadataScope, before: AccountSchema) -> AccountSchema:
        self.just_read = True

        def read(query_client: QueryClient) -> MetadataReading:
            tenant = CrmReader(query_client.query).read_api_user().org_id
            return read_metadata(self.account, tenant, query_client.query, self.clock.now(), wanted)

        return self._asked(read, before)

    def _completed(self, metadata: Metadata, wanted: MetadataScope, before: AccountSchema) -> AccountSchema:
        return self._asked(lambda query_client: complete_metadata(metadata, query_client.query, wanted), before)

    def _asked(self, read: Callable[[QueryClient], MetadataReading], before: AccountSchema) -> AccountSchema:
        """What the account says now; ``before`` with a note when it cannot be read."""
        crm = self.make_crm(self.account)
        limiter = make_account_limiter(self.account, self.clock)
        try:
            reading = save_metadata(
                self.home, read(QueryClient(crm, limiter, self.clock, self.stop.is_set, self.leaving))
            )
        except (CrmError, RunStopped) as error:
            # A person who asked to stop is heard when the file is read, a moment from now.
            note = f"The account's fields could not be read: {error.message} Later: {REFRESH}"
            return replace(before, notes=(*before.notes, note))
        finally:
            limiter.close()
            crm.close()
        # What was read right now is fresh, even when the setting says that nothing stays so.
        certain = self.account.account_checks is AccountChecks.PROBLEM
        return AccountSchema(SchemaState.FRESH, reading.metadata, certain, reading.troubles)


def wanted_by(mapping: Mapping) -> MetadataScope:
    """What must be known of an account to check this mapping."""
    events = events_of(mapping.activity.get(EVENT)).codes

    def users(metadata: Metadata) -> bool:
        fields: list[FieldFacts] = [one for one in metadata.lead_fields or () if one.schema_name in mapping.lead]
        for kind in metadata.activity_types or ():
            if kind.event in events:
                fields += [one for one in kind.fields or () if one.schema_name in mapping.activity]
        return OWNER in mapping.activity or any(one.kind is Kind.USER for one in fields)

    return MetadataScope(events, users)
