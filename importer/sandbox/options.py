"""How a sandbox behaves: every switch in one place, with its words, its choices and its default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys that callers must show. ``api`` is the ``x-api-key`` of the async calls."""

    access: str = field(repr=False)
    secret: str = field(repr=False)
    api: str = field(repr=False)


def _switch(default: Any, words: str, *choices: Any) -> Any:
    return field(default=default, metadata={"words": words, "choices": choices})


@dataclass(frozen=True, slots=True)
class Options:
    """Switches that may change while the sandbox runs. Durations are in seconds; a limit of 0 means none."""

    calls_per_window: int = _switch(25, "standard calls allowed in any window")
    bulk_calls_per_window: int = _switch(25, "bulk calls allowed in any window")
    async_calls_per_window: int = _switch(25, "calls of the async host allowed in any window")
    window: float = _switch(5.0, "length of a window in seconds")
    fixed_window: bool = _switch(False, "refuse by windows at fixed times, too, not only by the sliding one")
    bulk_uses_standard: bool = _switch(False, "a bulk call uses up the standard allowance as well")
    daily_calls: int = _switch(0, "calls allowed in 24 hours, all classes together")
    throttle_shape: str = _switch("429", "HTTP status of a refusal for too many calls", "429", "403", "200")
    latency: float = _switch(0.0, "seconds that a write takes, half before and half after it is stored")
    bulk_refusal: str = _switch(
        "per-row", "what one bad row does to its bulk call", "per-row", "whole-call", "whole-call-partial"
    )
    refusal_status: int = _switch(500, "HTTP status of an application error", 500, 200)
    duplicate_status: int = _switch(500, "HTTP status of a duplicate", 500, 200)
    default_search: str = _switch("email", "how CreateOrUpdate finds a lead without SearchBy", "email", "email-phone")
    unknown_id: str = _switch(
        "replaced", "what a captured lead with an id that no lead has gets for it", "replaced", "kept"
    )
    lead_options: str = _switch(
        "refused", "a value that the drop-down field of a lead does not have", "refused", "stored"
    )
    phone_storage: str = _switch("as-sent", "how the phone of a lead is stored", "as-sent", "international")
    custom_answer: str = _switch(
        "activity-first", "whose id CreateCustom's answer calls Id", "activity-first", "lead-first"
    )
    capture_activity: bool = _switch(False, "capturing a lead leaves an activity of its own (event 23)")
    mandatory_lead_fields: str = _switch("", "schema names of lead fields that are mandatory, with commas between")
    locked_lead_fields: str = _switch("", "schema names of lead fields that are locked after creation, with commas")
    read_only_fields: str = _switch("", "schema names of activity fields that are shown as read-only, with commas")
    locked_activity_types: str = _switch("", "codes of activity types whose activities are locked, with commas")
    update_answer: str = _switch("rows", "what the update of activities answers", "rows", "status")
    first_offset: int = _switch(0, "number of the first page of Retrieve", 0, 1)
    trail_rows: int = _switch(25, "rows that Retrieve gives when no paging is asked for; 0: all")
    trail_lag: float = _switch(0.0, "seconds until Retrieve shows a new activity")
    read_lag: float = _switch(0.0, "seconds until RetrieveByActivityEvent shows a new activity")
    lead_lag: float = _switch(0.0, "seconds until look-ups by e-mail, phone and search show a new lead")
    async_delay: float = _switch(2.0, "seconds until a queued request is processed")
    status_needs_pair: bool = _switch(False, "status and metrics need the key pair as well")
    async_fails: int = _switch(0, "so many of the next queued requests fail in processing")
    queued_word: str = _switch("In-Queue", "status word of a request that waits")
    success_word: str = _switch("Success", "status word of a request that is done")
    failure_word: str = _switch("FAILURE", "status word of a request that the CRM could not process")
    error_word: str = _switch("ERROR", "status word of a request whose content was refused")
    status_message: str = _switch(
        "answer", "Message of a status: the sync call's answer, its Message or none", "answer", "message", "none"
    )
    time_zone: str = _switch("Asia/Kolkata", "time zone of the account")
    country_code: str = _switch("91", "default country code of the account")


def changed(options: Options, settings: Mapping[str, Any]) -> Options:
    """``options`` with ``settings`` put in; raises :class:`ValueError` with words for a name or value that is none."""
    known = {one.name: one for one in fields(Options)}
    for name, value in settings.items():
        if name not in known:
            raise ValueError(f"There is no setting {name!r}. There are: {', '.join(known)}.")
        kind = type(getattr(options, name))
        number = kind is float and isinstance(value, int) and not isinstance(value, bool)
        if not number and type(value) is not kind:
            raise ValueError(f"{name} must be of type {kind.__name__}.")
        choices = known[name].metadata["choices"]
        if choices and value not in choices:
            raise ValueError(f"{name} must be one of {', '.join(map(str, choices))}.")
        if kind in (int, float) and value < 0:
            raise ValueError(f"{name} must not be negative.")
    return replace(options, **settings)
