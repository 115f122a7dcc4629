"""Where keys come from and where they never stand (K6 to K8): sources, files, children, the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from importer.config.accounts import account_from_environment
from importer.config.secrets import key_from_file
from importer.core.errors import SettingsError
from tests.acceptance.security.security_words import API, SECRET

if TYPE_CHECKING:
    from tests.acceptance.security.conftest import OrdinaryRun

from tests.acceptance.security.key_words import ENVIRONMENT, all_commands, keys_in


def test_k6_the_first_source_counts(tmp_path: Path) -> None:
    """Credentials of the service manager, then a private file, then the environment."""
    folder = tmp_path / "keys-of-the-test"
    folder.mkdir(mode=0o700)
    for name, text in (("lsq_secret_key", "key-from-credentials"), ("file", "key-from-file")):
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)
    credentials = {"CREDENTIALS_DIRECTORY": str(folder)}
    file = {"LEADSQUARED_SECRET_KEY_FILE": str(folder / "file")}
    for given, expected in (
        ({**credentials, **file}, "key-from-credentials"),
        (file, "key-from-file"),
        ({}, SECRET),
    ):
        assert account_from_environment({**ENVIRONMENT, **given}).keys.secret.reveal() == expected


CHILD = """
import os, sys
from pathlib import Path
from importer.cli import options
from importer.cli import sandbox as local_crm
env = options.build_environment(quiet=True, verbose=0)
print(sorted(name for name in os.environ if "KEY" in name), env.variables["LEADSQUARED_ACCESS_KEY"] != "")
os.environ.update({"LEADSQUARED_SECRET_KEY": sys.stdin.read(), "PATH": os.environ.get("PATH", "")})
account = local_crm.start(env.home, "child")
import json
pid = json.loads((env.home / "sandboxes/child/connection.json").read_text())["pid"]
environ = Path(f"/proc/{pid}/environ").read_bytes() + Path(f"/proc/{pid}/cmdline").read_bytes()
names = sorted(part.split(b"=")[0].decode() for part in environ.split(b"\\0") if b"KEY" in part)
print(names, any(key.encode() in environ for name, key in env.variables.items() if name.endswith("_KEY")))
local_crm.stop(env.home, "child")
"""


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="this machine has no /proc to look into")
def test_k6_keys_leave_the_environment_and_reach_no_child(tmp_path: Path) -> None:
    """After they are read no variable holds them, and the sandbox's process knows only the keys made for it."""
    environment = {**os.environ, **ENVIRONMENT, "LEADSQUARED_API_KEY": API, "IMPORTER_HOME": str(tmp_path / "home")}
    ended = subprocess.run(
        [sys.executable, "-c", CHILD], env=environment, input=SECRET, capture_output=True, text=True, cwd=tmp_path
    )
    assert ended.stdout.splitlines() == [
        "[] True",
        "['SANDBOX_ACCESS_KEY', 'SANDBOX_API_KEY', 'SANDBOX_SECRET_KEY'] False",
    ], ended.stderr


def _bad_files() -> dict[str, Callable[[Path], object]]:
    def with_mode(mode: int) -> Callable[[Path], object]:
        return lambda path: (path.write_text(SECRET), path.chmod(mode))

    def holding(text: str) -> Callable[[Path], object]:
        return lambda path: (path.write_text(text), path.chmod(0o600))

    def public(path: Path) -> None:
        with_mode(0o600)(path)
        path.parent.chmod(0o777)

    return {
        "group": with_mode(0o640),
        "world": with_mode(0o604),
        "folder": lambda path: path.mkdir(),
        "pipe": lambda path: os.mkfifo(path, 0o600),
        "large": holding(SECRET * 200),
        "blank inside": holding(f"{SECRET}\n{SECRET}"),
        "not ASCII": holding(f"{SECRET}é"),
        "public folder": public,
        "empty": holding("\n"),
    }


@pytest.mark.parametrize("name", _bad_files())
def test_k7_a_careless_key_file_is_refused(tmp_path: Path, name: str) -> None:
    """Nine kinds of bad file; the message names the file and never its content."""
    folder = tmp_path / "keys-of-the-test"
    folder.mkdir(mode=0o700)
    path = folder / "key"
    _bad_files()[name](path)
    with pytest.raises(SettingsError) as caught:
        key_from_file(path, "`secret_key` of account x")
    assert str(path) in caught.value.message
    assert keys_in(caught.value.message + caught.value.remedy) == []


def test_k7_another_users_key_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that somebody else can change is not trusted."""
    folder = tmp_path / "keys-of-the-test"
    folder.mkdir(mode=0o700)
    (folder / "key").write_text(SECRET)
    (folder / "key").chmod(0o600)
    monkeypatch.setattr("importer.config.secrets.user_id", lambda: 54_321)
    with pytest.raises(SettingsError, match="belongs to somebody else"):
        key_from_file(folder / "key", "x")


def test_k8_no_option_takes_a_key(ordinary_run: OrdinaryRun) -> None:
    """What stands on the command line everybody on the machine can read, so there is no such option.

    `--password-stdin` takes no value: the password comes from standard input.
    """
    names = [option for command in all_commands() for each in command.params for option in each.opts]
    assert len(names) > 20
    assert not [
        name
        for name in names
        if any(word in name for word in ("key", "secret", "password", "token")) and name != "--password-stdin"
    ]
    assert len(ordinary_run.command_lines) == 3
    assert keys_in("".join(ordinary_run.command_lines)) == []
