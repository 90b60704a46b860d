"""Pages that show each component once, with plausible content."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ringround.infra import clock
from ringround.kernel.errors import Conflict, NotFound
from ringround.ui import charts, htmx
from ringround.ui.forms import FileDrop, LocalDateTime, Segmented, Switch
from ringround.ui.wizard import Step


@dataclass
class Row:
    name: str
    status: str
    done: int
    target: int
    leads: int
    zone: str


ROWS = [
    Row("Spring renewal 2026", "running", 184, 400, 12480, "Europe/Copenhagen"),
    Row("Coast and sea: monthly givers", "running", 61, 150, 3912, "Europe/Copenhagen"),
    Row("Lapsed subscribers, second try", "paused", 12, 200, 8031, "America/New_York"),
    Row("Welcome calls", "approved", 0, 90, 640, "Europe/London"),
    Row("Street follow-up, Odense", "unapproved", 0, 0, 0, "Europe/Copenhagen"),
]


class KitchenForm(forms.Form):
    name = forms.CharField(label="Name", help_text="Unique in the organisation.")
    email = forms.EmailField(label="E-mail", required=False)
    mode = forms.ChoiceField(
        label="Dial mode", choices=[("manual", "Manual"), ("preview", "Preview")], widget=Segmented, initial="manual"
    )
    list = forms.ChoiceField(label="Contact list", choices=[("", "Choose a list"), ("a", "Members"), ("b", "Lapsed")])
    starts = forms.DateTimeField(label="Starts", widget=LocalDateTime, required=False)
    days = forms.MultipleChoiceField(
        label="Days",
        choices=[("mon", "Monday"), ("tue", "Tuesday"), ("wed", "Wednesday")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    order = forms.ChoiceField(
        label="Order", choices=[("new", "Newest first"), ("random", "Random")], widget=forms.RadioSelect, initial="new"
    )
    script = forms.CharField(label="Script", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    skip = forms.BooleanField(label="Agents may skip a lead", required=False, widget=Switch, help_text="With a reason.")
    agree = forms.BooleanField(label="I have checked the list", required=False)
    file = forms.FileField(label="File", widget=FileDrop, required=False, help_text="CSV or TSV, up to 2 GB.")


def kitchen(request: HttpRequest) -> HttpResponse:
    now = clock.now()
    steps = [
        Step("a", "Parameters", "#", "done"),
        Step("b", "Dispositions and form", "#", "current"),
        Step("c", "People", "#", "open"),
        Step("d", "Hours", "", "locked"),
        Step("e", "Pre-assignment", "", "locked"),
    ]
    context = {
        "now": now,
        "soon": now + timedelta(minutes=4, seconds=30),
        "earlier": now - timedelta(minutes=12, seconds=4),
        "yesterday": now - timedelta(days=1, hours=2),
        "next_year": now + timedelta(days=400),
        "crumbs": [("Campaigns", "/list"), ("Spring renewal 2026", "/list")],
        "steps": steps,
        "tabs": [("o", "Overview", "#"), ("l", "Leads", "#", 12480), ("p", "People", "#", 12), ("r", "Reports", "#")],
    }
    if "toast" in request.GET:
        messages.success(request, "The campaign runs.")
    return render(request, "kitchen/kitchen.html", context)


def campaigns(request: HttpRequest) -> HttpResponse:
    words = request.GET.get("q", "").lower()
    rows = [row for row in ROWS if words in row.name.lower()]
    rows.sort(key=lambda row: row.name, reverse=request.GET.get("sort") == "-name")
    context = {"rows": rows, "next": None if request.GET.get("after") else "c2", "now": clock.now()}
    return htmx.page_or_fragment(request, "kitchen/list.html", "kitchen/_list.html", context)


def form(request: HttpRequest) -> HttpResponse:
    bound = KitchenForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        time.sleep(float(request.POST.get("wait") or 0))
        if bound.is_valid():
            return htmx.redirect(request, "list", toast="Saved.")
        return render(request, "kitchen/form.html", {"form": bound}, status=422)
    return render(request, "kitchen/form.html", {"form": bound})


def part_form(request: HttpRequest) -> HttpResponse:
    bound = KitchenForm(request.POST or None)
    if request.method == "POST" and bound.is_valid():
        return htmx.toast(htmx.render_fragment(request, "kitchen/_part_form.html", {"form": KitchenForm()}), "Saved.")
    status = 422 if request.method == "POST" else 200
    return htmx.page_or_fragment(
        request, "kitchen/part_form.html", "kitchen/_part_form.html", {"form": bound}, status=status
    )


def all_charts(request: HttpRequest) -> HttpResponse:
    hours = [f"{hour}" for hour in range(9, 20)]
    week = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    drawings: list[Any] = [
        charts.BurnUp(
            "Engaged against the target",
            [f"{day} Mar" for day in range(2, 16)],
            [4, 11, 25, 38, 52, 60, 60, 79, 101, 118, 131, 150, 166, 184],
            target=400,
            first="Day",
            name="Engaged",
        ),
        charts.Bars(
            "Calls by hour",
            hours,
            [
                charts.Series("Answered", [12, 31, 40, 38, 22, 30, 44, 51, 60, 48, 20], "success"),
                charts.Series("No answer", [20, 44, 52, 41, 30, 39, 50, 47, 38, 30, 25], "neutral"),
                charts.Series("Busy", [2, 5, 4, 6, 3, 4, 6, 5, 4, 3, 2], "warning"),
            ],
            first="Hour",
        ),
        charts.HeatMap(
            "Answered by weekday and hour",
            week,
            hours,
            [[(d * 7 + h * 5) % 23 if d < 5 or h < 6 else None for h in range(11)] for d in range(6)],
            first="Day",
        ),
        charts.Bars("Nothing yet", [], [charts.Series("Calls", [])]),
    ]
    return render(request, "kitchen/charts.html", {"drawings": drawings})


_counts: dict[str, int] = {"drawn": 0, "posted": 0}


def live(request: HttpRequest) -> HttpResponse:
    return render(request, "kitchen/live.html", {"drawn": 0})


def live_part(request: HttpRequest) -> HttpResponse:
    _counts["drawn"] += 1
    return render(request, "kitchen/_live.html", {"drawn": _counts["drawn"]})


def live_asked(request: HttpRequest) -> HttpResponse:
    return render(request, "kitchen/_asked.html", {"drawn": "again"})


def slow(request: HttpRequest) -> HttpResponse:
    """Counts what reaches it, slowly."""
    _counts["posted"] += 1
    time.sleep(0.4)
    return htmx.redirect(request, "posted")


def posted(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"posted {_counts['posted']}", content_type="text/plain")


def page(name: str) -> Any:
    return lambda request: render(request, f"kitchen/{name}.html", {"now": clock.now()})


def refused(request: HttpRequest) -> HttpResponse:
    raise Conflict("wrong_state", "The campaign is running. Pause it first.", ["paused"])


def missing(request: HttpRequest) -> HttpResponse:
    raise NotFound("campaign")


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("on purpose")


def accepted(request: HttpRequest) -> HttpResponse:
    return htmx.redirect(request, "kitchen", toast="Done.")
