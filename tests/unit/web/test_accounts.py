"""Accounts: their settings and health without keys, their test, and the sandbox."""

from __future__ import annotations

from importer.app import list_other_accounts
from tests.unit.web.conftest import Page

ACCOUNTS = """\
accounts:
  india:
    host: https://api-us11.leadsquared.com
    access_key: {env: INDIA_ACCESS_KEY}
    secret_key: {env: INDIA_SECRET_KEY}
    time_zone: Asia/Kolkata
"""


def test_accounts_are_shown_without_their_keys(page: Page) -> None:
    (page.env.home / "accounts.yaml").write_text(ACCOUNTS, "utf-8")
    text = page.get("/accounts").text
    assert "https://api-in21.leadsquared.com" in text
    assert "https://api-us11.leadsquared.com" in text
    assert "Asia/Kolkata" in text
    assert "test-access-key" not in text
    assert "env INDIA_ACCESS_KEY" in text
    assert "not there" in text
    assert [one.name for one in list_other_accounts(page.env, ["sandbox"])] == ["default"]


def test_a_wrong_accounts_file_is_named_and_hides_no_other_account(page: Page) -> None:
    (page.env.home / "accounts.yaml").write_text("accounts: 3\n", "utf-8")
    text = page.get("/accounts").text
    assert "accounts.yaml" in text
    assert "api-in21" in text


def test_an_account_is_tested_in_the_background(page: Page) -> None:
    assert page.post("/accounts/default/test").status_code == 303
    operations = page.services.operations
    found = operations.find("account", "default")
    operations.tasks.wait(found.id, 60)
    status = page.get(f"/operations/{found.id}/status", Accept="application/json").get_json()
    assert (status["kind"], status["state"]) == ("test", "done")
    text = page.get("/accounts").text
    assert "accepted; they belong to Ann of Academy" in text
    assert "test-secret-key" not in text
    assert page.post("/accounts/nowhere/test").status_code == 404


def test_a_test_of_a_killed_server_is_begun_again(page: Page) -> None:
    operations = page.services.operations
    found = operations.test_account("default", "ann")
    operations.tasks.wait(found, 60)
    page.services.operations.tasks._store.write(found, "task.json", {"kind": "test", "state": "running"})
    operations.recover()
    operations.tasks.wait(found, 60)
    assert operations.find("account", "default").task.state == "done"


def test_the_sandbox_is_started_and_emptied(page: Page) -> None:
    assert "A CRM on this computer" in page.get("/accounts").text
    assert page.post("/accounts/sandbox").location.endswith("/accounts")
    assert page.post("/accounts/sandbox/reset").status_code == 303
    assert (page.sandbox_starts, page.sandbox_resets) == ([1], [1])
