"""What people and upper rooms write on a lead's timeline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from psycopg.types.json import Jsonb

from ringround.campaigns.models import TimelineItem
from ringround.campaigns.queries.access import require_lead
from ringround.infra import audit, clock, sql
from ringround.infra.unit import action
from ringround.kernel.errors import Invalid
from ringround.kernel.ids import new_id
from ringround.kernel.text import clean
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require

LONGEST_NOTE = 5_000


@action
def note_add(*, actor: Actor, lead_id: UUID, text: str) -> TimelineItem:
    """A note on a lead that the actor may see. The merchant's audit has it, whoever wrote it."""
    lead = require_lead(actor=actor, lead_id=lead_id)
    require(actor, "campaigns.leads.note")
    words = clean(text, lines=True)
    if not words:
        raise Invalid.one("text", "required", _("Write something first."))
    if len(words) > LONGEST_NOTE:
        raise Invalid.one("text", "too_long", _("At most %(limit)s characters.") % {"limit": LONGEST_NOTE})
    note_id = timeline_add(lead_id=lead_id, kind="note", key="", params={}, text=words, by=actor.user_id)
    audit.write(
        actor=actor, action="campaigns.lead.noted", org_id=lead.merchant_id, subject_type="lead", subject_id=lead_id
    )
    return TimelineItem.objects.get(id=note_id)


def timeline_add(
    *,
    lead_id: UUID,
    kind: str,
    key: str,
    params: Mapping[str, Any] | None = None,
    text: str = "",
    ref: tuple[str, UUID] | None = None,
    by: UUID | None = None,
) -> UUID:
    """A line on a lead's timeline, and its id; the way in which upper rooms write it."""
    ref_type, ref_id = ref or ("", None)
    line_id = new_id()
    sql.run(
        "campaigns", "timeline_add", id=line_id, lead=lead_id, at=clock.now(), kind=kind, key=key,
        params=Jsonb(dict(params or {})), text=text, ref_type=ref_type, ref_id=ref_id, by=by,
    )  # fmt: skip
    return line_id
