"""Many calls that LeadSquared refuses as a whole: the import stays within few files, sockets and threads."""

from __future__ import annotations

import resource
import uuid
from pathlib import Path

import pytest

from importer.sandbox.seed import lead_id
from importer.targets.bulk_activities import BulkActivitiesByLeadId
from tests.support.trial import KINDS, Trial

_CALLS = 500
_FILES = 128


def restrict() -> None:
    """Allow few open files, and send two rows in a call, so that many calls need few rows."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES, _FILES))
    BulkActivitiesByLeadId.batch_size = 2


@pytest.mark.slow
def test_five_hundred_refused_calls_need_few_files(tmp_path: Path) -> None:
    """Each call has one row for a lead that does not exist: these are rejected, and the others arrive once."""
    with Trial(tmp_path, KINDS["bulk"], 2 * _CALLS) as trial:
        trial.sandbox.change(bulk_refusal="whole-call")
        leads = [uuid.uuid4() if row % 2 else lead_id(row // 2 % 400 + 1) for row in range(2 * _CALLS)]
        lines = ["Lead,Note", *(f"{lead},visit mark{row:05}" for row, lead in enumerate(leads))]
        (tmp_path / "rows.csv").write_text("\n".join(lines) + "\n", "utf-8")
        trial.before = restrict
        ended = trial.run("--keep-going")
        assert ended.status == 3, ended.err
        assert trial.verdict(ended).statuses == (("created", _CALLS), ("rejected", _CALLS))
        assert sum(call["rows"] == 2 for call in trial.sandbox.log if call["status"] == 500) >= _CALLS - 1
