"""Approval links: one that works, sent or shown, opened and confirmed by one browser, and at the gateway after it."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest

from ringround.contacts import actions as contacts
from ringround.infra import clock
from ringround.kernel.errors import Conflict, Invalid, NotFound, TooMany
from ringround.messaging.models import Message, Transport
from ringround.onboarding import actions
from ringround.onboarding.accounts import unseal
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.gateways.port import Permanent, Transient, Unknown
from ringround.onboarding.models import ApprovalLink, GatewayAccount, SandboxOrder, Session
from tests.integration.onboarding.rail import Rail
from tests.integration.onboarding.scene import HOLDER, PERSON, Scene

OTHER = "browser-two"


def test_the_link_goes_by_sms_in_the_workflows_words_and_from_its_sender(scene: Scene) -> None:
    session = scene.submit()
    sent = actions.session_send_link(actor=scene.agent, session_id=session.id, channel="sms")
    assert sent.url is None
    message = Message.objects.get(id=sent.message_id)
    assert (message.to, message.sender, message.status) == ("+4520123456", "Hjaelpen", "queued")
    words, url = message.text.split("\n")
    assert words == "Tak for snakken. Færdiggør her:"
    assert "/a/a_" in url
    assert scene.stands(session) == ("New", "link_sent")
    (link,) = scene.links(session)
    assert link.token_hash not in url
    assert link.expires_at == session.expires_at
    assert scene.log(session) == ["created", "link_sent"]


def test_the_link_goes_by_mail_with_a_subject(scene: Scene) -> None:
    scene.transport("email")
    session = scene.submit()
    sent = actions.session_send_link(actor=scene.agent, session_id=session.id, channel="email")
    message = Message.objects.get(id=sent.message_id)
    assert (message.to, message.subject) == ("aase@example.org", "Din aftale med Hjælpen")


def test_a_suppressed_number_gets_no_link_and_the_one_before_stays(scene: Scene) -> None:
    session = scene.submit()
    token = scene.link(session)
    contacts.suppression_add(actor=scene.merchant.owner, scope="organisation", channel="phone", value=PERSON["phone"])
    with pytest.raises(Conflict) as why:
        actions.session_send_link(actor=scene.agent, session_id=session.id, channel="sms")
    assert why.value.code == "suppressed"
    assert Message.objects.count() == 0
    assert actions.link_open(token=token, holder="").state == "open"


def test_without_a_way_to_send_it_says_so(scene: Scene) -> None:
    Transport.objects.all().delete()
    session = scene.submit()
    with pytest.raises(Conflict) as why:
        actions.session_send_link(actor=scene.agent, session_id=session.id, channel="sms")
    assert why.value.code == "no_transport"
    assert scene.stands(session) == ("New", "submitted")


def test_another_link_revokes_the_one_before_and_gives_the_whole_lifetime_again(scene: Scene) -> None:
    session = scene.submit()
    first = scene.link(session)
    clock.advance(timedelta(hours=10))
    second = scene.link(session)
    assert actions.link_open(token=first, holder="").state == "revoked"
    assert actions.link_open(token=second, holder="").state == "open"
    until = clock.now() + timedelta(days=2)
    assert scene.see(session).expires_at == until
    assert scene.links(session)[-1].expires_at == until
    assert scene.lead(session).next_contact_at == until


def test_links_are_not_sent_without_end(scene: Scene) -> None:
    session = scene.submit()
    for _ in range(5):
        scene.link(session)
    with pytest.raises(TooMany) as why:
        scene.link(session)
    assert 0 < why.value.retry_after_s <= 3601
    clock.advance(timedelta(hours=1, seconds=1))
    scene.link(session)


def test_another_agent_or_organisation_sends_no_link(scene: Scene) -> None:
    session = scene.submit()
    for actor in (scene.merchant.junior, scene.rig.cast.outsider, scene.rig.cast.agency.owner):
        with pytest.raises(NotFound):
            scene.link(session, actor=actor)
    scene.link(session, actor=scene.merchant.supervisor)


def test_a_merchant_without_an_account_has_no_links(scene: Scene) -> None:
    session = scene.submit()
    GatewayAccount.objects.update(active=False)
    with pytest.raises(Conflict) as why:
        scene.link(session)
    assert why.value.code == "no_payment_account"


# --- the donor ------------------------------------------------------------------------------------


def test_the_page_shows_what_was_agreed_and_asks_for_what_is_not_said_aloud(scene: Scene) -> None:
    session = scene.submit()
    page = actions.link_open(token=scene.link(session), holder="")
    assert (page.state, page.merchant, page.name, page.person) == ("open", "Hjælpen", "Fast støtte", "Åse Ørum")
    assert (page.amount, page.currency, page.schedule) == (10000, "DKK", "monthly")
    assert [one.role for one in page.asked] == ["national_id"]
    first = page.promises["card"]
    assert first is not None
    assert first > clock.now().date() - timedelta(days=1)
    assert scene.stands(session) == ("New", "link_opened")
    assert scene.log(session)[-1] == "link_opened"


def test_opening_it_twice_is_one_opening(scene: Scene) -> None:
    session = scene.submit()
    token = scene.link(session)
    for _ in range(3):
        actions.link_open(token=token, holder="")
    assert scene.log(session).count("link_opened") == 1


def test_an_unknown_link_is_nobodys(scene: Scene) -> None:
    for token in ("", "a_nothing", "ø", "x" * 5000):
        with pytest.raises(NotFound):
            actions.link_open(token=token, holder="")


def test_confirming_begins_at_the_gateway(scene: Scene) -> None:
    session = scene.submit()
    done = scene.confirm(scene.link(session), values={"national_id": "010170-1234"})
    assert done.redirect_url
    assert scene.stands(session) == ("Processing", "at_gateway")
    order = SandboxOrder.objects.get()
    assert (order.key, order.reference, order.amount) == (str(session.id), session.id.hex, 10000)
    now = scene.see(session)
    assert (now.gateway_ref, now.account_id, now.beginning_at) == (now.gateway_ref, scene.account.id, None)
    assert unseal(now.secrets)["national_id"] == "0101701234"
    assert scene.told(session.id) == ["onboarding.session.created", "onboarding.session.processing"]
    assert scene.links(session)[0].used_at is not None


def test_what_the_donor_types_wrong_is_told_and_nothing_begins(scene: Scene) -> None:
    session = scene.submit()
    token = scene.link(session)
    with pytest.raises(Invalid) as wrong:
        actions.link_confirm(token=token, holder=HOLDER, values={"national_id": "12"})
    assert [(one.loc, one.code) for one in wrong.value.errors] == [(("national_id",), "national_id")]
    assert scene.stands(session)[0] == "New"
    assert not SandboxOrder.objects.exists()
    assert scene.links(session)[0].holder_hash == ""


def test_the_browser_that_goes_on_keeps_the_link(scene: Scene) -> None:
    session = scene.submit()
    token = scene.link(session)
    assert actions.link_open(token=token, holder=OTHER).state == "open"
    scene.confirm(token)
    assert actions.link_open(token=token, holder=OTHER).state == "taken"
    with pytest.raises(Conflict) as why:
        actions.link_confirm(token=token, holder=OTHER)
    assert why.value.code == "link_taken"
    assert actions.link_open(token=token, holder=HOLDER).state == "at_gateway"


def test_confirming_twice_is_one_beginning(scene: Scene) -> None:
    session = scene.submit()
    token = scene.link(session)
    first = scene.confirm(token)
    second = actions.link_confirm(token=token, holder=HOLDER)
    assert first.redirect_url == second.redirect_url
    assert SandboxOrder.objects.count() == 1


def test_a_link_is_of_no_use_after_its_time(scene: Scene) -> None:
    session = scene.submit()
    token = scene.link(session)
    clock.advance(timedelta(days=2))
    assert actions.link_open(token=token, holder="").state == "expired"
    with pytest.raises(Conflict):
        actions.link_confirm(token=token, holder=HOLDER)


def test_the_donor_declines_and_the_lead_is_not_interested(scene: Scene) -> None:
    session = scene.submit()
    page = actions.link_decline(token=scene.link(session), holder=HOLDER)
    assert page.state == "declined"
    assert scene.stands(session) == ("Rejected", "done")
    assert scene.see(session).reason == "donor_declined"
    assert scene.lead(session).status == "not_interested"
    assert scene.told(session.id)[-1] == "onboarding.session.rejected"


def test_the_donor_declines_at_the_gateway_and_it_is_cancelled_there(scene: Scene) -> None:
    session = scene.submit()
    token = scene.link(session)
    scene.confirm(token)
    actions.link_decline(token=token, holder=HOLDER)
    assert scene.stands(session) == ("Rejected", "done")
    assert SandboxOrder.objects.get(what="mandate").state in ("stopped", "cancelled", "rejected")


def test_the_donor_chooses_how_to_pay_where_nobody_has_said(scene: Scene) -> None:
    session = scene.submit(payment_method=None)
    token = scene.link(session)
    assert set(actions.link_open(token=token, holder="").methods) == {"card", "mobile", "direct_debit"}
    with pytest.raises(Invalid) as wrong:
        actions.link_confirm(token=token, holder=HOLDER)
    assert [one.loc for one in wrong.value.errors] == [("payment_method",)]
    scene.confirm(token, method="mobile")
    assert scene.see(session).payment_method == "mobile"


def test_terms_are_accepted_in_the_version_that_was_shown(rig: Any) -> None:
    from tests.integration.onboarding.workflows import SIGNUP

    scene = Scene(rig, definition={**SIGNUP, "terms": {"version": "2026-1", "text": "Du kan altid stoppe."}})
    session = scene.submit()
    token = scene.link(session)
    page = actions.link_open(token=token, holder="")
    assert page.terms is not None
    assert page.terms.version == "2026-1"
    for wrong in ("", "2025-1"):
        with pytest.raises(Invalid):
            actions.link_confirm(token=token, holder=HOLDER, terms_version=wrong)
    scene.confirm(token, terms_version="2026-1")
    assert scene.see(session).terms_version == "2026-1"


# --- the beginning --------------------------------------------------------------------------------


def broken(monkeypatch: pytest.MonkeyPatch, *faults: Exception) -> list[str]:
    """The sandbox's next beginnings fail so; the keys they were asked with."""
    box, keys, left = DRAWERS["sandbox"], [], list(faults)
    whole = box.begin_mandate

    def begin(account: Any, asked: Any, key: str) -> Any:
        keys.append(key)
        if left:
            raise left.pop(0)
        return whole(account, asked, key)

    monkeypatch.setattr(type(box), "begin_mandate", lambda self, account, asked, key: begin(account, asked, key))
    return keys


