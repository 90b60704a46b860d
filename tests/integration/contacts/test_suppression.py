"""What must not be contacted, and who learns of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ringround.contacts import actions, queries
from ringround.contacts.models import Contact, Suppression
from ringround.infra import clock
from ringround.infra.models import EventOut
from ringround.kernel.errors import Invalid, NotFound
from ringround.kernel.ids import new_id
from ringround.orgs.actor import Actor
from tests import factories
from tests.integration.contacts.helpers import Importer, counts

pytestmark = pytest.mark.django_db

ANNA = "name,mobile,home,email\nAnna,20123456,31123456,anna@example.org\n"
BOTH = ["+4520123456", "+4531123456"]


def barred(contact: Contact, *, campaign: object = None, now: datetime | None = None) -> list[str]:
    """What the hand-out is told at its last moment."""
    return queries.suppressed_numbers(
        org_id=contact.organisation_id,
        campaign_id=campaign,  # type: ignore[arg-type]
        contact_id=contact.id,
        numbers=BOTH,
        now=now or clock.now(),
    )


@pytest.fixture
def anna(bring: Importer) -> Contact:
    bring(ANNA)
    return Contact.objects.get()


def test_a_number_bars_itself(anna: Contact, manager: Actor) -> None:
    actions.suppression_add(actor=manager, value="20 12 34 56", channel="phone")
    assert barred(anna) == ["+4520123456"]
    assert {n.e164: n.suppressed for n in anna.numbers.all()} == {"+4520123456": True, "+4531123456": False}


def test_a_contact_bars_all_its_numbers(anna: Contact, manager: Actor) -> None:
    actions.suppression_add(actor=manager, value=anna.id)
    anna.refresh_from_db()
    assert anna.suppressed
    assert barred(anna) == BOTH


def test_an_address_on_all_channels_bars_the_contact(anna: Contact, manager: Actor) -> None:
    actions.suppression_add(actor=manager, value="ANNA@example.org", channel="any")
    assert barred(anna) == BOTH


@pytest.mark.parametrize(
    ("value", "channel"), [("anna@example.org", "email"), ("+4520123499", "phone"), ("+4520123456", "sms")]
)
def test_another_channel_or_number_bars_nothing(anna: Contact, manager: Actor, value: str, channel: str) -> None:
    actions.suppression_add(actor=manager, value=value, channel=channel)
    assert barred(anna) == []


def test_a_campaigns_own_bars_only_there(anna: Contact, manager: Actor) -> None:
    campaign = new_id()
    Suppression.objects.create(
        organisation=manager.organisation,
        campaign_id=campaign,
        channel="phone",
        kind="phone",
        value="+4520123456",
        created_at=clock.now(),
    )
    assert barred(anna, campaign=campaign) == ["+4520123456"]
    assert barred(anna, campaign=new_id()) == barred(anna) == []


def test_another_organisations_bars_nothing(anna: Contact, cast: factories.Cast) -> None:
    actions.suppression_add(actor=cast.magazine.manager, value="+4520123456", channel="phone")
    assert barred(anna) == []


def test_an_expiry_lets_it_lapse_by_itself(anna: Contact, manager: Actor) -> None:
    at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    with clock.frozen(at):
        row, _new = actions.suppression_add(
            actor=manager, value="20123456", channel="phone", expires_at=at + timedelta(hours=1)
        )
        assert barred(anna) == ["+4520123456"]
        clock.advance(timedelta(hours=1))
        # The moment itself is enough at the hand-out; the marks follow with the next tick.
        assert barred(anna) == []
        assert actions.suppressions_lapse(now=clock.now()) == 1
        assert not anna.numbers.get(label="mobile").suppressed
        assert actions.suppressions_lapse(now=clock.now()) == 0
        again, new = actions.suppression_add(actor=manager, value="20123456", channel="phone")
        assert (again.id, new) == (row.id, False)
        assert anna.numbers.get(label="mobile").suppressed


def test_removing_allows_again_and_tells_whom_it_is_about(anna: Contact, manager: Actor) -> None:
    row, _new = actions.suppression_add(actor=manager, value="20123456", channel="phone")
    actions.suppression_remove(actor=manager, suppression_id=row.id)
    assert barred(anna) == []
    assert not anna.numbers.get(label="mobile").suppressed
    told = EventOut.objects.filter(type="contacts.suppression.changed").order_by("subject_no")
    assert [(e.subject_no, e.data["contacts"]) for e in told] == [(1, [str(anna.id)]), (2, [str(anna.id)])]


def test_two_reasons_keep_the_mark_until_both_are_gone(anna: Contact, manager: Actor) -> None:
    one, _new = actions.suppression_add(actor=manager, value="20123456", channel="phone")
    two, _new = actions.suppression_add(actor=manager, value="20123456", channel="any")
    actions.suppression_remove(actor=manager, suppression_id=one.id)
    assert anna.numbers.get(label="mobile").suppressed
    actions.suppression_remove(actor=manager, suppression_id=two.id)
    assert not anna.numbers.get(label="mobile").suppressed


def test_a_number_given_to_a_contact_later_is_marked_at_once(manager: Actor, anna: Contact) -> None:
    actions.suppression_add(actor=manager, value="20999999", channel="phone")
    actions.contact_change(actor=manager, contact_id=anna.id, fields={"mobile": "20999999"})
    assert anna.numbers.get(label="mobile").suppressed


def test_check_says_what_bars_a_number(anna: Contact, manager: Actor) -> None:
    assert queries.suppression_check(actor=manager, phone="20123456") == []
    row, _new = actions.suppression_add(actor=manager, value="20123456")
    assert queries.suppression_check(actor=manager, phone="+45 20 12 34 56") == [row]


@pytest.mark.parametrize(
    ("value", "channel", "code"),
    [
        ("", "any", "required"),
        ("vrov", "any", "not_a_phone"),
        ("a@b", "any", "not_an_email"),
        ("20123456", "email", "wrong_channel"),
        ("a@example.org", "phone", "wrong_channel"),
        ("20123456", "pigeon", "unknown_channel"),
        ("0190a000-0000-7000-8000-000000000001", "any", "unknown_contact"),
    ],
)
def test_what_cannot_be_meant_is_refused(manager: Actor, value: str, channel: str, code: str) -> None:
    with pytest.raises(Invalid) as wrong:
        actions.suppression_add(actor=manager, value=value, channel=channel)
    assert wrong.value.code == code


def test_another_organisation_cannot_remove_it(manager: Actor, cast: factories.Cast) -> None:
    row, _new = actions.suppression_add(actor=manager, value="20123456")
    with pytest.raises(NotFound):
        actions.suppression_remove(actor=cast.outsider, suppression_id=row.id)


def _register(manager: Actor, text: str) -> dict[str, int]:
    row = actions.suppression_import_start(
        actor=manager, file=[text.encode()], file_name="r.csv", options={"source": "Robinson"}, queue=False
    )
    assert actions.import_run(import_id=row.id)
    return counts(queries.import_get(actor=manager, import_id=row.id))


def test_a_register_bars_for_good_what_was_barred_for_a_time_or_is_no_longer(manager: Actor, anna: Contact) -> None:
    at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    with clock.frozen(at):
        for value, hours in (("20123456", 1), ("31123456", 99)):
            actions.suppression_add(actor=manager, value=value, expires_at=at + timedelta(hours=hours))
        clock.advance(timedelta(hours=2))
        actions.suppressions_lapse(now=clock.now())
        told = _register(manager, "telefon\n20123456\n31123456\n20999999\n")
        assert told == {"rows": 3, "new": 3}
        assert _register(manager, "telefon\n20123456\n") == {"rows": 1, "duplicate": 1}
        assert set(Suppression.objects.values_list("expires_at", "lapsed", "source")) == {(None, False, "Robinson")}
        assert all(anna.numbers.values_list("suppressed", flat=True))
        assert barred(anna) == BOTH


def test_a_registers_counts_are_of_rows_however_many_values_a_row_has(manager: Actor) -> None:
    text = "telefon,email\n20123456,a@example.org\n20123456,b@example.org\n20123456,a@example.org\n,\nvrov,\n"
    assert _register(manager, text) == {"rows": 4, "new": 2, "duplicate": 1, "rejected": 1}


def test_adding_again_never_shortens(manager: Actor) -> None:
    now = clock.now()
    for expires_at, then in ((3, 3), (1, 3), (9, 9), (None, None), (1, None)):
        row, _new = actions.suppression_add(
            actor=manager,
            value="20123456",
            expires_at=now + timedelta(hours=expires_at) if expires_at is not None else None,
        )
        assert row.expires_at == (now + timedelta(hours=then) if then is not None else None)
