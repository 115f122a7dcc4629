"""Whether jobs may run code that a mapping names, as its own schema in Python."""

from __future__ import annotations

from collections.abc import Mapping

from importer.core.errors import SettingsError
from importer.jobs.config.loader import Task
from importer.planning import read_mapping

VARIABLE = "IMPORTER_JOBS_CODE"
_ALLOW, _FORBID = "allow", "forbid"


def refuse_code(task: Task, environment: Mapping[str, str]) -> None:
    """Raise :class:`SettingsError` when the mapping of ``task`` names code and that is forbidden to jobs.

    Raises :class:`MappingError` when the mapping is wrong.
    """
    schema = read_mapping(task.mapping).mapping.schema_ or ""
    policy = environment.get(VARIABLE, "").strip().lower() or _ALLOW
    if policy not in (_ALLOW, _FORBID):
        raise SettingsError(f"{VARIABLE} is {policy!r}.", f"Expected {_ALLOW} or {_FORBID}.")
    if policy == _FORBID and schema and not schema.lower().endswith((".yaml", ".yml")):
        raise SettingsError(
            f"{task.mapping} names code ({schema}), which jobs may not run here ({VARIABLE} is {_FORBID}).",
            "Write the schema as YAML (`schema.to_yaml()`), or ask whoever looks after this service.",
        )
