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
    "Health",
    "ProposalRequest",
    "Proposed",
    "Pruned",
    "Review",
    "UndecidedRow",
    "account_locale",
    "check",
    "check_account",
    "check_mapping_file",
    "decide",
    "decide_changes",
    "examine_account",
    "find_prunable",
    "forget_limits",
    "list_accounts",
    "list_runs",
    "mapping_schema_text",
    "open_ledger_of",
    "parse_age",
    "proposal_json",
    "propose_mapping",
    "prune",
    "read_accounts_file",
    "read_successes",
    "resume",
    "run",
    "schema_for_editors",
    "show",
    "undecided_rows",
    "write_template",
]
