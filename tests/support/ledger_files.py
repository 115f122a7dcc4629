"""Ledgers as files: why one is refused, and how to change one behind its back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from importer.core.errors import LedgerError
from importer.ledger.store import SqlLedger


def refusal(open_it: Callable[..., SqlLedger], **options: Any) -> LedgerError:
    with pytest.raises(LedgerError) as caught:
        open_it(**options)
    assert caught.value.remedy
    return caught.value
