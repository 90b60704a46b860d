"""What a merchant has signed up and collected, as rows of its archive: all of it, without what is secret."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date

import pytest

from ringround.contacts.models import Contact
from ringround.infra import clock
from ringround.kernel.errors import Forbidden
from ringround.onboarding.accounts import seal
from ringround.onboarding.models import Charge, Refund, Subscription, WorkflowVersion
from ringround.onboarding.queries import archive
from ringround.onboarding.queries.agreements import subscription_json
from ringround.onboarding.queries.archive import (
    agreements_archived,
    charges_archived,
    refunds_archived,
    subscriptions_archived,
    workflows_archived,
)
from ringround.orgs.actor import Actor
from tests import factories
from tests.factories import Cast
from tests.integration.onboarding.agreed import DUE, account_of, at, charged_of, subscription_of

pytestmark = pytest.mark.django_db
KEY = "not-for-anybody"


class Signed:
    """A merchant with donors: one who pays each month, and a gift that was given back in part."""

    def __init__(self) -> None:
        self.cast: Cast = factories.cast()
        self.org, self.owner = self.cast.charity.org, self.cast.charity.owner
        self.account = account_of(self.org)
        self.account.secrets = seal({"key": KEY})
        self.account.save()
        self.monthly: Subscription = subscription_of(self.account)
        agreement = self.monthly.agreement
        Contact.objects.filter(id=agreement.contact_id).update(name="=Anna")
        agreement.agency, agreement.metadata = self.cast.agency.org, {"segment": "A"}
        agreement.save()
        self.gift: Charge = charged_of(self.account, 25000)
        Charge.objects.filter(id=self.gift.id).update(refunded=5000)
        self.back = Refund.objects.create(
            charge=self.gift, amount=5000, state="refunded", reason="=1+1", by=self.owner.user, created_at=clock.now()
        )

    def rows(self, of: Callable[[Actor], Iterator[list[str]]]) -> list[dict[str, str]]:
        head, *found = of(self.owner)
        return [dict(zip(head, row, strict=True)) for row in found]


@pytest.fixture
def signed(db: None) -> Iterator[Signed]:
    with clock.frozen(at(2026, 11, 20)):
        yield Signed()


def test_who_has_promised_what(signed: Signed) -> None:
    single, mine = signed.rows(agreements_archived)
    assert single["payment_type"] == "single"
    told = {
        "id": str(signed.monthly.agreement_id), "name": "'=Anna", "contact": str(signed.monthly.agreement.contact_id),
        "agency": signed.cast.agency.org.name, "workflow": "Aftaler", "workflow_version": "1",
        "agreement": "Fast støtte", "payment_type": "recurring", "metadata": '{"segment": "A"}',
    }  # fmt: skip
    assert {name: mine[name] for name in told} == told


def test_what_is_collected_and_by_which_reference(signed: Signed) -> None:
    (found,) = signed.rows(subscriptions_archived)
    assert signed.monthly.mandate is not None
    told = {
        "id": str(signed.monthly.id), "agreement": str(signed.monthly.agreement_id), "name": "'=Anna",
        "state": "active", "amount": "10000", "currency": "DKK", "schedule": "monthly", "starts_on": DUE.isoformat(),
        "next_due_on": DUE.isoformat(), "payment_method": "card", "masked": "•••• 4242", "mandate_state": "active",
        "provider": "sandbox", "account": "Sandkassen", "reference": signed.monthly.mandate.ref,
    }  # fmt: skip
    assert {name: found[name] for name in told} == told


def test_the_next_payment_is_the_same_day_in_the_archive_and_in_the_api(signed: Signed) -> None:
    Subscription.objects.update(next_due_on="2027-01-01")
    signed.monthly.refresh_from_db()
    (found,) = signed.rows(subscriptions_archived)
    assert found["next_due_on"] == "2027-01-04"
    assert subscription_json(signed.monthly)["next_due_on"] == date(2027, 1, 4)


def test_what_was_collected_and_what_was_given_back_of_it(signed: Signed) -> None:
    (charge,), (refund,) = signed.rows(charges_archived), signed.rows(refunds_archived)
    names = ("id", "subscription", "state", "amount", "refunded", "due_on", "one_off", "payment_method", "reference")
    assert [charge[one] for one in names] == [
        str(signed.gift.id), "", "charged", "25000", "5000", DUE.isoformat(), "0", "", signed.gift.ref,
    ]  # fmt: skip
    names = ("id", "charge", "amount", "currency", "state", "reason", "by")
    assert [refund[one] for one in names] == [
        str(signed.back.id), str(signed.gift.id), "5000", "DKK", "refunded", "'=1+1", str(signed.owner.user),
    ]  # fmt: skip


def test_each_version_of_a_workflow_also_of_one_that_was_put_away(signed: Signed) -> None:
    version = WorkflowVersion.objects.get()
    WorkflowVersion.objects.create(workflow=version.workflow, number=2, definition={}, created_at=clock.now())
    version.workflow.archived_at = clock.now()
    version.workflow.save()
    ((name, document),) = workflows_archived(signed.owner)
    assert (name, document["intention"], document["archived"]) == ("Aftaler", "signup", True)
    assert [(one["version"], one["definition"]) for one in document["versions"]] == [(1, version.definition), (2, {})]


def test_an_erased_donors_payments_are_told_without_a_name(signed: Signed) -> None:
    signed.monthly.agreement.contact = None
    signed.monthly.agreement.save()
    (found,) = signed.rows(subscriptions_archived)
    assert (found["name"], found["numbers"], found["amount"]) == ("", "", "10000")


def test_a_page_follows_the_other_and_nothing_of_anybody_elses_is_among_them(
    signed: Signed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "PAGE", 2)
    theirs = account_of(signed.cast.magazine.org, "theirs")
    subscription_of(theirs)
    charged_of(theirs)
    made = {str(charged_of(signed.account).id) for _ in range(4)} | {str(signed.gift.id)}
    found = [one["id"] for one in signed.rows(charges_archived)]
    assert (set(found), len(found)) == (made, 5)
    assert len(signed.rows(agreements_archived)) == 6
    assert [one["id"] for one in signed.rows(subscriptions_archived)] == [str(signed.monthly.id)]
    assert [one["id"] for one in signed.rows(refunds_archived)] == [str(signed.back.id)]


def test_nothing_in_it_is_secret(signed: Signed) -> None:
    every = (agreements_archived, subscriptions_archived, charges_archived, refunds_archived)
    told = json.dumps([*(signed.rows(of) for of in every), list(workflows_archived(signed.owner))], default=str)
    assert signed.gift.ref in told
    assert [one for one in (KEY, signed.account.secrets, signed.account.webhook_secrets) if one in told] == []


def test_who_may_not_read_agreements_gets_no_row(signed: Signed) -> None:
    with pytest.raises(Forbidden):
        list(agreements_archived(signed.cast.charity.senior))
