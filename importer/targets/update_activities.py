"""The call that corrects activities: it sets some of their fields, up to 25 activities in one call."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from typing import Any, ClassVar

from importer.core.errors import MappingProblem
from importer.core.model import CallClass, Receipt, Record, Request, Status
from importer.mapping import Mapping
from importer.targets import receipts
from importer.targets.bodies import activity
from importer.targets.interface import EffectType, Target

_ID = "ProspectActivityId"


class UpdateActivities(Target):
    """Source: https://apidocs.leadsquared.com/bulk-update-activities/

    No mapping names it: a delivery makes its records (:meth:`record`) for rows that correct what an earlier run sent.
    """

    name: ClassVar[str] = "update-activities"
    title: ClassVar[str] = "Corrects activities that an earlier import made."
    call_class: ClassVar[CallClass] = CallClass.BULK
    batch_size: ClassVar[int] = 25
    sections: ClassVar[tuple[str, ...]] = ("activity",)
    makes: ClassVar[frozenset[EffectType]] = frozenset({EffectType.ACTIVITY})
    activity_keys: ClassVar[tuple[str, ...]] = (_ID, "ActivityNote")
    same_lead_in_one_call: ClassVar[bool] = False

    @classmethod
    def check_mapping(cls, mapping: Mapping) -> list[MappingProblem]:
        return []

    @staticmethod
    def can_set(name: str) -> bool:
        """Whether the call can set this field of an activity; it has no place for the others."""
        return name not in ("ActivityEvent", "ActivityDateTime", "ActivityOwnerEmail")

    @staticmethod
    def record(row: Record, activity_id: str, values: MappingOf[str, str]) -> Record:
        """Return the record that sets ``values``, by flat name, in the activity."""
        return Record(row.row, row.key, {f"activity.{_ID}": activity_id, **values})

    @property
    def required(self) -> frozenset[str]:
        return frozenset({f"activity.{_ID}"})

    def lead_reference(self, record: Record) -> tuple[str, str]:
        # Calls for one activity stay in order, as those for one lead do elsewhere.
        return _ID, record.fields[f"activity.{_ID}"]

    def repeatable(self, record: Record) -> bool:
        # It sets values and adds nothing, so a second call finds what the first one left.
        return True

    def request(self, records: Sequence[Record]) -> Request:
        body = [activity(record, self.activity_keys) for record in records]
        return Request("POST", "/ProspectActivity.svc/Bulk/CustomActivity/Update", self.call_class, body)

    def receipts(self, body: Any, count: int) -> list[Receipt]:
        """Parse the answer, whose form is not documented: receipts by row number, or one word for the whole call.

        That word is taken for all rows because each of them is read back afterwards.
        """
        found = receipts.by_row_number(body, count, receipts.update_entry)
        if not found and isinstance(body, MappingOf) and str(body.get("Status", "")).strip().lower() == "success":
            return [Receipt(number, Status.UPDATED) for number in range(1, count + 1)]
        return found
