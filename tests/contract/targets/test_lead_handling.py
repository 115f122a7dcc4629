"""What happens to leads that exist, and to those that do not: as the mapping wants it, where the call can do it."""

from __future__ import annotations

from typing import Any

import pytest

from importer.core.model import Record
from importer.mapping import Mapping, OnExistingLead, OnMissingLead
from importer.targets import TARGETS, check_mapping, make_target


def capture(name: str, **options: Any) -> Mapping:
    return Mapping.model_validate({"target": name, "lead": {"EmailAddress": "Email"}, **options})


@pytest.mark.parametrize("name", ["capture-lead", "capture-lead-async"])
@pytest.mark.parametrize(
    ("existing", "behavior"),
    [(None, None), ("update", None), ("skip", "DoNotUpdate"), ("fill_empty", "UpdateOnlyEmptyFields")],
)
def test_capture_calls_say_it_in_leadsquareds_words(name: str, existing: str | None, behavior: str | None) -> None:
    """A plain update needs no word."""
    target = make_target(capture(name, existing=existing))
    params = target.request([Record(2, "k", {"lead.EmailAddress": "a@x.io"})]).params
    assert params == ({"LeadUpdateBehavior": behavior} if behavior else {})


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_what_a_call_cannot_do_is_refused(name: str) -> None:
    """With the targets that can."""
    for option, words in (("existing", OnExistingLead), ("missing", OnMissingLead)):
        for word in words:
            mapping = Mapping.model_validate({"target": name, "lead": {"X": "X"}, option: word.value})
            problems = [problem for problem in check_mapping(mapping) if problem.path == option]
            assert bool(problems) is (word not in getattr(TARGETS[name], option))
            for problem in problems:
                assert problem.message.startswith(f"{name} cannot do `{option}: {word}`")
                able = [other for other, target in TARGETS.items() if word in getattr(target, option)]
                assert problem.remedy == f"Remove it, or use a target that can: {', '.join(able)}."
