"""Managed merchants: made by an agency, acted for, handed over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ringround.campaigns import actions as campaigns
from ringround.http import actions as http
from ringround.http.models import Webhook
from ringround.infra import clock
from ringround.infra.models import AuditPending
from ringround.kernel.errors import Conflict, Forbidden, NotFound
from ringround.messaging import actions as messaging
from ringround.orgs import actions, queries
from ringround.orgs.actor import Actor
from ringround.orgs.models import AgencyLink, Invitation, Organisation, User
from ringround.orgs.queries.acting import SESSION_ORGANISATION
from tests.factories import Cast
from tests.integration.http.calling import Caller, token_for
from tests.integration.orgs.helpers import audited, events

pytestmark = pytest.mark.django_db
PASSWORD = "tre små kinesere 17"


@pytest.fixture
def client(cast: Cast) -> Organisation:
    return actions.client_create(actor=cast.agency.manager, name="Styret")


def offered(cast: Cast, client: Organisation, email: str = "ny@styret.example.org") -> str:
    return actions.client_hand_over(actor=cast.agency.owner, client_id=client.id, email=email, name="Nanna Ny").token


def taken_over(cast: Cast, client: Organisation) -> Actor:
    return actions.invitation_accept(token=offered(cast, client), name="Nanna Ny", password=PASSWORD)


def acting(cast: Cast, client: Organisation, role: str = "owner") -> Caller:
    return Caller(token_for(getattr(cast.agency, role)), {"Ringround-Acting-For": str(client.id)})


def at_a_screen(actor: Actor, org: Organisation | None = None) -> Client:
    browser = Client()
    assert actor.user is not None
    browser.force_login(actor.user)
    if org is not None:
        session = browser.session
        session[SESSION_ORGANISATION] = str(org.id)
        session.save()
    return browser


# --- making one ---------------------------------------------------------------------------------


def test_an_agency_makes_a_client_that_it_is_linked_to(cast: Cast) -> None:
    made = actions.client_create(actor=cast.agency.manager, name="  Styret ")
    assert (made.kind, made.name, made.managed_by, made.timezone) == (
        "merchant", "Styret", cast.agency.org, cast.agency.org.timezone,
    )  # fmt: skip
    assert queries.link_is_live(merchant_id=made.id, agency_id=cast.agency.org.id)
    assert AgencyLink.objects.filter(merchant=made, agency=cast.agency.org, claimed_at__isnull=False).exists()
    (told,) = events("orgs.organisation.created")
    assert (told.org_id, told.also_org_id, told.data["user"]) == (
        made.id, cast.agency.org.id, str(cast.agency.manager.user_id),
    )  # fmt: skip
    for org in (made, cast.agency.org):
        assert len(audited(org.id, "orgs.client.created")) == 1


def test_only_owners_and_managers_of_agencies_make_clients(cast: Cast) -> None:
    with pytest.raises(Forbidden):
        actions.client_create(actor=cast.agency.supervisor, name="Styret")
    with pytest.raises(Conflict) as refused:
        actions.client_create(actor=cast.charity.owner, name="Styret")
    assert refused.value.code == "not_an_agency"


def test_two_clients_of_an_agency_have_two_names(cast: Cast, client: Organisation) -> None:
    with pytest.raises(Conflict) as refused:
        actions.client_create(actor=cast.agency.owner, name="STYRET")
    assert refused.value.code == "name_taken"
    assert actions.client_create(actor=cast.agency2.owner, name="Styret").managed_by == cast.agency2.org


def test_the_same_request_makes_one_client(cast: Cast) -> None:
    call = Caller(token_for(cast.agency.owner))
    first, second = (call("POST", "/organisations", {"name": "Styret"}, Idempotency_Key="one") for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert [one["id"] for one in call("GET", "/organisations").json()["items"]] == [first.json()["id"]]
    assert call("GET", f"/organisations/{first.json()['id']}").json()["state"] == "managed"


def test_a_client_has_no_users(cast: Cast, client: Organisation) -> None:
    answer = acting(cast, client)("POST", "/users", {"email": "a@example.org", "role": "viewer"})
    assert (answer.status_code, answer.json()["code"]) == (409, "managed")
    with pytest.raises(Conflict):
        actions.user_create(
            actor=queries.system_actor(organisation_id=client.id), email="a@example.org", name="A", role="owner"
        )


def test_the_link_to_a_client_is_not_cut(cast: Cast, client: Organisation) -> None:
    with pytest.raises(Conflict) as refused:
        actions.agency_link_revoke(actor=cast.agency.owner, link_id=AgencyLink.objects.get(merchant=client).id)
    assert refused.value.code == "managed"


# --- acting for one -----------------------------------------------------------------------------


def test_a_list_made_while_acting_is_the_clients(cast: Cast, client: Organisation) -> None:
    call = acting(cast, client, "manager")
    made = call("POST", "/contact-lists", {"name": "Givere", "columns": [{"name": "mobil", "type": "phone"}]})
    assert made.status_code == 201
    assert [one["name"] for one in call("GET", "/contact-lists").json()["items"]] == ["Givere"]
    assert Caller(token_for(cast.agency.manager))("GET", "/contact-lists").json()["items"] == []


@pytest.mark.parametrize("role", ["supervisor", "senior", "junior", "quality", "viewer"])
def test_who_may_not_act_for_clients_is_refused(cast: Cast, client: Organisation, role: str) -> None:
    answer = acting(cast, client, role)("GET", "/me")
    assert (answer.status_code, answer.json()["permission"]) == (403, "orgs.clients.act")
    actor = getattr(cast.agency, role)
    assert [one.organisation.id for one in queries.choices(user=actor.user)] == [cast.agency.org.id]
    found = queries.actor_for_session(user=actor.user, org_id=client.id)
    assert found is not None
    assert found.org_id == cast.agency.org.id


def test_the_role_is_the_same_as_at_home(cast: Cast, client: Organisation) -> None:
    assert acting(cast, client, "owner")("GET", "/webhooks").status_code == 200
    assert acting(cast, client, "manager")("GET", "/webhooks").status_code == 403


def test_the_log_says_who_acted_from_where_and_for_whom(cast: Cast, client: Organisation) -> None:
    acting(cast, client, "manager")(
        "POST", "/contact-lists", {"name": "Givere", "columns": [{"name": "mobil", "type": "phone"}]}
    )
    row = AuditPending.objects.get(action="contacts.list.created")
    assert (row.org_id, row.acting_org_id, row.actor_id) == (
        client.id, cast.agency.org.id, cast.agency.manager.user_id,
    )  # fmt: skip
    reader = queries.actor_for_session(user=cast.agency.owner.user, org_id=client.id)
    assert reader is not None
    (line,) = (one for one in queries.audit_page(actor=reader).lines if one.action == "contacts.list.created")
    assert (line.who, line.via) == (str(cast.agency.manager.user), cast.agency.org.name)


def test_the_screen_says_whom_one_acts_for_until_one_leaves(cast: Cast, client: Organisation) -> None:
    browser = at_a_screen(cast.agency.manager)
    assert "rr-acting" not in browser.get("/settings/clients").content.decode()
    assert browser.post(f"/settings/clients/{client.id}/act").status_code == 303
    for page in ("/contacts/", "/settings/organisation"):
        text = browser.get(page).content.decode()
        assert "You act for <strong>Styret</strong>" in text
    assert browser.post("/me/organisation/leave").status_code == 303
    assert "rr-acting" not in browser.get("/settings/clients").content.decode()


def test_whoever_acts_for_a_client_sees_no_users_in_the_menu(cast: Cast, client: Organisation) -> None:
    users = f'href="{reverse("orgs:users")}"'
    assert users in at_a_screen(cast.agency.manager).get("/contacts/").content.decode()
    assert users not in at_a_screen(cast.agency.manager, client).get("/contacts/").content.decode()


def test_nobody_acts_for_a_client_of_another_agency(cast: Cast, client: Organisation) -> None:
    browser = at_a_screen(cast.agency2.owner)
    assert browser.post(f"/settings/clients/{client.id}/act").status_code == 404
    assert browser.post("/me/organisation", {"organisation": str(client.id)}).status_code == 404
    header = {"Ringround-Acting-For": str(client.id)}
    for stranger in (cast.agency2.owner, cast.charity.owner, cast.outsider):
        assert Caller(token_for(stranger), header)("GET", "/me").status_code == 404


# --- handing one over ---------------------------------------------------------------------------


def test_with_the_owners_acceptance_the_client_is_a_merchant_like_any_other(cast: Cast, client: Organisation) -> None:
    owner = taken_over(cast, client)
    client.refresh_from_db()
    assert client.managed_by is None
    assert (owner.role, owner.org_id) == ("owner", client.id)
    assert queries.link_is_live(merchant_id=client.id, agency_id=cast.agency.org.id)
    assert queries.linked_agencies(actor=owner) == [cast.agency.org]
    (told,) = events("orgs.organisation.handed_over")
    assert (told.org_id, told.also_org_id, told.data["user"]) == (client.id, cast.agency.org.id, str(owner.user_id))
    for org in (client, cast.agency.org):
        (row,) = audited(org.id, "orgs.client.handed_over")
        assert row["actor"] == owner.user_id
    actions.user_invite(actor=owner, email="kollega@example.org", role="viewer")


def test_acting_ends_at_once_when_the_client_is_taken_over(cast: Cast, client: Organisation) -> None:
    token, browser = acting(cast, client), at_a_screen(cast.agency.owner, client)
    assert token("GET", "/contact-lists").status_code == 200
    assert browser.get("/contacts/").status_code == 200
    taken_over(cast, client)
    assert token("GET", "/contact-lists").status_code == 404
    assert queries.client_list(actor=cast.agency.owner) == []
    refused = browser.post("/contacts/lists/new", {"name": "Ikke i bureauet"})
    assert (refused.status_code, refused["Location"]) == (303, reverse("home"))
    assert SESSION_ORGANISATION not in browser.session


def test_a_program_in_a_page_is_told_that_acting_has_ended(cast: Cast, client: Organisation) -> None:
    browser = at_a_screen(cast.agency.owner, client)
    taken_over(cast, client)
    first, second = (browser.get("/api/v1/me") for _ in range(2))
    assert (first.status_code, first.json()["code"]) == (409, "acting_ended")
    assert second.json()["organisation"]["id"] == str(cast.agency.org.id)


def test_what_was_begun_while_acting_is_not_written_after_it(cast: Cast, client: Organisation) -> None:
    me = queries.actor_for_session(user=cast.agency.owner.user, org_id=client.id)
    assert me is not None
    way = messaging.transport_create(actor=me, name="Sand", kind="sandbox", channel="sms", sender="Styret")
    said = messaging.template_create(
        actor=me, name="Tak", channel="sms", language="da", texts={"da": {"text": "Tak for hjælpen"}}
    )
    taken_over(cast, client)
    for late in (
        lambda: actions.agency_link_create(actor=me),
        lambda: actions.system_token_create(actor=me, system_id=client.id, name="Dialer"),
        lambda: http.webhook_create(actor=me, url="https://example.org/hook"),
        lambda: campaigns.external_site_create(
            actor=me, name="CRM", url="https://crm.example.org/", method="get", opens="button"
        ),
        lambda: messaging.transport_change(actor=me, transport_id=way.id, rotate=True),
        lambda: messaging.template_change(actor=me, template_id=said.id, texts={"da": {"text": "Ring til bureauet"}}),
        lambda: messaging.template_delete(actor=me, template_id=said.id),
    ):
        with pytest.raises(Conflict) as refused:
            late()
        assert refused.value.code == "acting_ended"


def test_a_session_is_not_taken_for_another_organisation(cast: Cast, client: Organisation) -> None:
    browser = at_a_screen(cast.agency.owner)
    other = browser.get("/api/v1/me", headers={"Ringround-Acting-For": str(client.id)})
    same = browser.get("/api/v1/me", headers={"Ringround-Acting-For": str(cast.agency.org.id)})
    assert (other.status_code, other.json()["code"], same.status_code) == (409, "acting_ended", 200)


def test_a_form_of_one_client_is_not_written_into_another(cast: Cast, client: Organisation) -> None:
    browser = at_a_screen(cast.agency.owner, client)
    page = browser.get("/settings/organisation").content.decode()
    assert f'"Ringround-Acting-For": "{client.id}"' in page
    # In another tab one leaves the client; then the form that is still open is sent, by htmx or by the browser.
    browser.post("/me/organisation/leave")
    asked = {"name": "Theirs"}
    by_htmx = browser.post("/settings/organisation", asked, headers={"Ringround-Acting-For": str(client.id)})
    by_browser = browser.post("/settings/organisation", asked | {"_for": str(client.id)})
    assert (by_htmx.status_code, by_browser.status_code) == (409, 409)
    assert "another organisation" in by_browser.content.decode()
    # One may choose whom to act for from a page of whichever.
    again = browser.post(f"/settings/clients/{client.id}/act", {"_for": str(client.id)})
    assert again.status_code == 303


def test_signing_out_is_done_also_when_acting_has_ended(cast: Cast, client: Organisation) -> None:
    browser = at_a_screen(cast.agency.owner, client)
    taken_over(cast, client)
    browser.post(reverse("account_logout"))
    assert "_auth_user_id" not in browser.session


def test_one_leaves_a_client_that_asks_for_a_second_factor(cast: Cast, client: Organisation) -> None:
    browser = at_a_screen(cast.agency.owner, client)
    Organisation.objects.filter(id=client.id).update(mfa_required=True)
    assert browser.get("/contacts/").status_code == 303
    left = browser.post(reverse("orgs:leave"))
    assert (left.status_code, left["Location"]) == (303, reverse("orgs:clients"))
    assert browser.get("/contacts/").status_code == 200


def test_what_the_agency_has_made_opens_nothing_any_more(cast: Cast, client: Organisation) -> None:
    me = queries.actor_for_session(user=cast.agency.owner.user, org_id=client.id)
    assert me is not None
    raw = actions.system_token_create(actor=me, system_id=client.id, name="Dialer")
    hook, _secret = http.webhook_create(actor=me, url="https://example.org/hook")
    link, waiting = actions.agency_link_create(actor=me)
    taken_over(cast, client)
    with pytest.raises(Conflict) as late:
        actions.agency_link_claim(actor=cast.agency2.owner, token=waiting)
    assert (late.value.code, AgencyLink.objects.get(id=link.id).revoked_at is None) == ("link_revoked", False)
    assert queries.actor_for_token(raw=raw) is None
    hook = Webhook.objects.get(id=hook.id)
    assert (hook.state, hook.off_reason) == ("off", "handed_over")


def test_one_owner_is_invited_at_a_time(cast: Cast, client: Organisation) -> None:
    token = offered(cast, client)
    with pytest.raises(Conflict) as refused:
        offered(cast, client, "en.anden@example.org")
    assert refused.value.code == "already_invited"
    actions.client_keep(actor=cast.agency.owner, client_id=client.id)
    with pytest.raises(Conflict) as gone:
        actions.invitation_accept(token=token, name="Nanna", password=PASSWORD)
    assert gone.value.code == "invitation_revoked"
    with pytest.raises(Conflict) as twice:
        actions.client_keep(actor=cast.agency.owner, client_id=client.id)
    assert twice.value.code == "not_invited"


def test_accepting_twice_hands_over_once(cast: Cast, client: Organisation) -> None:
    token = offered(cast, client)
    actions.invitation_accept(token=token, name="Nanna", password=PASSWORD)
    with pytest.raises(Conflict) as refused:
        actions.invitation_accept(token=token, name="Nanna", password=PASSWORD)
    assert refused.value.code == "invitation_used"
    assert len(events("orgs.organisation.handed_over")) == 1


def test_an_invitation_that_ran_out_hands_nothing_over_and_makes_room(cast: Cast, client: Organisation) -> None:
    late = offered(cast, client)
    Invitation.objects.filter(organisation=client).update(expires_at=clock.real_now() - timedelta(seconds=1))
    with pytest.raises(Conflict) as refused:
        actions.invitation_accept(token=late, name="Nanna", password=PASSWORD)
    assert refused.value.code == "invitation_expired"
    assert queries.client_get(actor=cast.agency.owner, client_id=client.id).state == "managed"
    fresh = offered(cast, client)
    assert actions.invitation_accept(token=fresh, name="Nanna", password=PASSWORD).org_id == client.id


def test_who_declines_takes_nothing_over_and_may_be_asked_again(cast: Cast, client: Organisation) -> None:
    token = offered(cast, client)
    page = Client().post(f"/join/{token}/decline")
    assert page.status_code == 303
    told = Client().get(f"/join/{token}")
    assert (told.status_code, "It has been declined" in told.content.decode()) == (410, True)
    with pytest.raises(Conflict) as refused:
        actions.invitation_accept(token=token, name="Nanna", password=PASSWORD)
    assert refused.value.code == "invitation_declined"
    # A late second click changes nothing.
    assert Client().post(f"/join/{token}/decline").status_code == 303
    found = queries.client_get(actor=cast.agency.owner, client_id=client.id)
    assert found.offer is not None
    assert (found.state, found.offer.state) == ("managed", "declined")
    assert taken_over(cast, client).org_id == client.id


def test_an_existing_account_takes_over_after_signing_in(cast: Cast, client: Organisation) -> None:
    user = cast.outsider.user
    assert user is not None
    token = offered(cast, client, user.email)
    with pytest.raises(Forbidden) as refused:
        actions.invitation_accept(token=token)
    assert refused.value.code == "sign_in_first"
    actor = actions.invitation_accept(token=token, signed_in=User.objects.get(id=user.id))
    assert (actor.org_id, actor.role) == (client.id, "owner")


def test_whoever_is_invited_to_a_client_is_its_owner_to_be(cast: Cast, client: Organisation) -> None:
    token = offered(cast, client)
    invited = Invitation.objects.get(organisation=client)
    user = User.objects.get(email=invited.email)
    answer = acting(cast, client)("PATCH", f"/users/{user.id}", {"role": "viewer"})
    assert (answer.status_code, answer.json()["code"]) == (409, "managed")
    me = queries.actor_for_session(user=cast.agency.owner.user, org_id=client.id)
    assert me is not None
    with pytest.raises(Conflict) as refused:
        actions.invitation_renew(actor=me, user_id=user.id)
    assert refused.value.code == "managed"
    # What was changed before this was refused.
    Invitation.objects.filter(organisation=client).update(role="viewer")
    assert actions.invitation_accept(token=token, name="Nanna Ny", password=PASSWORD).role == "owner"


def test_only_the_agencys_owner_hands_over(cast: Cast, client: Organisation) -> None:
    with pytest.raises(Forbidden):
        actions.client_hand_over(actor=cast.agency.manager, client_id=client.id, email="a@example.org")
    with pytest.raises(NotFound):
        actions.client_hand_over(actor=cast.agency2.owner, client_id=client.id, email="a@example.org")
    with pytest.raises(Conflict) as refused:
        actions.client_hand_over(actor=cast.charity.owner, client_id=cast.charity.org.id, email="a@example.org")
    assert refused.value.code == "not_managed"


def test_handing_over_by_the_api_gives_the_link_once(cast: Cast, client: Organisation) -> None:
    call = Caller(token_for(cast.agency.owner))
    made: Any = call("POST", f"/organisations/{client.id}/hand-over", {"email": "ny@example.org"})
    assert made.status_code == 201
    token = made.json()["invitation_url"].rsplit("/", 1)[1]
    assert call("GET", f"/organisations/{client.id}").json()["offer"]["state"] == "open"
    assert actions.invitation_accept(token=token, name="Nanna", password=PASSWORD).org_id == client.id
    assert call("GET", f"/organisations/{client.id}").status_code == 404
    assert call("DELETE", f"/organisations/{client.id}/hand-over").status_code == 404


def test_the_screens_of_handing_over(cast: Cast, client: Organisation) -> None:
    browser = at_a_screen(cast.agency.owner)
    assert "Styret" in browser.get("/settings/clients").content.decode()
    sent = browser.post(f"/settings/clients/{client.id}/hand-over", {"email": "ny@example.org", "name": ""})
    assert (sent.status_code, "/join/" in sent.content.decode()) == (200, True)
    assert "ny@example.org" in browser.get(f"/settings/clients/{client.id}").content.decode()
    assert browser.post(f"/settings/clients/{client.id}/keep").status_code == 303
    wrong = browser.post(f"/settings/clients/{client.id}/hand-over", {"email": "x"})
    assert wrong.status_code == 422
    taken = browser.post("/settings/clients", {"name": "styret"})
    assert taken.status_code == 422
    assert browser.post("/settings/clients", {"name": "Foreningen"}).status_code == 303


def test_a_clients_campaign_is_called_by_the_agency_that_acts(cast: Cast, client: Organisation) -> None:
    browser = at_a_screen(cast.agency.manager, client)
    page = browser.get("/campaigns/new").content.decode()
    assert f'value="{client.id}"' not in page
    made = acting(cast, client, "manager")("POST", "/campaigns", {"name": "Efterår", "mode": "manual", "lists": []})
    assert (made.status_code, made.json()["merchant"], made.json()["agency"]) == (
        201, str(client.id), str(cast.agency.org.id),
    )  # fmt: skip
