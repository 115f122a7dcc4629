from .error_codes import explain, explanations
from .interface import Cost, RunSummary
from .json_report import build_json_report, json_failure
from .messages import describe_earlier_rows, list_counts
from .publisher import Publisher, Report, ReportPaths, report_stem
from .run_report import RunReport, summarize_run
from .text_report import render_summary
from .xlsx.template import TemplateColumn, write_template_workbook

__all__ = [
    "Cost",
    "Publisher",
    "Report",
    "ReportPaths",
    "RunReport",
    "RunSummary",
    "TemplateColumn",
    "build_json_report",
    "describe_earlier_rows",
    "explain",
    "explanations",
    "json_failure",
    "list_counts",
    "render_summary",
    "report_stem",
    "summarize_run",
    "write_template_workbook",
]
