from .account_status import AccountListing, list_accounts, read_accounts_file
from .doctor import (
    AccountTest,
    Examination,
    Health,
    check_account,
    examine_account,
    forget_limits,
)
from .dry_run import check
from .environment import (
    Environment,
    Review,
    account_locale,
    open_ledger_of,
)
from .imports import (
    list_runs,
    read_successes,
    resume,
    run,
    show,
)
from .interactive import (
    FilePreview,
    ShownRow,
    check_and_keep,
    check_rows,
    describe_check,
    find_anomalies,
    list_problem_rows,
    preview_file,
    read_rows,
)
from .manual_resolution import (
    ChangeDecision,
    Decision,
    UndecidedRow,
    decide,
    decide_changes,
    undecided_rows,
)
from .mappings import (
    check_mapping_file,
    mapping_schema_text,
    schema_for_editors,
    write_template,
)
from .retention import (
    Pruned,
    find_prunable,
    parse_age,
    prune,
)
from .suggest_mapping import (
    ProposalRequest,
    Proposed,
    proposal_json,
    propose_mapping,
)

__all__ = [
    "AccountListing",
    "AccountTest",
    "ChangeDecision",
    "Decision",
    "Environment",
    "Examination",
    "FilePreview",
    "Health",
    "ProposalRequest",
    "Proposed",
    "Pruned",
    "Review",
    "ShownRow",
    "UndecidedRow",
    "account_locale",
    "check",
    "check_account",
    "check_and_keep",
    "check_mapping_file",
    "check_rows",
    "decide",
    "decide_changes",
    "describe_check",
    "examine_account",
    "find_anomalies",
    "find_prunable",
    "forget_limits",
    "list_accounts",
    "list_problem_rows",
    "list_runs",
    "mapping_schema_text",
    "open_ledger_of",
    "parse_age",
    "preview_file",
    "proposal_json",
    "propose_mapping",
    "prune",
    "read_accounts_file",
    "read_rows",
    "read_successes",
    "resume",
    "run",
    "schema_for_editors",
    "show",
    "undecided_rows",
    "write_template",
]
