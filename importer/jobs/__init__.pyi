from .config.changes import JobsFileChange
from .config.editor import NewJob, create_job, find_jobs_file_to_write
from .config.loader import JOBS_FILE_VARIABLE, LoadedJobs, find_jobs_file, load_jobs
from .config.model import jobs_json_schema
from .config.preflight import find_job_problems
from .control import (
    approve_files,
    check_report_path,
    check_waiting_file,
    find_file,
    is_waiting,
    pause_job,
    put_file,
    request_run,
    resume_job,
    take_requests,
    withdraw_file,
)
from .engine.import_step import describe_report
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
    AGENT_FILE,
    TASK_FILE,
    UNIT_PATH,
    Installation,
    crontab_block,
    launchd_agent,
    merged_crontab,
    systemd_unit,
    windows_task,
)
from .monitoring.alarm import report_engine_problem
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
from .workspace import JobsFileWatcher, JobsWorkspace, open_jobs, open_store

__all__ = [
    "AGENT_FILE",
    "JOBS_FILE_VARIABLE",
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
    "JobsFileChange",
    "JobsFileWatcher",
    "JobsWorkspace",
    "LoadedJobs",
    "MetricsCollector",
    "NewJob",
    "NotificationDispatcher",
    "approve_files",
    "check_report_path",
    "check_waiting_file",
    "create_job",
    "crontab_block",
    "describe_jobs",
    "describe_report",
    "exclusive_start",
    "file_lock",
    "find_databases",
    "find_file",
    "find_job_problems",
    "find_jobs_file",
    "find_jobs_file_to_write",
    "find_unclaimed",
    "format_metrics",
    "health",
    "hide_addresses",
    "history",
    "is_waiting",
    "job_locks",
    "jobs_json_schema",
    "launchd_agent",
    "load_jobs",
    "make_sender",
    "merged_crontab",
    "open_database",
    "open_jobs",
    "open_store",
    "parse_address",
    "pause_job",
    "put_file",
    "report_engine_problem",
    "request_run",
    "resume_job",
    "serve_metrics",
    "systemd_unit",
    "take_requests",
    "try_addresses",
    "upcoming_runs",
    "windows_task",
    "withdraw_file",
    "write_textfile",
]
