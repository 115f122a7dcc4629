"""A call as the operations see it: a body that is JSON already, and its parameters."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from importer.sandbox.options import Options
from importer.sandbox.tenant import Tenant


@dataclass(frozen=True, slots=True)
class Request:
    """Body and query parameters of a call, where it was received, and the number that the log gives it."""

    body: Any
    parameters: Mapping[str, str]
    host: str = ""
    number: int = 0

    def parameter(self, name: str) -> str:
        """A query parameter, empty when it is missing. Its name must be spelled exactly."""
        return self.parameters.get(name, "")


Operation = Callable[[Tenant, Options, Request], Any]
"""Gives the body of a successful answer, or raises :class:`~importer.sandbox.refusals.ApiError`."""


def new_id() -> str:
    """A fresh id."""
    return str(uuid.uuid4())
