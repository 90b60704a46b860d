"""What goes with a person, and what goes with time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.urls import reverse

from ringround.campaigns.actions import leads_erase
from ringround.contacts import actions as contacts
from ringround.contacts.models import Contact
from ringround.infra import clock
from ringround.infra.models import EventOut
from ringround.kernel.errors import Conflict
from ringround.kernel.ids import new_id
from ringround.onboarding import actions, reactions
from ringround.onboarding.actions.agreements import charge_refund, subscription_change
from ringround.onboarding.actions.forget import BATCH, contacts_erase, sessions_forget, traffic_forget
from ringround.onboarding.actions.orders import order_anew, order_put
from ringround.onboarding.actions.settings import onboarding_settings_change
from ringround.onboarding.models import (
    Agreement,
    Charge,
    GatewayAccount,
    GatewayEvent,
    GatewayOrder,
    Refund,
    SandboxOrder,
    Session,
    Subscription,
)
from ringround.onboarding.queries import lead_overview, lead_page
from tests import factories
from tests.integration.onboarding.agreed import account_of, charged_of, subscription_of
from tests.integration.onboarding.scene import PERSON, Scene
from tests.integration.onboarding.screens import come
from tests.integration.onboarding.test_session_ends import fate

pytestmark = pytest.mark.django_db
# Further back than anything is kept, by the machine's time too.
AGO = timedelta(days=500)


@pytest.fixture
def cast() -> factories.Cast:
    return factories.cast()


def old_id(n: int) -> UUID:
    """An id that was made long ago."""
    return UUID(f"01900000-0000-7000-b000-{n:012d}")


def told(account: GatewayAccount, ref: str, **more: Any) -> GatewayEvent:
    now = clock.now()
    facts = {
        "kind": "charge.charged",
        "state": "applied",
        "received_at": now,
        "next_at": now,
        "applied_at": now,
        **more,
    }
    return GatewayEvent.objects.create(account=account, event_id=new_id().hex, ref=ref, **facts)


def react() -> None:
    for event in EventOut.objects.filter(type__in=list(reactions.REACTIONS)):
        reactions.REACTIONS[event.type](event)


def test_whoever_has_an_agreement_and_no_lead_leaves_no_trace_behind(cast: factories.Cast) -> None:
    account = account_of(cast.charity.org)
    charge = charged_of(account)
    agreement = Agreement.objects.get()
    Agreement.objects.update(metadata={"segment": "A"})
    assert agreement.contact_id is not None
    contacts.contact_erase(actor=cast.charity.owner, contact_id=agreement.contact_id)
    react()
    # The contact is empty, and is there: what was agreed is found by it.
    assert Contact.objects.get(id=agreement.contact_id).erased_at is not None
    agreement.refresh_from_db()
    assert (agreement.contact_id, agreement.metadata) == (None, {})
    assert Charge.objects.get().amount == charge.amount


def test_who_is_still_collected_from_is_not_erased_and_it_is_said_what_to_do_first(cast: factories.Cast) -> None:
    row = subscription_of(account_of(cast.charity.org))
    contact = row.agreement.contact_id
    assert contact is not None
    with pytest.raises(Conflict) as refused:
        contacts.contact_erase(actor=cast.charity.owner, contact_id=contact)
    assert (refused.value.code, "End it first" in str(refused.value.detail)) == ("not_ended", True)
    page = come(cast.charity.owner).get(reverse("contacts:contact-erase", args=[contact])).content.decode()
    assert "End it first" in page
    subscription_change(actor=cast.charity.owner, subscription_id=row.id, what="cancel")
    contacts.contact_erase(actor=cast.charity.owner, contact_id=contact)
    react()
    assert Agreement.objects.get().contact_id is None


def test_who_signs_in_the_moment_of_the_erasing_is_not_collected_from(cast: factories.Cast) -> None:
    row = subscription_of(account_of(cast.charity.org))
    contacts_erase(contact_ids=[row.agreement.contact_id])
    row.refresh_from_db()
    assert (row.state, row.ended_reason, row.next_due_on, row.schedule_on) == ("inactive", "erased", None, None)
    assert GatewayOrder.objects.get().what == "cancel_mandate"


def test_a_sign_up_under_way_ends_with_the_person_and_its_link_works_no_more(scene: Scene) -> None:
    session = scene.submit(contact={**PERSON, "national_id": "0101701234"})
    token, contact = scene.link(session), session.contact_id
    contacts.contact_erase(actor=scene.merchant.owner, contact_id=session.contact_id)
    react()
    seen = scene.see(session)
    assert (seen.status, seen.reason, seen.secrets) == ("Rejected", "erased", "")
    # They have said nothing, and are not called "not interested".
    assert scene.lead(session).status == "new"
    leads_erase(contact_ids=[contact])
    assert scene.lead(session).status == "unqualified"
    assert actions.link_open(token=token, holder="").state == "revoked"
    with pytest.raises(Conflict):
        actions.link_confirm(token=token, holder="browser-one", values={"national_id": "0101701234"})
    assert scene.see(session).secrets == ""


def test_what_stands_at_the_provider_when_a_person_is_erased_is_called_back_there(scene: Scene) -> None:
    session = scene.at_gateway(**fate(4))
    contacts.contact_erase(actor=scene.merchant.owner, contact_id=session.contact_id)
    react()
    scene.due()
    assert "called_back" in scene.log(session)
    scene.settle(days=1)
    assert not Agreement.objects.exists()
    assert SandboxOrder.objects.get(what="mandate").state == "stopped"


def test_a_late_yes_of_a_person_who_was_erased_is_called_back_at_the_provider(scene: Scene) -> None:
    session = scene.at_gateway(**fate(6))
    scene.settle(days=2)
    scene.due()
    assert scene.stands(session)[0] == "Expired"
    contacts.contact_erase(actor=scene.merchant.owner, contact_id=session.contact_id)
    react()
    scene.settle(minutes=2)
    scene.due()
    assert scene.stands(session)[0] == "Expired"
    assert "called_back" in scene.log(session)
    assert not Agreement.objects.exists()
    assert SandboxOrder.objects.get(what="mandate").state == "stopped"


def test_people_who_were_erased_are_still_several(scene: Scene) -> None:
    contacts_of = []
    for number, name in enumerate(("Åse", "Bo")):
        session = scene.at_gateway(external_lead_id=f"crm-{number}", contact={"first_name": name, "email": ""})
        contacts_of.append(session.contact_id)
        scene.settle(seconds=60)
    contacts_erase(contact_ids=contacts_of)
    rows = lead_overview(actor=scene.merchant.manager).items
    assert len(rows) == 2
    for row in rows:
        assert [one.id for one in lead_page(actor=scene.merchant.manager, lead_id=row.session.id).sessions] == [
            row.session.id
        ]


def test_erasing_takes_what_providers_said_and_what_was_written_beside(scene: Scene) -> None:
    session = scene.submit(metadata={}, params={})
    actions.session_decline(actor=scene.agent, session_id=session.id)
    Session.objects.filter(id=session.id).update(
        gateway_ref="m-1", account=scene.account, params={"reason": "Hun flytter"}, detail="Åse sagde nej",
        snapshot={"merchant": "Hjælpen", "link": "sealed", "return_url": "sealed", "unwanted": False},
    )  # fmt: skip
    row = subscription_of(scene.account, state="inactive", ended_note="Åse flytter")
    Agreement.objects.update(contact=session.contact_id)
    charge = Charge.objects.create(
        merchant=row.merchant, agreement=row.agreement, subscription=row, mandate=row.mandate, account=scene.account,
        ref="c-1", state="charged", amount=10000, currency="DKK", period_on=row.starts_on, due_on=row.starts_on,
        created_at=clock.now(),
    )  # fmt: skip
    charge_refund(actor=scene.merchant.owner, charge_id=charge.id, amount=500, reason="Åse fortrød")
    assert row.mandate is not None
    facts = {"detail": "Åse Ørum", "raw": {"name": "Åse"}, "amount": 500}
    mine = [told(scene.account, ref, data=facts) for ref in ("m-1", "c-1", row.mandate.ref)]
    other = told(scene.account, "c-2", data=facts)
    GatewayOrder.objects.update(detail="HTTP 400: +4520123456")
    contacts.contact_erase(actor=scene.merchant.owner, contact_id=session.contact_id)
    react()
    seen = scene.see(session)
    assert (seen.given, seen.params, seen.detail, seen.external_lead_id) == ({}, {}, "", str(session.lead_id))
    assert seen.snapshot == {"merchant": "Hjælpen", "unwanted": False}
    for one in mine:
        one.refresh_from_db()
        assert one.data == {"amount": 500}
    other.refresh_from_db()
    assert other.data == facts
    row.refresh_from_db()
    assert row.ended_note == ""
    assert (Refund.objects.get().reason, Refund.objects.get().amount) == ("", 500)
    assert GatewayOrder.objects.get(what="refund").detail == ""


def test_what_a_donor_typed_goes_two_weeks_after_the_session_expired(scene: Scene) -> None:
    session = scene.at_gateway(contact={**PERSON, "national_id": "0101701234"}, **fate(3))
    scene.settle(days=2)
    scene.due()
    assert scene.stands(session)[0] == "Expired"
    Session.objects.filter(id=session.id).update(secrets="sealed")
    clock.advance(timedelta(days=13))
    sessions_forget(now=clock.now())
    assert scene.see(session).secrets == "sealed"
    clock.advance(timedelta(days=2))
    sessions_forget(now=clock.now())
    assert (scene.see(session).secrets, scene.see(session).given != {}) == ("", True)


def test_why_an_agreement_was_ended_goes_when_its_merchant_keeps_it_no_longer(cast: factories.Cast) -> None:
    account, now = account_of(cast.charity.org), clock.now()
    old, young = (
        subscription_of(account, state="inactive", ended_reason="cancelled", ended_note="Flytter", ended_at=now - ago)
        for ago in (timedelta(days=31), timedelta(days=29))
    )
    sessions_forget(now=now)
    old.refresh_from_db()
    assert old.ended_note == "Flytter"
    onboarding_settings_change(actor=cast.charity.owner, dashed_times=False, keep_days=30)
    sessions_forget(now=now)
    for one in (old, young):
        one.refresh_from_db()
    assert (old.ended_note, old.ended_reason, young.ended_note) == ("", "cancelled", "Flytter")


def test_what_providers_were_told_and_told_us_goes_in_batches_after_three_months(cast: factories.Cast) -> None:
    account, ago, now = account_of(cast.charity.org), clock.now() - AGO, clock.now()
    orders = [
        GatewayOrder(
            id=old_id(n), account=account, what="look", subject_id=old_id(n), lane_id=old_id(n), key=str(n),
            state="done", created_at=ago, next_at=ago, done_at=ago,
        ) for n in range(BATCH + 1)
    ]  # fmt: skip
    GatewayOrder.objects.bulk_create(orders)
    pending = GatewayOrder.objects.create(
        id=old_id(9000), account=account, what="look", subject_id=new_id(), lane_id=new_id(), key="p", created_at=ago,
        next_at=ago,
    )  # fmt: skip
    young = GatewayOrder.objects.create(
        account=account, what="look", subject_id=new_id(), lane_id=new_id(), key="y", state="done", created_at=now,
        next_at=now, done_at=now,
    )  # fmt: skip
    then = {"received_at": ago, "next_at": ago, "applied_at": ago}
    told(account, "c-1", id=old_id(1), **then)
    back = told(account, "c-1", id=old_id(2), kind="charge.refunded", **then)
    waits = told(account, "c-1", id=old_id(3), state="received", **then)
    fresh = told(account, "c-2")
    done = {"account": account, "digest": "", "what": "charge", "state": "charged"}
    SandboxOrder.objects.create(id=old_id(1), key="1", created_at=ago, **done)
    busy = SandboxOrder.objects.create(
        id=old_id(2), key="2", created_at=ago, next_act="collect", next_at=now, **{**done, "state": "scheduled"}
    )
    assert traffic_forget(now=now) is True
    assert traffic_forget(now=now) is False
    assert set(GatewayOrder.objects.values_list("id", flat=True)) == {pending.id, young.id}
    assert set(GatewayEvent.objects.values_list("id", flat=True)) == {back.id, waits.id, fresh.id}
    assert set(SandboxOrder.objects.values_list("id", flat=True)) == {busy.id}


def test_an_order_is_written_anew_also_after_the_first_was_forgotten(cast: factories.Cast) -> None:
    account, now, charge = account_of(cast.charity.org), clock.now(), charged_of(account_of(cast.charity.org, "b"))
    facts: dict[str, Any] = {
        "account_id": account.id, "what": "cancel_charge", "subject_id": charge.id, "lane_id": charge.id,
    }  # fmt: skip
    order_put(key=f"cancel_charge:{charge.id.hex}", at=now, **facts)
    for _ in range(2):
        GatewayOrder.objects.filter(state="pending").update(state="failed", done_at=now)
        order_anew(at=now, **facts)
    GatewayOrder.objects.order_by("id")[0].delete()
    GatewayOrder.objects.filter(state="pending").update(state="failed", done_at=now)
    order_anew(at=now, **facts)
    assert GatewayOrder.objects.filter(state="pending").count() == 1


LOOKED_FOR = {
    "session_beginning": "SELECT id FROM onboarding_session WHERE beginning_at < now() ORDER BY beginning_at",
    "session_ended_there": (
        "SELECT id FROM onboarding_session WHERE status IN ('Expired', 'Rejected', 'Failed') AND gateway_ref <> ''"
        " AND ended_at > now() - interval '7 days' ORDER BY ended_at, id LIMIT 500"
    ),
}


def plan(statement: str, params: Any = None) -> str:
    with connection.cursor() as cursor:
        # Of a few rows all are read sooner than any index.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {statement}", params)
        return "\n".join(row[0] for row in cursor.fetchall())


@pytest.mark.parametrize("index", LOOKED_FOR)
def test_what_time_looks_for_is_found_by_an_index_of_its_own(index: str) -> None:
    assert index in plan(LOOKED_FOR[index])


def test_what_is_forgotten_is_found_by_an_index_of_its_own(cast: factories.Cast) -> None:
    over = Session.objects.filter(merchant=cast.charity.org, ended_at__lt=clock.now())
    mine = over.exclude(given={}, secrets="", metadata={}, params={}).order_by("ended_at").values_list("id")[:BATCH]
    assert "session_forget" in plan(*mine.query.sql_with_params())
    late = Session.objects.filter(status="Expired", ended_at__lt=clock.now()).exclude(secrets="").order_by("ended_at")
    assert "session_late_secrets" in plan(*late.values_list("id")[:BATCH].query.sql_with_params())
    ended = Subscription.objects.filter(merchant=cast.charity.org, ended_at__lt=clock.now()).exclude(ended_note="")
    assert "subscription_note" in plan(*ended.order_by("ended_at").values_list("id")[:BATCH].query.sql_with_params())
    unwanted = Session.objects.filter(snapshot__unwanted=True, ended_at__lt=clock.now()).values_list("id")
    assert "session_unwanted" in plan(*unwanted.query.sql_with_params())
