"""The identity of a ledger: its uuid and machine, and whether it is still the one that made the last call."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select, text, update

from importer.core.errors import LedgerError
from importer.ledger.changes import note_event
from importer.ledger.integrity.rollback_witness import FILE_NAME as WITNESS_NAME
from importer.ledger.integrity.rollback_witness import WitnessRecord
from importer.ledger.schema import APPLICATION_ID, SCHEMA_VERSION, meta, metadata
from importer.ledger.sqlite_file import DAMAGED_REMEDY

ADOPT_VARIABLE = "IMPORTER_ADOPT_LEDGER"
ADOPTED_AT = "adopted_at"
"""Name of the value in the table ``meta``: when a person last accepted the ledger."""

ADOPT_ADVICE = f"continue once with {ADOPT_VARIABLE}=yes"
_DOUBLES = "Rows sent since then may be in LeadSquared without this ledger knowing it, and could be created twice."

Randomness = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class LedgerIdentity:
    """A ledger's uuid, a digest of its machine's id (empty when that is unknown), and its install key."""

    uuid: str
    machine: str
    install_key: bytes


def wants_adoption(environment: Mapping[str, str]) -> bool:
    """Whether a person accepts a ledger that was restored, copied or moved: ``IMPORTER_ADOPT_LEDGER=yes``."""
    return environment.get(ADOPT_VARIABLE, "").strip().lower() in ("1", "yes", "true")


def read_format(connection: Connection, path: Path) -> int:
    """Read the number of the file's format; 0 for an empty file.

    Raises :class:`LedgerError` when it holds something else than a ledger, or a ledger of a newer version.
    """
    owner = connection.execute(text("PRAGMA application_id")).scalar_one()
    version = connection.execute(text("PRAGMA user_version")).scalar_one()
    tables = connection.execute(text("SELECT count(*) FROM sqlite_master")).scalar_one()
    if (owner, version, tables) == (0, 0, 0):
        return 0
    if owner != APPLICATION_ID:
        raise LedgerError(
            f"{path} is a database, but not a ledger of this program.",
            "Move it away, or set IMPORTER_HOME to a new folder.",
        )
    if version > SCHEMA_VERSION:
        raise LedgerError(
            f"The ledger {path} was written by a newer version of importer (format {version}, this one knows "
            f"{SCHEMA_VERSION}).",
            "Update importer on this computer, then run again.",
        )
    if version < 1:
        raise LedgerError(f"The ledger {path} has the unknown format {version}.", DAMAGED_REMEDY)
    return int(version)


def create_tables(connection: Connection, now: str, machine_id: str, randomness: Randomness) -> None:
    """Create the ledger's tables in an empty file, all in the transaction of ``connection``."""
    metadata.create_all(connection, checkfirst=False)
    write_identity(connection, now, machine_id, randomness)
    connection.execute(text(f"PRAGMA application_id = {APPLICATION_ID}"))
    connection.execute(text(f"PRAGMA user_version = {SCHEMA_VERSION}"))


def write_identity(connection: Connection, now: str, machine_id: str, randomness: Randomness) -> None:
    """Write a new identity into new tables."""
    uuid = randomness(16).hex()
    values = {
        "uuid": uuid,
        "machine": machine_digest(machine_id, uuid),
        "install_key": randomness(32).hex(),
        "schema_version": str(SCHEMA_VERSION),
        "created_at": now,
    }
    connection.execute(insert(meta), [{"name": name, "value": value} for name, value in values.items()])
    note_event(connection, now, "created", why="a new ledger")


def read_identity(connection: Connection, path: Path) -> LedgerIdentity:
    """Read the ledger's identity. Raises :class:`LedgerError` when it is missing or damaged."""
    values = read_values(connection)
    try:
        return LedgerIdentity(values["uuid"], values["machine"], bytes.fromhex(values["install_key"]))
    except (KeyError, ValueError):
        raise LedgerError(f"The ledger {path} is damaged: it has no identity.", DAMAGED_REMEDY) from None


def read_values(connection: Connection) -> dict[str, str]:
    """Read the table ``meta`` as values by name."""
    return {line.name: line.value for line in connection.execute(select(meta.c.name, meta.c.value))}


def machine_digest(machine_id: str, uuid: str) -> str:
    """Return the digest of the machine's id that the ledger stores; the id itself must not leave the machine."""
    return hashlib.sha256(f"{machine_id}\x1f{uuid}".encode()).hexdigest()[:32] if machine_id else ""


def continuity_error(
    home: Path, identity: LedgerIdentity, last_call: int, seen: WitnessRecord | None, machine_id: str
) -> LedgerError | None:
    """Return the error that forbids using this ledger without a person's consent; ``None`` when all is well.

    A restored or replaced file is detected by the witness file, a copied one by the machine's id.
    """
    if seen is None and last_call:
        return LedgerError(
            f"{home / WITNESS_NAME} is missing, so nothing shows that the ledger beside it is the newest. It knows "
            f"{last_call} calls. {_DOUBLES}",
            f"Put {WITNESS_NAME} back if you have it. If you are sure that the ledger is the newest, {ADOPT_ADVICE}.",
        )
    if seen is not None and seen.uuid != identity.uuid:
        return LedgerError(
            f"The ledger in {home} is not the one that was used here last: it was replaced, or the old one was "
            f"removed. {_DOUBLES}",
            f"Put the ledger.db that belongs to {WITNESS_NAME} back. If there is none, look in LeadSquared what was "
            f"imported lately, then {ADOPT_ADVICE}.",
        )
    if seen is not None and seen.number > last_call:
        return LedgerError(
            f"The ledger in {home} is older than it should be: it ends with call {last_call}, but call "
            f"{seen.number} was made. It was restored from a backup, or the disk lost what was written. {_DOUBLES}",
            "Put the newest ledger.db back. If there is none, look in LeadSquared what was imported since that backup, "
            f"then {ADOPT_ADVICE}.",
        )
    here = machine_digest(machine_id, identity.uuid)
    if here and identity.machine and here != identity.machine:
        return LedgerError(
            f"The ledger in {home} was made on another computer. If that one goes on importing too, neither knows "
            "what the other sent, and rows could be created twice.",
            f"Import on one computer only. To go on here and never again there, {ADOPT_ADVICE}.",
        )
    return None


def missing_ledger_error(home: Path, seen: WitnessRecord) -> LedgerError:
    """Return the error for a witness file without its ledger."""
    return LedgerError(
        f"The ledger {home / 'ledger.db'} is missing or empty, but {seen.number} calls were made with it. {_DOUBLES}",
        f"Put ledger.db back. If it is lost, look in LeadSquared what was imported, then {ADOPT_ADVICE}: a new one "
        "is then made.",
    )


def adopt(
    connection: Connection, path: Path, now: str, *, machine_id: str, randomness: Randomness, why: str
) -> LedgerIdentity:
    """Give the ledger a new uuid on this machine, so that other copies of it are refused here."""
    uuid = randomness(16).hex()
    for name, value in (("uuid", uuid), ("machine", machine_digest(machine_id, uuid))):
        connection.execute(update(meta).where(meta.c.name == name).values(value=value))
    connection.execute(delete(meta).where(meta.c.name == ADOPTED_AT))
    connection.execute(insert(meta).values(name=ADOPTED_AT, value=now))
    note_event(connection, now, "adopted", why=why)
    return read_identity(connection, path)
