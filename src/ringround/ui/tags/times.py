"""Tags for moments, spans, figures and telephone numbers."""

from __future__ import annotations

import re
from datetime import datetime

from django import template
from django.http import HttpRequest
from django.template import Context
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from ringround.infra import clock
from ringround.kernel import phones
from ringround.ui import format as form
from ringround.ui import ports

register = template.Library()


def _full(moment: datetime) -> str:
    return f"{form.date_text(moment)} {moment:%H:%M:%S} {moment.tzname()}"


def _time(moment: datetime, style: str) -> SafeString:
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(timespec="seconds"),
        _full(moment),
        form.moment_text(moment, clock.now(), style),
    )


@register.simple_tag
def when(moment: datetime | None, style: str = "auto", none: str = "–") -> SafeString:
    """A moment in the viewer's zone; `none` where there is none."""
    if not moment:  # a template gives "" for what is not there
        return format_html("{}", none)
    return _time(form.in_zone(moment, None), style)


@register.simple_tag
def when_in(moment: datetime | None, zone: str, style: str = "auto", none: str = "–") -> SafeString:
    """A moment in the viewer's zone, and beside it in the lead's own where its clock shows something else."""
    if not moment:  # a template gives "" for what is not there
        return format_html("{}", none)
    mine, theirs = form.in_zone(moment, None), form.in_zone(moment, zone)
    if mine.utcoffset() == theirs.utcoffset():
        return _time(mine, style)
    there = form.clock_text(theirs) if mine.date() == theirs.date() else form.moment_text(theirs, clock.now())
    # Translators: the lead's own time beside the viewer's, as "08:05 in New York".
    other = _("{time} in {place}").format(time=there, place=form.zone_text(zone))
    return format_html('{} <span class="rr-there">({})</span>', _time(mine, style), other)


def _timer(moment: datetime | None, attribute: str, none: str) -> SafeString:
    if not moment:  # a template gives "" for what is not there
        return format_html("{}", none)
    away = (clock.now() - moment).total_seconds()
    shown = form.duration_text(away if attribute == "data-since" else -away, "clock")
    return format_html(
        '<span class="num" role="timer" {}="{}">{}</span>',
        SafeString(attribute),
        moment.isoformat(timespec="milliseconds"),
        shown,
    )


@register.simple_tag
def since(moment: datetime | None, none: str = "–") -> SafeString:
    """A timer that counts up from a moment."""
    return _timer(moment, "data-since", none)


@register.simple_tag
def until(moment: datetime | None, none: str = "–") -> SafeString:
    """A timer that counts down to a moment, and stays at 0:00."""
    return _timer(moment, "data-until", none)


@register.simple_tag
def duration(seconds: float | None, style: str = "words", none: str = "–") -> str:
    """A span of whole seconds."""
    return none if seconds is None else form.duration_text(seconds, style)


@register.simple_tag(takes_context=True, name="phone")
def phone_tag(context: Context, e164: str | None, link: bool = False, none: str = "–") -> SafeString:
    """A number as the viewer would write it; foreign ones with their country."""
    return phone(context.get("request"), e164, link, none)


def phone(request: HttpRequest | None, e164: str | None, link: bool = False, none: str = "–") -> SafeString:
    """The same for a view that draws its cells itself."""
    if not e164:
        return format_html("{}", none)
    identity = ports.identity(request) if request is not None else None
    region = identity.region if identity else None
    shown = phones.display(e164, region)
    country = phones.country(e164)
    foreign = format_html(' <abbr class="rr-country">{}</abbr>', country) if country and country != region else ""
    number = format_html('<span class="num text-nowrap">{}</span>', shown)
    if link:
        number = format_html('<a href="tel:{}">{}</a>', e164, number)
    return format_html("{}{}", number, foreign)


@register.filter
def num(value: float | int | None, decimals: int | None = None) -> str:
    """A figure grouped as in the language."""
    return form.number_text(value, decimals)


@register.filter
def money(amount: int | None, currency: str) -> str:
    """Minor units with their currency, as in the language: `{{ charge.amount|money:charge.currency }}`."""
    return form.money_text(amount, currency)


@register.filter
def place(zone: object) -> str:
    """The place that a time zone is called after, in the reader's language."""
    return form.zone_text(str(zone)) if zone else ""


@register.filter
def breakable(text: object) -> SafeString:
    """An e-mail address that goes into the next line where a person would break it."""
    return mark_safe(re.sub(r"(?<=[/@])", "<wbr>", escape(text)))  # noqa: S308 - escaped first


@register.filter
def percent(share: float | None, decimals: int = 0) -> str:
    """A share of 1 as a percentage."""
    return form.percent_text(share, decimals)
