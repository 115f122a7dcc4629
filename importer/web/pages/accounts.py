"""Accounts: where rows can be sent, with limits, keys and health; and the sandbox. Keys themselves are never shown."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, render_template
from werkzeug.wrappers import Response

from importer.app import AccountListing, list_accounts, list_other_accounts
from importer.core.errors import AccountsFileError, UsageError
from importer.web.operations import Operation
from importer.web.pages.common import see_other
from importer.web.security import current_person, require
from importer.web.services import SANDBOX, AccountChoice, services

views = Blueprint("accounts", __name__)


@dataclass(frozen=True, slots=True)
class AccountCard:
    """An account, its settings (``None`` when they cannot be used), and its last test."""

    choice: AccountChoice
    listing: AccountListing | None
    test: Operation


@views.get("/accounts")
def show() -> str:
    """Show the accounts, whether they can be used, and the sandbox."""
    env = services().config.env
    choices = services().account_choices()
    sandboxes = [one.name for one in choices if one.name == SANDBOX]
    listed = {one.name: one for one in list_other_accounts(env, sandboxes)}
    trouble = None
    try:
        listed |= {one.name: one for one in list_accounts(env)[1]}
    except AccountsFileError as error:
        # A wrong accounts file hides its accounts, and neither the sandbox nor that of the variables.
        trouble = error
    except UsageError:
        # There is no accounts file.
        pass
    find = services().operations.find
    return render_template(
        "accounts.html",
        cards=[AccountCard(one, listed.get(one.name), find("account", one.name)) for one in choices],
        trouble=trouble,
        has_sandbox=any(one.name == SANDBOX for one in choices),
        sandbox_name=SANDBOX,
    )


@views.post("/accounts/<name>/test")
@require("prepare")
def test(name: str) -> Response:
    """Start to examine an account; its calls count as others do."""
    if not any(one.name == name and not one.trouble for one in services().account_choices()):
        abort(404)
    services().operations.test_account(name, current_person().name)
    return see_other("accounts.show", _anchor=f"account-{name}")


@views.post("/accounts/sandbox")
@require("admin")
def start_sandbox() -> Response:
    """Start the sandbox."""
    services().config.start_sandbox()
    return see_other("accounts.show")


@views.post("/accounts/sandbox/reset")
@require("admin")
def reset_sandbox() -> Response:
    """Empty the sandbox and start it again."""
    services().config.reset_sandbox()
    services().record(current_person().name, "emptied the sandbox")
    return see_other("accounts.show")
