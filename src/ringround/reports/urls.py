"""Addresses of the boards and the reports."""

from django.urls import path

from ringround.reports.views import board, reports

app_name = "reports"
urlpatterns = [
    path("board", board.board, name="board"),
    path("board/standing/<uuid:campaign_id>", board.standing, name="standing"),
    path("board/release/<uuid:lead_id>", board.release, name="release"),
    path("", reports.home, name="reports"),
    path("<slug:name>", reports.report, name="report"),
    path("<slug:name>/file", reports.download, name="download"),
]
