"""Simple tags: badges, figures, bars, buttons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template
from django.forms import BaseForm
from django.middleware.csrf import get_token
from django.template import Context
from django.template.loader import render_to_string
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from ringround.ui import tones
from ringround.ui.charts import Chart
from ringround.ui.forms import faults_of
from ringround.ui.tags.frame import draw_icon
from ringround.ui.wizard import Step

register = template.Library()


def _draw(component: str, /, **values: Any) -> SafeString:
    return mark_safe(render_to_string(f"ui/components/{component}.html", values))  # noqa: S308 - a template escapes


def _tone(tone: str) -> str:
    if tone not in tones.TONES:
        raise ValueError(f"There is no tone {tone}.")
    return tone


@register.simple_tag
def pill(tone: str, label: object, icon: str = "", dot: bool = False, title: object = "") -> SafeString:
    """A badge. Its words carry the meaning, the tone only helps."""
    mark = draw_icon(icon) if icon else (mark_safe('<span class="rr-dot"></span>') if dot else "")
    hint = format_html(' title="{}"', title) if title else ""
    return format_html('<span class="rr-pill rr-{}"{}>{}{}</span>', _tone(tone), hint, mark, label)


@register.simple_tag
def status(kind: str, state: object, title: object = "") -> SafeString:
    """A state as its room has said it looks (`ui.tones`)."""
    tone, word = tones.look(kind, state)
    return pill(tone, word, dot=True, title=title)


@register.simple_tag
def stat(
    label: object, value: object, hint: object = "", tone: str = "neutral", icon: str = "", href: str = "", id: str = ""
) -> SafeString:
    """A figure with what it is."""
    return _draw("stat", label=label, value=value, hint=hint, tone=_tone(tone), icon=icon, href=href, id=id)


@register.simple_tag
def progress(
    value: float, max: float = 100, label: object = "", tone: str = "accent", text: object = "", quiet: bool = False
) -> SafeString:
    """A bar. `text` stands beside the label; `quiet` keeps the label for screen readers only."""
    top = max if max > 0 else 1
    # The native element needs no inline style for its width, and names itself to a screen reader.
    return _draw(
        "progress",
        value=f"{min(float(value), float(top)):g}",
        max=f"{float(top):g}",
        label=label,
        tone=_tone(tone),
        text=text,
        quiet=quiet,
    )


@register.simple_tag
def tabs(items: Sequence[Sequence[Any]], current: str, label: object = "") -> SafeString:
    """Links as tabs: (key, label, url) or (key, label, url, count)."""
    rows = [(item[0] == current, item[1], item[2], item[3] if len(item) > 3 else None) for item in items]
    return _draw("tabs", rows=rows, label=label)


@register.simple_tag
def stepper(steps: Sequence[Step], label: object = "") -> SafeString:
    """Where one is in a wizard."""
    return _draw("stepper", steps=steps, label=label)


@register.simple_tag(takes_context=True)
def reorder(
    context: Context,
    up: str,
    down: str,
    label: object,
    first: bool = False,
    last: bool = False,
    target: str = "",
    swap: str = "outerHTML",
) -> SafeString:
    """Up and down buttons; `label` names what is moved."""
    return _draw(
        "reorder",
        up=up,
        down=down,
        label=label,
        first=first,
        last=last,
        target=target,
        swap=swap,
        csrf=get_token(context["request"]),
    )


@register.filter
def dotted(name: object) -> SafeString:
    """A dotted name that goes on to the next line after a dot, and nowhere else."""
    return mark_safe(escape(name).replace(".", ".<wbr>"))  # noqa: S308


@register.simple_tag
def copy(value: object, label: object = "", show: bool = True) -> SafeString:
    """A value with a button that copies it."""
    return _draw("copy", value=value, label=label, show=show)


@register.simple_tag
def filedrop(
    name: str, label: object, accept: str = "", help: object = "", required: bool = True, multiple: bool = False
) -> SafeString:
    """A file input one may drop onto, outside a Django form."""
    return _draw(
        "filedrop",
        name=name,
        id=f"id_{name}",
        label=label,
        accept=accept,
        help=help,
        required=required,
        multiple=multiple,
    )


@register.simple_tag
def avatar(name: object, size: str = "", tone: int | None = None) -> SafeString:
    """Initials on a colour of the name's own."""
    words = str(name).split()
    initials = "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words[:1])).upper()
    # The same name is the same colour on every screen and in every process (hash() is not).
    hue = tone if tone is not None else sum(map(ord, str(name))) % 6
    return format_html(
        '<span class="rr-avatar rr-hue-{}{}" aria-hidden="true">{}</span>',
        hue,
        f" rr-avatar-{size}" if size else "",
        initials,
    )


@register.simple_tag
def form_errors(form: BaseForm, summary: bool = False) -> SafeString:
    """Faults of no one field; `summary` lists the others too, with links, for long forms."""
    return _draw(
        "form_errors", general=form.non_field_errors(), fields=faults_of(form) if summary else (), bound=form.is_bound
    )


@register.simple_tag
def chart(drawing: Chart, open: bool = False) -> SafeString:
    """A picture, with its table behind."""
    return _draw("chart", drawing=drawing, open=open)


@register.simple_tag
def spinner(label: object) -> SafeString:
    """Something is being done; `label` says what."""
    return format_html('<span class="rr-spinner" role="status"><span class="visually-hidden">{}</span></span>', label)
