"""Addresses without a room: `path("", include("ringround.ui.urls"))`."""

from django.urls import path

from ringround.ui import views

app_name = "ui"
urlpatterns = [
    path("ui/theme", views.theme, name="theme"),
    path("ui/language", views.language, name="language"),
    path("healthz", views.healthz, name="healthz"),
]
