"""Proposals for realistic exports, against the mappings that a person would write for them."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from importer.core.errors import MappingError
from importer.mapping.headings import match_headings
from importer.planning.plan import read_mapping
from importer.sources import open_source
from importer.sources.interface import SourceOptions
from importer.suggest.account import AccountProfile
from importer.suggest.mapping_writer import mapping_text, open_questions
from importer.suggest.model import Proposal
from importer.suggest.proposal import propose
from importer.targets import TARGETS
from tests.support.sampled import ALL_CASES
from tests.unit.suggest.exports import EXPORTS, Export
from tests.unit.suggest.scoring import Verdict, all_proposals, all_verdicts, proposal_for

PAIRS = list(product(["other-crm-leads", "dialler-call-log", "newsletter-opens"], sorted(TARGETS)))
"""Without ALL_CASES every second one: each target with one or two of the exports."""
_EVENT = "is not a value of type integer"


def findings(place: Path) -> list[str]:
    """What `mapping check` has to say."""
    try:
        read_mapping(place)
    except MappingError as error:
        return [problem.message for problem in error.problems]
    return []


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("exports")


@pytest.fixture(scope="module")
def proposals(folder: Path) -> dict[str, Proposal]:
    return all_proposals(folder)


@pytest.fixture(scope="module")
def judged(proposals: dict[str, Proposal]) -> dict[str, tuple[str, list[Verdict]]]:
    return all_verdicts(proposals)


@pytest.mark.slow
def test_nine_of_ten_columns_are_right(judged: dict[str, tuple[str, list[Verdict]]]) -> None:
    """Field, type and form of dates, over all exports together; and of each export most columns."""
    every = [verdict for _, verdicts in judged.values() for verdict in verdicts]
    assert len(judged) >= 12
    assert sum(verdict.right for verdict in every) >= 0.9 * len(every), [v for v in every if not v.right]
    for name, (_, verdicts) in judged.items():
        assert sum(verdict.right for verdict in verdicts) >= 0.75 * len(verdicts), name


def test_none_is_wrong_with_high_confidence(judged: dict[str, tuple[str, list[Verdict]]]) -> None:
    """`high` can be relied upon."""
    wrong = [v for _, verdicts in judged.values() for v in verdicts if not v.right and v.confidence == "high"]
    assert wrong == []


def test_the_call_fits_the_file(judged: dict[str, tuple[str, list[Verdict]]]) -> None:
    """Each export gets the target that a person would choose."""
    assert {name: target for name, (target, _) in judged.items()} == {each.name: each.target for each in EXPORTS}


@pytest.mark.slow
@pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export.name)
def test_a_proposal_loads_and_leaves_no_column_out(
    export: Export, proposals: dict[str, Proposal], folder: Path, tmp_path: Path
) -> None:
    """The mapping is sound but for the activity type, which no file can know, and names every column."""
    text = mapping_text(proposals[export.name])
    place = tmp_path / "proposed.yaml"
    place.write_text(text, "utf-8")
    assert [_EVENT in problem for problem in findings(place)] in ([], [True])
    place.write_text(text.replace("value: TODO", "value: 201"), "utf-8")
    source = open_source(folder / f"{export.name}.csv", SourceOptions())
    match = match_headings(read_mapping(place), [(column.label, column.heading) for column in source.columns])
    assert match.problems == ()
    assert match.unused == ()
    assert all(f"TODO: {words[:20]}" in text for _, words in open_questions(text))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "target"), [pair for number, pair in enumerate(PAIRS) if ALL_CASES or number % 2])
def test_every_target_can_be_asked_for(name: str, target: str, tmp_path: Path) -> None:
    """The proposal loads for any call, or its findings are questions that stand in it."""
    export = next(each for each in EXPORTS if each.name == name)
    source = open_source(export.write(tmp_path), SourceOptions())
    text = mapping_text(propose(source, AccountProfile(), target))
    place = tmp_path / "proposed.yaml"
    place.write_text(text.replace("value: TODO", "value: 201"), "utf-8")
    assert f"\ntarget: {target}\n" in text
    if findings(place):
        assert "no column was recognised as it" in text.replace("\n  #   ", " ")


@pytest.mark.slow
def test_equal_files_give_equal_proposals(tmp_path: Path) -> None:
    """Read again, and in small pieces, the text is the same to the letter."""
    export = EXPORTS[0]
    first = mapping_text(proposal_for(export, tmp_path))
    assert mapping_text(proposal_for(export, tmp_path)) == first
    source = open_source(tmp_path / f"{export.name}.csv", SourceOptions())
    whole = source.chunks

    class Pieces:
        """The same source in chunks of seven rows."""

        def __getattr__(self, name: str) -> object:
            return getattr(source, name)

        def chunks(self, size: int = 7) -> object:
            return whole(7)

    assert mapping_text(propose(Pieces(), AccountProfile())) == first  # type: ignore[arg-type]
