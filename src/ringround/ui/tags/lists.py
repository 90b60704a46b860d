"""Tags of lists: sortable heads and paging by cursor."""

from __future__ import annotations

from django import template
from django.template import Context
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from ringround.ui.tags.frame import draw_icon, url_with

register = template.Library()


@register.simple_tag(takes_context=True)
def sort_th(
    context: Context, key: str, label: object, css: str = "", target: str = "", default: str = ""
) -> SafeString:
    """A head cell that sorts by `key`; a second press turns the order round.

    `target` is the list to be fetched again, else the page is; `default` is the order without `?sort=`.
    """
    now = context["request"].GET.get("sort", "") or default
    state = {key: "ascending", f"-{key}": "descending"}.get(now, "none")
    to = url_with(context, sort=f"-{key}" if now == key else key, after=None)
    mark = draw_icon({"ascending": "arrow-up", "descending": "arrow-down", "none": "arrows-sort"}[state])
    fetch = (
        format_html(' hx-get="{}" hx-target="{}" hx-swap="outerHTML" hx-push-url="true"', to, target) if target else ""
    )
    return format_html(
        '<th scope="col" class="rr-sort{}" aria-sort="{}"><a href="{}"{}>{}{}</a></th>',
        f" {css}" if css else "",
        state,
        to,
        fetch,
        label,
        mark,
    )


@register.simple_tag(takes_context=True)
def pager(
    context: Context, next: str | None, target: str, shown: int | None = None, total: int | None = None
) -> SafeString:
    """`First` and `Next` by cursor. Nothing when all is on one page."""
    request = context["request"]
    if not next and not request.GET.get("after"):
        return SafeString("")
    return mark_safe(  # noqa: S308 - a template escapes
        render_to_string(
            "ui/components/pager.html",
            {
                "first_url": url_with(context, after=None) if request.GET.get("after") else "",
                "next_url": url_with(context, after=next) if next else "",
                "target": target,
                "shown": shown,
                "total": total,
                "label": _("Pages"),
            },
        )
    )
