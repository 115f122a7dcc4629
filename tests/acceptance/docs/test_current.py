"""The docs cannot rot: generated pages are current, links lead somewhere, and what the README shows is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from importer.cli.main import _COMMANDS
from importer.core.errors import AnotherRunActive, RunStopped, SettingsError
from importer.core.model import Status
from importer.targets import TARGETS
from tests.acceptance.docs.generate import pages

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", DOCS / "llms.txt", *sorted(DOCS.rglob("*.md"))]
_LINK = re.compile(r"\]\(([^)#:\s]*)(?:#([^)\s]+))?\)")


def anchors(page: Path) -> set[str]:
    """Return the anchors of the headings of ``page``, as MkDocs and GitHub make them."""
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.M | re.S)
    return {slugify(heading) for heading in re.findall(r"^#+ (.+)$", text, re.M)}


def slugify(heading: str) -> str:
    """Return the anchor of a heading."""
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", heading.lower()).strip())


@pytest.mark.parametrize("path", list(pages()), ids=lambda path: path.name)
def test_generated_pages_are_current(path: Path) -> None:
    """`make docs` would change nothing."""
    assert path.read_text("utf-8") == pages()[path]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    """Every relative link names a file that is there, and a heading in it."""
    for target, anchor in _LINK.findall(path.read_text("utf-8")):
        named = path.parent / target if target else path
        assert named.exists(), f"{path.name}: {target}"
        assert not anchor or anchor in anchors(named), f"{path.name}: {target}#{anchor}"


def test_every_page_is_in_the_navigation_of_the_site() -> None:
    """Nothing is written that nobody finds, and the site's links stay inside it."""
    listed = set(re.findall(r"^ +- ([\w/-]+\.md)$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.M))
    assert listed == {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    for name in listed:
        for target, _ in _LINK.findall((DOCS / name).read_text("utf-8")):
            assert (DOCS / name).parent.joinpath(target).resolve().is_relative_to(DOCS), f"{name}: {target}"


def test_the_beginning_can_be_read_in_an_afternoon() -> None:
    """Start and Guides of the navigation together have at most 15,000 words."""
    begin = (ROOT / "mkdocs.yml").read_text("utf-8").partition("  - Start:")[2].partition("  - Reference:")[0]
    pages = re.findall(r"- ([\w/-]+\.md)", begin)
    assert len(pages) > 15
    assert sum(len((DOCS / page).read_text("utf-8").split()) for page in pages) <= 15_000


def test_contributing_names_files_that_exist() -> None:
    """Every path of the program and its tests that CONTRIBUTING mentions is there."""
    paths = re.findall(r"`((?:importer|tests|benchmarks)/[\w./]+)`", (ROOT / "CONTRIBUTING.md").read_text("utf-8"))
    assert len(paths) > 20
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_readme_tells_of_every_status_and_exit_status() -> None:
    """Nothing that a user can meet is missing from the first page."""
    text = (ROOT / "README.md").read_text("utf-8")
    for status in Status:
        assert f"`{status.value}`" in text
    for number in (SettingsError.exit_status, RunStopped.exit_status, AnotherRunActive.exit_status):
        assert f"| {number} |" in text


def test_every_target_has_a_mapping_and_a_sample() -> None:
    """A stranger finds an example for each call."""
    texts = [path.read_text("utf-8") for path in (ROOT / "mappings").glob("*.yaml")]
    for name in TARGETS:
        assert any(f"target: {name}\n" in text for text in texts), name
    for path in (ROOT / "mappings").glob("*.yaml"):
        assert list((ROOT / "sample_data").glob(f"{path.stem}.*")), path.stem


def test_every_command_is_documented() -> None:
    """The command reference has each of them."""
    text = (ROOT / "docs" / "commands.md").read_text("utf-8")
    for name in _COMMANDS:
        assert f"## importer {name}" in text


def test_every_setting_is_documented() -> None:
    """Each variable that the program reads stands on the page about configuration."""
    text = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    from importer.config.accounts import ACCOUNT_SETTINGS

    for setting in ACCOUNT_SETTINGS:
        assert f"LEADSQUARED_{setting.upper()}" in text, setting
