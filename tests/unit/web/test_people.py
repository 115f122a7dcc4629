"""The screen People: users of a team and their roles, what was recorded, and the removal of uploads."""

from __future__ import annotations

import pytest

from tests.unit.web.conftest import Page
from tests.unit.web.test_hostile_requests import PASSWORD
from tests.unit.web.test_hostile_requests import Page as TeamPage
from tests.unit.web.test_import_way import COLUMNS, prepare, visits


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> TeamPage:
    return TeamPage(tmp_path_factory.mktemp("team"))


def test_an_admin_adds_users_and_changes_their_roles(team: TeamPage) -> None:
    asha = team.people["asha"]
    form = {"name": "Zoe", "password": PASSWORD, "role": "prepare"}
    assert asha.post("/people/add", data=form).status_code == 303
    assert asha.post("/people/role", data={"name": "zoe", "role": "approve"}).status_code == 303
    text = asha.get("/people").text
    assert [word in text for word in ("zoe", "user added", "role changed", PASSWORD)] == [True, True, True, False]
    assert asha.post("/people/add", data={**form, "name": "Max", "password": "short"}).status_code == 422
    assert asha.post("/people/remove", data={"name": "zoe"}).status_code == 303
    assert team.gate.users.find_user("zoe") is None


def test_the_last_admin_stays(team: TeamPage) -> None:
    asha = team.people["asha"]
    asha.post("/people/role", data={"name": "ravi", "role": "approve"})
    assert asha.post("/people/remove", data={"name": "asha"}).status_code == 422
    assert asha.post("/people/role", data={"name": "asha", "role": "prepare"}).status_code == 422
    asha.post("/people/role", data={"name": "ravi", "role": "admin"})


@pytest.mark.parametrize("address", ["/people/add", "/people/role", "/people/remove", "/people/erase"])
def test_people_are_managed_by_admins_only(team: TeamPage, address: str) -> None:
    mira = team.people["mira"]
    assert mira.post(address, data={"name": "ravi", "role": "prepare"}).status_code == 403
    assert mira.get("/people").status_code == 403
    assert 'href="/people"' not in mira.get("/").text
    assert 'href="/people"' in team.people["asha"].get("/").text


def test_one_person_on_her_own_computer_has_no_users(page: Page) -> None:
    assert "Users with a password" not in page.get("/people").text
    assert page.post("/people/add", name="zoe", password=PASSWORD, role="admin").status_code == 404
    assert "signed in" in page.get("/people").text


def test_what_a_person_uploaded_is_removed_and_what_was_sent_stays_known(page: Page) -> None:
    draft = page.imports.store.load(prepare(page, visits(2)))
    page.do(draft.id, "send")
    other = page.imports.store.create("other.csv", "ravi", "", page.clock.now())
    assert page.post("/people/erase", owner=draft.owner, days="1").location.endswith("removed=0&kept=0")
    assert page.post("/people/erase", owner=draft.owner, days="0").location.endswith("removed=1&kept=0")
    assert [one.id for one in page.imports.store.all()] == [other.id]
    assert not page.imports.store.folder(draft.id).exists()
    assert "erased imports" in page.get("/people").text
    page.do(prepare(page, visits(2)), "send")
    assert sum(page.crm.notes().values()) == 2
    assert page.post("/people/erase", owner="", days="-1").status_code == 422


def test_an_import_with_rows_to_decide_is_kept(page: Page) -> None:
    """Without it, nobody would know who prepared them."""
    page.do(prepare(page, visits(2)), "send")
    draft = page.upload(visits(2), "again.csv")
    page.do(draft, "columns", **{**COLUMNS, "field-2": "other", "other-2": "activity.mx_Custom_2"}, check="1")
    page.do(draft, "send")
    answer = page.post("/people/erase", owner="", days="0")
    assert answer.location.endswith("removed=1&kept=1")
    assert page.imports.store.load(draft).id == draft
