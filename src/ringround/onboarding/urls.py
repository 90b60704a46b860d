"""Addresses of the signing room: the screens are below `/onboarding/`."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "onboarding"

urlpatterns: list[URLPattern] = []
