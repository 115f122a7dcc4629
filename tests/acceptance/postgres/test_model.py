"""Whatever the order of events, the shared ledger agrees with a plain dictionary as the one in a file does."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from importer.core.redaction import Secret
from importer.ledger.postgres.opening import open_shared_ledger
from tests.support.ledger_builders import TickingClock, new_run
from tests.support.postgres_server import Server
from tests.support.sampled import examples
from tests.unit.ledger.test_model import RUNS, LedgerAgainstDictionary


def test_the_shared_ledger_agrees_with_a_dictionary(server: Server, tmp_path: Path) -> None:
    """Sending, ending, dying, settling, skipping and opening again, in any order."""

    class OnDatabase(LedgerAgainstDictionary):
        def __init__(self) -> None:
            super().__init__()
            self.ledger.close()
            # Emptied for each story.
            self.ledger = open_shared_ledger(Secret(server.emptied("model")), tmp_path, clock=TickingClock())
            for run_id in RUNS:
                self.ledger.open_run(new_run(run_id))

    few = settings(
        max_examples=examples(10), stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(OnDatabase, settings=few)
