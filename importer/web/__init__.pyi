from .security import (
    Role,
    User,
    UserStore,
)

__all__ = [
    "Role",
    "User",
    "UserStore",
]
