"""The classifier: only clearly known shapes leave the default, which is uncertain."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.core.model import Limit, Reply, TransportFailure, VerdictKind
from importer.leadsquared.client import MAX_BYTES, parse_json
from importer.leadsquared.responses import classify
from tests.support.sampled import examples

K = VerdictKind
LIMIT = "API calls exceeded the limit of 10 in 5 second(s)"


def mx(code: str, message: Any = "text") -> dict[str, Any]:
    return {"Status": "Error", "ExceptionType": code, "ExceptionMessage": message}


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(None, failure=TransportFailure.NOT_SENT, detail="refused"), K.NOT_APPLIED),
        (Reply(None, failure=TransportFailure.UNKNOWN, detail="cut"), K.UNCERTAIN),
        (Reply(None), K.UNCERTAIN),
        (Reply(429), K.THROTTLED),
        (Reply(429, body=mx("MXAPIRateLimitExceededException", LIMIT)), K.THROTTLED),
        (Reply(200, body=mx("MXAPIRateLimitExceededException", LIMIT)), K.THROTTLED),
        (Reply(403, body={"Message": LIMIT}), K.THROTTLED),
        (Reply(403, text=LIMIT), K.THROTTLED),
        (Reply(500, body=mx("", LIMIT)), K.THROTTLED),
        (Reply(401, body=mx("MXInvalidAccessDetailsException")), K.MISCONFIGURED),
        (Reply(200, body=mx("MXUnAuthorizedAccessException")), K.MISCONFIGURED),
        (Reply(403), K.MISCONFIGURED),
        (Reply(404), K.MISCONFIGURED),
        (Reply(405), K.MISCONFIGURED),
        (Reply(307), K.MISCONFIGURED),
        (Reply(400, body=mx("", "Cannot deserialize")), K.MISCONFIGURED),
        (Reply(400, body=mx("MXInvalidInputException")), K.REFUSED),
        (Reply(500, body=mx("MXDuplicateEntryException")), K.REFUSED),
        (Reply(200, body=mx("MXDuplicateEntryException")), K.REFUSED),
        (Reply(500, body=mx("MXUnknownException", "Deadlock found, try again")), K.UNCERTAIN),
        (Reply(500, body=mx("MXUnknownException", None)), K.REFUSED),
        (Reply(500, body=mx("ArgumentNullException")), K.UNCERTAIN),
        (Reply(500, body={"Message": "An error has occurred."}), K.UNCERTAIN),
        (Reply(500), K.UNCERTAIN),
        (Reply(502, text="<html>"), K.UNCERTAIN),
        (Reply(408), K.UNCERTAIN),
        (Reply(200, body={"Response": []}), K.APPLIED),
        (Reply(200, body=[]), K.APPLIED),
        (Reply(200, body={"Status": "Success", "Message": {"Id": "x"}}), K.APPLIED),
        (Reply(200, body={"Response": [], "Note": LIMIT}, text=LIMIT), K.APPLIED),
        (Reply(200, body="text"), K.UNCERTAIN),
        (Reply(200, body=None, text="<html>"), K.UNCERTAIN),
        (Reply(200, body={"Status": "Failed", "Message": {"Message": "Invalid event code"}}), K.REFUSED),
        (Reply(200, body={"Status": "Failed"}), K.UNCERTAIN),
    ],
)
def test_what_an_answer_means(reply: Reply, kind: VerdictKind) -> None:
    """The body outranks the status."""
    verdict = classify(reply, batch_of_one=True)
    assert verdict.kind is kind
    assert verdict.kind is K.APPLIED or verdict.message


def test_a_refusal_teaches_the_limit() -> None:
    """The numbers stand in the text; waiting times are kept within reason."""
    verdict = classify(
        Reply(200, body=mx("MXAPIRateLimitExceededException", LIMIT), retry_after=9999), batch_of_one=True
    )
    assert (verdict.limit, verdict.retry_after) == (Limit(10, 5.0), 300.0)
    assert classify(Reply(429, retry_after=-5), batch_of_one=True).retry_after == 1.0
    assert classify(Reply(429, text="exceeded the limit of 0 in 5 second"), batch_of_one=True).limit is None


def test_a_failed_batch_without_reason_is_not_a_refusal_of_its_rows() -> None:
    """A word alone does not say which row was meant."""
    reply = Reply(200, body={"Status": "Failed", "Message": "no"})
    assert classify(reply, batch_of_one=False).kind is K.UNCERTAIN


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.sampled_from(["MXFoo", "Error", LIMIT]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Status", "ExceptionType", "ExceptionMessage", "Message", "Response"]), inner
        )
    ),
    max_leaves=10,
)


@pytest.mark.slow
@settings(deadline=None, max_examples=examples(100))
@given(status=st.none() | st.integers(100, 599), body=ANY, text=st.text(max_size=50), one=st.booleans())
def test_nothing_is_applied_without_a_2xx_and_json(status: int | None, body: Any, text: str, one: bool) -> None:
    """No answer breaks the classifier, and success is never concluded from anything else."""
    verdict = classify(Reply(status, body=body, text=text), batch_of_one=one)
    if verdict.kind is K.APPLIED:
        assert status is not None
        assert 200 <= status < 300
        assert isinstance(body, (dict, list))


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b'{"a": [1, 2.5, "x"]}', {"a": [1, 2.5, "x"]}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b"", None),
        (b"<html>", None),
        (b'{"a": 1', None),
        (b'{"a": NaN}', None),
        (b'{"a": 1e999}', None),
        (b'{"a": 1, "a": 2}', None),
        (b'{"a": "\xff"}', None),
        (b"[" * 60 + b"]" * 60, None),
        (b"[" * 100_000 + b"]" * 100_000, None),
        (b"9" * 5000, None),
        (b" " * (MAX_BYTES + 1), None),
    ],
)
def test_bounded_json(content: bytes, value: Any) -> None:
    """Whatever is odd is no answer."""
    assert parse_json(content) == value
