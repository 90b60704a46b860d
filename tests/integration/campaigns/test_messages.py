"""Messages to leads: where they go, what they say, who may send, what the lead's page tells, whose an answer is."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from ringround.campaigns import actions, queries
from ringround.campaigns.actions import LeadMessage
from ringround.campaigns.actions.messages import message_take
from ringround.campaigns.models import Lead
from ringround.contacts import actions as contacts
from ringround.infra import clock
from ringround.infra.models import EventOut
from ringround.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from ringround.kernel.ids import new_id
from ringround.messaging import queries as messaging
from ringround.messaging.models import Message, Template, TemplateText, Transport
from tests.integration.http.calling import token_for

if TYPE_CHECKING:
    from tests.integration.campaigns.rig import Rig

COLUMNS = [
    {"name": "Fornavn", "type": "text", "role": "first_name"},
    {"name": "Mail", "type": "email", "role": "email"},
    {"name": "cpr", "type": "text", "role": "national_id"},
    {"name": "mobile", "type": "phone"},
    {"name": "home", "type": "phone"},
]


def way(org: Any) -> None:
    now = clock.real_now()
    for channel in ("sms", "email"):
        Transport.objects.create(
            organisation=org, name=channel, kind="sandbox", channel=channel, token=str(new_id()), tokens_at=now,
            rests_until=now, created_at=now, updated_at=now,
        )  # fmt: skip


@pytest.fixture
def campaign(rig: Rig) -> Any:
    way(rig.staff.org)
    made = rig.campaign()
    rig.lists[made.id] = contacts.contact_list_create(
        actor=rig.staff.manager, name="Med mail", columns=COLUMNS, region="DK"
    )
    return made


def lead(rig: Rig, campaign: Any, **fields: str) -> UUID:
    values = {"Fornavn": "Åse", "Mail": "aase@example.org", "cpr": "", "mobile": "20123456", "home": "", **fields}
    listed = rig.lists[campaign.id]
    return rig.lead(
        campaign,
        contact=contacts.contact_create(actor=rig.staff.manager, list_id=listed.id, fields=values).id,
    )


def template(org: Any, text: str, channel: str = "sms", **more: Any) -> UUID:
    now = clock.now()
    made = Template.objects.create(
        organisation=org, name=str(new_id()), channel=channel, language="da", created_at=now, updated_at=now
    )
    TemplateText.objects.create(template=made, language="da", text=text, **more)
    return made.id


def send(rig: Rig, lead_id: UUID, actor: Any = None, **more: Any) -> Message:
    given = {"channel": "sms", "text": "Hej", **more}
    queued = actions.message_send(actor=actor or rig.staff.supervisor, lead_id=lead_id, **given)
    return Message.objects.get(id=queued.message_id)


def test_an_sms_goes_to_the_number_last_called(rig: Rig, campaign: Any) -> None:
    one = lead(rig, campaign, mobile="20123456", home="28111213")
    assert send(rig, one).to == "+4520123456"
    agent = rig.staff.senior
    assert rig.given(agent, campaign) == one
    actions.call_start(actor=agent, lead_id=one, number="+4528111213")
    assert send(rig, one, key="during").to == "+4528111213"
    actions.call_hangup(actor=agent, lead_id=one)
    rig.say(agent, one, "no_contact")
    assert send(rig, one, key="after").to == "+4528111213"


def test_a_template_is_filled_in_and_tells_no_national_id(rig: Rig, campaign: Any) -> None:
    one = lead(rig, campaign, cpr="010190-1234")
    text = 'Hej {{ contact.first_name }}, {{agent.name}} fra {{ campaign.name }}. {{ contact.cpr | "-" }}'
    made = send(rig, one, text=None, template_id=template(rig.staff.org, text))
    assert made.text == f"Hej Åse, Sune Supervisor fra {campaign.name}. -"


def test_a_callbacks_time_is_told_as_the_clock_shows_it_where_the_lead_is(rig: Rig, campaign: Any) -> None:
    one = lead(rig, campaign)
    rig.put(one, next_contact_at=clock.now() + timedelta(hours=4, minutes=30))
    assert send(rig, one, text="Vi ringer {{ lead.callback_date }} kl. {{lead.callback_time}}").text == (
        "Vi ringer 2. marts 2026 kl. 14:30"
    )


def test_a_lead_without_address_is_told_of_and_nothing_fails(rig: Rig, campaign: Any) -> None:
    made = send(rig, lead(rig, campaign, Mail=""), channel="email", subject="Hej")
    assert (made.status, made.reason) == ("skipped", "no_address")


def test_the_same_key_is_the_same_message(rig: Rig, campaign: Any) -> None:
    one = lead(rig, campaign)
    assert send(rig, one, key="x").id == send(rig, one, key="x", text="Noget andet").id


def test_many_are_sent_at_once_and_one_that_is_gone_is_nothing(rig: Rig, campaign: Any) -> None:
    found = [lead(rig, campaign, mobile=f"2012345{n}") for n in range(2)]
    orders = [LeadMessage(key=f"run:{n}", lead_id=one, channel="sms", text="Hej {{ contact.Fornavn }}")
              for n, one in enumerate([*found, new_id()])]  # fmt: skip
    first, second, gone = actions.messages_send(orders=orders, now=clock.now())
    assert first
    assert second
    assert gone is None
    assert [Message.objects.get(id=one.message_id).to for one in (first, second)] == ["+4520123450", "+4520123451"]


def test_an_agent_writes_to_the_contact_in_hand_and_to_nobody_else(rig: Rig, campaign: Any) -> None:
    one = lead(rig, campaign)
    agent = rig.staff.senior
    with pytest.raises(Conflict) as refused:
        send(rig, one, actor=agent)
    assert refused.value.code == "not_held"
    assert rig.given(agent, campaign) == one
    assert send(rig, one, actor=agent).by_id == agent.user_id


def test_a_junior_agent_sends_templates_alone(rig: Rig, campaign: Any) -> None:
    one = lead(rig, campaign)
    agent = rig.staff.junior
    assert rig.given(agent, campaign) == one
    with pytest.raises(Invalid) as wrong:
        send(rig, one, actor=agent)
    assert wrong.value.errors[0].code == "template_only"
    send(rig, one, actor=agent, text=None, template_id=template(rig.staff.org, "Hej"))


def test_who_only_looks_sends_nothing_and_a_stranger_finds_nothing(rig: Rig, campaign: Any) -> None:
    one = lead(rig, campaign)
    with pytest.raises(Forbidden):
        send(rig, one, actor=rig.staff.viewer)
    with pytest.raises(NotFound):
        send(rig, one, actor=rig.cast.outsider)
    theirs = template(rig.cast.magazine.org, "Hej")
    with pytest.raises(Invalid):
        send(rig, one, text=None, template_id=theirs)


def test_the_history_tells_of_messages_where_they_happened(rig: Rig, campaign: Any) -> None:
    one = lead(rig, campaign)
    made = send(rig, one, channel="email", subject="Tak for snakken")
    now = clock.now()
    Message.objects.filter(id=made.id).update(
        status="delivered", sent_at=now, delivered_at=now + timedelta(seconds=3), opened_at=now + timedelta(hours=1)
    )
    found = queries.lead_timeline(actor=rig.staff.manager, lead_id=one).items
    told = [(item.key, item.text, item.by_name) for item in found if item.kind == "message"]
    assert told == [
        ("email_opened", "Tak for snakken", ""), ("email_delivered", "", ""),
        ("email_sent", "Tak for snakken", "Sune Supervisor"),
    ]  # fmt: skip
    # A page may end between two lines of one message.
    page = queries.lead_timeline(actor=rig.staff.manager, lead_id=one, size=1)
    rest = queries.lead_timeline(actor=rig.staff.manager, lead_id=one, after=page.next)
    assert [*page.items, *rest.items] == found


def received(rig: Rig, number: str, **more: Any) -> Message:
    now = clock.now()
    return Message.objects.create(
        organisation=rig.staff.org, channel="sms", direction="in", status="received", key=f"in:{new_id()}", to=number,
        text="Ja tak", at=now, next_at=now, **more,
    )  # fmt: skip


def test_an_answer_is_of_the_newest_open_lead_with_that_number(rig: Rig, campaign: Any) -> None:
    older = lead(rig, campaign)
    other = rig.campaign()
    newer = rig.lead(other, mobile="+4520123456")
    closed = rig.lead(rig.campaign(), mobile="+4520123456", status="success")
    message = received(rig, "+4520123456")
    message_take(message_id=message.id, org_id=rig.staff.org.id, stop=False)
    message.refresh_from_db()
    assert message.lead_id == newer
    assert message.campaign_id == other.id
    assert {older, closed}.isdisjoint({message.lead_id})
    assert queries.lead_timeline(actor=rig.staff.manager, lead_id=newer).items[0].key == "sms_received"


def test_whoever_has_the_contact_in_hand_is_told_of_an_answer(rig: Rig, campaign: Any) -> None:
    one = lead(rig, campaign)
    assert rig.given(rig.staff.senior, campaign) == one
    message = received(rig, "+4520123456")
    message_take(message_id=message.id, org_id=rig.staff.org.id, stop=False)
    (event,) = EventOut.objects.filter(type="campaigns.lead.message_received")
    assert event.subject_id == one
    assert event.data["agent"] == str(rig.staff.senior.user_id)


def test_an_answer_from_nobody_known_stays_nobodys(rig: Rig, campaign: Any) -> None:
    message = received(rig, "+4528999999")
    message_take(message_id=message.id, org_id=rig.staff.org.id, stop=False)
    message.refresh_from_db()
    assert message.lead_id is None


def test_messages_over_http(rig: Rig, campaign: Any, client: Any) -> None:
    one = lead(rig, campaign)
    headers = {"Authorization": f"Bearer {token_for(rig.staff.supervisor)}"}
    body = {"lead": str(one), "channel": "sms", "text": "Hej"}
    made = client.post("/api/v1/messages", body, content_type="application/json", headers=headers)
    assert made.status_code == 201, made.content
    assert made.json()["status"] == "queued"
    assert made.json()["to"] == "+4520123456"
    listed = client.get(f"/api/v1/messages?lead={one}&channel=sms", headers=headers).json()
    assert [item["id"] for item in listed["items"]] == [made.json()["id"]]
    assert client.get("/api/v1/messages?channel=email", headers=headers).json()["items"] == []
    stranger = {"Authorization": f"Bearer {token_for(rig.cast.outsider)}"}
    assert client.get(f"/api/v1/messages/{made.json()['id']}", headers=stranger).status_code == 404
    assert client.get("/api/v1/messages", headers=stranger).json()["items"] == []


def test_the_leads_page_shows_its_messages_once_and_not_as_toasts(rig: Rig, campaign: Any, client: Any) -> None:
    one = lead(rig, campaign)
    send(rig, one, text="Tak for snakken")
    client.force_login(rig.staff.supervisor.user)
    page = client.get(f"/campaigns/leads/{one}").content.decode()
    card = page[page.index('id="messages"') :]
    assert "Tak for snakken" in card
    assert "Message object" not in page
    assert "rr-message-out" in card


def test_an_agents_preview_is_filled_in_with_nobody_but_their_own(rig: Rig, campaign: Any) -> None:
    for number in range(3):
        lead(rig, campaign, mobile=f"2012345{number}")
    agent = rig.staff.senior
    assert queries.message_sample(actor=rig.staff.supervisor, campaign_id=campaign.id, language="da") is not None
    assert queries.message_sample(actor=agent, campaign_id=campaign.id, language="da") is None
    held = rig.given(agent, campaign)
    found = queries.message_sample(actor=agent, campaign_id=campaign.id, language="da")
    assert found is not None
    assert found[0].id == held


def test_messages_of_several_campaigns_come_newest_first_by_pages(rig: Rig, campaign: Any) -> None:
    other = rig.campaign()
    now = clock.now()
    made = [received(rig, "+4520123456", campaign_id=one.id).id for one in (campaign, other, campaign, other, campaign)]
    for at, message_id in enumerate(made):
        Message.objects.filter(id=message_id).update(at=now + timedelta(minutes=at))
    asked = {"campaign_ids": [campaign.id, other.id], "org_ids": [rig.staff.org.id], "size": 2}
    found: list[UUID] = []
    after = None
    while True:
        rows, after = messaging.messages_of_campaigns(**asked, after=after)
        found += [one.id for one in rows]
        if after is None:
            break
    assert found == made[::-1]


def test_news_are_asked_for_alone_and_without_their_html(rig: Rig, campaign: Any) -> None:
    one = lead(rig, campaign)
    way_back = clock.now() - timedelta(days=30)
    for _ in range(3):
        received(rig, "+4520123456", lead_id=one, html="x" * 1000)
    old = send(rig, one)
    Message.objects.filter(id=old.id).update(at=way_back)
    since = clock.now() - timedelta(hours=1)
    rows = messaging.messages_of_lead(lead_id=one, heard_since=since)
    assert len(rows) == 3
    assert all("html" in row.get_deferred_fields() for row in rows)
    Message.objects.filter(id=old.id).update(opened_at=clock.now())
    assert len(messaging.messages_of_lead(lead_id=one, heard_since=since)) == 4
    row = Lead.objects.get(id=one)
    assert {entry.key for entry in queries.lead_news(lead=row)} == {"sms_received", "sms_opened"}
