"""Tags of the console."""

from __future__ import annotations

from django import template
from django.template import Context
from django.template.loader import render_to_string
from django.utils.html import linebreaks
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from ringround.campaigns import texts
from ringround.campaigns.queries.leads import TimelineEntry
from ringround.desk.views.onboard import body_context
from ringround.onboarding.queries.entry import Opened
from ringround.ui.tags.blocks import timelineitem

register = template.Library()


@register.simple_tag
def script_html(written: str) -> SafeString:
    """A script that `desk.rules.script.html` has made of Markdown and a contact's data."""
    return mark_safe(written)  # noqa: S308 - escaped there; see docs/adr/0103-scripts-are-markdown.md


@register.simple_tag(takes_context=True)
def onboarding_body(context: Context, opened: Opened) -> SafeString:
    """The form of a session, as the room of onboarding draws it."""
    return render_to_string("onboarding/entry/_body.html", body_context(opened), context.get("request"))


@register.simple_tag
def history_item(item: TimelineEntry) -> SafeString:
    """One line of the lead's history. A note's own words stand below it, in full."""
    icon, tone = texts.ICONS.get(item.kind, ("point", "neutral"))
    if item.key:
        title = texts.timeline_words(item.key, item.params, item.text)
        detail = texts.timeline_detail(item.key, item.params, item.text)
    else:
        title, detail = _("Note"), item.text
    body = SafeString(linebreaks(detail, autoescape=True)) if detail else SafeString("")
    return timelineitem(body, title, at=item.at, icon=icon, tone=tone, who=item.by_name)
