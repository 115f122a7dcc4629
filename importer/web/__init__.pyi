from .security import (
    Role,
    SecurityOptions,
    User,
    UserStore,
    check_listen_address,
    read_oidc_options,
)
from .server import PageServer, listen
from .services import SANDBOX, WebConfig

__all__ = [
    "SANDBOX",
    "PageServer",
    "Role",
    "SecurityOptions",
    "User",
    "UserStore",
    "WebConfig",
    "check_listen_address",
    "listen",
    "read_oidc_options",
]
