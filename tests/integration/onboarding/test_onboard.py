"""`/onboard`: a session's form, opened from elsewhere, filled in and submitted; and the session that comes of it."""

from __future__ import annotations

import html
import logging
import re
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client

from ringround.campaigns.actions import leads_erase
from ringround.campaigns.models import Campaign, Lead
from ringround.contacts import actions as contacts
from ringround.infra import clock, sql
from ringround.onboarding import sealing
from ringround.onboarding.accounts import unseal
from ringround.onboarding.models import Agreement, Session, Subscription
from ringround.onboarding.queries.entry import GONE
from ringround.orgs.actor import Actor
from ringround.orgs.models import AgencyLink, Membership, Organisation
from tests.integration.campaigns.rig import Rig
from tests.integration.campaigns.side_by_side import beside, wait_for_a_waiter
from tests.integration.onboarding import workflows
from tests.integration.onboarding.scene import Scene
from tests.integration.onboarding.workflows import SIGNUP, UPGRADE

CPR = "2110625629"
COLUMNS = [{"name": "navn", "type": "text", "role": "name"}, {"name": "mail", "type": "email", "role": "email"}]
GOOD = {
    "product": "fast", "product-fast-amount": "150", "product-fast-schedule": "monthly", "product-fast-method": "card",
    "product-fast-start": "next_possible", "contact-first_name": "Åse", "contact-last_name": "Ørum",
    "contact-phone": "20123456", "language": "da",
}  # fmt: skip


def signed_in(actor: Actor) -> Client:
    client = Client()
    client.force_login(actor.user)
    return client


def address(scene: Scene, **more: str) -> str:
    return "/onboard?" + urlencode({"campaignGuid": str(scene.campaign.id), "externalLeadId": "crm-1", **more})


def hidden(page: Any) -> dict[str, str]:
    """What the form brings back by itself."""
    found = {
        name: html.unescape(value)
        for name, value in re.findall(
            r'<input type="hidden" name="(entry|form_key)" value="([^"]*)"', page.content.decode()
        )
    }
    assert set(found) == {"entry", "form_key"}
    return found


def value_of(page: Any, name: str) -> str:
    found = re.search(rf'<input[^>]*name="{name}"[^>]*?>', page.content.decode())
    assert found is not None, name
    value = re.search(r'value="([^"]*)"', found[0])
    return html.unescape(value[1]) if value else ""


def words(page: Any) -> str:
    return html.unescape(page.content.decode())


# --- opening --------------------------------------------------------------------------------------


def test_an_agent_gets_the_form_of_the_campaigns_workflow_prefilled(scene: Scene) -> None:
    page = signed_in(scene.agent).get(
        address(scene, pre_firstName="Åse", pre_msisdn="4520123456", pre_amount="99,50", pre_scheduleType="Yearly")
    )
    assert page.status_code == 200
    assert value_of(page, "contact-first_name") == "Åse"
    assert value_of(page, "contact-phone") == "+4520123456"
    assert value_of(page, "product-fast-amount") == "99,50"
    assert re.search(r'name="product-fast-schedule" value="yearly"[^>]* checked', page.content.decode())


@pytest.mark.parametrize("gone", ["campaignGuid", "externalLeadId"])
def test_a_missing_id_is_said_with_why_and_nothing_begins(scene: Scene, gone: str) -> None:
    query = {"campaignGuid": str(scene.campaign.id), "externalLeadId": "crm-1"}
    del query[gone]
    page = signed_in(scene.agent).get("/onboard?" + urlencode(query))
    assert page.status_code == 422
    assert f"<code>{gone}</code>" in words(page)
    assert not Session.objects.exists()


@pytest.mark.parametrize("value", ["nonsense", "{}", "00000000-0000-0000-0000-00000000000g", "x" * 5000, "<script>"])
def test_a_malformed_campaign_is_as_good_as_none_and_told(scene: Scene, value: str) -> None:
    page = signed_in(scene.agent).get("/onboard?" + urlencode({"campaignGuid": value, "externalLeadId": "crm-1"}))
    assert page.status_code == 422
    # The address itself stands in the frame, for who changes the language there.
    said = words(page).partition("<main")[2].partition("</main>")[0]
    assert value not in said
    assert "<code>campaignGuid</code>" in said


