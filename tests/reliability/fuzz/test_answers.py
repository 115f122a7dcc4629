"""Any bytes and any JSON as an answer: never an exception, never a receipt that the answer does not clearly give."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.core.model import Reply, TransportFailure
from importer.leadsquared.client import parse_json
from importer.leadsquared.responses import classify
from importer.targets import make_target
from tests.reliability.fuzz.answer_checks import (
    GOOD,
    KEYS,
    ODD,
    SEEN,
    TARGETS,
    every_question,
    judged,
    one_after_the_other,
    verdict_of,
)
from tests.reliability.fuzz.reading_checks import bounded, examples

_SCALARS = st.sampled_from(ODD) | st.text(max_size=5)
_ENTRY = st.dictionaries(st.sampled_from(KEYS), _SCALARS, max_size=6)
JSON = st.recursive(
    _SCALARS | _ENTRY,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=12,
)


@st.composite
def changed(draw: st.DrawFn, good: list[Any] | None = None) -> Any:
    """An answer as it should be, with some things in it replaced, removed or doubled."""
    body = json.loads(json.dumps(draw(st.sampled_from(good or GOOD))))
    for _ in range(draw(st.integers(1, 3))):
        inside = body
        while isinstance(inside, dict | list) and inside:
            keys = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
            key = draw(st.sampled_from(keys))
            if isinstance(inside[key], dict | list) and draw(st.integers(0, 3)):
                inside = inside[key]
                continue
            if draw(st.integers(0, 4)):
                inside[key] = draw(JSON)
            elif isinstance(inside, list):
                inside.append(inside[key])
            else:
                del inside[key]
            break
    return body


@pytest.mark.parametrize(("name", "mapping"), TARGETS, ids=[name for name, _ in TARGETS])
@examples(40)
@given(body=changed() | JSON, count=st.integers(1, 3))
def test_any_answer_to_any_call(name: str, mapping: Any, body: Any, count: int) -> None:
    """Each target reads it its own way."""
    target = make_target(mapping)
    with bounded():
        one_after_the_other(target, body, count if target.batch_size > 1 else 1)


@examples(150)
@given(
    body=changed() | JSON,
    status=st.none()
    | st.sampled_from([200, 201, 204, 301, 400, 401, 403, 404, 405, 408, 409, 429, 500, 502, 503, 0, 999]),
    text=_SCALARS.map(str),
    failure=st.none() | st.sampled_from(TransportFailure),
    wait=st.none() | st.floats(allow_nan=False),
    alone=st.booleans(),
)
def test_any_reply_has_a_verdict(
    body: Any, status: int | None, text: str, failure: TransportFailure | None, wait: float | None, alone: bool
) -> None:
    """And one that is nothing but odd is uncertain, not applied."""
    reply = Reply(status, body=body, text=text, failure=failure, retry_after=wait)
    with bounded():
        verdict_of(reply, alone)


@examples(150)
@given(
    content=st.binary(max_size=80)
    | (changed() | JSON).map(lambda body: json.dumps(body).encode())
    | st.lists(st.sampled_from(['{"a":', "[", "]", "}", ",", '"a"', "1", "1e999", "NaN", "9" * 5000, "\ufeff", '"\\ud800"']), max_size=70)
    .map(lambda parts: "".join(parts).encode())
)  # fmt: skip
def test_any_bytes_are_json_or_nothing(content: bytes) -> None:
    """What is read can be written again."""
    with bounded():
        value = parse_json(content)
        json.dumps(value, allow_nan=False)
        judged(classify(Reply(200, body=value), True))


@pytest.mark.parametrize("seen", SEEN, ids=["activities", "leads", "flat", "keys", "fields", "types", "queue"])
@examples(30)
@given(data=st.data())
def test_any_answer_to_a_question(seen: Any, data: st.DataObject) -> None:
    """What was asked for, or an error with a remedy."""
    body = data.draw(changed([seen]) | JSON)
    with bounded():
        every_question(body)


def test_the_answers_are_read() -> None:
    """Before anything is changed, each gives a receipt to some call."""
    for body in GOOD[:-2]:
        assert any(make_target(mapping).receipts(body, 2) for _, mapping in TARGETS), body
