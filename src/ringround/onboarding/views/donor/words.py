"""What the donor is told: what was agreed, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ringround.onboarding import texts
from ringround.onboarding.actions.sessions import DonorPage


def intro(page: DonorPage) -> str:
    """Why the donor has this page before them."""
    if page.action == "change_payment_method":
        words = _("You have talked with somebody who calls for %(merchant)s about how you pay.")
    else:
        words = _("You have talked with somebody who calls for %(merchant)s. This is what you agreed on.")
    greeting = _("Dear %(name)s.") % {"name": page.person} + " " if page.person else ""
    return greeting + words % {"merchant": page.merchant}


def agreed(page: DonorPage) -> dict[str, Any]:
    """What was agreed, for its table."""
    facts: list[tuple[str, str]] = []
    # While there is a choice, it stands below.
    if page.method and (page.state != "open" or len(page.methods) < 2):
        facts.append((_("Payment"), str(texts.METHODS[page.method])))
    if page.one_off:
        when = _("With your approval") if page.at_once else _("As soon as it can be collected")
        facts.append((_("First payment"), when))
    if page.promise is not None:
        label = _("Next payment") if page.action == "change_payment_method" or page.one_off else _("First payment")
        facts.append((label, date_format(page.promise, "DATE_FORMAT")))
    return {
        "name": page.name, "description": page.description, "amount": page.amount, "currency": page.currency,
        "schedule": str(texts.SCHEDULES.get(page.schedule, "")).lower(), "facts": facts,
    }  # fmt: skip


# Where an agreement was to be changed it stays as it was, and is collected.
CHANGES: dict[str, Callable[[], str]] = {
    "declined": lambda: _("Nothing is changed. Your agreement stays as it was."),
    "failed": lambda: _("Nothing is changed: your agreement stays as it was. %(merchant)s can send you a new link."),
    "expired": lambda: _("Nothing is changed: your agreement stays as it was. %(merchant)s can send you a new link."),
}


def _over() -> str:
    return _("Nothing is changed: the agreement has ended, and nothing is collected.")


def stands(page: DonorPage) -> tuple[str, str, str]:
    """How the page's state stands there: tone, heading, text."""
    tone, heading, text = WORDS[page.state]
    if page.action != "sign_up":
        text = _over if page.reason == "not_applicable" else CHANGES.get(page.state, text)
    return tone, heading(), text() % {"merchant": page.merchant}


# How each end of a link stands there: tone, heading, text.
WORDS: dict[str, tuple[str, Callable[[], str], Callable[[], str]]] = {
    "at_gateway": (
        "note", lambda: _("One moment"),
        lambda: _("The payment provider has not answered yet. You may close this page: it goes on without it."),
    ),
    "done": (
        "good", lambda: _("Thank you"), lambda: _("It is done. %(merchant)s has your approval."),
    ),
    "declined": (
        "note", lambda: _("You have said no"), lambda: _("Nothing is agreed, and nothing is collected."),
    ),
    "failed": (
        "bad", lambda: _("It did not succeed"),
        lambda: _("Nothing is agreed, and nothing is collected. %(merchant)s can send you a new link."),
    ),
    "expired": (
        "note", lambda: _("This link has run out"),
        lambda: _("Nothing is agreed, and nothing is collected. %(merchant)s can send you a new link."),
    ),
    "revoked": (
        "note", lambda: _("This link is of no more use"),
        lambda: _("Use the newest link that you were sent, or ask %(merchant)s for a new one."),
    ),
    "taken": (
        "note", lambda: _("This link is open on another device"),
        lambda: _("Go on there. If that was not you, tell %(merchant)s."),
    ),
}  # fmt: skip
