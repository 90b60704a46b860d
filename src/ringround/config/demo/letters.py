"""Messages of the demo's week: what agents send after a call, kept by a sandbox, and what their receivers do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from ringround.campaigns import actions as campaigns
from ringround.config.demo.cast import Cast
from ringround.infra import clock
from ringround.kernel.errors import RingroundError
from ringround.messaging import actions as messaging
from ringround.messaging.courier import MessageCourier
from ringround.messaging.models import Message
from ringround.orgs.actor import Actor

_MAIL = """<div style="font-family: sans-serif; max-width: 36rem; line-height: 1.5">
<p>{hello} {{{{ contact.name | "{friend}" }}}},</p><p>{words}</p>
<p><a href="{url}" style="background: #0b6e69; color: #fff; padding: 8px 14px; border-radius: 6px">{press}</a></p>
<p>{regards}<br>{{{{ agent.name }}}}<br>{{{{ organisation.name }}}}</p>
<p style="font-size: 12px"><a href="{{{{ unsubscribe_link }}}}">{stop}</a></p></div>"""


def _mail(language: str, words: str, url: str, press: str) -> str:
    hello, friend, regards, stop = {
        "da": ("Kære", "ven", "Venlig hilsen", "Ingen flere e-mails fra os"),
        "en": ("Dear", "friend", "Kind regards", "No more e-mails from us"),
    }[language]
    return _MAIL.format(
        hello=hello, friend=friend, words=words, url=url, press=press, regards=regards, stop=stop
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Kept:
    """A template: an SMS' words by language; of an e-mail subject, words, link and what stands on it."""

    key: str
    name: str
    channel: str
    texts: dict[str, tuple[str, ...]]

    def written(self) -> dict[str, dict[str, str]]:
        if self.channel == "sms":
            return {language: {"text": text[0]} for language, text in self.texts.items()}
        return {
            language: {"subject": text[0], "text": "", "html": _mail(language, *text[1:])}
            for language, text in self.texts.items()
        }


_FROM = "{{ organisation.name }}"
_DATE, _TIME = "{{ lead.callback_date }}", "{{ lead.callback_time }}"
_TEMPLATES = {
    "charity": (
        _Kept("thanks", "Tak for din støtte", "sms", {
            "da": ('Kære {{ contact.name | "ven" }}. Tak, fordi du vil støtte os hver måned. '
                   'Hilsen {{ agent.first_name | "os" }}, ' + _FROM,),
            "en": ('Dear {{ contact.name | "friend" }}. Thank you for your monthly support. ' + _FROM,),
        }),
        _Kept("callback", "Aftalt genopkald", "sms", {
            "da": (f"Vi ringer som aftalt {_DATE} kl. {_TIME}. Hilsen {_FROM}",),
            "en": (f"As agreed we call on {_DATE} at {_TIME}. {_FROM}",),
        }),
        _Kept("missed", "Vi prøvede at ringe", "sms", {
            "da": ('Hej {{ contact.name | "du" }}. Vi prøvede at ringe til dig og prøver igen. Hilsen ' + _FROM,),
            "en": ('Hi {{ contact.name | "there" }}. We tried to call you and will try again. ' + _FROM,),
        }),
        _Kept("material", "Materiale om fast støtte", "email", {
            "da": ("Det kan din støtte blive til",
                   "Tak for snakken. Her kan du læse, hvad en fast støtte bliver til, og hvordan du kommer med.",
                   "https://www.example.org/fast-stoette", "Læs om fast støtte"),
            "en": ("What your support can do",
                   "Thank you for the talk. Here you can read what a monthly gift does, and how to join.",
                   "https://www.example.org/en/monthly", "About monthly gifts"),
        }),
    ),
    "magazine": (
        _Kept("thanks", "Velkommen tilbage", "sms", {
            "da": ('Velkommen tilbage, {{ contact.name | "læser" }}. Første nummer kommer i næste uge. ' + _FROM,),
            "en": ('Welcome back, {{ contact.name | "reader" }}. The first issue comes next week. ' + _FROM,),
        }),
        _Kept("material", "Tilbud: tre numre", "email", {
            "da": ("Tre numre for 99 kr.", "Her er tilbuddet, vi talte om: tre numre for 99 kr., uden binding.",
                   "https://www.example.org/tilbud", "Se tilbuddet"),
            "en": ("Three issues for 99 kr.", "Here is the offer that we talked about: three issues for 99 kr.",
                   "https://www.example.org/en/offer", "See the offer"),
        }),
    ),
}  # fmt: skip
# How often an agent writes after a call that went so, of a hundred, and by which template.
_SAYS = {"engaged": ("thanks", 55), "not_engaged": ("material", 12), "no_contact": ("missed", 5)}
_ANSWERS = ("Tak for det!", "Tak, det glæder jeg mig til", "Kan I ringe efter kl. 17?", "Hvem er I?", "Ok", "STOP")


