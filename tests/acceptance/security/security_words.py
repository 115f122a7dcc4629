"""Keys that must not appear anywhere, texts that try to be more than text, and an account to give them to."""

from __future__ import annotations

from importer.config.settings import Account, Keys
from importer.core.model import CallClass, Limit
from importer.core.redaction import Secret

ACCESS = "u$r5ecurity0canary0access+key/1"
SECRET = "5ecret0canary0of&security=tests"
API = "ap1key0canary0of0security0tests"

NAUGHTY = [
    "=1+1", "=cmd|' /C calc'!A0", "=HYPERLINK(\"http://evil.example\",\"x\")", "+1", "-5", "@SUM(A1)", "\t=1", "\r=1",
    "＝1", "{=1}", "=WEBSERVICE(\"http://evil.example\")", "#N/A", "#REF!", "TRUE", "1e5", "007", "12345678901234567890",
    "http://evil.example", "mailto:a@evil.example", "file:///etc/passwd", "internal:Sheet1!A1", "external:c:\\x.xlsx",
    "javascript:alert(1)", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"><svg onload=alert(1)>",
    "' onmouseover='alert(1)", "</style><script>x</script>", "<!--", "]]>", "<![CDATA[x]]>", "&lt;b&gt;", "&#x3c;b>",
    "{{7*7}}", "{% raw %}", "${7*7}", "%s%n%x", "{0}", "<r><t>x</t></r>", "_x0041_", "_x000D_", "a\x00b", "a\x0bb",
    "\x1b]0;owned\x07", "\x1b[31mred", "\x9b2J", "a\rb", "a\nb", "\u202egpj.exe", "\u2066x\u2069", "\u061cx", "\u2028x",
    "\ufeffx", "\ufffe", "\uffff", "\ud800", "👩‍👩‍👧", "Ω≈ç√∫", "田中さん", "مرحبا", "'quoted", " spaces ", "nan", "inf", "-",
    "../../etc/passwd", "..\\..\\x", "; rm -rf ~", "$(id)", "`id`", "|id", "CON", "~/x", "NULL", "' OR 1=1 --",
]  # fmt: skip


def account(host: str, async_host: str = "", timeout: float = 2.0) -> Account:
    """An account with the canary keys at ``host``."""
    limits = dict.fromkeys(CallClass, Limit(100, 1.0))
    keys = Keys(Secret(ACCESS), Secret(SECRET), Secret(API))
    return Account("security", host, async_host, keys, limits, timeout_seconds=timeout)
