"""External sites: a CRM's page opens for the contact, and its interface is told what happened."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from django.conf import settings as django_settings
from django.test import Client

from ringround.campaigns import actions as campaigns
from ringround.campaigns import doctor, queries
from ringround.campaigns.actions.erase import leads_erase
from ringround.campaigns.actions.sites import site_deliveries_clear, sites_take_off
from ringround.campaigns.courier import Outcome, SiteCourier
from ringround.campaigns.headers import opened
from ringround.campaigns.models import Campaign, ExternalSite, Lead, SiteDelivery
from ringround.campaigns.reactions import link_revoked
from ringround.contacts import actions as contacts
from ringround.desk import actions as desk
from ringround.dialer import actions as dialer
from ringround.infra import clock
from ringround.infra.models import AuditPending
from ringround.kernel.errors import Invalid
from ringround.kernel.ids import new_id
from ringround.orgs import actions as orgs
from ringround.orgs import queries as orgs_queries
from tests import stand_in
from tests.integration.desk.scene import Scene, scene
from tests.integration.http.calling import Caller, token_for

pytestmark = pytest.mark.django_db
TOLD = {
    "id": "{{lead.external_id}}",
    "who": {"name": "{{contact.name}}", "city": "{{contact.city}}", "phone": "{{contact.phone}}"},
    "result": "{{disposition.name}}",
    "amount": "{{answer.belob}}",
    "agent": "{{agent.external_id}}",
    "note": "{{disposition.note}}",
    "call": "{{call.id}}",
}


@dataclass
class Work:
    """An agent at work on a campaign that has a site."""

    here: Scene
    owner: Caller
    site: dict[str, Any]

    def hold(self) -> Lead:
        found = desk.next_lead(actor=self.here.agent)
        assert not isinstance(found, campaigns.NoLead)
        return Lead.objects.get(id=found.lead_id)

    def browser(self) -> Client:
        web = Client()
        web.force_login(self.here.agent.user)  # type: ignore[arg-type]
        return web

    @property
    def path(self) -> str:
        return f"/external-sites/{self.site['id']}"

    def log(self, **more: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.owner("GET", f"{self.path}/deliveries?{urlencode(more)}").json()["items"]
        return found


def _same(at: datetime) -> datetime:
    return at


def use(here: Scene, site_id: str, **settings: Any) -> None:
    """As a manager does: paused, changed, approved again by somebody else, started."""
    manager, fields = here.cast.charity.manager, {"external_site": site_id, "settings": settings}
    campaigns.campaign_pause(actor=manager, campaign_id=here.campaign.id)
    changed = campaigns.campaign_change(actor=manager, campaign_id=here.campaign.id, fields=fields)
    assert changed.state == "unapproved"
    campaigns.campaign_approve(actor=here.cast.charity.manager2, campaign_id=here.campaign.id)
    campaigns.campaign_start(actor=manager, campaign_id=here.campaign.id)


def at_work(here: Scene, url: str, *, interaction: str = "both", **site: Any) -> Work:
    owner = Caller(token_for(here.cast.charity.owner))
    body = {"name": "CRM", "url": url, "method": "get", "parameters": {}, "opens": "button", **site}
    made = owner("POST", "/external-sites", body)
    assert made.status_code == 201, made.json()
    use(here, made.json()["id"], interaction=interaction)
    dialer.presence_join(actor=here.agent, campaign_id=here.campaign.id, console=True)
    return Work(here, owner, made.json())


@pytest.fixture
def here(monday_ten: datetime) -> Scene:
    return scene("manual")


# --- told by the server ---------------------------------------------------------------------------


def test_a_crm_is_told_what_happened(here: Scene, settings: Any) -> None:
    stand_in.allow_private(settings)
    system = {"key": "crm", "name": "CRM", "agents": {"17": str(here.agent.user_id)}}
    Caller(token_for(here.cast.charity.owner))("POST", "/external-systems", system)
    campaigns.campaign_change(
        actor=here.cast.charity.manager, campaign_id=here.campaign.id, fields={"external_system": "crm"}
    )
    with stand_in.standing_in() as crm:
        work = at_work(here, crm.url, method="post_json", opens="on_disposition", parameters=TOLD)
        lead = work.hold()
        Lead.objects.filter(id=lead.id).update(external_lead_id="crm-991")
        call = desk.call(actor=here.agent, lead_id=lead.id)
        desk.disposition(
            actor=here.agent, lead_id=lead.id, disposition="Ja tak", answers={"belob": 150}, note="Skriv i foråret 🌷"
        )
        # Nothing has been sent yet: the agent waits for nobody.
        assert crm.requests == []
        assert [one["state"] for one in work.log()] == ["pending"]
        SiteCourier().drain()
        (request,) = crm.requests
    assert (request.method, request.headers["content-type"]) == ("POST", "application/json")
    (sent,) = work.log()
    assert json.loads(request.body) == {
        "id": "crm-991",
        "who": {"name": "Åse Ørum", "city": "Aarhus C", "phone": call.number},
        "result": "Ja tak",
        "amount": 150,
        "agent": "17",
        "note": "Skriv i foråret 🌷",
        "call": str(call.call_id),
    }
    assert request.headers["idempotency-key"] == sent["id"]
    assert (sent["state"], sent["status"], sent["answer"], sent["lead"]) == ("delivered", 200, "thanks", str(lead.id))


@pytest.mark.parametrize("method", ["get", "post_form"])
def test_a_link_and_a_form_are_sent_by_the_server_too(here: Scene, settings: Any, method: str) -> None:
    stand_in.allow_private(settings)
    with stand_in.standing_in() as crm:
        url, parameters = crm.url + "?k=1", {"who": "{{name}}", "what": "{{disposition}}"}
        work = at_work(here, url, method=method, opens="on_disposition", parameters=parameters)
        desk.disposition(actor=here.agent, lead_id=work.hold().id, disposition="Nej tak")
        SiteCourier().drain()
        (request,) = crm.requests
    said = {"who": "Åse Ørum", "what": "Nej tak"}
    if method == "get":
        assert dict(parse_qsl(urlsplit(request.path).query)) == {"k": "1", **said}
    else:
        assert (request.path, dict(parse_qsl(request.body.decode()))) == ("/hook?k=1", said)


def test_a_crm_that_is_down_loses_nothing_and_blocks_nobody(here: Scene, settings: Any) -> None:
    stand_in.allow_private(settings)
    with stand_in.standing_in() as crm:
        crm.then = stand_in.answers(503, b"down for maintenance")
        work = at_work(here, crm.url, method="post_json", opens="on_disposition", parameters=TOLD)
        for _ in range(2):
            desk.disposition(actor=here.agent, lead_id=work.hold().id, disposition="Nej tak")
        now = clock.real_now()
        SiteCourier(now=lambda: now).drain()
        # One at a time while it fails; each waits for its next try.
        assert {one["state"] for one in work.log()} == {"pending"}
        assert {one["status"] for one in work.log()} == {503}
        assert work.owner("GET", work.path).json()["failing_since"] is not None
        crm.then = stand_in.answers(200)
        SiteCourier(now=lambda: now + timedelta(hours=1)).drain()
        assert [one["state"] for one in work.log()] == ["delivered", "delivered"]
    assert work.owner("GET", work.path).json()["failing_since"] is None


def test_what_a_crm_rejects_holds_nothing_else_up(here: Scene, settings: Any) -> None:
    stand_in.allow_private(settings)
    with stand_in.standing_in() as crm:
        crm.then = stand_in.answers(422, b"no such customer")
        work = at_work(here, crm.url, method="post_json", opens="on_disposition", parameters=TOLD)
        desk.disposition(actor=here.agent, lead_id=work.hold().id, disposition="Nej tak")
        began = clock.real_now()
        for hours in range(8):
            SiteCourier(now=partial(_same, began + timedelta(hours=hours))).drain()
        (rejected,) = work.log()
        assert (rejected["state"], rejected["status"], len(crm.requests)) == ("failed", 422, 6)
        assert work.owner("GET", work.path).json()["failing_since"] is None
        crm.then = stand_in.answers(200)
        desk.disposition(actor=here.agent, lead_id=work.hold().id, disposition="Nej tak")
        SiteCourier().drain()
    assert [one["state"] for one in work.log()] == ["delivered", "failed"]


def test_one_slow_organisation_takes_no_more_than_its_share_and_each_site_has_its_turn(here: Scene) -> None:
    work = at_work(here, "https://crm.example.org/", opens="on_disposition")
    desk.disposition(actor=here.agent, lead_id=work.hold().id, disposition="Nej tak")
    told, site = SiteDelivery.objects.get(), ExternalSite.objects.get()
    for _ in range(5):
        site.pk = new_id()
        site.save(force_insert=True)
        for _ in range(3):
            told.pk, told.site_id, told.manual = new_id(), site.pk, True
            told.save(force_insert=True)
    courier, served = SiteCourier(), []
    for _ in range(3):
        rows = courier._claim()
        assert len({row["site_id"] for row in rows}) == len(rows) == 4
        served += [row["site_id"] for row in rows]
        courier.done(back=[(row, Outcome(200, "", "")) for row in rows], now=clock.real_now())
    # Six sites, twelve places: none has been passed over, and none is far ahead.
    assert len(set(served)) == 6
    assert max(Counter(served).values()) <= 3
    assert len(courier._claim()) == 4
    assert courier._claim() == []


def test_all_couriers_together_keep_to_the_shares(here: Scene, settings: Any) -> None:
    stand_in.allow_private(settings)
    with stand_in.standing_in() as crm:
        work = at_work(here, crm.url, opens="on_disposition")
        desk.disposition(actor=here.agent, lead_id=work.hold().id, disposition="Nej tak")
        told = SiteDelivery.objects.get()
        for _ in range(4):
            told.pk, told.manual = new_id(), True
            told.save(force_insert=True)
        now = clock.real_now()
        ExternalSite.objects.update(failures=1, failing_since=now)
        # One at a time while it fails, else two; whichever worker sends them.
        assert [len(SiteCourier(now=lambda: now)._claim()) for _ in range(3)] == [1, 0, 0]
        ExternalSite.objects.update(failures=0, failing_since=None)
        assert [len(SiteCourier(now=lambda: now)._claim()) for _ in range(3)] == [1, 0, 0]
        # What was under way when they were killed has its lease; then all are sent.
        SiteCourier(now=lambda: now + timedelta(minutes=3)).drain()
        assert {one["state"] for one in work.log()} == {"delivered"}
        assert not SiteDelivery.objects.exclude(sending_until=None).exists()


def test_what_was_given_up_is_sent_again_by_hand(here: Scene, settings: Any) -> None:
    stand_in.allow_private(settings)
    with stand_in.standing_in() as crm:
        crm.then = stand_in.answers(500)
        work = at_work(here, crm.url, method="post_json", opens="on_disposition", parameters={"a": "{{lead.id}}"})
        for _ in range(2):
            desk.disposition(actor=here.agent, lead_id=work.hold().id, disposition="Nej tak")
        began = clock.real_now()
        for hours in range(0, 40 * 13, 13):
            at = began + timedelta(hours=hours)
            SiteCourier(now=partial(_same, at)).drain()
        assert [one["state"] for one in work.log(state="failed")] == ["failed", "failed"]
        crm.then, tried = stand_in.answers(200), len(crm.requests)
        first = work.log()[0]
        again = work.owner("POST", f"{work.path}/deliveries/{first['id']}/resend")
        assert (again.status_code, again.json()["state"]) == (200, "pending")
        SiteCourier().drain()
        assert len(crm.requests) == tried + 1
        assert crm.requests[-1].headers["idempotency-key"] == first["id"]
        assert work.owner("POST", f"{work.path}/deliveries/resend").json() == {"count": 1}
        SiteCourier().drain()
    assert {one["state"] for one in work.log()} == {"delivered"}


def test_a_lead_is_told_of_in_the_order_in_which_it_happened(here: Scene, settings: Any) -> None:
    stand_in.allow_private(settings)
    with stand_in.standing_in() as crm:
        crm.then = stand_in.answers(500)
        work = at_work(here, crm.url, method="post_json", opens="on_disposition", parameters={"a": "{{disposition}}"})
        lead = work.hold()
        desk.disposition(actor=here.agent, lead_id=lead.id, disposition="Intet svar")
        now = clock.real_now()
        SiteCourier(now=lambda: now).drain()
        with clock.frozen(clock.now() + timedelta(hours=2)):
            assert work.hold().id == lead.id
            desk.disposition(actor=here.agent, lead_id=lead.id, disposition="Nej tak")
        crm.then = stand_in.answers(200)
        # The second is due, and the first not yet: it waits behind it.
        SiteCourier(now=lambda: now + timedelta(seconds=1)).drain()
        assert len(crm.requests) == 1
        SiteCourier(now=lambda: now + timedelta(hours=3)).drain()
        assert [json.loads(one.body)["a"] for one in crm.requests] == ["Intet svar", "Intet svar", "Nej tak"]


def test_a_courier_that_was_killed_is_followed_by_another(here: Scene, settings: Any) -> None:
    stand_in.allow_private(settings)
    with stand_in.standing_in() as crm:
        work = at_work(here, crm.url, opens="on_disposition")
        desk.disposition(actor=here.agent, lead_id=work.hold().id, disposition="Nej tak")
        dead = SiteCourier()
        assert len(dead._claim()) == 1  # and is heard of no more
        SiteCourier().drain()
        assert crm.requests == []
        SiteCourier(now=lambda: clock.real_now() + timedelta(minutes=3)).drain()
        assert len(crm.requests) == 1


def test_a_name_that_leads_inside_is_not_called(here: Scene) -> None:
    with stand_in.standing_in() as crm:
        work = at_work(here, "https://crm.example.org/", opens="on_disposition")
        # As a name that has been given another address since it was saved.
        ExternalSite.objects.update(url=crm.url)
        desk.disposition(actor=here.agent, lead_id=work.hold().id, disposition="Nej tak")
        SiteCourier().drain()
        assert crm.requests == []
    assert work.log()[0]["error"] == "private_target"


def test_saving_never_fails_for_what_is_too_long_to_be_sent(here: Scene) -> None:
    work = at_work(
        here, "https://crm.example.org/", opens="on_disposition", parameters={"note": "{{disposition.note}}"}
    )
    desk.disposition(actor=here.agent, lead_id=work.hold().id, disposition="Nej tak", note="å" * 4000)
    (kept,) = work.log()
    assert (kept["state"], kept["error"]) == ("failed", "too_long")
    assert work.owner("POST", f"{work.path}/deliveries/{kept['id']}/resend").status_code == 409


def test_an_erased_person_is_told_of_no_more(here: Scene) -> None:
    work = at_work(here, "https://crm.example.org/", opens="on_disposition", parameters={"who": "{{name}}"})
    lead = work.hold()
    desk.disposition(actor=here.agent, lead_id=lead.id, disposition="Nej tak")
    leads_erase(contact_ids=[lead.contact_id])
    assert not SiteDelivery.objects.exists()


def test_what_was_delivered_is_cleared_away_after_a_month_and_what_was_given_up_later(here: Scene) -> None:
    work = at_work(here, "https://crm.example.org/", opens="on_disposition")
    for _ in range(2):
        desk.disposition(actor=here.agent, lead_id=work.hold().id, disposition="Nej tak")
    old = clock.real_now() - timedelta(days=31)
    one, other = SiteDelivery.objects.order_by("id")
    SiteDelivery.objects.filter(id=one.id).update(state="delivered", created_at=old)
    SiteDelivery.objects.filter(id=other.id).update(state="failed", created_at=old)
    site_deliveries_clear()
    assert list(SiteDelivery.objects.values_list("id", flat=True)) == [other.id]


# --- opened by the browser ------------------------------------------------------------------------


def test_a_button_leads_to_the_contact_in_the_crm(here: Scene) -> None:
    work = at_work(here, "https://crm.example.org/find/{{lead.id}}", parameters={"q": "{{name}} & søn"})
    lead, web = work.hold(), work.browser()
    page = web.get("/desk/console").content.decode()
    assert f'href="/desk/console/site/{lead.id}"' in page
    assert "crm.example.org" not in page, "the address is made when it is opened"
    opened = web.get(f"/desk/console/site/{lead.id}")
    assert opened.status_code == 302
    assert opened["Location"] == f"https://crm.example.org/find/{lead.id}?q=%C3%85se%20%C3%98rum%20%26%20s%C3%B8n"
    assert opened["Referrer-Policy"] == "same-origin"


def test_a_form_sends_itself_with_values_that_stay_values(here: Scene) -> None:
    work = at_work(here, "https://crm.example.org/find", method="post_form", parameters={"who": "{{name}}"})
    lead = work.hold()
    contacts.contact_change(
        actor=here.cast.charity.manager, contact_id=lead.contact_id, fields={"Navn": '</textarea><script>alert("x")'}
    )
    page = work.browser().get(f"/desk/console/site/{lead.id}")
    text = page.content.decode()
    assert page.status_code == 200
    assert "<script>alert" not in text
    assert "&lt;/textarea&gt;&lt;script&gt;" in text
    assert 'action="https://crm.example.org/find"' in text
    policy = page["Content-Security-Policy"]
    assert "form-action 'self' https: http:" in policy
    assert "script-src 'self';" in policy
    # Everywhere else forms go nowhere but here.
    assert "form-action 'self';" in work.browser().get("/desk/console")["Content-Security-Policy"]


def test_the_site_opens_when_the_call_begins_and_once_for_a_call(here: Scene) -> None:
    work = at_work(here, "https://crm.example.org/{{call.number}}", opens="on_connect")
    lead, web = work.hold(), work.browser()
    first = web.post("/desk/console/call", {"shown": str(lead.id)})
    assert json.loads(first["HX-Trigger"])["desk:open"] == {"url": f"/desk/console/site/{lead.id}"}
    assert "desk:dial" in json.loads(first["HX-Trigger"])
    again = web.post("/desk/console/call", {"shown": str(lead.id)})
    assert "desk:open" not in json.loads(again["HX-Trigger"])
    opened = web.get(f"/desk/console/site/{lead.id}")
    assert opened["Location"].startswith("https://crm.example.org/%2B45")


def test_json_goes_from_here_whenever_it_is_sent(here: Scene) -> None:
    work = at_work(
        here, "https://crm.example.org/", method="post_json", opens="button", parameters={"id": "{{lead.id}}"}
    )
    lead, web = work.hold(), work.browser()
    assert f'hx-post="/desk/console/site/{lead.id}"' in web.get("/desk/console").content.decode()
    assert web.get(f"/desk/console/site/{lead.id}").status_code == 409
    assert web.post(f"/desk/console/site/{lead.id}").status_code == 200
    assert [one["moment"] for one in work.log()] == ["button"]
    assert json.loads(work.log()[0]["body"]) == {"id": str(lead.id)}


def test_json_is_told_when_the_call_begins(here: Scene) -> None:
    work = at_work(
        here, "https://crm.example.org/", method="post_json", opens="on_connect", parameters={"c": "{{call.id}}"}
    )
    lead = work.hold()
    started = desk.call(actor=here.agent, lead_id=lead.id)
    desk.call(actor=here.agent, lead_id=lead.id)
    assert not started.opens_site
    assert [json.loads(one["body"]) for one in work.log()] == [{"c": str(started.call_id)}]


def test_only_whoever_holds_the_contact_opens_its_page(here: Scene) -> None:
    work = at_work(here, "https://crm.example.org/{{name}}")
    lead = work.hold()
    web = Client()
    web.force_login(here.agent2.user)  # type: ignore[arg-type]
    assert web.get(f"/desk/console/site/{lead.id}").status_code in (404, 409)
    desk.disposition(actor=here.agent, lead_id=lead.id, disposition="Nej tak")
    assert work.browser().get(f"/desk/console/site/{lead.id}").status_code in (404, 409)


def test_where_only_the_site_stands_the_form_is_not_asked(here: Scene) -> None:
    work = at_work(here, "https://crm.example.org/", interaction="external_site")
    lead = work.hold()
    assert 'id="desk-form"' not in work.browser().get("/desk/console").content.decode()
    saved = desk.disposition(actor=here.agent, lead_id=lead.id, disposition="Ja tak")
    assert saved.lead.status == "success"


# --- written by a manager -------------------------------------------------------------------------


def test_a_campaign_names_a_site_of_its_own_organisation_only(here: Scene) -> None:
    owner, other = Caller(token_for(here.cast.charity.owner)), Caller(token_for(here.cast.outsider))
    theirs = other("POST", "/external-sites", {"name": "A", "url": "https://crm.example.org/"}).json()
    answer = owner("PATCH", f"/campaigns/{here.campaign.id}", {"external_site": theirs["id"]})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_external_site")
    assert owner("GET", f"/external-sites/{theirs['id']}").status_code == 404


def test_another_site_needs_a_new_approval_and_not_while_it_runs(here: Scene) -> None:
    owner = Caller(token_for(here.cast.charity.owner))
    made = owner("POST", "/external-sites", {"name": "A", "url": "https://crm.example.org/"}).json()
    path = f"/campaigns/{here.campaign.id}"
    assert owner("PATCH", path, {"external_site": made["id"]}).status_code == 409
    owner("POST", f"{path}/pause")
    answer = owner("PATCH", path, {"external_site": made["id"], "settings": {"interaction": "both"}}).json()
    assert (answer["state"], answer["external_site"]) == ("unapproved", made["id"])
    assert owner("DELETE", f"/external-sites/{made['id']}").json()["code"] == "in_use"
    assert owner("PATCH", path, {"external_site": None}).json()["code"] == "no_external_site"
    owner("PATCH", path, {"external_site": None, "settings": {"interaction": "form"}})
    assert owner("DELETE", f"/external-sites/{made['id']}").status_code == 204


def test_where_the_data_go_is_approved_anew(here: Scene) -> None:
    work = at_work(here, "https://crm.example.org/", opens="on_disposition")
    change = {"url": "https://elsewhere.example.org/"}
    assert work.owner("PATCH", work.path, {"name": "Our CRM"}).status_code == 200
    refused = work.owner("PATCH", work.path, change)
    assert (refused.status_code, refused.json()["code"]) == (409, "in_use")
    campaigns.campaign_pause(actor=here.cast.charity.manager, campaign_id=here.campaign.id)
    assert work.owner("PATCH", work.path, change).status_code == 200
    changed = Campaign.objects.get(id=here.campaign.id)
    assert (changed.state, changed.approved_by_id) == ("unapproved", None)


def test_another_agency_does_not_take_a_site_along_that_is_not_its_own(here: Scene) -> None:
    who = here.cast
    site = Caller(token_for(who.agency.owner))(
        "POST", "/external-sites", {"name": "A", "url": "https://a.example.org/"}
    )
    fields = {
        "name": "Blad", "mode": "manual", "agency": str(who.agency.owner.org_id), "external_site": site.json()["id"],
    }  # fmt: skip
    manager = who.magazine.manager
    made = campaigns.campaign_create(actor=manager, fields=fields)
    with pytest.raises(Invalid) as refused:
        campaigns.campaign_change(actor=manager, campaign_id=made.id, fields={"agency": str(who.magazine.org.id)})
    assert [one.code for one in refused.value.errors] == ["unknown_external_site"]
    both = {"agency": str(who.magazine.org.id), "external_site": None}
    assert campaigns.campaign_change(actor=manager, campaign_id=made.id, fields=both).agency_id == who.magazine.org.id


def test_where_the_site_is_gone_the_form_is_asked(here: Scene) -> None:
    work = at_work(here, "https://crm.example.org/", interaction="external_site")
    ExternalSite.objects.all().delete()
    lead = work.hold()
    assert 'id="desk-form"' in work.browser().get("/desk/console").content.decode()
    with pytest.raises(Invalid):
        desk.disposition(actor=here.agent, lead_id=lead.id, disposition="Ja tak")


def test_a_bad_site_is_refused_with_its_reason(here: Scene) -> None:
    owner = Caller(token_for(here.cast.charity.owner))
    body = {"name": "A", "url": "javascript:alert(1)", "parameters": {"a": "{{shoe_size}}"}}
    answer = owner("POST", "/external-sites", body)
    assert answer.status_code == 422
    found = {(tuple(one["loc"]), one["code"]) for one in answer.json()["errors"]}
    assert found == {(("body", "url"), "bad_url"), (("body", "parameters", "a"), "unknown_placeholder")}
    assert "contact.adresse" in owner("GET", "/external-sites/placeholders").json()["placeholders"]


def test_an_agent_and_a_supervisor_change_no_site(here: Scene) -> None:
    body = {"name": "A", "url": "https://crm.example.org/"}
    for who, expected in ((here.agent, 403), (here.cast.charity.supervisor, 403), (here.cast.charity.manager, 201)):
        assert Caller(token_for(who))("POST", "/external-sites", body).status_code == expected


def test_a_preview_shows_a_real_lead_and_sends_nothing(here: Scene) -> None:
    work = at_work(here, "https://crm.example.org/", method="post_json", parameters=TOLD)
    lead = Lead.objects.filter(campaign=here.campaign).order_by("position")[0]
    made = work.owner("POST", f"{work.path}/preview", {"lead": str(lead.id)}).json()
    assert json.loads(made["body"])["who"]["name"] == "Åse Ørum"
    assert work.log() == []
    stranger = Caller(token_for(here.cast.outsider))("POST", f"{work.path}/preview", {"lead": str(lead.id)})
    assert stranger.status_code == 404


def test_a_manager_makes_one_on_the_screen_sees_what_it_says_and_chooses_it(here: Scene) -> None:
    web = Client()
    web.force_login(here.cast.charity.manager.user)  # type: ignore[arg-type]
    new = "/campaigns/external-sites/new"
    said = {
        "name": "CRM", "url": "https://crm.example.org/{{lead.id}}", "opens": "button", "method": "get",
        "parameters": "who = {{contact.name}}\nfrom = ringround", "sample": str(here.campaign.id),
    }  # fmt: skip
    wrong = web.post(new, {**said, "parameters": "who = {{contact.shoe_size}}"})
    assert wrong.status_code == 422
    assert "{{contact.shoe_size}}" in wrong.content.decode()
    shown = web.post(new, {**said, "preview": "1"}).content.decode()
    assert "who=%C3%85se%20%C3%98rum" in shown
    assert not ExternalSite.objects.exists()
    assert web.post(new, said).status_code == 303
    site = ExternalSite.objects.get()
    assert site.parameters == {"who": "{{contact.name}}", "from": "ringround"}
    page = web.get(f"/campaigns/external-sites/{site.id}").content.decode()
    assert "who = {{contact.name}}" in page
    assert str(site.id) in web.get(f"/campaigns/{here.campaign.id}/plan/1").content.decode()


def test_the_log_is_on_the_screen_and_is_sent_again_from_there(here: Scene) -> None:
    work = at_work(here, "https://crm.example.org/", opens="on_disposition", parameters={"who": "{{name}}"})
    desk.disposition(actor=here.agent, lead_id=work.hold().id, disposition="Nej tak")
    # As if the link had ended while it was under way.
    under_way = clock.real_now() + timedelta(seconds=100)
    SiteDelivery.objects.update(state="failed", error="timeout", sending_until=under_way)
    web = Client()
    web.force_login(here.cast.charity.manager.user)  # type: ignore[arg-type]
    page = web.get(f"/campaigns{work.path}?state=failed").content.decode()
    assert "who=%C3%85se" in page
    assert web.post(f"/campaigns{work.path}/again").status_code == 303
    delivery = SiteDelivery.objects.get()
    # It takes nobody's place.
    assert (delivery.state, delivery.sending_until) == ("pending", None)
    SiteDelivery.objects.update(state="failed", sending_until=under_way)
    (one,) = work.log()
    assert web.post(f"/campaigns{work.path}/log/{one['id']}/again").status_code == 303
    assert SiteDelivery.objects.get().sending_until is None


# --- an agency's ----------------------------------------------------------------------------------


def test_an_agencys_site_is_told_nothing_more_when_the_link_has_ended(here: Scene) -> None:
    who = here.cast
    agency = Caller(token_for(who.agency.owner))
    site = agency(
        "POST", "/external-sites", {"name": "A", "url": "https://crm.example.org/", "opens": "on_disposition"}
    )
    fields = {
        "name": "Blad", "mode": "manual", "agency": str(who.agency.owner.org_id), "external_site": site.json()["id"],
    }  # fmt: skip
    made = campaigns.campaign_create(actor=who.magazine.manager, fields=fields)
    named = {"ref": made.external_site, "merchant_id": made.merchant_id, "agency_id": made.agency_id}
    assert queries.site_of(**named) is not None
    assert agency("DELETE", f"/external-sites/{site.json()['id']}").json()["code"] == "in_use"
    (link,) = orgs_queries.link_list(actor=who.agency.owner)
    orgs.agency_link_revoke(actor=who.magazine.owner, link_id=link.id)
    assert queries.site_of(**named, live=False) is None
    assert agency("DELETE", f"/external-sites/{site.json()['id']}").status_code == 204
    copy = campaigns.campaign_duplicate(actor=who.magazine.manager, campaign_id=made.id, name="Blad 2")
    assert Campaign.objects.get(id=copy.id).external_site is None


# --- headers ----------------------------------------------------------------------------------------

SECRET = "Bearer s3cret-of-the-crm"


def test_a_crm_that_wants_a_sign_in_gets_it_and_nobody_sees_it_again(here: Scene, settings: Any) -> None:
    stand_in.allow_private(settings)
    with stand_in.standing_in() as crm:
        work = at_work(
            here, crm.url, method="post_json", opens="on_disposition", headers={"Authorization": SECRET, "X-Key": "1"}
        )
        assert work.site["headers"] == ["Authorization", "X-Key"]
        changed = work.owner("PATCH", work.path, {"headers": {"x-key": None, "X-Team": "7"}})
        assert changed.json()["headers"] == ["Authorization", "X-Team"]
        desk.disposition(actor=here.agent, lead_id=work.hold().id, disposition="Nej tak")
        SiteCourier().drain()
        (request,) = crm.requests
    told = request.headers
    assert (told["authorization"], told["x-team"], "x-key" in told) == (SECRET, "7", False)
    assert told["content-type"] == "application/json"
    assert "s3cret" not in ExternalSite.objects.get().headers
    web = Client()
    web.force_login(here.cast.charity.owner.user)  # type: ignore[arg-type]
    page = web.get(f"/campaigns{work.path}").content.decode()
    assert "Kept: Authorization, X-Team." in page
    told_of = [page, json.dumps(work.owner("GET", work.path).json()), json.dumps(work.log())]
    told_of += [json.dumps(one.data) for one in AuditPending.objects.all()]
    assert not [one for one in told_of if "s3cret" in one]


def test_a_header_goes_once_and_an_answer_that_repeats_the_sign_in_is_shown_without(here: Scene, settings: Any) -> None:
    stand_in.allow_private(settings)
    echo = f'{{"authorization": "{SECRET}", "user-agent": "ours", "token": "s3cret-of-the-crm"}}'
    with stand_in.standing_in() as crm:
        crm.then = stand_in.answers(200, echo.encode())
        headers = {"Authorization": SECRET, "user-agent": "ours"}
        work = at_work(here, crm.url, method="post_json", opens="on_disposition", headers=headers)
        desk.disposition(actor=here.agent, lead_id=work.hold().id, disposition="Nej tak")
        SiteCourier().drain()
        (request,) = crm.requests
    assert request.headers["user-agent"] == "ours"
    (one,) = work.log()
    assert one["answer"] == '{"authorization": "…", "user-agent": "ours", "token": "…"}'


def test_headers_that_cannot_be_sent_are_refused_with_their_reason(here: Scene) -> None:
    owner = Caller(token_for(here.cast.charity.owner))
    body = {"name": "A", "url": "https://crm.example.org/", "opens": "on_disposition"}
    wrong = {"Host": "x", "X Y": "1", "X-Long": "a\r\nb", "X-Fine": "yes"}
    found = owner("POST", "/external-sites", {**body, "headers": wrong}).json()["errors"]
    assert {(one["loc"][-1], one["code"]) for one in found} == {
        ("Host", "reserved"), ("X Y", "bad_value"), ("X-Long", "bad_value"),
    }  # fmt: skip
    many = {f"X-{n}": "1" for n in range(11)}
    assert owner("POST", "/external-sites", {**body, "headers": many}).json()["errors"][0]["code"] == "too_many"
    # A link is opened by the agent's browser.
    opened = {**body, "opens": "button", "headers": {"X": "1"}}
    assert owner("POST", "/external-sites", opened).json()["errors"][0]["code"] == "not_sent_from_here"


def test_a_sign_in_is_told_to_no_other_server_than_the_one_it_was_written_for(here: Scene, settings: Any) -> None:
    stand_in.allow_private(settings)
    with stand_in.standing_in() as first, stand_in.standing_in() as second:
        work = at_work(
            here, first.url, method="post_json", opens="on_disposition", headers={"Authorization": SECRET, "X-Key": "1"}
        )
        desk.disposition(actor=here.agent, lead_id=work.hold().id, disposition="Nej tak")
        campaigns.campaign_pause(actor=here.cast.charity.manager, campaign_id=here.campaign.id)
        moved = {"url": second.url}
        refused = work.owner("PATCH", work.path, moved)
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "another_server")
        said = {"headers": {"Authorization": "Bearer other"}}
        assert "X-Key" in work.owner("PATCH", work.path, {**moved, **said}).json()["errors"][0]["detail"]
        said["headers"]["X-Key"] = None  # type: ignore[assignment]
        assert work.owner("PATCH", work.path, {**moved, **said}).json()["headers"] == ["Authorization"]
        SiteCourier().drain()
        # It was written down for the first, which would not let it in any more.
        assert (first.requests, second.requests) == ([], [])
        (one,) = work.log()
        assert (one["state"], one["error"]) == ("failed", "moved")
        again = work.owner("POST", f"{work.path}/deliveries/{one['id']}/resend")
        assert (again.status_code, again.json()["code"]) == (409, "moved")


def test_what_is_sent_waits_for_a_key_that_opens_its_headers(here: Scene, settings: Any) -> None:
    stand_in.allow_private(settings)
    with stand_in.standing_in() as crm:
        work = at_work(here, crm.url, method="post_json", opens="on_disposition", headers={"X-Key": "1"})
        ExternalSite.objects.update(headers=json.dumps({"X-Key": "of another key"}))
        desk.disposition(actor=here.agent, lead_id=work.hold().id, disposition="Nej tak")
        SiteCourier().drain()
        assert crm.requests == []
    (one,) = work.log()
    assert (one["state"], one["error"]) == ("pending", "unreadable_headers")
    (told,) = doctor.keys(django_settings.RINGROUND)
    assert (told.level, told.check) == ("fault", "headers of external sites")


def test_a_new_owner_has_none_of_the_sign_ins(here: Scene) -> None:
    at_work(here, "https://crm.example.org/", opens="on_disposition", headers={"X-Key": "1"})
    sites_take_off(org_id=here.cast.charity.org.id)
    assert ExternalSite.objects.get().headers == ""


def test_headers_are_written_on_the_screen_line_by_line(here: Scene) -> None:
    web = Client()
    web.force_login(here.cast.charity.manager.user)  # type: ignore[arg-type]
    said = {
        "name": "CRM", "url": "https://crm.example.org/", "opens": "on_disposition", "method": "post_json",
        "parameters": "", "headers": f"Authorization: {SECRET}\nX-Key: a:b", "sample": "",
    }  # fmt: skip
    new = "/campaigns/external-sites/new"
    assert web.post(new, {**said, "headers": "Authorization Bearer"}).status_code == 422
    assert web.post(new, said).status_code == 303
    site = ExternalSite.objects.get()
    assert opened(site.headers) == {"Authorization": SECRET, "X-Key": "a:b"}
    here_is = f"/campaigns/external-sites/{site.id}"
    assert web.post(here_is, {**said, "headers": "X-Key:"}).status_code == 303
    site.refresh_from_db()
    assert opened(site.headers) == {"Authorization": SECRET}


# --- a new owner ----------------------------------------------------------------------------------


def test_a_new_owner_says_anew_where_leads_are_told_of(here: Scene, settings: Any) -> None:
    stand_in.allow_private(settings)
    with stand_in.standing_in() as crm:
        work = at_work(
            here, crm.url, method="post_json", opens="on_disposition", parameters=TOLD, interaction="external_site"
        )
        desk.disposition(actor=here.agent, lead_id=work.hold().id, disposition="Nej tak")
        assert SiteDelivery.objects.get().state == "pending"
        sites_take_off(org_id=here.cast.charity.org.id)
        SiteCourier().drain()
        assert crm.requests == []
    waited = SiteDelivery.objects.get()
    assert (waited.state, waited.error) == ("failed", "handed_over")
    campaign = Campaign.objects.get(id=here.campaign.id)
    assert (campaign.external_site, campaign.settings["interaction"], campaign.state) == (None, "form", "running")
    # Twice, as a reaction may be.
    sites_take_off(org_id=here.cast.charity.org.id)
    assert Campaign.objects.get(id=campaign.id).version == campaign.version


def test_what_still_waits_for_an_agencys_site_is_given_up_with_the_link(here: Scene) -> None:
    work = at_work(here, "https://crm.example.org/", opens="on_disposition")
    desk.disposition(actor=here.agent, lead_id=work.hold().id, disposition="Nej tak")
    merchant, agency = here.cast.charity.org, here.cast.agency.org
    ExternalSite.objects.update(organisation=agency)
    revoked = {"agency": str(agency.id), "merchant": str(merchant.id)}
    link_revoked(SimpleNamespace(data=revoked))  # type: ignore[arg-type]
    assert SiteDelivery.objects.values_list("state", "error").get() == ("failed", "link_ended")
