"""The CRM in memory with the calls that say whose keys these are and what the account holds."""

from __future__ import annotations

from dataclasses import replace

from importer.core.model import Reply, Request
from tests.support.delivery_world import MemoryCrm, answer


class FullCrm(MemoryCrm):
    """The memory CRM that also says whose keys these are and shows its metadata."""

    role = "Administrator"
    broken_metadata = False
    skew: float | None = 0.0

    def send(self, request: Request) -> Reply:
        path = request.path
        if path.endswith("UserByAccessKey.Get"):
            body = {"OrgId": "org", "Name": "Ann", "Role": self.role, "OrgDisplayName": "Academy", "TimeZone": "UTC",
                    "DefaultCountryCode": "91", "LSQCommonServiceURLs": {"api": "api-xx99.leadsquared.com"}}  # fmt: skip
            return replace(answer(body), server_skew=self.skew)
        if path.endswith("LeadsMetaData.Get"):
            return answer({} if self.broken_metadata else [{"SchemaName": "FirstName", "IsMandatory": True}])
        if path.endswith("ActivityTypes.Get"):
            return answer([{"ActivityEvent": code, "DisplayName": f"Type {code}"} for code in range(201, 211)])
        if path.endswith("metrics"):
            return answer({"PendingMessages": 2, "MaxDelayInSeconds": 1} if "lead" in path else [])
        return super().send(request)