def test_an_unknown_campaign_is_not_found(scene: Scene) -> None:
    page = signed_in(scene.agent).get(f"/onboard?campaignGuid={uuid4()}&externalLeadId=crm-1")
    assert page.status_code == 404


def test_what_is_not_understood_is_left_out_and_told(scene: Scene) -> None:
    page = signed_in(scene.agent).get(address(scene, pre_email="nobody", sizzle="1", pre_amount="a lot"))
    assert page.status_code == 200
    for name in ("pre_email", "sizzle", "pre_amount"):
        assert f"<code>{name}</code>" in words(page)
    assert value_of(page, "contact-email") == ""


def test_a_prefill_changes_nothing_that_the_product_fixes(rig: Rig) -> None:
    product = {**SIGNUP["products"][0], "amount": {"rule": "fixed", "value": 12000}}
    scene = Scene(rig, definition={**SIGNUP, "products": [product]})
    client = signed_in(scene.agent)
    page = client.get(address(scene, pre_amount="1"))
    assert "<code>pre_amount</code>" in words(page)
    # Nor does a field that somebody adds to the form.
    client.post("/onboard/submit", {**GOOD, **hidden(page), "product-fast-amount": "1"})
    assert Session.objects.get().agreed["amount"] == 12000


SCRIPT = '"><script>alert(1)</script>'


def test_a_script_in_every_text_is_text(scene: Scene) -> None:
    names = ("pre_firstName", "pre_lastName", "externalLeadId", "product", "pre_meta_segment", SCRIPT, "companyName")
    query = {"campaignGuid": str(scene.campaign.id), **dict.fromkeys(names, SCRIPT)}
    client = signed_in(scene.agent)
    page = client.get("/onboard?" + urlencode(query))
    assert page.status_code == 200
    assert "<script>alert" not in page.content.decode()
    assert value_of(page, "contact-first_name") == SCRIPT
    given = dict.fromkeys(("contact-first_name", "contact-last_name", "metadata-segment"), SCRIPT)
    answer = client.post("/onboard/submit", {**GOOD, **given, **hidden(page)})
    assert answer.status_code == 303, words(answer)
    shown = client.get(answer["Location"])
    assert SCRIPT in words(shown)
    assert "<script>alert" not in shown.content.decode()


# --- what is personal in the address --------------------------------------------------------------


def test_a_national_id_is_redirected_away_before_anything_else(scene: Scene) -> None:
    for client in (Client(), signed_in(scene.agent)):
        answer = client.get(address(scene, pre_nationalId=CPR, pre_firstName="Åse"))
        assert answer.status_code == 303
        assert "nationalId" not in answer["Location"]
        assert CPR not in answer["Location"]
        assert CPR not in str(answer.cookies)
        assert answer["Referrer-Policy"] == "same-origin"
        assert "no-store" in answer["Cache-Control"]