def test_a_gateway_that_will_not_begin_fails_the_session(scene: Scene) -> None:
    session = scene.submit(agreement={"amount": 10002, "schedule": "monthly"})
    done = scene.confirm(scene.link(session))
    assert done.redirect_url is None
    assert scene.stands(session) == ("Failed", "done")
    assert scene.see(session).reason == "cannot_begin"
    lead = scene.lead(session)
    assert (lead.status, lead.owner_id, lead.next_contact_at) == (
        "private_redial", scene.agent.user_id, clock.now()
    )  # fmt: skip
    assert scene.timeline(session) == ["session_submitted", "session_failed"]


@pytest.mark.parametrize(("kind", "level"), [("sandbox", logging.DEBUG), ("vipps", logging.INFO)])
def test_what_the_sandbox_refuses_looks_like_no_fault_in_the_log(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, kind: str, level: int
) -> None:
    def refuse(*_: Any) -> Any:
        raise Permanent("technical")

    rail = Rail()
    rail.on["begin_mandate"] = refuse
    monkeypatch.setitem(DRAWERS, kind, rail)
    session = scene.submit()
    GatewayAccount.objects.filter(id=scene.account.id).update(kind=kind)
    caplog.set_level(logging.DEBUG, "ringround.onboarding")
    scene.confirm(scene.link(session))
    assert scene.see(session).reason == "cannot_begin"
    said = [one.levelno for one in caplog.records if "cannot begin at its gateway" in one.getMessage()]
    assert said == [level]


