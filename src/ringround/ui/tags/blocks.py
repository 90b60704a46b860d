"""Block tags: components around markup of the room's own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import template
from django.middleware.csrf import get_token
from django.template import Context
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from ringround.ui import tones
from ringround.ui.tags.frame import draw_icon
from ringround.ui.tags.times import when

register = template.Library()


def _draw(component: str, content: str, /, **values: Any) -> SafeString:
    # `content` was rendered, and so escaped, by the template around it.
    return mark_safe(  # noqa: S308
        render_to_string(f"ui/components/{component}.html", {"content": mark_safe(content.strip()), **values})  # noqa: S308
    )


def _tone(tone: str) -> str:
    if tone not in tones.TONES:
        raise ValueError(f"There is no tone {tone}.")
    return tone


@register.simple_block_tag
def pagehead(
    content: str, title: object, subtitle: object = "", crumbs: Sequence[tuple[object, str]] | None = None
) -> SafeString:
    """The page's one h1, with breadcrumbs above and actions at the right."""
    return _draw("pagehead", content, title=title, subtitle=subtitle, crumbs=crumbs or ())


@register.simple_block_tag
def card(
    content: str, title: object = "", subtitle: object = "", id: str = "", flush: bool = False, css: str = ""
) -> SafeString:
    """A card; `flush` for a table or list without padding."""
    return _draw("card", content, title=title, subtitle=subtitle, id=id, flush=flush, css=css)


@register.simple_block_tag
def datatable(content: str, label: object, id: str = "", css: str = "") -> SafeString:
    """A table that becomes cards on a phone; `label` is its name for a screen reader."""
    return _draw("datatable", content, label=label, id=id, css=css)


@register.simple_block_tag(takes_context=True)
def filterbar(
    context: Context,
    content: str,
    target: str,
    label: object = "",
    action: str = "",
    id: str = "",
    clear: str = "",
    oob: bool = False,
) -> SafeString:
    """A GET form over a list: fetched while one types, with the address following. `clear` is the address with nothing
    chosen, else the bare one; one with an `id` can be drawn anew out of band, where a choice changes what it offers."""
    request = context["request"]
    return _draw(
        "filterbar",
        content,
        target=target,
        label=label,
        action=action or request.path,
        id=id,
        clear=clear or action or request.path,
        oob=oob,
        size=request.GET.get("size", ""),
        sort=request.GET.get("sort", ""),
        filtered=any(value for key, value in request.GET.items() if key not in ("size", "sort", "after")),
    )


@register.simple_block_tag
def empty(content: str, title: object, icon: str = "mood-empty", text: object = "") -> SafeString:
    """Nothing here yet, and what to do about it."""
    return _draw("empty", content, title=title, icon=icon, text=text)


@register.simple_block_tag
def deflist(content: str, css: str = "") -> SafeString:
    """Label and value pairs."""
    return format_html('<dl class="rr-deflist{}">{}</dl>', f" {css}" if css else "", mark_safe(content))  # noqa: S308


@register.simple_block_tag
def defitem(content: str, label: object) -> SafeString:
    """One pair; an empty value is a dash."""
    value = mark_safe(content.strip() or "–")  # noqa: S308 - rendered by the template around it
    return format_html("<div><dt>{}</dt><dd>{}</dd></div>", label, value)


@register.simple_block_tag
def timeline(content: str, label: object = "") -> SafeString:
    """What happened, newest first."""
    named = format_html(' aria-label="{}"', label) if label else ""
    return format_html('<ol class="rr-timeline"{}>{}</ol>', named, mark_safe(content))  # noqa: S308


@register.simple_block_tag
def timelineitem(
    content: str,
    title: object,
    at: datetime | None = None,
    icon: str = "point",
    tone: str = "neutral",
    who: object = "",
) -> SafeString:
    """One thing that happened."""
    return _draw("timelineitem", content, title=title, at=when(at) if at else "", icon=icon, tone=_tone(tone), who=who)


@register.simple_block_tag
def alert(content: str, tone: str = "info", title: object = "", icon: str = "", id: str = "") -> SafeString:
    """A note in the page. For what has just happened use a toast."""
    default = {"danger": "alert-triangle", "warning": "alert-triangle", "success": "circle-check"}
    return _draw("alert", content, tone=_tone(tone), title=title, icon=icon or default.get(tone, "info-circle"), id=id)


@register.simple_block_tag(takes_context=True)
def confirm(
    context: Context,
    content: str,
    url: str,
    label: object,
    title: object = "",
    text: object = "",
    yes: object = "",
    tone: str = "danger",
    icon: str = "",
    css: str = "",
    target: str = "",
    swap: str = "outerHTML",
    bare: bool = False,
) -> SafeString:
    """A button that asks first and then POSTs; `content` is hidden inputs. `bare`: only its icon is seen."""
    return _draw(
        "confirm",
        content,
        url=url,
        label=label,
        title=title,
        text=text,
        yes=yes or label,
        tone=_tone(tone),
        icon=icon,
        bare=bare,
        css=css or ("btn-outline-danger" if tone == "danger" else ""),
        target=target,
        swap=swap,
        csrf=get_token(context["request"]),
    )


@register.simple_block_tag
def dialog(content: str, id: str, title: object, size: str = "") -> SafeString:
    """A modal dialog, opened by `<button data-dialog="id">`."""
    return _draw("dialog", content, id=id, title=title, size=size)


@register.simple_block_tag
def menu(content: str, label: object = "", icon: str = "", css: str = "", end: bool = True) -> SafeString:
    """A button with a menu below it. With an icon and `css="btn-icon"` the label is only spoken."""
    return _draw("menu", content, label=label, icon=icon, css=css, end=end)


@register.simple_block_tag
def formactions(content: str) -> SafeString:
    """The buttons at the end of a form."""
    return format_html('<div class="rr-formactions">{}</div>', mark_safe(content))  # noqa: S308


@register.simple_block_tag
def section(content: str, title: object, text: object = "", id: str = "", icon: str = "") -> SafeString:
    """A titled part of a settings page: words at the left, controls at the right."""
    return _draw("section", content, title=title, text=text, id=id, icon=draw_icon(icon) if icon else "")
