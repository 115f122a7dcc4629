"""Security of the page: who may enter, which requests are answered, what is recorded, what a browser may do."""

from importer.web.security.access import Person, Role, accepts_upload, current_person, public, require
from importer.web.security.audit import AuditTrail
from importer.web.security.gate import Gate
from importer.web.security.oidc_settings import read_oidc_options
from importer.web.security.options import OidcOptions, SecurityOptions, check_listen_address
from importer.web.security.uploads import limited_channel, safe_upload_name
from importer.web.security.users import User, UserStore
from importer.web.security.views import protect

__all__ = [
    "AuditTrail",
    "Gate",
    "OidcOptions",
    "Person",
    "Role",
    "SecurityOptions",
    "User",
    "UserStore",
    "accepts_upload",
    "check_listen_address",
    "current_person",
    "limited_channel",
    "protect",
    "public",
    "read_oidc_options",
    "require",
    "safe_upload_name",
]
