"""`{% load onboarding %}`: this room's words in templates."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django import template
from django.utils.translation import gettext as _

from ringround.onboarding import texts
from ringround.onboarding.rules.workflow import Product
from ringround.orgs.words import ROLES
from ringround.ui.format import money_text

register = template.Library()


@register.filter
def action_words(action: str) -> str:
    return str(texts.ACTIONS.get(action, action))


@register.filter
def role_words(role: str) -> str:
    return str(ROLES.get(role, role)).lower()


@register.filter
def role_of_contact(role: str) -> str:
    """What a fact about a person is called."""
    return str(texts.CONTACT_ROLES.get(role, role))


@register.filter
def schedule_word(schedule: str) -> str:
    """`every month`, within a sentence."""
    return str(texts.SCHEDULES.get(schedule, schedule)).lower()


@register.filter
def schedule_name(schedule: str) -> str:
    return str(texts.SCHEDULES.get(schedule, schedule))


@register.filter
def schedule_words(schedules: Iterable[str]) -> str:
    return _either(_lowered(str(texts.SCHEDULES.get(one, one)) for one in schedules))


@register.filter
def method_words(methods: str | Iterable[str]) -> str:
    """Of one method or of several that one may choose from."""
    if isinstance(methods, str):
        return str(texts.METHODS.get(methods, methods))
    return _either(_lowered(str(texts.METHODS.get(one, one)) for one in methods))


@register.filter
def phase_words(phase: str) -> str:
    return str(texts.PHASES.get(phase, phase))


@register.filter
def hold_words(kind: str) -> str:
    return str(texts.HOLDS.get(kind, kind))


@register.filter
def channel_words(channel: str) -> str:
    return str(texts.CHANNELS.get(channel, channel))


@register.filter
def stamp(moment: datetime | None, dashed: bool = False) -> str:
    """A moment as the lists of sessions and leads have it."""
    return texts.stamp(moment, dashed)


@register.filter
def reason_words(code: str) -> str:
    return texts.reason_text(code)


@register.filter
def end_words(code: str) -> str:
    return texts.end_text(code)


@register.filter
def refund_words(reason: str) -> str:
    """What somebody wrote of a refund, or what a code of its end means."""
    return texts.end_text(reason) if reason in texts.ENDS or reason in texts.RAIL_REASONS else reason


@register.filter
def amount_words(product: Product) -> str:
    """What may be paid for a product."""
    amount, currency = product.amount, product.currency
    if amount.rule == "fixed":
        return money_text(amount.value, currency)
    if amount.rule == "choice":
        return _either(money_text(one, currency) for one in amount.choices)
    least, most = money_text(amount.min, currency), money_text(amount.max, currency)
    if amount.min is not None and amount.max is not None:
        return _("%(least)s to %(most)s") % {"least": least, "most": most}
    if amount.min is not None:
        return _("at least %(least)s") % {"least": least}
    return _("at most %(most)s") % {"most": most} if amount.max is not None else _("free")


def _lowered(words: Iterable[str]) -> list[str]:
    """With a capital at the first alone, as in a sentence."""
    return [one if at == 0 else one[:1].lower() + one[1:] for at, one in enumerate(words)]


def _either(words: Iterable[str]) -> str:
    found = list(words)
    if len(found) < 2:
        return "".join(found)
    return _("%(some)s or %(last)s") % {"some": ", ".join(found[:-1]), "last": found[-1]}
