"""The trial that every campaign is made of, without any fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.sandbox.routes import ROUTES
from tests.support.trial import KINDS, Kind, Trial

WRITES = {route.name for route in ROUTES if route.writes}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_without_a_fault_every_row_arrives_once(tmp_path: Path, kind: Kind) -> None:
    """Each kind of call delivers its rows, and a second run sends nothing."""
    with Trial(tmp_path, kind) as trial:
        verdict = trial.verdict(trial.finish())
        assert (verdict.kept, verdict.uncertain) == (True, 0), verdict
        writes = sum(entry["call"] in WRITES for entry in trial.sandbox.log)
        assert writes >= 30 / kind.batch
        assert trial.verdict(trial.finish()) == verdict
        assert sum(entry["call"] in WRITES for entry in trial.sandbox.log) == writes


def test_the_verdict_sees_what_is_lost_and_doubled(tmp_path: Path) -> None:
    """The judge is not blind: an effect taken away and one made twice are both counted."""
    with Trial(tmp_path, KINDS["bulk"], rows=5) as trial:
        ended = trial.finish()
        tenant = trial.sandbox.tenant
        first, second, *_ = list(tenant.activities.values())
        first["note"] = second["note"]
        verdict = trial.verdict(ended)
        assert (verdict.lost, verdict.doubled, verdict.kept) == (1, 1, False)
