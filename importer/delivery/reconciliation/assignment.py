"""Assign activities to groups of rows that they may belong to."""

from __future__ import annotations

from collections.abc import Sequence

from importer.leadsquared import CrmActivity


def connect_groups(indices: Sequence[int], candidates: Sequence[Sequence[CrmActivity]]) -> list[list[int]]:
    """Partition the groups so that those with an activity in common are together (connected components)."""
    # Each part: its groups, and the ids of all their candidates. A group joins all parts that share an id with it.
    parts: list[tuple[list[int], set[str]]] = []
    for index in indices:
        ids = {activity.id for activity in candidates[index]}
        apart = [part for part in parts if part[1].isdisjoint(ids)]
        joined = [part for part in parts if not part[1].isdisjoint(ids)]
        members = [member for part in joined for member in part[0]]
        parts = [*apart, ([*members, index], ids.union(*(part[1] for part in joined)))]
    return [sorted(members) for members, _ in parts]


def assign_activities(rows: Sequence[int], candidates: Sequence[Sequence[CrmActivity]]) -> list[list[str]]:
    """Assign activities to as many rows as possible, each to one row; return the ids by group.

    A maximum bipartite matching by augmenting paths: a group that finds its candidates taken lets their owners look for
    other ones.
    """
    owner: dict[str, int] = {}

    def assign(group: int, tried: set[str]) -> bool:
        for activity in candidates[group]:
            if activity.id in tried:
                continue
            tried.add(activity.id)
            if activity.id not in owner or assign(owner[activity.id], tried):
                owner[activity.id] = group
                return True
        return False

    for group, count in enumerate(rows):
        for _ in range(count):
            assign(group, set())
    return [
        [activity.id for activity in listed if owner.get(activity.id) == group]
        for group, listed in enumerate(candidates)
    ]
