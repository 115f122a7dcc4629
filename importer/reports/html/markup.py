"""Texts of the report page with their commands, settings and names of fields set off."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from importer.core.text import shown

_COMMAND = re.compile(
    r"`([^\s`<>][^`<>]{0,80})`"
    r"|\b(importer (?:check|decide|demo|doctor|explain|mapping|resume|runs?|show)\b"
    r"(?: --[a-z-]+| \d{8}-\d{6}-[0-9a-f]+)*)"
)
_BREAK = re.compile(r"([._])")


def marked(text: str) -> Markup:
    """``text``, escaped, with commands of ours and what stands between backticks as code."""
    safe = str(escape(shown(text)))
    return Markup(_COMMAND.sub(lambda found: f"<code>{found[1] or found[2]}</code>", safe))  # noqa: S704  # nosec B704


def breakable(text: str) -> Markup:
    """Names of fields, escaped, that may break behind a dot or an underscore."""
    return Markup(_BREAK.sub(r"\1<wbr>", str(escape(shown(text)))))  # noqa: S704  # nosec B704
