from .config.loader import LoadedJobs, find_jobs_file, load_jobs
from .config.model import jobs_json_schema
from .config.preflight import find_job_problems
from .engine.job_run import JobRunner
from .engine.results import JobRunResult
from .engine.scheduler import Engine
from .engine.workers import (
    HoldLock,
    exclusive_start,
    file_lock,
    job_locks,
)
from .install import (
    TASK_FILE,
    UNIT_PATH,
    Installation,
    crontab_block,
    merged_crontab,
    systemd_unit,
    windows_task,
)
from .monitoring.http_server import parse_address, serve_metrics
from .monitoring.prometheus import format_metrics, health, write_textfile
from .monitoring.status import (
    MetricsCollector,
    describe_jobs,
    find_unclaimed,
    history,
    upcoming_runs,
)
from .notifications.addresses import hide_addresses
from .notifications.dispatcher import NotificationDispatcher, make_sender, try_addresses
from .store.database import Databases, find_databases, open_database
from .store.records import FileRecord, FileState, JobOutcome
from .store.store import JobStore

__all__ = [
    "TASK_FILE",
    "UNIT_PATH",
    "Databases",
    "Engine",
    "FileRecord",
    "FileState",
    "HoldLock",
    "Installation",
    "JobOutcome",
    "JobRunResult",
    "JobRunner",
    "JobStore",
    "LoadedJobs",
    "MetricsCollector",
    "NotificationDispatcher",
    "crontab_block",
    "describe_jobs",
    "exclusive_start",
    "file_lock",
    "find_databases",
    "find_job_problems",
    "find_jobs_file",
    "find_unclaimed",
    "format_metrics",
    "health",
    "hide_addresses",
    "history",
    "job_locks",
    "jobs_json_schema",
    "load_jobs",
    "make_sender",
    "merged_crontab",
    "open_database",
    "parse_address",
    "serve_metrics",
    "systemd_unit",
    "try_addresses",
    "upcoming_runs",
    "windows_task",
    "write_textfile",
]
