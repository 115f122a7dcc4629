"""Compare two readings of a jobs file: what is new, what has changed, and which guards became weaker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from importer.jobs.config.loader import Task
from importer.jobs.config.model import HoldRules, UnusualFiles

Tasks = Mapping[str, Task]


@dataclass(frozen=True, slots=True)
class JobsFileChange:
    """The names of the jobs that were added, changed and removed."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)

    def __str__(self) -> str:
        parts = (("added", self.added), ("changed", self.changed), ("removed", self.removed))
        return "; ".join(f"{word} {', '.join(names)}" for word, names in parts if names)


def compare_jobs(old: Tasks, new: Tasks) -> JobsFileChange:
    """Return what is different in ``new``."""
    return JobsFileChange(
        added=tuple(name for name in new if name not in old),
        changed=tuple(name for name in new if name in old and new[name] != old[name]),
        removed=tuple(name for name in old if name not in new),
    )


def find_weakened(old: Tasks, new: Tasks) -> list[str]:
    """Return the jobs of ``new`` that would send files without a person which ``old`` holds for one.

    A new job is compared with the removed ones of its inbox: another name must not be a way around an approval.
    """
    change = compare_jobs(old, new)
    weakened = [name for name in change.changed if _is_weaker(new[name].job.guards, old[name].job.guards)]
    for name in change.added:
        before = [old[each] for each in change.removed if old[each].inbox == new[name].inbox]
        if any(_is_weaker(new[name].job.guards, each.job.guards) for each in before):
            weakened.append(name)
    return weakened


def _is_weaker(new: HoldRules, old: HoldRules) -> bool:
    """Return whether ``new`` lets a file through that ``old`` holds."""
    if old.approval:
        return not new.approval
    if new.approval:
        return False
    invalid_rose = old.max_invalid is not None and (new.max_invalid is None or new.max_invalid > old.max_invalid)
    unusual_sent = old.unusual is UnusualFiles.HOLD and new.unusual is UnusualFiles.SEND
    return new.max_rows > old.max_rows or invalid_rose or unusual_sent