def test_a_national_id_stands_in_no_log_whatever_becomes_of_the_request(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    for name in (None, "django", "django.request", "ringround"):
        caplog.set_level(logging.DEBUG, name)
    stranger, agent = Client(raise_request_exception=False), signed_in(scene.agent)
    addresses = [
        address(scene, pre_nationalId=CPR), address(scene, campaignGuid=str(uuid4()), pre_nationalId=CPR),
        "/onboard?" + urlencode({"pre_nationalId": f"{CPR[:6]}-{CPR[6:]}"}),
        address(scene, pre_nationalId="x" * 300 + CPR),
    ]  # fmt: skip
    for client in (stranger, agent):
        for one in addresses:
            for answer in (client.get(one), client.post("/onboard", dict(parse_qsl(urlsplit(one).query)))):
                client.get(answer.get("Location") or "/onboard")
            client.put(one)
    assert "/onboard" in caplog.text
    assert CPR[6:] not in caplog.text


@pytest.mark.parametrize("amount", ["0", "-5", "0,001", "1000000,01", "21474836,48", "92233720368547758,08", "1e9"])
def test_an_amount_beyond_its_edges_is_left_out_of_the_form_and_refused_when_it_is_typed(
    scene: Scene, amount: str
) -> None:
    client = signed_in(scene.agent)
    page = client.get(address(scene, pre_amount=amount))
    assert page.status_code == 200
    assert "<code>pre_amount</code>" in words(page)
    # What the product suggests stands there instead.
    assert value_of(page, "product-fast-amount") == "100"
    answer = client.post("/onboard/submit", {**GOOD, **hidden(page), "product-fast-amount": amount})
    assert answer.status_code == 422
    assert not Session.objects.exists()


@pytest.mark.parametrize("value", ["nonsense", "{}", "00000000-0000-0000-0000-00000000000g", "x" * 5000])
def test_a_malformed_agreement_is_told_and_nothing_begins(rig: Rig, value: str) -> None:
    scene = Scene(rig, definition=UPGRADE)
    query = {"campaignGuid": str(scene.campaign.id), "subscriptionGuid": value}
    page = signed_in(scene.agent).get("/onboard?" + urlencode(query))
    assert page.status_code == 422
    assert "<code>subscriptionGuid</code>" in words(page)
    assert not Session.objects.exists()


def test_a_national_id_of_an_old_link_is_kept_sealed_and_never_shown(scene: Scene) -> None:
    client = signed_in(scene.agent)
    page = client.get(client.get(address(scene, PRE_NATIONALID=CPR))["Location"])
    assert CPR not in words(page)
    assert "•••• 29" in words(page)
    client.post("/onboard/submit", {**GOOD, **hidden(page)})
    session = Session.objects.get()
    assert CPR not in str(session.given)
    assert unseal(session.secrets) == {"national_id": CPR}


def test_a_national_id_goes_with_no_other_lead(scene: Scene) -> None:
    client = signed_in(scene.agent)
    client.get(address(scene, pre_nationalId=CPR))
    page = client.get(address(scene, externalLeadId="crm-2"))
    assert "5629" not in words(page)


def test_a_stranger_signs_in_first_and_comes_back_to_it_with_nothing_personal_in_the_address(scene: Scene) -> None:
    client = Client()
    answer = client.get(address(scene, pre_firstName="Åse", pre_email="aase@example.org", sizzle="1"))
    assert answer.status_code == 302
    login = urlsplit(answer["Location"])
    assert login.path == "/accounts/login/"
    assert "aase" not in answer["Location"]
    client.force_login(scene.agent.user)
    page = client.get(parse_qs(login.query)["next"][0])
    assert value_of(page, "contact-email") == "aase@example.org"
    assert "<code>sizzle</code>" in words(page)


def test_another_system_posts_instead_and_nothing_of_it_is_in_an_address(scene: Scene) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(scene.agent.user)
    given = {
        "campaignGuid": str(scene.campaign.id),
        "externalLeadId": "crm-1",
        "pre_firstName": "Åse",
        "pre_nationalId": CPR,
    }
    answer = client.post("/onboard", given)
    assert answer.status_code == 303
    assert CPR not in answer["Location"]
    page = client.get(answer["Location"])
    assert value_of(page, "contact-first_name") == "Åse"
    assert "•••• 29" in words(page)


def test_a_token_that_is_too_old_or_none_of_ours_opens_nothing(scene: Scene) -> None:
    client = signed_in(scene.agent)
    old = sealing.seal(sealing.LINK, {"entry": {}}, ttl_s=-1)
    for token in (old, "x", "é" * 20):
        assert client.get("/onboard?" + urlencode({"t": token})).status_code == 410


def test_an_agents_form_is_no_other_agents(scene: Scene) -> None:
    brought = hidden(signed_in(scene.agent).get(address(scene)))
    answer = signed_in(scene.merchant.junior).post("/onboard/submit", {**GOOD, **brought})
    assert answer.status_code == 409
    assert not Session.objects.exists()


# --- submitting -----------------------------------------------------------------------------------


def test_what_was_filled_in_becomes_a_session(scene: Scene) -> None:
    client = signed_in(scene.agent)
    answer = client.post("/onboard/submit", {**GOOD, **hidden(client.get(address(scene)))})
    session = Session.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/onboarding/sessions/{session.id}")
    assert session.given["phone"] == "+4520123456"
    assert session.external_lead_id == "crm-1"
    assert (session.agreed["amount"], session.agreed["schedule"], session.payment_method) == (15000, "monthly", "card")


def test_sent_twice_it_is_one_session(scene: Scene) -> None:
    client = signed_in(scene.agent)
    given = {**GOOD, **hidden(client.get(address(scene)))}
    first, second = client.post("/onboard/submit", given), client.post("/onboard/submit", given)
    assert first["Location"] == second["Location"]
    assert Session.objects.count() == 1


def test_a_form_with_faults_comes_back_with_them_at_their_fields_and_nothing_lost(scene: Scene) -> None:
    client = signed_in(scene.agent)
    brought = hidden(client.get(address(scene)))
    given = {**GOOD, "product-fast-amount": "10", "contact-phone": "12", "metadata-segment": "Guld"}
    page = client.post("/onboard/submit", {**given, **brought})
    assert page.status_code == 422
    assert 'id="id_product-fast-amount_error"' in words(page)
    assert 'id="id_contact-phone_error"' in words(page)
    assert value_of(page, "metadata-segment") == "Guld"
    assert hidden(page)["form_key"] == brought["form_key"]
    assert not Session.objects.exists()
    fixed = client.post("/onboard/submit", {**GOOD, **hidden(page)})
    assert fixed.status_code == 303


def test_the_promise_of_the_first_payment_follows_the_form(scene: Scene) -> None:
    client = signed_in(scene.agent)
    brought = hidden(client.get(address(scene)))
    told = words(
        client.post(
            "/onboard/promise", {**GOOD, **brought, "product-fast-start": "fixed_day", "product-fast-day": "15"}
        )
    )
    assert "15" in told
    # The day counts in the month; where the donor chooses how to pay, nothing can be promised.
    assert "<span>" not in words(client.post("/onboard/promise", {**GOOD, **brought, "product-fast-method": ""}))


def test_a_campaign_that_ended_meanwhile_takes_nothing_new_and_nothing_is_lost(scene: Scene) -> None:
    client = signed_in(scene.agent)
    brought = hidden(client.get(address(scene)))
    Campaign.objects.filter(id=scene.campaign.id).update(state="completed")
    page = client.post("/onboard/submit", {**GOOD, **brought})
    assert page.status_code == 422
    assert value_of(page, "contact-first_name") == "Åse"
    assert not Session.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_that_somebody_is_erased_while_they_are_submitted_is_said_on_the_form_and_nothing_is_lost(
    monday_ten: object,
) -> None:
    from tests.integration.campaigns.rig import rig

    scene, came = Scene(rig()), []
    client = signed_in(scene.agent)
    given = {**GOOD, **hidden(client.get(address(scene)))}
    with transaction.atomic():
        # They are placed, and their session waits for this.
        sql.row("onboarding", "form_lock", merchant=scene.merchant.org.id, key=given["form_key"])
        sending = beside(lambda: came.append(client.post("/onboard/submit", given, HTTP_HX_REQUEST="true")))
        wait_for_a_waiter()
        contact_id = Lead.objects.get(external_lead_id="crm-1").contact_id
        contacts.contact_erase(actor=scene.merchant.owner, contact_id=contact_id)
        leads_erase(contact_ids=[contact_id])
    sending.join()
    (page,) = came
    assert page.status_code == 422
    assert words(page).lstrip().startswith('<div id="ob-body"')
    assert str(GONE) in words(page)
    assert value_of(page, "contact-first_name") == "Åse"
    assert not Session.objects.exists()


def test_what_was_submitted_runs_on_when_its_campaign_ends(scene: Scene) -> None:
    session = scene.submit()
    Campaign.objects.filter(id=scene.campaign.id).update(state="completed")
    answer = signed_in(scene.agent).post(f"/onboarding/sessions/{session.id}/link", {"channel": "qr"})
    assert answer.status_code == 200
    assert scene.stands(session) == ("New", "link_sent")


def test_an_agency_that_is_unlinked_meanwhile_sees_nothing_any_more(agency_rig: Rig) -> None:
    scene = Scene(agency_rig, agency=agency_rig.cast.agency)
    client = signed_in(scene.agent)
    brought = hidden(client.get(address(scene)))
    session = scene.submit(external_lead_id="crm-9")
    AgencyLink.objects.filter(merchant=scene.merchant.org).delete()
    assert client.post("/onboard/submit", {**GOOD, **brought}).status_code == 404
    assert client.get(f"/onboarding/sessions/{session.id}").status_code == 404


def test_usual_amounts_are_a_click_away(scene: Scene) -> None:
    page = words(signed_in(scene.agent).get(address(scene)))
    assert 'data-set="#id_product-fast-amount" data-value="150">DKK 150</button>' in page


# --- upgrades -------------------------------------------------------------------------------------


def upgrade(rig: Rig) -> Scene:
    return Scene(rig, definition=UPGRADE)


def subscription(rig: Rig, merchant: Organisation) -> Subscription:
    """An agreement of this merchant's, of long ago."""
    version = workflows.make(rig.staff.manager, name="Den gamle").versions.get()
    agreement = Agreement.objects.create(
        merchant=merchant, workflow_version=version, product="fast", payment_type="recurring", name="Fast støtte",
        created_at=clock.now(),
    )  # fmt: skip
    return Subscription.objects.create(
        merchant=merchant, agreement=agreement, state="active", amount=10000, currency="DKK", schedule="monthly",
        anchor_day=1, starts_on=clock.now().date(), created_at=clock.now(),
    )  # fmt: skip


@pytest.fixture
def own(rig: Rig) -> Subscription:
    return subscription(rig, rig.staff.org)


@pytest.fixture
def foreign(rig: Rig) -> Subscription:
    return subscription(rig, rig.cast.magazine.org)


def test_another_merchants_agreement_is_answered_as_one_that_there_is_not(rig: Rig, foreign: Subscription) -> None:
    scene = upgrade(rig)
    client = signed_in(scene.agent)
    query = {"campaignGuid": str(scene.campaign.id), "subscriptionGuid": str(foreign.id)}
    strange = client.get("/onboard?" + urlencode(query))
    unknown = client.get("/onboard?" + urlencode({**query, "subscriptionGuid": str(uuid4())}))
    assert strange.status_code == unknown.status_code == 404
    said = [words(page).replace(str(foreign.id), "…").partition("<main")[2] for page in (strange, unknown)]
    assert said[0] == said[1]


def test_an_upgrade_without_the_agreement_says_so(rig: Rig) -> None:
    scene = upgrade(rig)
    page = signed_in(scene.agent).get(f"/onboard?campaignGuid={scene.campaign.id}")
    assert page.status_code == 422
    assert "<code>subscriptionGuid</code>" in words(page)


def test_a_role_that_was_lowered_meanwhile_may_do_less(rig: Rig, own: Subscription) -> None:
    scene = upgrade(rig)
    client = signed_in(scene.agent)
    at = "/onboard?" + urlencode({"campaignGuid": str(scene.campaign.id), "subscriptionGuid": str(own.id)})
    page = client.get(at)
    assert 'value="pause"' in words(page)
    Membership.objects.filter(user=scene.agent.user).update(role="junior_agent")
    given = {**hidden(page), "action": "pause", "pause-kind": "indefinite", "language": "da"}
    answer = client.post("/onboard/submit", given)
    assert answer.status_code == 422
    assert not Session.objects.exists()
    again = client.get(at)
    assert 'value="pause"' not in words(again)
    assert 'value="change_amount"' in words(again)


def test_what_was_typed_and_is_not_changed_by_what_is_to_be_done_is_not_dropped_without_a_word(
    rig: Rig, own: Subscription
) -> None:
    acts = {**UPGRADE["upgrade"], "pause": {"role": "senior_agent", "contact_fields": []}}
    scene = Scene(rig, definition={**UPGRADE, "upgrade": acts})
    client = signed_in(scene.agent)
    at = "/onboard?" + urlencode({"campaignGuid": str(scene.campaign.id), "subscriptionGuid": str(own.id)})
    given = {**hidden(client.get(at)), "action": "pause", "pause-kind": "indefinite", "language": "da"}
    refused = client.post("/onboard/submit", {**given, "contact-email": "ny@example.org"})
    assert refused.status_code == 422
    assert "This cannot be changed together with what is to be done." in words(refused)
    assert "ny@example.org" in words(refused)
    assert not Session.objects.exists()
    assert client.post("/onboard/submit", {**given, "contact-email": ""}).status_code < 400
    assert Session.objects.get().action == "pause"


def opened(scene: Scene, one: Subscription) -> str:
    query = {"campaignGuid": str(scene.campaign.id), "subscriptionGuid": str(one.id)}
    return words(signed_in(scene.agent).get("/onboard?" + urlencode(query)))


def test_what_does_not_apply_to_the_agreement_as_it_stands_is_not_offered(rig: Rig, own: Subscription) -> None:
    scene = upgrade(rig)
    page = opened(scene, own)
    assert 'value="pause"' in page
    assert 'value="restart"' not in page
    Subscription.objects.update(state="on_hold")
    page = opened(scene, own)
    assert 'value="pause"' not in page
    assert 'value="restart"' in page


def test_of_an_agreement_that_has_ended_nothing_is_offered(rig: Rig, own: Subscription) -> None:
    scene = upgrade(rig)
    Subscription.objects.update(state="inactive")
    page = opened(scene, own)
    assert "The agreement has ended" in page
    assert 'id="ob-submit"' not in page


def belongs(rig: Rig, one: Subscription) -> None:
    """The agreement has a contact of its merchant's."""
    listed = contacts.contact_list_create(actor=rig.staff.manager, name="Givere", columns=COLUMNS)
    fields = {"navn": "Åse Ørum", "mail": "aase@example.org"}
    made = contacts.contact_create(actor=rig.staff.manager, list_id=listed.id, fields=fields)
    Agreement.objects.filter(id=one.agreement_id).update(contact=made.id)


def test_the_merchants_own_agent_sees_whose_agreement_it_is(rig: Rig, own: Subscription) -> None:
    belongs(rig, own)
    page = opened(upgrade(rig), own)
    assert "<dd>Åse Ørum</dd>" in page
    assert 'value="aase@example.org"' in page
    # What is known of them beyond the form is nothing that the link said.
    assert "Not everything in the link was used" not in page


def test_an_agencys_agent_is_shown_nothing_of_a_contact_by_the_agreements_id(agency_rig: Rig) -> None:
    one = subscription(agency_rig, agency_rig.staff.org)
    belongs(agency_rig, one)
    page = opened(Scene(agency_rig, agency=agency_rig.cast.agency, definition=UPGRADE), one)
    assert "Fast støtte" in page
    assert "Åse Ørum" not in page
    assert "aase@example.org" not in page


# --- the session ----------------------------------------------------------------------------------


def test_the_link_is_shown_as_a_code_and_its_address_in_no_words(scene: Scene) -> None:
    session = scene.submit()
    page = signed_in(scene.agent).post(f"/onboarding/sessions/{session.id}/link", {"channel": "qr"})
    assert "data:image/svg+xml" in words(page)
    assert "/a/a_" not in words(page)
    assert scene.stands(session) == ("New", "link_sent")


def test_the_link_is_sent_by_sms(scene: Scene) -> None:
    session = scene.submit()
    answer = signed_in(scene.agent).post(
        f"/onboarding/sessions/{session.id}/link", {"channel": "sms"}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 200
    assert "/a/" in scene.texts()[-1]


def test_what_cannot_be_sent_is_said(scene: Scene) -> None:
    session = scene.submit(contact={"first_name": "Åse"})
    answer = signed_in(scene.agent).post(
        f"/onboarding/sessions/{session.id}/link", {"channel": "email"}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 422
    assert scene.stands(session) == ("New", "submitted")


def test_the_agent_notes_that_the_donor_says_no(scene: Scene) -> None:
    session = scene.submit()
    answer = signed_in(scene.agent).post(
        f"/onboarding/sessions/{session.id}/act/decline", headers={"HX-Request": "true"}
    )
    assert 'id="ob-state"' in words(answer)
    assert scene.see(session).status == "Rejected"


def test_a_colleagues_session_is_not_found(scene: Scene) -> None:
    session = scene.submit()
    client = signed_in(scene.merchant.junior)
    assert client.get(f"/onboarding/sessions/{session.id}").status_code == 404
    assert client.post(f"/onboarding/sessions/{session.id}/act/decline").status_code == 404
    assert scene.see(session).status == "New"
