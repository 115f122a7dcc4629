"""The Containerfile follows the rules of a small and safe image; it is not built here."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "Containerfile").read_text("utf-8")


def instructions() -> list[tuple[str, str]]:
    """Return the instructions with their arguments, continued lines joined and comments dropped."""
    lines = "\n".join(line for line in TEXT.splitlines() if not line.startswith("#")).replace("\\\n", " ")
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in lines.splitlines()) if name]


def last(name: str) -> str:
    """Return the arguments of the last instruction of that name."""
    return [rest for each, rest in instructions() if each == name][-1]


def test_base_images_have_a_version() -> None:
    """Neither `latest` nor no tag; all stages run the same one."""
    images = {rest.split()[0] for name, rest in instructions() if name == "FROM"}
    assert len(images) == 1
    assert re.fullmatch(r"docker\.io/library/python:3\.1\d-slim-\w+", images.pop())


def test_its_python_is_one_that_the_package_supports() -> None:
    """The version of the image is among the classifiers."""
    version = (re.search(r"python:(3\.\d+)", TEXT) or [""])[1]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert f"Programming Language :: Python :: {version}" in project["classifiers"]


def test_it_runs_as_a_user_without_rights() -> None:
    """The last stage ends as a numbered user, which Kubernetes can check, after everything that needs root."""
    names = [name for name, _ in instructions()]
    stage = names[len(names) - names[::-1].index("FROM") :]
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", last("USER"))
    assert stage.index("USER") > stage.index("RUN")


def test_it_has_a_health_check_and_forms_without_a_shell() -> None:
    """Signals reach the program, which finishes the calls in flight."""
    assert '/health"' in last("HEALTHCHECK") or "/health'" in last("HEALTHCHECK")
    assert last("ENTRYPOINT") == '["importer"]'
    assert last("CMD") == '["serve"]'
    assert last("STOPSIGNAL") == "SIGTERM"


def test_it_installs_what_was_tested_and_holds_no_key() -> None:
    """Versions come from the lock; no setting of an account is part of the image."""
    assert "--constraint requirements.lock" in TEXT
    assert "LEADSQUARED_" not in TEXT
    assert not any(name == "ADD" for name, _ in instructions())


def test_what_it_copies_is_let_through_and_is_there() -> None:
    """The list of what the builder may see names each file that is copied, and nothing else."""
    copied = {
        part for name, rest in instructions() if name == "COPY" and "--from" not in rest for part in rest.split()[:-1]
    }
    let_through = set(re.findall(r"^!(.+)$", (ROOT / ".containerignore").read_text("utf-8"), re.M))
    assert copied == let_through
    assert all((ROOT / each).exists() for each in copied)
