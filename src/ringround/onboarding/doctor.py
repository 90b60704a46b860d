"""What `ringround doctor` looks at in this room: whether payment providers answer and take our sign-in, whether
anything is overdue for them, and what they told us that could not be used. Nothing is begun."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db.models import Q

from ringround.infra import clock
from ringround.infra.doctor import Finding, readable
from ringround.onboarding.accounts import account_of
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.models import Charge, GatewayAccount, GatewayEvent, GatewayOrder, Mandate, Session
from ringround.onboarding.queries.agreements import collected_twice

MOST_LOOKED_AT = 20
MOST_LISTED = 5
OVERDUE = timedelta(minutes=10)
FRESH = timedelta(days=7)
# For so long what came after a no is called back without anybody having to look.
UNWANTED = timedelta(hours=1)


def keys(settings: Any) -> Iterable[Finding]:
    """Without their key nothing can be collected."""
    rows = GatewayAccount.objects.exclude(secrets="", webhook_secrets="").order_by("id")
    kept = (one for row in rows.values_list("secrets", "webhook_secrets") for one in row if one)
    return readable(settings, "payment accounts' secrets", kept)


def accounts(settings: Any) -> Iterable[Finding]:
    """Each active account, those that failed of late first."""
    found = GatewayAccount.objects.filter(active=True).select_related("merchant").order_by("-failures", "id")
    for row in found[:MOST_LOOKED_AT]:
        name = f"payments: {row.name} of {row.merchant.name}"
        view = account_of(row)
        if view is None:
            advice = "Add the old key to RINGROUND_ENCRYPTION_KEYS_FILE, or write the account's secrets anew."
            yield Finding(name, "fault", "its secrets cannot be read", advice)
            continue
        if row.kind not in DRAWERS:
            yield Finding(name, "fault", f"there is no gateway {row.kind}", "Install the version that has it.")
            continue
        wrong = DRAWERS[row.kind].look(view)
        if wrong:
            advice = "Check its settings and secrets, and that this machine may reach it. Its charges wait."
            yield Finding(name, "fault", f"{row.kind} does not take us: {wrong}", advice)
        else:
            yield Finding(name, "ok", f"{row.kind} answers")
        if not view.webhook_secrets:
            advice = "Write the webhook's secret, or have it made by POST /gateways/{id}/rotate."
            yield Finding(name, "warning", "it has no secret for webhooks: what it tells us is refused", advice)
    if found.count() > MOST_LOOKED_AT:
        yield Finding("payment accounts", "ok", f"the first {MOST_LOOKED_AT} of {found.count()} were looked at")


def orders(settings: Any) -> Iterable[Finding]:
    """What providers should have been told."""
    late = GatewayOrder.objects.filter(state="pending", next_at__lt=clock.now() - OVERDUE)
    counted = late[:10_001].count()
    if counted:
        shown = f"{counted}" if counted <= 10_000 else "over 10000"
        advice = "Is the worker running (`ringround serve`), and does each account's provider answer?"
        yield Finding("payments", "warning", f"{shown} orders overdue for over {OVERDUE.seconds // 60} minutes", advice)
    else:
        yield Finding("payments", "ok", "no orders overdue")


def events(settings: Any) -> Iterable[Finding]:
    """What providers told us and could not be applied; and who has tried to tell us in their name."""
    since = clock.now() - FRESH
    failed = GatewayEvent.objects.filter(state="failed", received_at__gte=since).count()
    if failed:
        advice = "See the log of the relay for each; reconciliation asks the provider again at night."
        yield Finding("payment events", "warning", f"{failed} of the last 7 days could not be applied", advice)
    else:
        yield Finding("payment events", "ok", "all applied")
    for row in GatewayAccount.objects.filter(Q(forged__gt=0)).select_related("merchant").order_by("-forged")[:5]:
        text = f"{row.forged} calls to {row.kind}/{row.slug} of {row.merchant.name} were not signed by the provider"
        yield Finding("payment webhooks", "ok", text, "Many at once may be a wrong secret: compare it.")


def unwanted(settings: Any) -> Iterable[Finding]:
    """What was accepted after a no, and could not be stopped at its provider."""
    late = clock.now() - UNWANTED
    rows = Session.objects.filter(snapshot__unwanted=True, ended_at__lt=late).select_related("merchant")
    found = [one for one in rows.order_by("ended_at")[:50] if one.snapshot.get("unwanted_since", "") < late.isoformat()]
    for row in found[:MOST_LISTED]:
        text = f"session {row.id} of {row.merchant.name}: accepted after its end, and not stopped at the provider"
        advice = f"Stop it there by its reference {row.gateway_ref}; what was taken is to go back."
        yield Finding("payments after a no", "fault", text, advice)
    if not found:
        yield Finding("payments after a no", "ok", "none stands at a provider")
    elif len(found) > MOST_LISTED:
        yield Finding("payments after a no", "fault", "and more", "See the log of the worker for why.")


def unstopped(settings: Any) -> Iterable[Finding]:
    """What was to be stopped at a provider, and was refused or given up: it may be collected on."""
    failed = GatewayOrder.objects.filter(state="failed").select_related("account__merchant").order_by("-done_at")
    mandates = Mandate.objects.filter(state__in=["pending", "active"]).values("id")
    charges = Charge.objects.filter(Q(state="submitted") | Q(state="cancelled", reason="unknown_outcome")).values("id")
    found = [
        *failed.filter(what="cancel_mandate", subject_id__in=mandates)[: MOST_LISTED + 1],
        *failed.filter(what="cancel_charge", subject_id__in=charges)[: MOST_LISTED + 1],
    ]
    for row in found[:MOST_LISTED]:
        kind = "permission" if row.what == "cancel_mandate" else "charge"
        text = f"{kind} {row.subject_id} of {row.account.merchant.name} could not be stopped at {row.account.name}"
        yield Finding("payments to be stopped", "fault", text, "Stop it there by hand, in the provider's own portal.")
    if not found:
        yield Finding("payments to be stopped", "ok", "all were")
    elif len(found) > MOST_LISTED:
        yield Finding("payments to be stopped", "fault", "and more", "See the log of the worker for why.")


def twice(settings: Any) -> Iterable[Finding]:
    """Periods that two tries have collected, of which nothing was given back: what is done about it is for people."""
    rows = collected_twice().select_related("merchant").order_by("ended_at", "id")
    found = list(rows[: MOST_LISTED + 1])
    for row in found[:MOST_LISTED]:
        text = f"agreement {row.agreement_id} of {row.merchant.name}: {row.period_on} was collected by two tries"
        advice = "Have its merchant give one of them back: the agreement's page says so, and leads there."
        yield Finding("payments collected twice", "warning", text, advice)
    if not found:
        yield Finding("payments collected twice", "ok", "none")
    elif len(found) > MOST_LISTED:
        yield Finding("payments collected twice", "warning", "and more", "Each agreement's page says so.")


CHECKS = (keys, accounts, orders, events, unwanted, unstopped, twice)
