"""The words of a jobs file, for the sentences about what is wrong with it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, get_args

from pydantic import BaseModel

from importer.jobs.config.model import Archive, Guards, Inbox, Job, JobsFile, Notification, Schedule
from importer.mapping.document import Path
from importer.mapping.wording import Vocabulary

_SECTIONS: dict[str, type[BaseModel]] = {
    "`source:`": Inbox,
    "`schedule:`": Schedule,
    "`after_file:`": Archive,
    "`guards:`": Guards,
    "an item of `notify:`": Notification,
}


def keys_of(path: Path) -> list[str]:
    """The keys that may stand in the table at ``path``."""
    model = _model_at(path)
    return list(model.model_fields) if model else []


def choices_of(path: Path) -> list[str]:
    """The words that the option at ``path`` can be."""
    model = _model_at(path[:-1])
    field = model.model_fields.get(str(path[-1])) if model else None
    kinds = [field.annotation, *get_args(field.annotation)] if field else []
    return [str(word) for kind in kinds if hasattr(kind, "__members__") for word in kind]


def _model_at(path: Path) -> type[BaseModel] | None:
    """The model of the table at ``path``: keys lead into options, names and numbers into tables and lists."""
    kind: Any = JobsFile
    for step in path:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            field = kind.model_fields.get(str(step))
            kind = field.annotation if field else None
        else:
            kind = _inside(kind)
    return _only_model(kind)


def _inside(kind: Any) -> Any:
    """What a table or list of the annotation ``kind`` holds."""
    return next((_only_model(part) for part in get_args(kind) if _only_model(part)), None)


def _only_model(kind: Any) -> type[BaseModel] | None:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind
    return next((part for part in get_args(kind) if isinstance(part, type) and issubclass(part, BaseModel)), None)


def _missing(path: Path) -> tuple[str, str]:
    return f"`{path[-1]}` is missing.", f"Add a line `{path[-1]}:`."


def _homes() -> dict[str, Collection[str]]:
    homes: dict[str, Collection[str]] = {f"into {name}": list(model.model_fields) for name, model in _SECTIONS.items()}
    return {
        "at the left edge of the file": ["jobs"],
        "below the name of a job": list(Job.model_fields),
        **homes,
    }


JOBS = Vocabulary(keys_of, choices_of, _missing, _homes, "{folder: inbox}")
