"""Addresses of the boards."""

from django.urls import path

from ringround.reports import views

app_name = "reports"
urlpatterns = [
    path("board", views.board, name="board"),
    path("board/standing/<uuid:campaign_id>", views.standing, name="standing"),
    path("board/release/<uuid:lead_id>", views.release, name="release"),
]
