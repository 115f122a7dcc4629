"""The sample files through the real readers, checks and targets, against what the sandbox accepts."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from importer.mapping.headings import match_headings
from importer.mapping.loader import load_mapping
from importer.mapping.model import Mapping
from importer.model import Record
from importer.problems import Problem
from importer.sandbox.checks import activity_from, lead_from_pairs, refuse_duplicates
from importer.sandbox.tenant import ApiError, Tenant
from importer.settings import Locale
from importer.sources import open_source
from importer.sources.interface import SourceOptions
from importer.targets import TARGETS, make_target
from importer.transforms import TRANSFORMS
from importer.validation.validator import SourceColumn, Validator

ROOT = Path(__file__).parents[2]
NAMES = sorted(path.stem for path in (ROOT / "mappings").glob("*.yaml"))

INVALID = {
    "webinar-attendance": {
        38: "not-a-datetime",
        75: "out-of-range",
        112: "not-in-lookup",
        149: "not-a-uuid",
        186: "required",
        223: "too-long",
    }
}
REFUSED = {"webinar-attendance": {61, 201}, "new-students": {9}}
"""Rows that only the CRM can refuse: ids of no lead, and an e-mail that a lead has already."""


def planned(name: str) -> tuple[Mapping, list[Record], list[Problem]]:
    loaded = load_mapping(
        ROOT / "mappings" / f"{name}.yaml",
        targets=TARGETS,
        transforms=TRANSFORMS,
        check_target=lambda mapping: TARGETS[mapping.target].check_mapping(mapping),
    )
    (path,) = (found for found in (ROOT / "sample_data").iterdir() if found.stem == name)
    told = loaded.mapping.source
    options = SourceOptions(
        sheet=told.sheet, header_row=told.header_row, encoding=told.encoding, delimiter=told.delimiter
    )
    source = open_source(path, options)
    match = match_headings(loaded, [(column.label, column.heading) for column in source.columns])
    columns = {column.label: column for column in source.columns}
    target = make_target(loaded.mapping)
    validator = Validator(
        loaded.mapping,
        {
            used: SourceColumn(label, columns[label].letter, columns[label].heading)
            for used, label in match.labels.items()
        },
        required=target.required,
        identity=target.identity,
        locale=Locale(),
        folder=path.parent,
        path=str(path),
    )
    records: list[Record] = []
    problems: list[Problem] = []
    for chunk in source.chunks():
        checked = validator.check(chunk.rows, chunk.cells, chunk.problems)
        problems += checked.problems
        for row, ok, fields in zip(
            chunk.rows.tolist(), checked.ok.tolist(), checked.records.to_dict("records"), strict=True
        ):
            if ok:
                said = {str(field): text for field, text in fields.items() if isinstance(text, str)}
                records.append(Record(row, "", said))
    return loaded.mapping, records, problems


def accept(tenant: Tenant, mapping: Mapping, body: Any) -> None:
    """What the sandbox does with one row of a target's request, as far as refusing goes."""
    if isinstance(body, dict) and "LeadDetails" in body:
        lead, search_by = lead_from_pairs(body["LeadDetails"])
        assert search_by == mapping.search_by
        known = tenant.find_lead(search_by, lead[search_by])
        refuse_duplicates(tenant, lead, known["ProspectID"] if known else "")
        activity_from(body["Activity"])
    elif isinstance(body, dict):
        activity_from(body)
        field = next(name for name in ("RelatedProspectId", "SearchByValue", "EmailAddress") if name in body)
        lead_field = {"RelatedProspectId": "ProspectID", "SearchByValue": mapping.search_by or ""}.get(field, field)
        if tenant.find_lead(lead_field, body[field]) is None:
            raise ApiError("", "there is no such lead")
    else:
        lead, search_by = lead_from_pairs(body)
        email = lead.get("EmailAddress", "")
        known = tenant.find_lead("EmailAddress", email) if mapping.target != "create-lead" else None
        refuse_duplicates(tenant, lead, known["ProspectID"] if known else "")
        tenant.put_lead({**(known or {}), **lead})


@pytest.mark.parametrize("name", NAMES)
def test_only_the_rows_that_are_meant_to_be_are_invalid(name: str) -> None:
    """Each bad row is bad in its own way; all other rows pass."""
    _, records, problems = planned(name)
    assert {problem.row: problem.code for problem in problems} == INVALID.get(name, {})
    assert len(problems) == len(INVALID.get(name, {}))
    assert len(records) >= 20
    if name == "webinar-attendance":
        assert len(records) == 274


@pytest.mark.parametrize("name", NAMES)
def test_the_sandbox_accepts_every_other_row(name: str) -> None:
    """Fields, options, lengths, leads and unique values fit the sandbox, except in the rows meant for refusal."""
    mapping, records, _ = planned(name)
    target = make_target(mapping)
    tenant = Tenant()
    refused = set()
    for record in records:
        body = target.request([record]).body
        try:
            accept(tenant, mapping, body[0] if target.batch_size > 1 else body)
        except ApiError:
            refused.add(record.row)
    assert refused == REFUSED.get(name, set())


def test_leads_differ_from_row_to_row_where_a_call_could_confuse_them() -> None:
    """Every webinar row has a lead of its own, so that reports are easy to follow."""
    _, records, _ = planned("webinar-attendance")
    leads = Counter(record.fields["activity.RelatedProspectId"] for record in records)
    assert max(leads.values()) == 1