class Letters:
    """What is written during the week."""

    def __init__(self, cast: Cast, seed: int) -> None:
        self._dice = Random(seed)
        self._owners: dict[UUID, Actor] = {}
        self._templates: dict[UUID, dict[str, tuple[UUID, str]]] = {}
        self._courier = MessageCourier()
        for name, staff, sender in (
            ("charity", cast.charity, "+4528100100"),
            ("magazine", cast.magazine, "+4528100200"),
        ):
            self._furnish(name, staff.owner, sender)

    def _furnish(self, name: str, owner: Actor, sender: str) -> None:
        """A sandbox for each channel, templates, quiet hours."""
        org = owner.organisation
        mail = f"{org.name} <hej@example.org>"
        for channel, kept_as, by in (("sms", "Sandkasse, SMS", sender), ("email", "Sandkasse, e-mail", mail)):
            messaging.transport_create(actor=owner, name=kept_as, kind="sandbox", channel=channel, sender=by)
        messaging.message_settings_change(
            actor=owner, quiet={"from": "21:30", "to": "08:00"}, caps=[{"channel": "sms", "most": 3, "days": 7}]
        )
        made: dict[str, tuple[UUID, str]] = {}
        for one in _TEMPLATES[name]:
            template = messaging.template_create(
                actor=owner, name=one.name, channel=one.channel, language="da", texts=one.written()
            )
            made[one.key] = (template.id, one.channel)
        self._owners[org.id], self._templates[org.id] = owner, made

    def in_hand(self, *, actor: Actor, org_id: UUID, lead_id: UUID, kind: str) -> None:
        """Before the agent says what happened."""
        key, often = _SAYS.get(kind, ("", 0))
        if self._dice.random() * 100 < often:
            self._send(actor, org_id, lead_id, key)

    def booked(self, *, actor: Actor, org_id: UUID, lead_id: UUID) -> None:
        """A callback of the agent's own has been booked."""
        if self._dice.random() < 0.35:
            self._send(actor, org_id, lead_id, "callback")

    def _send(self, actor: Actor, org_id: UUID, lead_id: UUID, key: str) -> None:
        template = self._templates[org_id].get(key)
        if template is not None:
            campaigns.message_send(actor=actor, lead_id=lead_id, channel=template[1], template_id=template[0])

    def deliver(self) -> None:
        """What waits goes, and some who got one open, follow, answer; most only get it."""
        self._courier.drain()
        sent = Message.objects.filter(status="sent", direction="out", organisation__in=list(self._owners))
        for message in sent.order_by("sent_at", "id"):
            self._receive(message, message.sent_at or clock.now())

    def _receive(self, message: Message, at: datetime) -> None:
        owner, dice = self._owners[message.organisation_id], self._dice

        def act(what: str, later: timedelta, **more: object) -> None:
            now = at + later
            if now > clock.now():
                return
            try:
                messaging.sandbox_act(actor=owner, message_id=message.id, act=what, now=now, **more)  # type: ignore[arg-type]
            except RingroundError:
                return

        soon = timedelta(seconds=dice.randint(2, 20))
        if dice.random() < 0.05:
            act("fail" if message.channel == "sms" else "bounce", soon)
            return
        act("deliver", soon)
        if message.channel == "email":
            if dice.random() < 0.4:
                act("machine_open", soon)
            if dice.random() < 0.55:
                act("open", timedelta(minutes=dice.randint(3, 180)))
                if dice.random() < 0.5:
                    act("click", timedelta(minutes=dice.randint(181, 200)))
        elif dice.random() < 0.12:
            act("reply", timedelta(minutes=dice.randint(1, 60)), text=dice.choice(_ANSWERS))
