"""The demo's campaigns: one in every state, two that are in the middle of their week."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ringround.campaigns.actions import plan
from ringround.config.demo.cast import Staff
from ringround.orgs.actor import Actor

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALWAYS = {day: [["00:00", "24:00"]] for day in DAYS}

FORM = [
    {
        "key": "why_not",
        "label": "Hvorfor var kunden ikke interesseret",
        "type": "choice",
        "options": ["Ikke nu", "Aldrig", "Giver til andre", "Økonomi"],
        "required": False,
    },
    {"key": "amount", "label": "Beløb pr. måned", "type": "number", "required": False},
    {"key": "wants_letter", "label": "Vil gerne have et brev", "type": "bool", "required": False},
]
SCRIPT = """Goddag, det er {{agent}} fra {{merchant}}. Taler jeg med {{name}}?

Tak, fordi du tidligere har støttet os. Din hjælp gjorde en forskel.

**Jeg ringer for at spørge**, om du vil være fast støtte. Et beløb hver måned gør, at vi kan planlægge.

- Mange vælger 100 kr. om måneden.
- Du kan altid stoppe igen.

Hvis ikke nu: må jeg ringe igen på et andet tidspunkt?"""
MAGAZINE_SCRIPT = """Goddag, det er {{agent}}. Jeg ringer på vegne af {{merchant}}. Taler jeg med {{name}}?

Du har tidligere holdt magasinet. **Vi har et tilbud til dig**: tre numre for 99 kr., uden binding.

Må jeg sende det første nummer i næste uge?"""


@dataclass(frozen=True, slots=True)
class Running:
    """A campaign whose week is played, with who plays it."""

    campaign_id: UUID
    merchant: Staff
    agents: list[Actor]
    engaged_share: float
    dispositions: dict[str, UUID]


def make(
    actor: Actor,
    name: str,
    mode: str,
    *,
    lists: list[UUID],
    agents: list[Actor],
    supervisors: list[Actor],
    **fields: Any,
) -> UUID:
    """A campaign with its people and form, not yet approved."""
    form = fields.pop("form", FORM)
    campaign = plan.campaign_create(
        actor=actor, fields={"name": name, "mode": mode, "lists": [str(one) for one in lists], **fields}
    )
    plan.form_put(actor=actor, campaign_id=campaign.id, form=form)
    plan.agents_put(actor=actor, campaign_id=campaign.id, users=[str(one.user_id) for one in agents])
    plan.supervisors_put(actor=actor, campaign_id=campaign.id, users=[str(one.user_id) for one in supervisors])
    return campaign.id


def dispositions(campaign_id: UUID) -> dict[str, UUID]:
    """The campaign's dispositions by kind: the first of each that is shown."""
    from ringround.campaigns.queries.plan import dispositions_of

    found: dict[str, UUID] = {}
    for one in dispositions_of(campaign_id=campaign_id):
        found.setdefault("machine" if one.outcome == "machine" else one.kind, one.id)
    return found


def approve_and_start(actor: Actor, approver: Actor, campaign_id: UUID) -> None:
    plan.campaign_approve(actor=approver, campaign_id=campaign_id)
    plan.campaign_start(actor=actor, campaign_id=campaign_id)
