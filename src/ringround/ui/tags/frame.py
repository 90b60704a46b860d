"""Tags of the page's frame: files, icons, live parts, slots."""

from __future__ import annotations

import re
from math import cos, pi, sin
from typing import Any
from urllib.parse import urlencode

from django import template
from django.template import Context
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from ringround.ui import assets, slots

register = template.Library()

TOPIC = re.compile(r"[a-z_]{1,40}:[A-Za-z0-9_-]{1,64}")


@register.simple_tag
def asset(name: str, optional: bool = False) -> SafeString:
    """Style sheets, scripts and the font of a frontend entry. `optional`: nothing where there is no build."""
    try:
        entry = assets.entry(name)
    except assets.MissingAsset:
        if optional:
            return SafeString("")
        raise
    fonts = format_html_join(
        "", '<link rel="preload" href="{}" as="font" type="font/woff2" crossorigin>', ((f,) for f in entry.fonts)
    )
    css = format_html_join("", '<link rel="stylesheet" href="{}">', ((file,) for file in entry.css))
    return format_html('{}{}<script type="module" src="{}"></script>', fonts, css, entry.js)


@register.simple_tag
def inline_style(name: str) -> SafeString:
    """A stylesheet within the page; its answer's policy must let it in (`assets.style`)."""
    text, _ = assets.style(name)
    return mark_safe(f"<style>{text}</style>")  # noqa: S308 - from our own build


@register.simple_tag
def static_brand(file: str) -> str:
    """The address of a picture of the brand, made by the build from `frontend/src/brand/`."""
    return static(f"dist/{file}")


@register.simple_tag
def icon(name: str, label: object = "", size: int | None = None, css: str = "") -> SafeString:
    """A Tabler icon, inline. With a label it is a picture with a name, else decoration."""
    return draw_icon(name, label=label, size=size, css=css)


def draw_icon(name: str, *, label: object = "", size: int | None = None, css: str = "") -> SafeString:
    """The icon as SVG markup."""
    inside = mark_safe(assets.icon_paths(name))  # noqa: S308 - from the icon package, at build time
    named = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    sized = format_html(' width="{0}" height="{0}"', str(size)) if size else ""
    paint = (
        'fill="currentColor"'
        if name.startswith("filled/")
        else 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'
    )
    return format_html(
        '<svg class="icon{}"{} viewBox="0 0 24 24" {} {} focusable="false">{}</svg>',
        f" {css}" if css else "",
        sized,
        mark_safe(paint),  # noqa: S308 - one of two constants
        named,
        inside,
    )


@register.simple_tag
def live(topics: str, url: str = "", swap: str = "outerHTML", least_ms: int = 0) -> SafeString:
    """Attributes of a part (it has an id) that is fetched again when a topic changes, or the stream comes back.

    Without a url only the topics are listened to. `least_ms`: so long at least from one look to the next.
    """
    names = [name.strip() for name in str(topics).split(",") if name.strip()]
    if not names:
        raise ValueError("A live part needs a topic.")
    for name in names:
        if not TOPIC.fullmatch(name):
            raise ValueError(f"Not a live topic: {name}")
    listen = format_html('data-live="{}"', ",".join(names))
    if not url:
        return listen
    # Fetched by frontend/src/follow.ts, not by a trigger of htmx: a change that comes while the element is being
    # replaced would be lost with it. The target is for what inside it says none.
    return format_html(
        '{} data-live-url="{}" data-live-swap="{}"{} hx-swap="{}" hx-target="this" data-quiet',
        listen,
        url,
        swap,
        format_html(' data-live-least="{}"', str(least_ms)) if least_ms else "",
        swap,
    )


@register.simple_tag(takes_context=True)
def slot(context: Context, name: str, **objects: Any) -> SafeString:
    """What the rooms above put here."""
    return slots.render(name, context["request"], **objects)


@register.simple_tag(takes_context=True)
def url_with(context: Context, **changes: Any) -> str:
    """This page's address with some query values changed; None or "" removes one."""
    query = context["request"].GET.copy()
    for key, value in changes.items():
        if value in (None, ""):
            query.pop(key, None)
        else:
            query[key] = value
    encoded = urlencode([(key, value) for key, values in query.lists() for value in values])
    return f"{context['request'].path}?{encoded}" if encoded else str(context["request"].path)


@register.simple_tag
def brand(css: str = "") -> SafeString:
    """The mark: a telephone dial, one hole lit — one after another, all the way round."""
    return format_html(
        '<svg class="rr-mark{}" viewBox="0 0 32 32" aria-hidden="true" focusable="false">{}</svg>',
        f" {css}" if css else "",
        MARK,
    )


def _mark() -> SafeString:
    # Eight holes on nine places round the dial; the empty one, low at the right, is where a dial has its stop.
    holes = []
    for place in (0, 2, 3, 5, 6, 7, 8, 1):
        angle = (-90 + place * 40) * pi / 180
        x, y = 16 + 9.8 * cos(angle), 16 + 9.8 * sin(angle)
        kind = "rr-mark-lit" if place == 1 else "rr-mark-hole"
        holes.append(f'<circle class="{kind}" cx="{x:.2f}" cy="{y:.2f}" r="{2.9 if place == 1 else 2.45}"/>')
    return mark_safe('<circle class="rr-mark-disc" cx="16" cy="16" r="15.5"/>' + "".join(holes))  # noqa: S308


MARK = _mark()
