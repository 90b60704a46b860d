"""A campaign that runs, with a script, a form, dispositions and a few people to call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ringround.campaigns import actions as campaigns
from ringround.campaigns.models import Campaign, Lead
from ringround.contacts import actions as contacts
from ringround.orgs.actor import Actor
from tests.factories import Cast, cast

COLUMNS = [
    {"name": "Navn", "type": "text", "role": "name"},
    {"name": "Mobil", "type": "phone"},
    {"name": "Fastnet", "type": "phone"},
    {"name": "Adresse", "type": "text", "role": "address"},
    {"name": "By", "type": "text", "role": "city", "editable": False},
    {"name": "E-mail", "type": "email", "role": "email", "editable": True},
    {"name": "Beløb", "type": "number", "editable": True},
    {"name": "Medlem siden", "type": "date", "editable": False},
]
PEOPLE = (
    ("Åse Ørum", "Fyrrevej 4", "Aarhus C"),
    ("Birgit Ærø Mikkelsen", "Søndergade 112, 2. tv.", "Svendborg"),
    ("Niels-Christian Frydenlund Holm", "Kongensgade 8", "Odense"),
    ("Lone Damgaard", "Møllestien 23", "Aarhus C"),
    ("Preben Østergaard", "Havnegade 1", "Esbjerg"),
    ("Kirsten Bjerregaard", "Nørrebrogade 210, 4. th.", "København N"),
)
SCRIPT = """# Goddag
Goddag, det er {{agent}} fra **Hjælpen**. Taler jeg med {{name}}?

Du har støttet os siden {{Medlem siden}}, og det betyder meget.

# Spørg
- Må jeg fortælle, hvad din støtte er gået til?
- Vil du hæve dit bidrag fra {{Beløb}} kr.?
"""
DISPOSITIONS: list[dict[str, Any]] = [
    {"name": "Ja tak", "kind": "engaged", "status": "success", "opens_form": True},
    {
        "name": "Nej tak",
        "kind": "not_engaged",
        "status": "not_interested",
        "sub": ["Økonomi", "Støtter andre", "Vil ikke oplyse"],
    },
    {"name": "Intet svar", "kind": "no_contact", "status": "automatic_redial"},
    {"name": "Telefonsvarer", "kind": "no_contact", "status": "automatic_redial", "outcome": "machine", "hotkey": "s"},
    {"name": "Forkert nummer", "kind": "invalid", "status": "invalid"},
    {"name": "Fortrød opslag", "kind": "no_action"},
]
FORM: list[dict[str, Any]] = [
    {"key": "belob", "label": "Nyt beløb om måneden", "type": "number", "required": True},
    {"key": "nyhedsbrev", "label": "Vil gerne have nyhedsbrev", "type": "bool"},
    {
        "key": "adresse",
        "label": "E-mail til nyhedsbrev",
        "type": "email",
        "shown_if": {"key": "nyhedsbrev", "value": True},
    },
    {"key": "hvorfor", "label": "Hvorfor støtter du?", "type": "multi_choice", "options": ["Børn", "Natur", "Sult"]},
]


@dataclass
class Scene:
    cast: Cast
    campaign: Campaign

    @property
    def agent(self) -> Actor:
        return self.cast.charity.junior

    @property
    def agent2(self) -> Actor:
        return self.cast.charity.senior

    @property
    def supervisor(self) -> Actor:
        return self.cast.charity.supervisor

    def lead(self, lead_id: UUID) -> Lead:
        return Lead.objects.get(id=lead_id)

    def leads(self) -> list[Lead]:
        return list(Lead.objects.filter(campaign=self.campaign.id).order_by("position"))

    def disposition(self, kind: str) -> str:
        return str(self.campaign.dispositions.filter(kind=kind, removed_at=None).first().id)  # type: ignore[union-attr]


def scene(mode: str = "manual", people: int = 3, *, who: Cast | None = None, **fields: Any) -> Scene:
    """The charity calls in-house."""
    found = who or cast()
    manager = found.charity.manager
    listed = contacts.contact_list_create(actor=manager, name=f"Givere {mode}", columns=COLUMNS, region="DK")
    for number in range(people):
        name, street, city = PEOPLE[number % len(PEOPLE)]
        contacts.contact_create(
            actor=manager,
            list_id=listed.id,
            fields={
                "Navn": name,
                "Mobil": f"{20123400 + number}",
                "Fastnet": f"{86123400 + number}",
                "Adresse": street,
                "By": city,
                "Beløb": "150",
                "Medlem siden": "2019-04-01",
            },
        )
    made = campaigns.campaign_create(
        actor=manager,
        fields={"name": f"Forårskampagne {mode}", "mode": mode, "lists": [str(listed.id)], "script": SCRIPT, **fields},
    )
    campaigns.list_attach_run(campaign_id=made.id, list_id=listed.id)
    campaigns.dispositions_put(actor=manager, campaign_id=made.id, dispositions=DISPOSITIONS)
    campaigns.form_put(actor=manager, campaign_id=made.id, form=FORM)
    campaigns.agents_put(
        actor=manager, campaign_id=made.id, users=[found.charity.junior.user_id, found.charity.senior.user_id]
    )
    campaigns.campaign_approve(actor=manager, campaign_id=made.id)
    campaigns.campaign_start(actor=manager, campaign_id=made.id)
    return Scene(found, Campaign.objects.get(id=made.id))
