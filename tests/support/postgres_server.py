"""A PostgreSQL server of the tests' own: in a temporary folder, behind a Unix socket, run by an ordinary user."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

import pytest

from importer.core.redaction import Secret

PASSWORD = "database0canary0pass/word+1"
"""It must appear nowhere but in the URL."""
USER = "tester"
_PLACES = "/usr/lib/postgresql/*/bin", "/usr/local/pgsql/bin", "/opt/homebrew/opt/postgresql*/bin"
_USERS = ("postgres", "nobody")


def find_programs() -> Path | None:
    """The folder of PostgreSQL's programs; ``None`` when it is not installed."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    places = sorted(path for pattern in _PLACES for path in Path("/").glob(pattern[1:]) if (path / "initdb").exists())
    return places[-1] if places else None


def _short_folder() -> str:
    """The folder of temporary files unless its path is long: the name of a Unix socket has at most 107 characters."""
    found = tempfile.gettempdir()
    return found if len(found) < 60 else "/tmp"


def _ordinary_user() -> str:
    """Whom to run the server as when we are root, which it refuses."""
    for name in _USERS if os.geteuid() == 0 else ():
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    return ""


_REMOVE_ROWS = """
SET session_replication_role = replica;
DO $$ DECLARE full_tables text; BEGIN
  SELECT string_agg(format('importer.%I', tablename), ', ') INTO full_tables
    FROM pg_tables WHERE schemaname = 'importer' AND tablename <> 'meta';
  IF full_tables IS NOT NULL THEN EXECUTE 'TRUNCATE ' || full_tables || ' RESTART IDENTITY'; END IF;
END $$"""
"""All but ``meta``, which says which ledger it is. As a replica the server lets even events be removed."""


class Server:
    """A server that can be stopped, killed, frozen and started again."""

    def __init__(self, bin_folder: Path, connections: int = 60) -> None:
        self._bin = bin_folder
        self._connections = connections
        self._user = _ordinary_user()
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir=_short_folder()))
        if self._user:
            shutil.chown(self.folder, self._user)
        secret = self.folder / "password"
        secret.write_text(PASSWORD, "utf-8")
        if self._user:
            shutil.chown(secret, self._user)
        # Only making the folder goes unsynced; the server itself keeps its promises.
        options = ["--no-sync", "--encoding=UTF8", "--locale=C", "--auth=scram-sha-256", f"--pwfile={secret}"]
        self._run("initdb", "-D", str(self.data), "-U", USER, *options)
        self.start()

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def url(self, name: str = "postgres") -> str:
        """Where a database is, with the password."""
        return f"postgresql://{USER}:{self.password_in_url}@/{name}?host={quote(str(self.folder), safe='')}"

    @property
    def password_in_url(self) -> str:
        return quote(PASSWORD, safe="")

    def start(self) -> None:
        options = f"-k {self.folder} -c listen_addresses='' -c max_connections={self._connections} -c shared_buffers=16MB -c client_min_messages=warning"
        self._run("pg_ctl", "-D", str(self.data), "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self, mode: str = "immediate") -> None:
        """``immediate`` is a crash, ``fast`` ends every connection first."""
        self._run("pg_ctl", "-D", str(self.data), "-w", "-m", mode, "stop")

    def restart(self) -> None:
        self.stop()
        self.start()

    def sql(self, statement: str, name: str = "postgres") -> str:
        """What a statement answers, as text."""
        environment = {**os.environ, "PGPASSWORD": PASSWORD}
        command = [str(self._bin / "psql"), "-h", str(self.folder), "-U", USER, "-XAtq", "-c", statement, name]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def configure(self, setting: str) -> None:
        """Change a setting of the running server."""
        self.sql(f"ALTER SYSTEM SET {setting}")
        self.sql("SELECT pg_reload_conf()")

    def cut(self, name: str, among: str = "true") -> int:
        """End the connections to a database of which ``among`` is true; how many."""
        own = f"datname = '{name}' AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        ended = f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {own} AND ({among})"
        return int(self.sql(ended))

    def signal_backends(self, name: str, number: signal.Signals) -> list[int]:
        """Send a signal to the processes that serve a database: SIGSTOP freezes them."""
        pids = self.sql(f"SELECT pid FROM pg_stat_activity WHERE datname = '{name}' AND pid <> pg_backend_pid()")
        for pid in map(int, pids.split()):
            os.kill(pid, number)
        return [int(pid) for pid in pids.split()]

    def fresh(self, name: str) -> str:
        """An empty database; its URL."""
        self.sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self.sql(f"CREATE DATABASE {name}")
        return self.url(name)

    def emptied(self, name: str) -> str:
        """A database without anything of ours, made once; its URL. Faster than a new one each time."""
        if not self.sql(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"):
            self.sql(f"CREATE DATABASE {name}")
        self.sql("DROP SCHEMA IF EXISTS importer CASCADE", name)
        return self.url(name)

    def without_rows(self, name: str) -> str:
        """A database whose ledger, if it has one, is empty; its URL. Making the tables takes longer than most tests."""
        if not self.sql(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"):
            self.sql(f"CREATE DATABASE {name}")
        self.sql(_REMOVE_ROWS, name)
        return self.url(name)

    def remove(self) -> None:
        try:
            self.stop()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        as_user: Sequence[str] = ()
        if self._user:
            as_user = ["setpriv", f"--reuid={self._user}", f"--regid={_group(self._user)}", "--clear-groups"]
        # The server keeps the streams of whoever starts it, so they must not be pipes.
        with tempfile.TemporaryFile() as told:
            command = [*as_user, str(self._bin / program), *arguments]
            done = subprocess.run(command, stdout=told, stderr=told, cwd="/", timeout=120, check=False)
            told.seek(0)
            assert done.returncode == 0, told.read().decode("utf-8", "replace")


def _group(user: str) -> str:
    return str(pwd.getpwnam(user).pw_gid)


def start_server() -> Server:
    """A server, or the test is skipped because PostgreSQL is not installed."""
    found = find_programs()
    if found is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    return Server(found)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One server for all tests of a process."""
    made = start_server()
    yield made
    made.remove()


@pytest.fixture
def database(server: Server) -> Secret:
    """The URL of an empty database."""
    return Secret(server.fresh("trial"))
