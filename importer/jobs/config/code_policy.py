"""Whether jobs may run code that a mapping names, as its own schema in Python."""

from __future__ import annotations

from collections.abc import Mapping

from importer.core.errors import SettingsError
from importer.jobs.config.loader import Task
from importer.planning import read_mapping

VARIABLE = "IMPORTER_JOBS_CODE"
_ALLOW, _FORBID = "allow", "forbid"


def find_code(task: Task) -> str:
    """Return the code that the mapping of ``task`` names, or an empty text. Raises :class:`MappingError`."""
    schema = read_mapping(task.mapping).mapping.schema_ or ""
    return "" if schema.lower().endswith((".yaml", ".yml")) else schema


def refuse_code(task: Task, environment: Mapping[str, str]) -> None:
    """Raise :class:`SettingsError` when the mapping of ``task`` names code and that is forbidden to jobs.

    Raises :class:`MappingError` when the mapping is wrong.
    """
    code = find_code(task)
    policy = environment.get(VARIABLE, "").strip().lower() or _ALLOW
    if policy not in (_ALLOW, _FORBID):
        raise SettingsError(f"{VARIABLE} is {policy!r}.", f"Expected {_ALLOW} or {_FORBID}.")
    if policy == _FORBID and code:
        raise SettingsError(
            f"{task.mapping} names code ({code}), which jobs may not run here ({VARIABLE} is {_FORBID}).",
            "Write the schema as YAML (`schema.to_yaml()`), or ask whoever looks after this service.",
        )