def test_a_gateway_that_is_away_is_asked_again_with_the_same_key(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = broken(monkeypatch, Transient("down"))
    session = scene.submit()
    token = scene.link(session)
    with pytest.raises(Conflict) as why:
        scene.confirm(token)
    assert why.value.code == "gateway_busy"
    assert scene.stands(session)[0] == "New"
    scene.confirm(token)
    assert scene.stands(session)[0] == "Processing"
    assert set(keys) == {str(session.id)}
    assert SandboxOrder.objects.count() == 1


def test_a_beginning_whose_answer_was_lost_is_asked_for_and_not_failed(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = broken(monkeypatch, Unknown("timeout"))
    session = scene.submit()
    with pytest.raises(Conflict):
        scene.confirm(scene.link(session))
    assert scene.see(session).beginning_at is not None
    actions.sessions_ask(now=clock.now())
    assert scene.stands(session)[0] == "New"
    Session.objects.update(beginning_at=clock.real_now() - timedelta(minutes=1))
    actions.sessions_ask(now=clock.now())
    assert scene.stands(session) == ("Processing", "at_gateway")
    assert keys == [str(session.id)] * 2


def test_a_gateway_that_refuses_for_good_is_not_asked_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = broken(monkeypatch, Permanent("not_allowed"))
    session = scene.submit()
    token = scene.link(session)
    scene.confirm(token)
    assert scene.stands(session)[0] == "Failed"
    assert actions.link_open(token=token, holder=HOLDER).state == "failed"
    assert len(keys) == 1


def test_nothing_of_the_token_stands_in_the_database(scene: Scene) -> None:
    session = scene.submit()
    token = scene.link(session)
    assert not ApprovalLink.objects.filter(token_hash=token).exists()
    assert token not in str(scene.see(session).snapshot)
