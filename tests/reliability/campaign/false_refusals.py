"""Leave out false refusals: the CRM says that it refused a row, and stored it. No program can detect that."""

from __future__ import annotations

from dataclasses import replace

from tests.reliability.campaign.model import Result
from tests.support.trial import Trial

_FAULT = "mx-after-processing"
_SENTENCE = "is in the CRM, but the workbook says rejected"


def without_false_refusals(trial: Trial, result: Result) -> Result:
    """Return the result without the rows that the CRM itself called refused, although it had stored them.

    Only calls that carry one row count: of larger ones the program does not believe a refusal, it reads back.
    """
    false_refusals = sum(entry["fault"] == _FAULT and entry["rows"] <= 1 for entry in trial.sandbox.log)
    wrong = []
    for sentence in result.wrong:
        if false_refusals and sentence.endswith(_SENTENCE):
            false_refusals -= 1
        else:
            wrong.append(sentence)
    return replace(result, wrong=tuple(wrong))
