"""Reading files that want more than to be read, and writing files that give nothing away."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from importer.core.errors import MappingError
from importer.mapping.loader import parse_mapping
from importer.planning.mapping_files import mapping_vocabulary
from importer.reports.interface import ReportColumn, ResultChunk, RunSummary
from importer.reports.publisher import ReportPaths
from importer.reports.xlsx.workbook import write_workbook
from importer.sources import file_signature, source_hash
from tests.acceptance.security.security_words import NAUGHTY
from tests.support.trial import KINDS, Trial

WATCH = """
import json, sys
seen = []
def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn"):
        seen.append(event)
    if event == "open" and isinstance(arguments[0], str) and "secret-outside" in arguments[0]:
        seen.append("open outside")
from pathlib import Path
import importer.sources.xlsx.workbook, importer.sources.excel.xls
from importer.sources.interface import SourceOptions
from importer.sources.opening import open_in_process
sys.addaudithook(watch)
source = open_in_process(Path(sys.argv[1]), SourceOptions())
cells = [list(chunk.cells.iloc[row]) for chunk in source.chunks() for row in range(len(chunk.rows))]
print(json.dumps([seen, cells]))
"""


def test_r5_links_macros_and_dde_are_never_followed(tmp_path: Path) -> None:
    """A workbook full of them is read without a connection, a program or a look at another file."""
    outside = tmp_path / "secret-outside.xlsx"
    outside.write_bytes(b"x")
    path = tmp_path / "links.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("S")
    sheet.write_row(0, 0, ["A", "B"])
    sheet.write_url(1, 0, "http://127.0.0.1:9/x", string="link")
    sheet.write_formula(1, 1, f"='[{outside}]S'!A1", None, "kept")
    sheet.write_formula(2, 0, "=cmd|'/C calc'!A0", None, "dde")
    sheet.write_formula(2, 1, '=WEBSERVICE("http://127.0.0.1:9/y")', None, "web")
    book.close()
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"Sub AutoOpen()\nEnd Sub")
        archive.writestr(
            "xl/externalLinks/externalLink1.xml",
            '<externalLink xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>',
        )
        archive.writestr(
            "xl/externalLinks/_rels/externalLink1.xml.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
            f'Type="x" Target="file://{outside}" TargetMode="External"/></Relationships>',
        )
    ended = subprocess.run(
        [sys.executable, "-c", WATCH, str(path)], capture_output=True, text=True, timeout=60, check=True
    )
    seen, cells = json.loads(ended.stdout)
    assert seen == []
    assert cells == [["link", "kept"], ["dde", "web"]]


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.csv", "..\\..\\x.csv", "/abs/olute.csv", "a\x00b.csv", "\u202egpj.csv", ".."]
)
def test_r9_a_files_name_never_leads_out_of_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Results are called after the source, and stay where results are."""
    monkeypatch.chdir(tmp_path)
    workbook = ReportPaths().workbook(name, "1")
    assert workbook.parent == Path("results")
    assert workbook.name.isprintable()
    assert (tmp_path / workbook).resolve().parent == tmp_path / "results"


def test_r10_another_file_in_its_place_is_noticed(tmp_path: Path) -> None:
    """Even one of the same size and the same time: what was checked is what is sent, or nothing is."""
    path, other = tmp_path / "a.csv", tmp_path / "b.csv"
    path.write_text("A\n1\n", "utf-8")
    before, digest = file_signature(path), source_hash(path)
    other.write_text("A\n2\n", "utf-8")
    os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    other.replace(path)
    assert file_signature(path)[:2] == before[:2]
    assert file_signature(path) != before
    assert source_hash(path) != digest


