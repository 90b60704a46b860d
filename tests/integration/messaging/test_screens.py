"""The post room's screens: each shows what there is, says what is wrong, and loses nothing that was typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse

from ringround.infra import clock
from ringround.kernel.ids import new_id
from ringround.messaging import actions, queries
from ringround.messaging.forms import SECRETS, SETTINGS
from ringround.messaging.models import Click, Message, MessageSettings, Template, Transport
from ringround.messaging.transports import DRAWERS
from tests import factories

if TYPE_CHECKING:
    from ringround.orgs.actor import Actor

pytestmark = pytest.mark.django_db
TEXT = 'Hej {{ contact.name | "ven" }}, tak for snakken.'


@pytest.fixture
def staff() -> factories.Staff:
    return factories.cast().charity


def come(actor: Actor, language: str = "en") -> Client:
    client = Client()
    assert actor.user is not None
    actor.user.language = language
    actor.user.save()
    client.force_login(actor.user)
    return client


def transport(actor: Actor, channel: str = "sms") -> Transport:
    sender = "Hjaelpen" if channel == "sms" else "Hjælpen <hej@example.org>"
    return actions.transport_create(actor=actor, name=f"Sand {channel}", kind="sandbox", channel=channel, sender=sender)


def template(actor: Actor, **more: Any) -> Template:
    texts = {"da": {"text": TEXT}, "en": {"text": "Hi, thanks."}}
    return actions.template_create(
        actor=actor, **{"name": "Tak", "channel": "sms", "language": "da", "texts": texts, **more}
    )


def message(actor: Actor, way: Transport, **more: Any) -> Message:
    now = clock.now()
    given = {
        "organisation": actor.organisation, "channel": way.channel, "key": str(new_id()), "to": "+4520123456",
        "text": "Hej <b>du</b>", "status": "sent", "transport": way, "at": now, "next_at": now, "sent_at": now,
    }  # fmt: skip
    return Message.objects.create(**{**given, **more})


PAGES = ("list", "sandbox", "templates", "template-new", "transports", "settings")


@pytest.mark.parametrize("language", ["en", "da"])
@pytest.mark.parametrize("name", PAGES)
def test_an_empty_page_says_what_to_do(staff: factories.Staff, name: str, language: str) -> None:
    page = come(staff.owner, language).get(reverse(f"messaging:{name}"))
    assert page.status_code == 200
    if name in ("list", "sandbox", "templates", "transports"):
        assert "rr-empty" in page.content.decode()


def test_the_list_finds_by_channel_state_and_template(staff: factories.Staff) -> None:
    owner = staff.owner
    sms, email = transport(owner), transport(owner, "email")
    found = template(owner)
    message(owner, sms, template=found, text="Den første")
    message(owner, email, to="a@example.org", subject="Den anden", status="bounced", reason="mailbox")
    client = come(owner)
    page = client.get(reverse("messaging:list")).content.decode()
    assert "Den første" in page
    assert "Den anden" in page
    assert "There is no such mailbox" in page
    for query, there, gone in (
        ("channel=sms", "Den første", "Den anden"), ("status=bounced", "Den anden", "Den første"),
        (f"template={found.id}", "Den første", "Den anden"),
    ):  # fmt: skip
        part = client.get(f"{reverse('messaging:list')}?{query}", headers={"HX-Request": "true"}).content.decode()
        assert there in part
        assert gone not in part


def test_a_mail_stands_in_a_frame_without_scripts_and_its_links_tell_who_followed(staff: factories.Staff) -> None:
    html = '<p>Hej</p><script>ring()</script><a href="https://example.org/giv">Giv</a>'
    one = message(staff.owner, transport(staff.owner, "email"), to="a@example.org", subject="Hej", html=html)
    Click.objects.create(message=one, link=0, machine=True, why="agent", at=clock.now())
    page = come(staff.owner).get(reverse("messaging:message", args=[one.id]))
    written = page.content.decode()
    assert 'sandbox=""' in written
    assert "<script>ring" not in written
    assert "https://example.org/giv" in written
    assert "by a machine:" in written
    assert "script-src 'self';" in page["Content-Security-Policy"] + ";"


def test_the_sandbox_shows_what_was_sent_and_plays_its_receiver(staff: factories.Staff) -> None:
    owner = staff.owner
    one = message(owner, transport(owner))
    client = come(owner)
    page = client.get(reverse("messaging:sandbox")).content.decode()
    assert "Hej &lt;b&gt;du&lt;/b&gt;" in page
    client.post(reverse("messaging:act", args=[one.id, "deliver"]))
    client.post(reverse("messaging:act", args=[one.id, "reply"]), {"text": "Ja tak"})
    one.refresh_from_db()
    assert one.status == "delivered"
    assert "Ja tak" in client.get(reverse("messaging:sandbox")).content.decode()


def test_a_mail_in_the_sandbox_is_opened_and_its_link_followed(staff: factories.Staff) -> None:
    html = '<a href="https://example.org/giv">Giv</a>'
    one = message(staff.owner, transport(staff.owner, "email"), to="a@example.org", subject="Hej", html=html)
    client = come(staff.owner)
    for act in ("machine_open", "click"):
        client.post(reverse("messaging:act", args=[one.id, act]), {"link": "0"})
    one.refresh_from_db()
    assert None not in (one.machine_opened_at, one.opened_at, one.clicked_at)
    assert "Opened" in client.get(f"{reverse('messaging:sandbox')}?channel=email").content.decode()


def test_a_template_is_made_previewed_and_changed_in_another_language(staff: factories.Staff) -> None:
    client = come(staff.supervisor)
    new = reverse("messaging:template-new")
    said = {"name": "Tak", "channel": "sms", "language": "da", "text": TEXT, "sample": ""}
    shown = client.post(new, {**said, "preview": "1"}).content.decode()
    assert "Hej ven, tak for snakken." in shown
    assert "1 SMS" in shown
    assert client.post(new, said).status_code == 303
    made = Template.objects.get()
    here = reverse("messaging:template", args=[made.id])
    page = client.get(f"{here}?lang=en").content.decode()
    assert "English" in page
    assert client.post(here, {"name": "Tak", "lang": "en", "text": "Thanks", "sample": ""}).status_code == 303
    assert {one: text.text for one, text in queries.template_texts(made).items()} == {"da": TEXT, "en": "Thanks"}
    client.post(reverse("messaging:template-drop", args=[made.id, "en"]))
    assert list(queries.template_texts(made)) == ["da"]


def test_what_is_wrong_with_a_template_is_said_and_nothing_is_lost(staff: factories.Staff) -> None:
    said = {"name": "Tak", "channel": "sms", "language": "da", "text": "Hej {{ kunde }} du", "sample": ""}
    page = come(staff.supervisor, "da").post(reverse("messaging:template-new"), said)
    assert page.status_code == 422
    assert "Hej {{ kunde }} du" in page.content.decode()
    assert not Template.objects.exists()


def test_a_preview_with_an_emoji_counts_its_parts(staff: factories.Staff) -> None:
    said = {"name": "x", "channel": "sms", "language": "da", "text": "Æ" * 70 + "🙂", "sample": "", "preview": "1"}
    assert "2 SMS" in come(staff.supervisor).post(reverse("messaging:template-new"), said).content.decode()


def test_a_test_goes_to_oneself(staff: factories.Staff) -> None:
    transport(staff.owner)
    made = template(staff.owner)
    here = reverse("messaging:template-test", args=[made.id])
    come(staff.supervisor).post(here, {"to": "+4520123456", "lang": "en", "sample": ""})
    assert Message.objects.get().text == "Hi, thanks."


def test_a_transport_is_made_and_its_secret_is_never_shown(staff: factories.Staff) -> None:
    client = come(staff.owner)
    new = reverse("messaging:transport-new", args=["gatewayapi"])
    said = {"name": "GatewayAPI", "sender": "Hjaelpen", "priority": "100", "active": "on"}
    refused = client.post(new, said)
    assert refused.status_code == 422
    assert client.post(new, {**said, "secret_token": "tok-very-secret"}).status_code == 303
    made = Transport.objects.get()
    here = reverse("messaging:transport", args=[made.id])
    page = client.get(here).content.decode()
    assert "tok-very-secret" not in page
    assert made.token in page  # the address that the provider calls
    # Left empty, the secret stays.
    assert client.post(here, {**said, "name": "Anden"}).status_code == 303
    made.refresh_from_db()
    assert (made.name, bool(made.secrets)) == ("Anden", True)


def test_a_sandbox_is_tried_out(staff: factories.Staff) -> None:
    made = transport(staff.owner)
    client = come(staff.owner)
    client.post(reverse("messaging:transport-try", args=[made.id]), {"to": "+4520123456"})
    page = client.get(reverse("messaging:transport", args=[made.id]))
    assert "The provider has taken it." in page.content.decode()
    assert client.post(reverse("messaging:transport-check", args=[made.id])).status_code == 303


def test_the_rules_are_kept_and_those_of_programs_too(staff: factories.Staff) -> None:
    caps = [{"channel": "sms", "most": 2, "days": 7}, {"channel": "sms", "most": 5, "days": 30}]
    actions.message_settings_change(actor=staff.owner, caps=caps)
    client = come(staff.manager)
    here = reverse("messaging:settings")
    said = {"quiet_from": "21:00", "quiet_to": "08:00", "sms_most": "1", "sms_days": "7", "over_cap": "wait"}
    said |= {"sms_sender": "Charity"}
    assert client.post(here, {**said, "quiet_to": ""}).status_code == 422
    assert "without æ, ø and å" in client.post(here, {**said, "sms_sender": "Hjælp"}).content.decode()
    assert client.post(here, said).status_code == 303
    row = MessageSettings.objects.get()
    assert row.quiet == {"from": "21:00", "to": "08:00"}
    assert row.caps == [{"channel": "sms", "most": 1, "days": 7}, {"channel": "sms", "most": 5, "days": 30}]
    assert (row.over_cap, row.track_opens, row.sms_sender) == ("wait", False, "Charity")


def test_an_address_in_angle_brackets_is_shown_as_it_is_written(staff: factories.Staff) -> None:
    owner = come(staff.owner)
    for here in (reverse("messaging:settings"), reverse("messaging:transport-new", args=["smtp"])):
        assert "Hjælpen &lt;hej@example.org&gt;" in owner.get(here).content.decode()


def test_who_may_not_is_told_so(staff: factories.Staff) -> None:
    assert come(staff.junior).get(reverse("messaging:list")).status_code == 403
    assert come(staff.supervisor).get(reverse("messaging:transports")).status_code == 403
    assert come(staff.manager).get(reverse("messaging:transport-new", args=["sandbox"])).status_code == 403


@pytest.mark.parametrize("kind", sorted(DRAWERS))
def test_the_form_of_each_kind_has_all_that_the_kind_takes(staff: factories.Staff, kind: str) -> None:
    page = come(staff.owner).get(reverse("messaging:transport-new", args=[kind]))
    assert page.status_code == 200
    # A setting that the form did not know would be lost when it is saved.
    said = {name: object() for name, *_rest in SETTINGS[kind]}
    assert [fault for fault in DRAWERS[kind].check(said, {}) if fault.code == "unknown_field"] == []
    assert {name for name, _label in SECRETS[kind]} >= set(DRAWERS[kind].secrets)
