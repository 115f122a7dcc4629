"""Templates: plain text with {Heading} placeholders and nothing else."""

from __future__ import annotations

import re

from importer.mapping.unfit import UnfitError

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def template_headings(template: str) -> tuple[str, ...]:
    """The headings between braces, each once, in their order and as they are written."""
    return tuple(dict.fromkeys(_PLACEHOLDER.findall(template)))


def checked_template(template: str) -> str:
    """``template`` when its braces hold headings and nothing else. Raises :class:`UnfitError`."""
    rest = _PLACEHOLDER.sub("", template)
    if "{" in rest or "}" in rest:
        raise UnfitError(
            f'"{template}" has a brace without its partner, or braces inside braces.',
            "Braces only stand around a heading: {City}.",
        )
    headings = template_headings(template)
    if not headings:
        raise UnfitError(f'"{template}" holds no {{Heading}}.', "Use `value` for a text that is the same in every row.")
    if not all(heading.strip() for heading in headings):
        raise UnfitError(f'"{template}" has empty braces.', "Write the heading of a column between them: {City}.")
    return template
