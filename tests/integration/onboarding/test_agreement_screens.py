"""Agreements on their screens: found by their contact, changed by the merchant's own people, and nobody else."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ringround.contacts.models import Contact
from ringround.infra import clock
from ringround.kernel.ids import new_id
from ringround.onboarding.models import GatewayOrder, Refund, Subscription
from tests import factories
from tests.integration.onboarding.agreed import account_of, at, charged_of, subscription_of
from tests.integration.onboarding.screens import come
from tests.integration.onboarding.test_collected_twice import tried

if TYPE_CHECKING:
    from tests.integration.campaigns.rig import Rig

pytestmark = pytest.mark.django_db
LIST = "/onboarding/agreements"


@pytest.fixture
def staff(rig: Rig) -> factories.Staff:
    return rig.staff


@pytest.fixture
def one(staff: factories.Staff) -> Subscription:
    return subscription_of(account_of(staff.org))


def path(one: Subscription) -> str:
    return f"{LIST}/{one.agreement_id}"


def test_an_agreement_shows_what_is_paid_and_how(staff: factories.Staff, one: Subscription) -> None:
    page = come(staff.manager).get(path(one)).content.decode()
    for words in (
        "Fast støtte",
        "DKK 100",
        "Every month",
        "•••• 4242",
        "Payment card",
        "Nothing has been collected yet",
    ):
        assert words in page, words


def test_the_next_payment_is_one_that_is_on_its_way(staff: factories.Staff, one: Subscription) -> None:
    Subscription.objects.update(next_due_on="2027-01-01")
    with clock.frozen(at(2026, 11, 27)):
        tried(one, 1, "submitted")
        for shown in (LIST, path(one)):
            page = come(staff.manager, "en").get(shown).content.decode()
            assert ("1 December 2026" in page, "4 January 2027" in page) == (True, False)


def test_the_list_is_filtered_by_state(staff: factories.Staff, one: Subscription) -> None:
    client = come(staff.manager)
    assert path(one) in client.get(f"{LIST}?state=active").content.decode()
    assert "No such agreement" in client.get(f"{LIST}?state=on_hold").content.decode()


def test_an_agreement_is_found_by_its_contact(staff: factories.Staff, rig: Rig) -> None:
    one = subscription_of(account_of(staff.org))
    campaign = rig.campaign()
    known = rig.contact(campaign, name="Åse Ørum")
    one.agreement.contact = Contact.objects.get(id=known)
    one.agreement.save()
    client = come(staff.manager)
    assert path(one) in client.get(f"{LIST}?q=Ørum").content.decode()
    assert path(one) not in client.get(f"{LIST}?q=Hansen").content.decode()
    assert path(one) in client.get(f"{LIST}?contact={known}").content.decode()
    assert path(one) in client.get(f"/contacts/contact/{known}").content.decode()


def test_it_is_paused_and_restarted(staff: factories.Staff, one: Subscription) -> None:
    client = come(staff.supervisor)
    client.post(f"{path(one)}/act/pause", {"kind": "indefinite"})
    one.refresh_from_db()
    assert one.state == "on_hold"
    assert "Until it is restarted" in client.get(path(one)).content.decode()
    client.post(f"{path(one)}/act/restart")
    one.refresh_from_db()
    assert one.state == "active"


@pytest.mark.parametrize(
    ("said", "kind"),
    [({"kind": "skip", "count": "2"}, "skip"), ({"kind": "until", "until": "+40"}, "until")],
)
def test_a_pause_may_end_by_itself(staff: factories.Staff, one: Subscription, said: dict[str, str], kind: str) -> None:
    if said.get("until"):
        said = {**said, "until": (clock.now() + timedelta(days=int(said["until"]))).date().isoformat()}
    answer = come(staff.manager).post(f"{path(one)}/act/pause", said)
    one.refresh_from_db()
    assert answer.status_code == 303
    assert one.hold is not None
    assert one.hold["kind"] == kind


def test_what_a_pause_lacks_is_said_at_its_field(staff: factories.Staff, one: Subscription) -> None:
    answer = come(staff.manager).post(f"{path(one)}/act/pause", {"kind": "skip"})
    page = answer.content.decode()
    one.refresh_from_db()
    assert (answer.status_code, one.state) == (422, "active")
    assert 'id="pause_count_error"' in page


def test_the_amount_is_changed_in_major_units(staff: factories.Staff, one: Subscription) -> None:
    come(staff.manager).post(f"{path(one)}/act/change_amount", {"amount": "149,50"})
    one.refresh_from_db()
    assert (one.amount, one.version) == (14_950, 2)


def test_an_amount_that_is_none_is_said_and_kept_in_its_field(staff: factories.Staff, one: Subscription) -> None:
    answer = come(staff.manager).post(f"{path(one)}/act/change_amount", {"amount": "mange"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="mange"' in page
    assert "Write an amount, as 150 or 99.50." in page


def test_the_frequency_and_the_last_day_are_changed(staff: factories.Staff, one: Subscription) -> None:
    client = come(staff.manager)
    client.post(f"{path(one)}/act/change_frequency", {"schedule": "quarterly"})
    day = datetime(2027, 6, 30).date()
    client.post(f"{path(one)}/act/set_expiry", {"date": day.isoformat()})
    one.refresh_from_db()
    assert (one.schedule, one.expires_on) == ("quarterly", day)


def test_a_last_day_that_has_passed_is_said_at_its_field(staff: factories.Staff, one: Subscription) -> None:
    answer = come(staff.manager).post(f"{path(one)}/act/set_expiry", {"date": "2020-01-01"})
    assert answer.status_code == 422
    assert 'id="set_expiry_date_error"' in answer.content.decode()


def test_what_no_longer_applies_is_said_and_nothing_changes(staff: factories.Staff, one: Subscription) -> None:
    answer = come(staff.manager).post(f"{path(one)}/act/restart")
    one.refresh_from_db()
    assert (answer.status_code, one.version) == (422, 1)
    assert "The agreement is not in a state in which this can be done." in answer.content.decode()


def test_it_is_ended_with_a_reason(staff: factories.Staff, one: Subscription) -> None:
    client = come(staff.manager)
    client.post(f"{path(one)}/act/cancel", {"reason": "Flytter"})
    one.refresh_from_db()
    assert (one.state, one.ended_note) == ("inactive", "Flytter")
    page = client.get(path(one)).content.decode()
    assert ("Flytter" in page, "Change it" in page) == (True, False)


def test_who_only_reads_changes_nothing(staff: factories.Staff, one: Subscription) -> None:
    client = come(staff.viewer)
    assert "Change it" not in client.get(path(one)).content.decode()
    assert client.post(f"{path(one)}/act/pause", {"kind": "indefinite"}).status_code == 403


@pytest.mark.parametrize("who", ["senior", "junior"])
def test_agents_do_not_see_agreements(staff: factories.Staff, one: Subscription, who: str) -> None:
    client = come(staff.actors[who])
    assert client.get(LIST).status_code == 403
    assert client.get(path(one)).status_code in (403, 404)


def test_another_organisation_finds_nothing(staff: factories.Staff, one: Subscription) -> None:
    charge = charged_of(account_of(staff.org, "anden"))
    client = come(factories.member(factories.organisation("Fremmed"), "owner"))
    assert client.get(path(one)).status_code == 404
    assert client.post(f"{path(one)}/act/pause", {"kind": "indefinite"}).status_code == 404
    assert client.get(f"/onboarding/charges/{charge.id}/refund").status_code == 404
    assert path(one) not in client.get(LIST).content.decode()


def test_an_agency_has_no_agreements_in_its_menu(agency_rig: Rig) -> None:
    page = come(agency_rig.cast.agency.owner).get("/onboarding/sessions").content.decode()
    assert f'href="{LIST}"' not in page
    assert 'href="/onboarding/workflows"' in page


def test_money_is_given_back(staff: factories.Staff) -> None:
    charge = charged_of(account_of(staff.org))
    client = come(staff.manager)
    client.post(f"/onboarding/charges/{charge.id}/refund", {"key": new_id(), "amount": "40", "reason": "Fortrudt"})
    assert Refund.objects.get().amount == 4_000


def test_what_is_on_its_way_back_is_shown_and_not_offered_again(staff: factories.Staff) -> None:
    charge = charged_of(account_of(staff.org))
    client, refund = come(staff.manager), f"/onboarding/charges/{charge.id}/refund"
    said = {"key": new_id(), "amount": "100"}
    client.post(refund, said)
    page = client.get(f"{LIST}/{charge.agreement_id}").content.decode()
    assert "DKK 100 on its way" in page
    assert ">Give back<span" not in page
    assert "There is nothing to give back of this payment." in client.get(refund).content.decode()
    # Sent again because no answer came, it is the same.
    assert client.post(refund, said).status_code == 303
    assert Refund.objects.count() == 1


def test_the_list_has_the_amount_of_a_single_payment(staff: factories.Staff) -> None:
    charged_of(account_of(staff.org), amount=50_000)
    page = come(staff.manager).get(LIST).content.decode()
    assert "DKK 500" in page
    assert "Collected" in page


def test_a_refund_that_is_sent_twice_is_given_once(staff: factories.Staff) -> None:
    charge = charged_of(account_of(staff.org))
    client, path = come(staff.manager), f"/onboarding/charges/{charge.id}/refund"
    key = re.search(r'name="key" value="([^"]+)"', client.get(path).content.decode())
    assert key is not None
    said = {"key": key[1], "amount": "40", "reason": "Fortrudt"}
    assert [client.post(path, said).status_code for _ in range(2)] == [303, 303]
    assert Refund.objects.get().amount == 4_000
    assert GatewayOrder.objects.filter(what="refund").count() == 1
    # A new page is a new refund.
    client.post(path, {**said, "key": new_id()})
    assert Refund.objects.count() == 2


def test_the_key_of_another_charges_refund_is_nobodys(staff: factories.Staff) -> None:
    account = account_of(staff.org)
    first, second = charged_of(account), charged_of(account)
    client, said = come(staff.manager), {"key": new_id(), "amount": "40"}
    client.post(f"/onboarding/charges/{first.id}/refund", said)
    assert client.post(f"/onboarding/charges/{second.id}/refund", said).status_code == 404


def test_no_more_than_is_left_is_given_back(staff: factories.Staff) -> None:
    charge = charged_of(account_of(staff.org))
    said = {"key": new_id(), "amount": "100,01"}
    answer = come(staff.manager).post(f"/onboarding/charges/{charge.id}/refund", said)
    assert answer.status_code == 422
    assert "This is more than is left of it." in answer.content.decode()
    assert not Refund.objects.exists()


def test_supervisors_give_nothing_back(staff: factories.Staff) -> None:
    charge = charged_of(account_of(staff.org))
    assert come(staff.supervisor).get(f"/onboarding/charges/{charge.id}/refund").status_code == 403


def test_an_empty_list_says_what_to_do(staff: factories.Staff) -> None:
    assert "A session for a sign-up makes one when it is complete." in come(staff.manager).get(LIST).content.decode()
