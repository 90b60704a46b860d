"""Addresses of this room's screens, below `packs/`."""

from django.urls import path

from ringround.compliance import views

app_name = "compliance"
urlpatterns = [
    path("", views.packs, name="packs"),
]
