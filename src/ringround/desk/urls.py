"""Addresses of the console."""

from django.urls import path

from ringround.desk.views import home, mine, onboard, site, work

app_name = "desk"
urlpatterns = [
    path("", home.home, name="home"),
    path("run/<uuid:campaign_id>", home.run, name="run"),
    path("console", home.console, name="console"),
    path("console/pulse", work.pulse, name="pulse"),
    path("console/next", work.next_lead, name="next"),
    path("console/skip", work.skip, name="skip"),
    path("console/call", work.call, name="call"),
    path("console/hangup", work.hang_up, name="hangup"),
    path("console/disposition", work.disposition, name="disposition"),
    path("console/contact", work.contact, name="contact"),
    path("console/callback", work.callback_check, name="callback_check"),
    path("console/pause", work.pause, name="pause"),
    path("console/resume", work.resume, name="resume"),
    path("console/leave", work.leave, name="leave"),
    path("console/seen", work.seen, name="seen"),
    path("console/customers", mine.customers, name="customers"),
    path("console/customers/<uuid:lead_id>", mine.callback, name="own_callback"),
    path("console/customers/<uuid:lead_id>/move", mine.callback_move, name="own_callback_move"),
    path("console/customers/<uuid:lead_id>/call", mine.callback_call, name="own_callback_call"),
    path("console/campaign", work.campaign, name="campaign"),
    path("console/note/<uuid:lead_id>", work.note, name="note"),
    path("console/site/<uuid:lead_id>", site.site, name="site"),
    path("console/onboard", onboard.submit, name="onboard"),
    path("console/onboard/form", onboard.form, name="onboard-form"),
    path("console/onboard/promise", onboard.promise, name="onboard-promise"),
    path("console/history/<uuid:lead_id>", work.history, name="history"),
]
