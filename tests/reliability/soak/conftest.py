"""The soak uses parts of the campaign."""

from __future__ import annotations
