"""A refusal that is not true: the CRM says that it refused a row, and stored it. No program can see that."""

from __future__ import annotations

from dataclasses import replace

from tests.reliability.campaign.counts import Result
from tests.support.trial import Trial

_LIE = "mx-after-processing"
_BELIEVED = "is in the CRM, but the workbook says rejected"


def without_lies(trial: Trial, result: Result) -> Result:
    """The result without the rows that the CRM itself called refused, although it had stored them.

    Only calls that carry one row count: of larger ones the program does not believe a refusal, it reads back.
    """
    lies = sum(entry["fault"] == _LIE and entry["rows"] <= 1 for entry in trial.sandbox.log)
    wrong = []
    for sentence in result.wrong:
        if lies and sentence.endswith(_BELIEVED):
            lies -= 1
        else:
            wrong.append(sentence)
    return replace(result, wrong=tuple(wrong))
