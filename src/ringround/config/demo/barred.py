"""Who must not be contacted: the registers that the merchants got, and what people said when they were called."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from ringround.campaigns import queries as campaigns
from ringround.campaigns.queries import LeadFilter
from ringround.config.demo.cast import Cast
from ringround.config.demo.names import people, written
from ringround.config.demo.plans import Running
from ringround.contacts import actions as contacts
from ringround.infra import clock
from ringround.orgs.actor import Actor

# A seed of people that no list has: most of a register are strangers.
STRANGERS = 9
_SAID = (
    "Bad os om ikke at ringe igen",
    "Vil slettes, sagt i telefonen",
    "Skrev STOP",
    "Ringede selv og bad om at komme af listen",
)


def registers(cast: Cast, day: datetime) -> None:
    """Before anybody is called: each merchant's lists against a register, and the charity's against its old numbers."""
    of_givers = [one.mobile for one in people(2200, 1)[::90]] + [one.home for one in people(800, 2)[::40] if one.home]
    strangers = [one.mobile for one in people(160, STRANGERS)]
    _import(cast.charity.owner, "Robinsonlisten", day - timedelta(days=12), [*of_givers, *strangers[:110]])
    of_readers = [one.mobile for one in people(1600, 3)[::110]]
    _import(cast.magazine.owner, "Frabedt telefonsalg", day - timedelta(days=5), [*of_readers, *strangers[110:]])


def _import(owner: Actor, source: str, day: datetime, numbers: list[str]) -> None:
    dice = Random(len(numbers))
    dice.shuffle(numbers)
    started = contacts.suppression_import_start(
        actor=owner,
        file=["\n".join(["Telefon", *(written(one, dice) for one in numbers)]).encode()],
        file_name=f"{source} {day:%Y-%m}.csv",
        options={"source": source, "date": day.date().isoformat(), "channel": "phone"},
        queue=False,
    )
    contacts.import_run(import_id=started.id)


def wishes(cast: Cast, running: list[Running]) -> None:
    """In the last hour: people who were called and said no want no more calls, some on one campaign or for a time."""
    now = clock.now()
    supervisors = (cast.charity["supervisor"], cast.magazine["supervisor"])
    for supervisor, worked in zip(supervisors, (running[0], running[-1]), strict=True):
        refused = LeadFilter(
            campaign=(worked.campaign_id,), status=("not_interested",), last_contact_before=now - timedelta(hours=2)
        )
        leads = campaigns.lead_list(actor=supervisor, filter=refused, size=7).items
        found = campaigns.contacts_of(leads)
        for nth, lead in enumerate(leads):
            contact = found[lead.contact_id]
            number = next((one.e164 for one in contact.numbers if one.e164), None)
            email = contact.fields.get("E-mail")
            with clock.frozen(now - timedelta(minutes=58 - 8 * nth)):
                # The last of them bars the whole person; one in three wants no mails either.
                value = str(contact.id) if nth == 6 or number is None else number
                contacts.suppression_add(
                    actor=supervisor,
                    value=value,
                    channel="any" if value != number else "phone",
                    scope=worked.campaign_id if nth == 3 else "organisation",
                    expires_at=now + timedelta(days=180) if nth == 4 else None,
                    source=_SAID[nth % len(_SAID)],
                )
                if nth % 3 == 2 and isinstance(email, str):
                    contacts.suppression_add(
                        actor=supervisor, value=email, channel="email", source="Afmeldt nyhedsbrev"
                    )
