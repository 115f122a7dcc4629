"""One log set-up for every command: redacted, one event a line, to standard error and, when asked for, to a file."""

from importer.core.logging.setup import (
    JsonFormatter,
    LogForm,
    LogPlace,
    RedactingFormatter,
    configure_logging,
    log_fields,
    note_in_file,
    redact_tracebacks,
)

__all__ = [
    "JsonFormatter",
    "LogForm",
    "LogPlace",
    "RedactingFormatter",
    "configure_logging",
    "log_fields",
    "note_in_file",
    "redact_tracebacks",
]
