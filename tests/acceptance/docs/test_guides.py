"""The guides are true: each mapping is checked against the sample file of its page, with the result that it shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from importer.app import check
from importer.jobs import load_jobs
from importer.planning import PlanRequest
from importer.reports import ReportPaths, render_summary
from tests.acceptance.docs.walk import answers
from tests.support.delivery_world import VirtualClock
from tests.support.import_world import make_environment

GUIDES = Path(__file__).parents[3] / "docs" / "guides"
_FILE = re.compile(r'^```\w+ title="(?P<name>[\w.-]+)"\n(?P<text>.*?)^```$', re.M | re.S)
_CHECK = re.compile(r"^\$ importer check (?P<file>\S+) -m (?P<mapping>\S+)\n(?P<answer>.*?)^```$", re.M | re.S)


def checks() -> Iterator[tuple[Path, str, str, str]]:
    """Every check of the guides: page, file, mapping and the answer that the page shows."""
    for page in sorted(GUIDES.glob("*.md")):
        for found in _CHECK.finditer(page.read_text("utf-8")):
            yield page, found["file"], found["mapping"], found["answer"]


def write_files(page: Path, folder: Path) -> dict[str, Path]:
    """Write the files that ``page`` shows into ``folder``."""
    written = {}
    for found in _FILE.finditer(page.read_text("utf-8")):
        written[found["name"]] = folder / found["name"]
        written[found["name"]].write_text(found["text"], "utf-8")
    return written


@pytest.mark.parametrize(
    ("page", "file", "mapping", "answer"), list(checks()), ids=[each[2].removesuffix(".yaml") for each in checks()]
)
def test_the_mapping_of_a_guide_fits_its_file(page: Path, file: str, mapping: str, answer: str, tmp_path: Path) -> None:
    """The check of the sample file ends as the page says."""
    files = write_files(page, tmp_path)
    env = make_environment(tmp_path, None, VirtualClock())
    report = check(PlanRequest(files[file], files[mapping]), ReportPaths(tmp_path / "r.xlsx"), env)
    said = render_summary(report.summary)
    assert answers(answer, said), said


def test_every_source_has_a_mapping_that_is_tried() -> None:
    """A guide about a source has at least one file and mapping."""
    tried = {page.name for page, *_ in checks()}
    assert tried == {path.name for path in GUIDES.glob("*.md")} - {"index.md", "fix-and-reimport.md", "nightly-job.md"}


def test_the_jobs_file_of_the_guide_is_valid(tmp_path: Path) -> None:
    """It loads without a problem."""
    files = write_files(GUIDES / "nightly-job.md", tmp_path)
    assert list(load_jobs(files["jobs.yaml"]).tasks) == ["nightly-visits"]
