"""A client with donors gets an owner of its own: its money goes on coming, and its agency has no part in it."""

from __future__ import annotations

import pytest

from ringround.infra import clock
from ringround.kernel.errors import Conflict
from ringround.onboarding.accounts import seal
from ringround.onboarding.actions.agreements import charges_run
from ringround.onboarding.actions.agreements.refunds import charge_refund
from ringround.onboarding.actions.gateways import gateway_change, gateway_check, gateway_rotate
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.models import Charge, GatewayAccount, Refund
from ringround.onboarding.queries.agreements import agreement_page
from ringround.onboarding.queries.gateways import gateway_list
from ringround.orgs import actions as orgs
from ringround.orgs import queries as org_queries
from tests import factories
from tests.integration.http.calling import Caller, token_for
from tests.integration.onboarding.agreed import Round, account_of, charged_of, subscription_of
from tests.integration.onboarding.rail import Rail

pytestmark = pytest.mark.django_db


class HandedOver:
    """An agency's client, with a donor who pays today and a gift, and what was begun while acting for it."""

    def __init__(self) -> None:
        self.agency = factories.cast().agency
        client = orgs.client_create(actor=self.agency.manager, name="Styret")
        acting = org_queries.actor_for_session(user=self.agency.owner.user, org_id=client.id)
        assert acting is not None
        self.acting, self.org = acting, client
        self.account: GatewayAccount = account_of(client)
        self.account.secrets = seal({"token": "t"})
        self.account.save()
        self.monthly = subscription_of(self.account, due=clock.now().date())
        self.gift: Charge = charged_of(self.account)
        token = orgs.client_hand_over(actor=self.agency.owner, client_id=client.id, email="ny@example.org").token
        self.owner = orgs.invitation_accept(token=token, name="Nanna", password="tre små kinesere 17")


@pytest.fixture
def client(db: None) -> HandedOver:
    return HandedOver()


def test_what_donors_have_agreed_to_goes_on_being_collected_by_the_same_account(
    client: HandedOver, monkeypatch: pytest.MonkeyPatch
) -> None:
    rail = Rail()
    monkeypatch.setitem(DRAWERS, "sandbox", rail)
    while charges_run(now=clock.now()):
        pass
    Round().all()
    charge = Charge.objects.get(subscription=client.monthly)
    assert (charge.state, charge.account_id) == ("submitted", client.account.id)
    assert rail.names() == ["schedule_charge"]
    (kept,) = gateway_list(actor=client.owner)
    assert (kept.id, kept.active, kept.secrets) == (client.account.id, True, client.account.secrets)
    assert len(agreement_page(actor=client.owner)[0]) == 2


@pytest.mark.parametrize("acting", [True, False])
def test_the_agency_sees_none_of_it_any_more(client: HandedOver, acting: bool) -> None:
    headers = {"Ringround-Acting-For": str(client.org.id)} if acting else {}
    call = Caller(token_for(client.agency.owner), headers)
    for method, path in (
        ("GET", f"/gateways/{client.account.id}"), ("GET", f"/agreements/{client.monthly.agreement_id}"),
        ("GET", f"/subscriptions/{client.monthly.id}"), ("GET", f"/charges/{client.gift.id}"),
        ("POST", f"/charges/{client.gift.id}/refund"), ("POST", f"/subscriptions/{client.monthly.id}/cancel"),
    ):  # fmt: skip
        assert call(method, path, {} if method == "POST" else None).status_code == 404, path
    listed = call("GET", "/agreements")
    assert listed.status_code == 404 if acting else listed.json()["items"] == []


def test_what_was_begun_while_acting_moves_no_money_after_it(client: HandedOver) -> None:
    for late in (
        lambda: gateway_change(actor=client.acting, account_id=client.account.id, settings={"test": True}),
        lambda: gateway_check(actor=client.acting, account_id=client.account.id),
        lambda: gateway_rotate(actor=client.acting, account_id=client.account.id),
        lambda: charge_refund(actor=client.acting, charge_id=client.gift.id),
    ):
        with pytest.raises(Conflict) as refused:
            late()
        assert refused.value.code == "acting_ended"
    assert not Refund.objects.exists()
