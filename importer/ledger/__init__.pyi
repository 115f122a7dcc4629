from .changes import same_id
from .factory import (
    ledger_exists,
    monitor_ledger,
    move_ledger,
    open_ledger,
    require_driver,
)
from .integrity.identity import wants_adoption
from .integrity.machine_id import boot_id
from .interface import (
    DECIDED,
    UNDECIDED,
    Call,
    CallEnd,
    EndedCall,
    KnownRow,
    LearnedLimit,
    Ledger,
    NewRun,
    PastCall,
    RowInCall,
    RowToSend,
    Run,
    RunState,
    UnclearCall,
)
from .monitor import LedgerMetrics, LedgerMonitor
from .postgres.connection import (
    Database,
    Meaning,
    Pause,
    RawConnection,
    advisory_lock_number,
    meaning_of,
)
from .sqlite_file import back_up
from .store import ledger_file

__all__ = [
    "DECIDED",
    "UNDECIDED",
    "Call",
    "CallEnd",
    "Database",
    "EndedCall",
    "KnownRow",
    "LearnedLimit",
    "Ledger",
    "LedgerMetrics",
    "LedgerMonitor",
    "Meaning",
    "NewRun",
    "PastCall",
    "Pause",
    "RawConnection",
    "RowInCall",
    "RowToSend",
    "Run",
    "RunState",
    "UnclearCall",
    "advisory_lock_number",
    "back_up",
    "boot_id",
    "ledger_exists",
    "ledger_file",
    "meaning_of",
    "monitor_ledger",
    "move_ledger",
    "open_ledger",
    "require_driver",
    "same_id",
    "wants_adoption",
]
