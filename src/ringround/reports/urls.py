"""Addresses of the boards and the reports."""

from django.urls import path

from ringround.reports.views import board, clients, reports, schedules

app_name = "reports"
urlpatterns = [
    path("board", board.board, name="board"),
    path("board/standing/<uuid:campaign_id>", board.standing, name="standing"),
    path("board/release/<uuid:lead_id>", board.release, name="release"),
    path("", reports.home, name="reports"),
    path("schedules", schedules.schedules, name="schedules"),
    path("schedules/new", schedules.schedule_new, name="schedule-new"),
    path("schedules/<uuid:schedule_id>", schedules.schedule, name="schedule"),
    path("schedules/<uuid:schedule_id>/send", schedules.schedule_send, name="schedule-send"),
    path("schedules/<uuid:schedule_id>/delete", schedules.schedule_delete, name="schedule-delete"),
    path("clients/<uuid:client_id>/data", clients.data, name="client-data"),
    path("clients/<uuid:client_id>/export", clients.export, name="client-export"),
    path("clients/<uuid:client_id>/exports/<uuid:export_id>/file", clients.file, name="client-export-file"),
    path("clients/<uuid:client_id>/delete", clients.delete, name="client-delete"),
    path("stop/<str:token>", schedules.stop, name="stop"),
    path("<slug:name>", reports.report, name="report"),
    path("<slug:name>/file", reports.download, name="download"),
]
