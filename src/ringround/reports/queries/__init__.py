"""Reading: the boards, and the reports with their figures."""

from ringround.reports.queries.board import board, choices, snapshot_json, standing, teams
from ringround.reports.queries.figures import report
from ringround.reports.queries.logs import log_columns, log_page, log_report, log_rows
from ringround.reports.queries.shape import AGGREGATES, LOGS, NAMES, Asked, Column, Report, Table, ask
from ringround.reports.queries.shape import teams as teams_to_ask

__all__ = [
    "AGGREGATES",
    "LOGS",
    "NAMES",
    "Asked",
    "Column",
    "Report",
    "Table",
    "ask",
    "board",
    "choices",
    "log_columns",
    "log_page",
    "log_report",
    "log_rows",
    "report",
    "snapshot_json",
    "standing",
    "teams",
    "teams_to_ask",
]
