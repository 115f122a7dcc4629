"""An environment that describes an account, and keys that must not be shown."""

from __future__ import annotations

ACCESS = "u$rground0canary0access0key0000"
SECRET = "ground0canary0secret0key00000000"
API = "ground0canary0api0key"
HOST = "https://api-in21.leadsquared.com"


def environment(**changes: str) -> dict[str, str]:
    """Variables of a sound account, changed by settings without their prefix; an empty text takes one away."""
    settings = {"HOST": HOST, "ACCESS_KEY": ACCESS, "SECRET_KEY": SECRET, "API_KEY": API, **changes}
    return {f"LEADSQUARED_{name}": text for name, text in settings.items() if text}
