"""Deliveries to the sandbox's CRM within this process: real plans and real answers, without sockets and waiting."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from importer.core.model import HostKind, Outcome, Reply, Request
from importer.leadsquared.client import body_bytes, parse_json
from importer.planning.plan import PlanRequest, plan_import, prepare_import
from importer.sandbox.crm import Call, Crm
from importer.sandbox.options import Keys, Options
from importer.sandbox.replies import Dropped
from importer.sandbox.tenant import Tenant
from tests.support.delivery_world import LOST, World

_KEYS = Keys("access", "secret", "api")


class SandboxCrm:
    """The sandbox as a client of the importer sees it, with the time of ``world``."""

    def __init__(self, world: World, **options: Any) -> None:
        unlimited = {"calls_per_window": 0, "bulk_calls_per_window": 0, "async_calls_per_window": 0, "async_delay": 0.0}
        self.sandbox = Crm(Tenant(clock=world.clock.now), Options(**{**unlimited, **options}), _KEYS)

    def send(self, request: Request) -> Reply:
        prefix = "/v2" if request.host is HostKind.SYNC else ""
        headers = {"x-lsq-accesskey": "access", "x-lsq-secretkey": "secret", "x-api-key": "api"}
        headers["content-type"] = "application/json"
        call = Call(request.method, prefix + request.path, dict(request.params), headers, body_bytes(request), "")
        self.sandbox.process_queue()
        try:
            answer = self.sandbox.answer(call)
        except Dropped:
            return LOST
        return Reply(answer.status, parse_json(answer.body), answer.body.decode("utf-8"), elapsed=0.1, server_skew=0.0)

    def close(self) -> None:
        pass


class LeadWorld(World):
    """An account whose CRM is the sandbox, with its 400 leads of January 2025."""

    def __init__(self, folder: Path, **options: Any) -> None:
        super().__init__(folder)
        crm = SandboxCrm(self, **options)
        self.sandbox = crm.sandbox
        self.crm = crm  # type: ignore[assignment]
        self.seeded = set(self.sandbox.tenant.leads)

    def run(self, mapping: str, lines: Sequence[str], *faults: str, name: str = "run-1") -> dict[int, Outcome]:
        """Import ``lines`` of CSV under ``faults``, each with its number of calls to skip, and return the outcomes."""
        for fault in faults:
            order, _, skip = fault.partition(":")
            self.sandbox.faults.order(order, skip=int(skip or 0), on="writes")
        self.folder.joinpath(f"{name}.csv").write_text("\n".join(lines) + "\n", "utf-8")
        # Rows that a check would hold back are sent all the same: the delivery is what is tested.
        options = "same_lead: last\nallow_unidentified: true\n"
        self.folder.joinpath(f"{name}.yaml").write_text(options + mapping, "utf-8")
        request = PlanRequest(self.folder / f"{name}.csv", self.folder / f"{name}.yaml", account=self.account.name)
        plan = plan_import(prepare_import(request), self.folder / name, datetime(2026, 11, 20, tzinfo=UTC))
        assert plan.facts.invalid == 0, plan.facts.groups
        assert self.deliver(plan).stopped is None
        return {outcome.row: outcome for outcome in self.ledger.outcomes(name)}

    @property
    def new_leads(self) -> list[dict[str, Any]]:
        """The leads that are not of January 2025."""
        return [lead for identity, lead in self.sandbox.tenant.leads.items() if identity not in self.seeded]
