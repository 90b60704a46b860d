"""Addresses of the post room: what stands in sent messages is below `/m/` (see `links.py`), the screens below
`/messages/`."""

from __future__ import annotations

from django.urls import path

from ringround.messaging.views import messages, templates, tracking, transports

app_name = "messaging"

urlpatterns = [
    path("m/u/<str:token>", tracking.unsubscribe, name="unsubscribe"),
    path("m/o/<str:token>.gif", tracking.pixel, name="pixel"),
    path("m/c/<str:token>/<int:place>", tracking.link, name="link"),
    path("messages/", messages.message_list, name="list"),
    path("messages/sandbox", messages.sandbox, name="sandbox"),
    path("messages/templates", templates.template_list, name="templates"),
    path("messages/templates/new", templates.template_new, name="template-new"),
    path("messages/templates/<uuid:template_id>", templates.template, name="template"),
    path("messages/templates/<uuid:template_id>/test", templates.template_test, name="template-test"),
    path("messages/templates/<uuid:template_id>/delete", templates.template_delete, name="template-delete"),
    path(
        "messages/templates/<uuid:template_id>/drop/<slug:language>", templates.template_language_drop,
        name="template-drop",
    ),
    path("messages/transports", transports.transport_list, name="transports"),
    path("messages/transports/new/<slug:kind>", transports.transport_new, name="transport-new"),
    path("messages/transports/<uuid:transport_id>", transports.transport, name="transport"),
    path("messages/transports/<uuid:transport_id>/check", transports.transport_check, name="transport-check"),
    path("messages/transports/<uuid:transport_id>/try", transports.transport_try, name="transport-try"),
    path("messages/settings", transports.rules, name="settings"),
    path("messages/<uuid:message_id>", messages.message, name="message"),
    path("messages/<uuid:message_id>/act/<slug:act>", messages.act, name="act"),
]  # fmt: skip
