"""`importer web users`: the people who sign in to the page with a password."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from importer.cli.options import build_environment, json_option
from importer.cli.streams import print_json, print_output
from importer.core.errors import UsageError
from importer.core.platform import user_name
from importer.core.text import display_text
from importer.core.time import format_minute

if TYPE_CHECKING:
    from importer.web import UserStore

_ROLES = click.Choice(["prepare", "approve", "admin"])


@click.group("users")
def command() -> None:
    """The people who sign in to the page: prepare uploads and corrects, approve also sends, admin also manages."""


@command.command("add")
@click.argument("name")
@click.option("--role", type=_ROLES, default="prepare", show_default=True, help="What the person may do.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input; else it is asked for.")
def add_command(name: str, role: str, password_stdin: bool) -> int:
    """Add the user NAME. The password is never an option: others could see it."""
    store = _open_store()
    if store.find_user(name) is not None:
        raise UsageError(
            f"There is a user {name} already.", f"To change the password: importer web users password {name}"
        )
    made = store.add_user(name, _read_password(password_stdin), role, by=_operator())
    _print(f"{made.name} may sign in with the role {made.role}.")
    return 0


@command.command("list")
@json_option
def list_command(as_json: bool) -> int:
    """Show the users and their roles."""
    users = _open_store().list_users()
    if as_json:
        print_json({"users": [{"name": one.name, "role": one.role, "created": one.created} for one in users]})
        return 0
    for one in users:
        _print(f"{one.name}  {one.role}  since {format_minute(one.created)} UTC")
    if not users:
        _print("There is no user yet. Add the first: importer web users add NAME --role admin")
    return 0


@command.command("remove")
@click.argument("name")
def remove_command(name: str) -> int:
    """Remove the user NAME, who is signed out everywhere."""
    _open_store().remove_user(name, by=_operator())
    _print(f"{name} is removed and signed out everywhere.")
    return 0


@command.command("role")
@click.argument("name")
@click.argument("role", type=_ROLES)
def role_command(name: str, role: str) -> int:
    """Give the user NAME another ROLE, which counts at once."""
    _open_store().set_role(name, role, by=_operator())
    _print(f"{name} now has the role {role}.")
    return 0


@command.command("password")
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input; else it is asked for.")
def password_command(name: str, password_stdin: bool) -> int:
    """Give the user NAME another password; she is signed out everywhere."""
    _open_store().set_password(name, _read_password(password_stdin), by=_operator())
    _print(f"{name} has a new password and is signed out everywhere.")
    return 0


def _open_store() -> UserStore:
    from importer.web import UserStore

    env = build_environment(quiet=True, verbose=0)
    return UserStore(env.home, env.clock)


def _read_password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise UsageError("Nobody can be asked for the password here.", "Give it on standard input: --password-stdin")
    return str(click.prompt("The password (it is not shown)", hide_input=True, confirmation_prompt=True, err=True))


def _operator() -> str:
    """Return the person at this computer, for the audit trail."""
    return f"{user_name()} (command line)"


def _print(text: str) -> None:
    print_output(display_text(text))
