"""How many columns a proposal has right, against the mapping that a person would write."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from importer.sources import open_source
from importer.sources.interface import SourceOptions
from importer.suggest.account import AccountProfile
from importer.suggest.model import MappingLine, Proposal
from importer.suggest.proposal import propose
from tests.unit.suggest.exports import EXPORTS, Export


@dataclass(frozen=True)
class Verdict:
    """One column: what was expected and what was proposed."""

    export: str
    column: str
    expected: str
    proposed: str
    confidence: str

    @property
    def right(self) -> bool:
        return self.expected == self.proposed

    @property
    def wrong_field(self) -> bool:
        """Whether a value would go where it does not belong; an ignored column harms nobody."""
        return self.proposed != "ignore" and self.expected.split(" ")[0] != self.proposed.split(" ")[0]


def proposal_for(export: Export, folder: Path) -> Proposal:
    """The proposal for the export, offline."""
    source = open_source(export.write(folder), SourceOptions())
    return propose(source, AccountProfile(**export.settings))


def verdicts(export: Export, proposal: Proposal) -> list[Verdict]:
    """Each column's verdict."""
    found = []
    for column, expected in export.expected.items():
        entries = [entry for entry in proposal.entries if column in entry.columns]
        confidence = entries[0].confidence.value if entries else ""
        found.append(Verdict(export.name, column, expected, written(entries), confidence))
    return found


def written(entries: list[MappingLine]) -> str:
    """The proposal for one column in the form of what is expected."""
    if not entries:
        return "ignore"
    if entries[0].held:
        return "ask"
    fields = "+".join(entry.field for entry in entries)
    rule = entries[0].rule
    parts = [f"{entries[0].section}.{fields}", str(rule.get("type", "")), str(rule.get("format", ""))]
    return " ".join(part for part in parts if part)


def all_proposals(folder: Path) -> dict[str, Proposal]:
    """The proposal for every export by its name, whose file is left in ``folder``."""
    return {export.name: proposal_for(export, folder) for export in EXPORTS}


def all_verdicts(proposals: dict[str, Proposal]) -> dict[str, tuple[str, list[Verdict]]]:
    """For every export the proposed target and the verdict on each column."""
    return {
        export.name: (proposals[export.name].target, verdicts(export, proposals[export.name])) for export in EXPORTS
    }
