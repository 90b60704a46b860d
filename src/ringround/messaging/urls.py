"""Addresses of the post room: what stands in sent messages is below `/m/` (see `links.py`), the screens below
`/messages/`."""

from __future__ import annotations

from django.urls import path

from ringround.messaging.views import tracking

app_name = "messaging"

urlpatterns = [
    path("m/u/<str:token>", tracking.unsubscribe, name="unsubscribe"),
    path("m/o/<str:token>.gif", tracking.pixel, name="pixel"),
    path("m/c/<str:token>/<int:place>", tracking.link, name="link"),
]
