"""The sample files through the real readers, checks and targets, against what the sandbox accepts."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from importer.config.settings import Locale
from importer.config.yaml import read_text
from importer.core.issues import Problem
from importer.core.model import HostKind, Record, Request
from importer.mapping.headings import match_headings
from importer.mapping.loader import parse_mapping
from importer.mapping.model import Mapping
from importer.planning.mapping_values import fill_mapping
from importer.sandbox.async_queue import process_due
from importer.sandbox.call import Request as Call
from importer.sandbox.options import Options
from importer.sandbox.refusals import ApiError
from importer.sandbox.routes import BY_PATH
from importer.sandbox.tenant import Tenant
from importer.sources import open_source
from importer.sources.interface import SourceOptions
from importer.targets import TARGETS, make_target
from importer.transforms import TRANSFORMS
from importer.validation.validator import SourceColumn, Validator

ROOT = Path(__file__).parents[3]
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
    path = ROOT / "mappings" / f"{name}.yaml"
    loaded = parse_mapping(
        read_text(path),
        path,
        targets=TARGETS,
        transforms=TRANSFORMS,
        check_target=lambda mapping: TARGETS[mapping.target].check_mapping(mapping),
    )
    (path,) = (found for found in (ROOT / "sample_data").iterdir() if found.stem == name)
    loaded, _ = fill_mapping(loaded, path, date(2026, 12, 1))
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
        today=date(2026, 12, 1),
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


def refusal(tenant: Tenant, request: Request) -> str:
    """Why the sandbox refuses a request of one row; empty when it takes it."""
    options = Options(async_delay=0)
    path = request.path if request.host is HostKind.ASYNC else f"/v2{request.path}"
    try:
        answer = BY_PATH[path].operation(tenant, options, Call(request.body, request.params, number=1))
    except ApiError as refused:
        return refused.message
    process_due(tenant, options, 0)
    states = [task["state"] for task in tenant.queue.values()]
    receipts = answer if isinstance(answer, list) else answer.get("Response", [])
    errors = [receipt.get("ExceptionMessage") or receipt.get("ErrorMessage") or "" for receipt in receipts]
    return "".join(errors) or ("" if set(states) <= {"done"} else "refused in the queue")


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_only_the_rows_that_are_meant_to_be_are_invalid(name: str) -> None:
    """Each bad row is bad in its own way; all other rows pass."""
    _, records, problems = planned(name)
    assert {problem.row: problem.code for problem in problems} == INVALID.get(name, {})
    assert len(problems) == len(INVALID.get(name, {}))
    assert len(records) >= 20
    if name == "webinar-attendance":
        assert len(records) == 274


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_sandbox_accepts_every_other_row(name: str) -> None:
    """Fields, options, lengths, leads and unique values fit the sandbox, except in the rows meant for refusal."""
    mapping, records, _ = planned(name)
    target = make_target(mapping)
    tenant = Tenant()
    refused = {record.row for record in records if refusal(tenant, target.request([record]))}
    assert refused == REFUSED.get(name, set())


def test_leads_differ_from_row_to_row_where_a_call_could_confuse_them() -> None:
    """Every webinar row has a lead of its own, so that reports are easy to follow."""
    _, records, _ = planned("webinar-attendance")
    leads = Counter(record.fields["activity.RelatedProspectId"] for record in records)
    assert max(leads.values()) == 1
