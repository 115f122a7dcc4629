"""Reading of an uploaded file, and its mapping: proposed, or that of a sample or of an earlier import."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from typing import Any

from importer.app import (
    ColumnSample,
    Environment,
    FilePreview,
    ProposalRequest,
    compare_encodings,
    preview_file,
    proposal_json,
    propose_mapping,
    read_account_fields,
)
from importer.core.errors import SourceError, UndecodableFileError
from importer.sources import Detection
from importer.suggest import LEAD_FIELDS
from importer.web.columns import FieldChoice, field_label
from importer.web.drafts import Draft, DraftStore
from importer.web.mapping_document import MappingDocument
from importer.web.tasks import TaskKind, TaskRunner

ENCODINGS = {
    "utf-8": "UTF-8",
    "cp1252": "Windows, Western Europe",
    "cp1250": "Windows, Central Europe",
    "cp1251": "Windows, Cyrillic",
    "utf-16": "Unicode text (UTF-16)",
    "mac-roman": "older Mac",
}
"""Encodings that a person may choose, each with words for it."""
_PREVIEW, _PROPOSAL, _FIELDS, _PROBLEM = "preview.json", "proposal.json", "fields.json", "problem.json"


class Proposals:
    """Reads the files of drafts and finds their mappings, on background threads."""

    def __init__(self, env: Environment, store: DraftStore, tasks: TaskRunner) -> None:
        self._env = env
        self._store = store
        self._tasks = tasks

    def propose(self, draft: Draft, who: str, target: str | None = None) -> None:
        """Start to read the file and to find its mapping: that of a sample or of an earlier import, or a new one.

        With a ``target``, a mapping for that is proposed in any case.
        """

        def work(env: Environment) -> None:
            preview = self._read(draft)
            if target is None and (draft.mapping_from or self._take_earlier_mapping(draft, preview)):
                self._read_fields_of_mapping(draft, env)
            else:
                self._propose(draft, target, env)

        self._tasks.start(draft.id, TaskKind.PROPOSE, who, work)

    def _read(self, draft: Draft) -> FilePreview:
        """Read the first rows of the file. Raises :class:`SourceError`, which is kept for the screen."""
        for name in (_PREVIEW, _PROBLEM):
            (self._store.folder(draft.id) / name).unlink(missing_ok=True)
        try:
            preview = preview_file(self._store.source(draft), draft.source_options)
        except SourceError as error:
            encodings: list[tuple[str, str]] = []
            if isinstance(error, UndecodableFileError):
                path, options = self._store.source(draft), draft.source_options
                encodings = compare_encodings(path, options, tuple(ENCODINGS))
            self._store.write(draft.id, _PROBLEM, {"sheets": error.sheets, "encodings": encodings})
            raise
        self._store.write(draft.id, _PREVIEW, asdict(preview))
        return preview

    def _take_earlier_mapping(self, draft: Draft, preview: FilePreview) -> bool:
        """Copy the mapping of the newest import that was sent to this account and had the same headings."""
        headings = [column.heading for column in preview.columns]
        for other in self._store.all():
            if other.id == draft.id or not other.deliveries or other.account != draft.account:
                continue
            earlier = self.preview(other)
            if earlier is not None and [column.heading for column in earlier.columns] == headings:
                shutil.copyfile(self._store.mapping(other), self._store.mapping(draft))
                name = f"your import of {other.name} on {other.created_at[:10]}"
                self._store.update(draft.id, mapping_from=name)
                return True
        return False

    def _read_fields_of_mapping(self, draft: Draft, env: Environment) -> None:
        line = MappingDocument.read(self._store.mapping(draft)).line("activity.ActivityEvent")
        event = str(line.rule.get("value", "")) if line else ""
        fields, _ = read_account_fields(draft.account or None, event, env)
        self._store.write(draft.id, _FIELDS, asdict(fields))

    def _propose(self, draft: Draft, target: str | None, env: Environment) -> None:
        path = self._store.folder(draft.id) / "proposed.yaml"
        path.unlink(missing_ok=True)
        account, options = draft.account or None, draft.source_options
        proposed = propose_mapping(ProposalRequest(self._store.source(draft), target, path, account, options), env)
        path.replace(self._store.mapping(draft))
        self._store.update(draft.id, mapping_from="")
        self._store.write(draft.id, _PROPOSAL, proposal_json(proposed))
        self._store.write(draft.id, _FIELDS, asdict(proposed.fields))

    def read_fields(self, draft: Draft, event: str) -> None:
        """Read the fields of the account for another activity type."""
        fields, _ = read_account_fields(draft.account or None, event, self._env)
        self._store.write(draft.id, _FIELDS, asdict(fields))

    def preview(self, draft: Draft) -> FilePreview | None:
        """Return the first rows of the file, once they have been read."""
        content = self._store.read(draft.id, _PREVIEW)
        if content is None:
            return None
        return FilePreview(
            **{
                **content,
                "columns": tuple(ColumnSample(**one) for one in content["columns"]),
                "detections": tuple(Detection(**one) for one in content["detections"]),
            }
        )

    def sheets_to_choose(self, draft: Draft) -> list[str]:
        """Return the sheets of a workbook of which one must be named first."""
        return list((self._store.read(draft.id, _PROBLEM) or {}).get("sheets", ()))

    def encodings_to_choose(self, draft: Draft) -> list[tuple[str, str]]:
        """Return the encodings of a text file of which one must be named first, each with texts as it reads them."""
        found = (self._store.read(draft.id, _PROBLEM) or {}).get("encodings", ())
        return [(encoding, text) for encoding, text in found]

    def proposal(self, draft: Draft) -> dict[str, Any]:
        """Return the proposal as JSON; empty for a mapping that was not proposed."""
        return self._store.read(draft.id, _PROPOSAL) or {}

    def field_choices(self, draft: Draft) -> dict[str, list[FieldChoice]]:
        """Return the fields that the account offers, by section; those of every account while it is not known."""
        known = self._store.read(draft.id, _FIELDS) or {}
        if not known.get("lead"):
            names = [f"lead.{one.name}" for one in LEAD_FIELDS if "+" not in one.name]
            return {"lead": [FieldChoice(name, field_label(name)) for name in names], "activity": []}
        return {
            section: [
                FieldChoice(
                    f"{section}.{one['name']}",
                    one["label"] or one["name"],
                    one["data_type"],
                    one["mandatory"],
                    tuple((value, text) for value, text in one["options"]),
                )
                for one in known.get(section, ())
            ]
            for section in ("lead", "activity")
        }

    def activity_types(self, draft: Draft) -> list[tuple[str, str]]:
        """Return code and name of the account's activity types."""
        known = self._store.read(draft.id, _FIELDS) or {}
        return [(code, name) for code, name in known.get("activity_types", ())]
