"""Addresses of the call log."""

from django.urls import path

from ringround.telephony import views

app_name = "telephony"
urlpatterns = [
    path("", views.call_list, name="calls"),
    path("<uuid:call_id>", views.call, name="call"),
]
