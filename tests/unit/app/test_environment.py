"""The ledger of an environment is cleaned, once, of keys that an earlier version kept in it."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

from importer.app.environment import Environment, note_first_wait, open_ledger_of
from importer.config.accounts import load_account
from importer.core.progress import SilentProgress
from importer.core.redaction import HIDDEN
from importer.core.time import SystemClock
from importer.ledger.opening import open_sqlite_ledger
from tests.support.ledger_builders import TickingClock, new_run

KEY = "canary-secret-0002"


def environment(home: Path, **variables: str) -> Environment:
    stop = threading.Event()
    return Environment(
        home=home,
        variables=variables,
        clock=SystemClock(stop),
        stop=stop,
        progress=SilentProgress(),
        make_crm=lambda account: None,  # type: ignore[arg-type,return-value]  # never asked
        confirm=lambda question: False,
        random_text=lambda: "ab12",
    )


def test_old_keys_are_hidden_as_soon_as_they_are_known(tmp_path: Path) -> None:
    """Without the account's keys nothing can be done; with them it is done before anything is shown."""
    home = tmp_path / "home"
    ledger = open_sqlite_ledger(home, clock=TickingClock())
    ledger.open_run(new_run(account="default"))
    ledger.stop_run("run-1", f"LeadSquared says: {KEY[:-1]}%32")
    ledger.close()
    with open_ledger_of(environment(home)) as opened:
        assert "canary" in opened.run("run-1").stop_reason
    keys = {"LEADSQUARED_ACCESS_KEY": "canary-access-0001", "LEADSQUARED_SECRET_KEY": KEY}
    with open_ledger_of(environment(home, LEADSQUARED_HOST="http://127.0.0.1:9", **keys)) as opened:
        assert opened.run("run-1").stop_reason == f"LeadSquared says: {HIDDEN}"
        assert opened.accounts_to_clean() == []


def test_the_first_wait_for_an_account_is_noted(tmp_path: Path) -> None:
    """Some seconds of silence would look like a fault; later ones are not noted."""
    notes: list[str] = []
    env = replace(environment(tmp_path), progress=SimpleNamespace(note=notes.append))
    variables = {"LEADSQUARED_HOST": "http://127.0.0.1:9", "LEADSQUARED_ACCESS_KEY": KEY, "LEADSQUARED_SECRET_KEY": KEY}
    account = load_account(None, variables, tmp_path)
    note_first_wait(account, env)
    assert ["wait for 5 seconds" in note for note in notes] == [True]
    assert account.slots is not None
    account.slots.mkdir(parents=True)
    (account.slots / "bulk.json").touch()
    note_first_wait(account, env)
    note_first_wait(replace(account, slots=None), env)
    assert len(notes) == 1
