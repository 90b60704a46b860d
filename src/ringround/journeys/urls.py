"""Addresses of this room, below `journeys/`."""

from __future__ import annotations

from django.urls import path

from ringround.journeys.views import editor, journeys, notices, runs, simulate, takeover

app_name = "journeys"

urlpatterns = [
    path("", journeys.journey_list, name="list"),
    path("new", journeys.new, name="new"),
    path("new/<slug:key>", journeys.from_template, name="from-template"),
    path("notices", notices.notice_list, name="notices"),
    path("notices/count", notices.count, name="notices-count"),
    path("notices/seen", notices.all_seen, name="notices-seen"),
    path("notices/<uuid:notice_id>/seen", notices.seen, name="notice-seen"),
    path("runs/<uuid:run_id>", runs.run, name="run"),
    path("runs/<uuid:run_id>/stop", runs.stop, name="run-stop"),
    path("runs/<uuid:run_id>/retry", runs.retry, name="run-retry"),
    path("leads/<uuid:lead_id>/start", runs.start, name="start"),
    path("<uuid:journey_id>", journeys.journey, name="journey"),
    path("<uuid:journey_id>/do/<slug:name>", journeys.command, name="command"),
    path("<uuid:journey_id>/edit", editor.edit, name="edit"),
    path("<uuid:journey_id>/draft", editor.draft, name="draft"),
    path("<uuid:journey_id>/check", editor.check, name="check"),
    path("<uuid:journey_id>/stats", editor.stats, name="stats"),
    path("<uuid:journey_id>/summary", editor.summary, name="summary"),
    path("<uuid:journey_id>/publish", editor.publish, name="publish"),
    path("<uuid:journey_id>/take-over", takeover.take_over, name="take-over"),
    path("<uuid:journey_id>/simulate", simulate.simulate, name="simulate"),
    path("<uuid:journey_id>/leads", simulate.leads, name="leads"),
    path("<uuid:journey_id>/versions/<int:number>", editor.version, name="version"),
]
