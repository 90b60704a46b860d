"""Dispositions and form of a campaign, each put as a whole."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import translation

from ringround.campaigns.actions.plan.store import check_not_archived, lock, tell, touch
from ringround.campaigns.models import Campaign, Disposition, FormField
from ringround.campaigns.rules import dispositions as rules
from ringround.campaigns.rules.forms import read_form
from ringround.infra import clock
from ringround.orgs.actor import Actor


def default_dispositions(campaign: Campaign, language: str) -> list[Disposition]:
    """What a new campaign has, named in the organisation's language; the caller saves them."""
    with translation.override(language):
        return [
            Disposition(
                campaign=campaign, name=str(one.name), kind=one.kind, status=one.status, outcome=one.outcome,
                opens_form=one.opens_form, hotkey=one.hotkey, locked=one.locked, color=one.color, position=number,
            )
            for number, one in enumerate(rules.DEFAULTS, 1)
        ]  # fmt: skip


@transaction.atomic
def dispositions_put(*, actor: Actor, campaign_id: UUID, dispositions: Any) -> Campaign:
    """Exactly these are the dispositions, in this order; the two locked ones stay whether named or not.

    One that goes is kept for the attempts that were made with it; put again under its name it is the same one.
    """
    campaign = lock(actor=actor, campaign_id=campaign_id, permission="campaigns.change")
    check_not_archived(campaign)
    known = list(Disposition.objects.filter(campaign=campaign).order_by("removed_at", "-id"))
    live = [one for one in known if one.removed_at is None]
    locked = {str(one.id): (one.name, one.kind) for one in live if one.locked}
    specs = rules.read(dispositions, locked)

    # 1. Match by id, then by name among the living, then bring back one of that name and kind.
    rows: list[Disposition] = []
    for spec in specs:
        row = _match(spec, known, taken={one.id for one in rows})
        rows.append(row or Disposition(campaign=campaign))
    # 2. Locked ones that were left out stand at the end, in the order they had.
    put = {row.id for row in rows}
    kept = sorted((one for one in live if one.locked and one.id not in put), key=lambda one: (one.position, one.id))
    # 3. Removed first: a name may move from one to another, and the living have each name once.
    now = clock.now()
    stay = {one.id for one in (*rows, *kept)}
    Disposition.objects.filter(campaign=campaign, removed_at__isnull=True).exclude(id__in=stay).update(removed_at=now)
    renamed = [row.id for row, spec in zip(rows, specs, strict=True) if not row._state.adding and row.name != spec.name]
    for row_id in renamed:
        Disposition.objects.filter(id=row_id).update(name=f"\u2026{row_id}")
    for position, (row, spec) in enumerate(zip(rows, specs, strict=True), 1):
        row.position, row.color, row.hotkey = position, spec.color, spec.hotkey
        if not row.locked:
            row.name, row.kind, row.status, row.outcome = spec.name, spec.kind, spec.status, spec.outcome
            row.opens_form, row.hidden, row.sub = spec.opens_form, spec.hidden, list(spec.sub)
            row.retry = dict(spec.retry) if spec.retry else None
            row.removed_at = None
        row.save()
    used = {row.hotkey for row in rows}
    for position, row in enumerate(kept, len(rows) + 1):
        row.position = position
        row.hotkey = "" if row.hotkey in used else row.hotkey
        row.save(update_fields=["position", "hotkey"])
    return _changed(campaign, actor, "dispositions")


def _match(spec: rules.Spec, known: list[Disposition], taken: set[UUID]) -> Disposition | None:
    free = [one for one in known if one.id not in taken]
    if spec.id is not None:
        return next((one for one in free if str(one.id) == spec.id and one.removed_at is None), None)
    same_name = [one for one in free if one.name.casefold() == spec.name.casefold()]
    return next((one for one in same_name if one.removed_at is None), None) or next(
        (one for one in same_name if one.kind == spec.kind), None
    )


@transaction.atomic
def form_put(*, actor: Actor, campaign_id: UUID, form: Any) -> Campaign:
    """Exactly these are the questions, in this order. Answers to one that goes stay on their leads, under its label."""
    campaign = lock(actor=actor, campaign_id=campaign_id, permission="campaigns.change")
    check_not_archived(campaign)
    specs = read_form(form)
    known = {one.key: one for one in FormField.objects.filter(campaign=campaign)}
    for position, spec in enumerate(specs, 1):
        row = known.pop(spec.key, None) or FormField(campaign=campaign, key=spec.key)
        row.label, row.type, row.required, row.default = spec.label, spec.type, spec.required, spec.default
        row.options, row.position, row.removed_at = list(spec.options), position, None
        row.shown_if = dict(spec.shown_if) if spec.shown_if else None
        row.save()
    gone = [one.id for one in known.values() if one.removed_at is None]
    FormField.objects.filter(id__in=gone).update(removed_at=clock.now())
    return _changed(campaign, actor, "form")


def _changed(campaign: Campaign, actor: Actor, what: str) -> Campaign:
    touch(campaign, actor, [what])
    tell(campaign, actor, "changed", fields=[what])
    campaign.save(update_fields=["version", "changed", "event_no"])
    return campaign