def written(folder: Path, texts: list[str]) -> Path:
    """A results workbook with ``texts`` in every column that can hold them, and as heading, sheet and note."""
    import pandas as pd

    from importer.core.model import Status
    from importer.reports.interface import RESULT_COLUMNS

    values = {"RowNumber": list(range(2, 2 + len(texts))), "Status": ["invalid"] * len(texts)}
    results = pd.DataFrame({name: values.get(name, texts) for name in RESULT_COLUMNS}, dtype=object)
    cells = pd.DataFrame({"Text": texts, "=1+1": texts}, dtype=object)
    summary = RunSummary(
        run_id="=1+1",
        status="finished",
        headline='=HYPERLINK("http://evil.example")',
        next_step="@SUM(A1)",
        account="+1",
        source="=cmd|' /C calc'!A0",
        mapping="http://evil.example",
        target="create-lead",
        rows=len(texts),
        counts={Status.INVALID: len(texts)},
        columns=(ReportColumn("A", "Text", "FirstName"), ReportColumn("B", "=1+1", "LastName")),
        facts=tuple(("=fact", text) for text in texts[:5]),
        notes=tuple(texts),
    )
    path = folder / "results.xlsx"
    write_workbook(path, summary, lambda: iter([ResultChunk(results, cells, {})]))
    return path


def test_w1_w2_no_text_becomes_a_formula_a_link_or_an_error(tmp_path: Path) -> None:
    """In no sheet, column, heading or fact of a workbook that we write."""
    many = [f"{text}{suffix}" for suffix in ("", " 1", "x", "=", "!A1", "\n=2") for text in NAUGHTY]
    assert len(many) > 400
    with zipfile.ZipFile(written(tmp_path, many)) as archive:
        for name in archive.namelist():
            content = archive.read(name)
            if re.search(r"worksheets/.*\.xml$", name):
                assert b"<f" not in re.sub(rb"<(?:formula|filter)\w*", b"", content), name
                assert b't="e"' not in content
                assert b"<hyperlink" not in content
            assert b'TargetMode="External"' not in content


def test_w11_a_workbook_tells_nothing_about_who_wrote_it(tmp_path: Path) -> None:
    """Neither the user's name nor a path of this computer is in its properties."""
    with zipfile.ZipFile(written(tmp_path, ["a"])) as archive:
        for name in archive.namelist():
            content = archive.read(name).decode("utf-8", "replace")
            if name.startswith("docProps"):
                for tag in ("dc:creator", "cp:lastModifiedBy", "Manager", "Company"):
                    found = re.search(rf"<{tag}>([^<]*)</{tag}>", content)
                    assert found is None or found[1] == "", (name, tag)
            assert str(tmp_path) not in content
            assert str(Path.home()) + "/" not in content


@pytest.mark.parametrize(
    "name",
    [
        "a\x1b]0;owned\x07.csv",
        "b\u202egpj.csv",
        "c\rx.csv",
        "%s{0}$(touch made).csv",
        "`touch made`;touch made.csv",
        "-rf.csv",
    ],
)
def test_t4_t5_a_files_name_is_only_a_name(tmp_path: Path, name: str) -> None:
    """Neither a terminal nor a shell nor a format takes it for an order; nothing of it is lost either."""
    with Trial(tmp_path, KINDS["bulk"], 3) as trial:
        (tmp_path / "rows.csv").rename(tmp_path / name)
        for command in ("check", "run"):
            options = () if command == "check" else ("--yes",)
            ended = trial.command(command, "-m", "rows.yaml", *options, "--", name)
            assert ended.status == 0, ended
            told = ended.out + ended.err
            assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", told), told
        assert not (tmp_path / "made").exists()
        assert len(trial.sandbox.state()["activities"]) == 3


def test_t4_texts_of_files_and_of_the_crm_are_only_texts(tmp_path: Path) -> None:
    """Headings and cells with orders for a terminal in them come out as visible escapes."""
    with Trial(tmp_path, KINDS["bulk"], 3) as trial:
        (tmp_path / "rows.csv").write_text("Lead,Note,\x1b[31mRed\x9b\nnot-an-id\x1b]0;x\x07,a,b\n", "utf-8")
        ended = trial.command("check", "rows.csv", "-m", "rows.yaml")
        assert ended.status == 3
        assert "\x1b" not in ended.out + ended.err
        assert "\x9b" not in ended.out + ended.err
        assert "\\u001b" in ended.out


def test_r6_a_mapping_makes_no_objects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A YAML tag that would call a function is refused, and nothing is called."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MappingError):
        parse_mapping(
            "target: !!python/object/apply:os.system ['touch made']\n", Path("m.yaml"), **mapping_vocabulary()
        )
    assert not Path("made").exists()
