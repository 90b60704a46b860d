"""The sandbox of payments: every fate, what its profiles are like, and how it tells what has happened."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client, override_settings

from ringround.infra import clock
from ringround.kernel.ids import new_id
from ringround.onboarding import sandbox, ticks
from ringround.onboarding.accounts import account_of, seal
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.gateways.port import (
    Account,
    ChargeRequest,
    Declined,
    Donor,
    InvalidData,
    MandateChange,
    MandateRequest,
    OneOff,
    PaymentRequest,
    Permanent,
    RefundRequest,
    SignatureError,
)
from ringround.onboarding.gateways.port import GatewayEvent as Told
from ringround.onboarding.gateways.sandbox import books
from ringround.onboarding.models import GatewayAccount, GatewayEvent, SandboxNotice, SandboxOrder
from tests.factories import organisation

pytestmark = pytest.mark.django_db
# A Monday at noon in Copenhagen.
NOON = datetime(2026, 11, 2, 11, 0, tzinfo=UTC)
BOX = DRAWERS["sandbox"]
ASE = Donor(name="Åse", msisdn="+4520123456", national_id="0101701234", bank_account="1234-0012345678")
LINK = timedelta(hours=6)


@pytest.fixture(autouse=True)
def _at_noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


class Heard:
    """Our webhook, as far as the sandbox knows it. `said`: what was believed; `forged`: how much was not."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.said: list[Told] = []
        self.forged = 0
        self.status: int | str = 200

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int | str:
        assert url == self.account.webhook_url
        try:
            found = BOX.verify_webhook(self.account, headers, body, url, clock.real_now())
        except SignatureError:
            self.forged += 1
            return 401
        if self.status == 200:
            self.said += found
        return self.status

    def after(self, by: timedelta = timedelta(0)) -> list[str]:
        """Time passes; the kinds of what was said since."""
        before = len(self.said)
        clock.advance(by)
        with sandbox.posting_by(self.post):
            while ticks.sandbox():
                pass
        return [event.kind for event in self.said[before:]]


@pytest.fixture
def row() -> GatewayAccount:
    now = clock.now()
    return GatewayAccount.objects.create(
        merchant=organisation("Charity"), kind="sandbox", name="Demo", slug=f"demo-{new_id().hex}",
        webhook_secrets=seal({"now": "whsec"}), rests_until=now, created_at=now, updated_at=now,
    )  # fmt: skip


@pytest.fixture
def account(row: GatewayAccount) -> Account:
    found = account_of(row)
    assert found is not None
    return found


@pytest.fixture
def heard(account: Account) -> Heard:
    return Heard(account)


def mandate(amount: int | None = 10_000, **more: Any) -> MandateRequest:
    facts = {
        "reference": new_id().hex, "method": "card", "currency": "DKK", "name": "Støtte", "amount": amount,
        "donor": ASE, "expires_at": clock.now() + LINK, "return_url": "https://ringround.example/a/x",
    }  # fmt: skip
    return MandateRequest(**{**facts, **more})


def payment(amount: int, **more: Any) -> PaymentRequest:
    facts = {
        "reference": new_id().hex, "method": "card", "currency": "DKK", "amount": amount, "description": "Gave",
        "donor": ASE, "expires_at": clock.now() + LINK,
    }  # fmt: skip
    return PaymentRequest(**{**facts, **more})


def charge(due_on: date, amount: int = 10_000, **more: Any) -> ChargeRequest:
    return ChargeRequest(
        reference=new_id().hex, amount=amount, currency="DKK", due_on=due_on, description="December", **more
    )  # fmt: skip


def begin(account: Account, amount: int | None = 10_000, **more: Any) -> str:
    return BOX.begin_mandate(account, mandate(amount, **more), new_id().hex).ref


# --- fates ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("amount", [10_000, 10_012, 99, 10_050])
def test_a_mandate_is_accepted_at_once_where_no_fate_is_named(account: Account, heard: Heard, amount: int) -> None:
    ref = begin(account, amount)
    assert heard.after() == ["mandate.pending", "mandate.active"]
    assert BOX.get_mandate(account, ref).state == "active"


def test_01_is_rejected_by_the_debtor(account: Account, heard: Heard) -> None:
    ref = begin(account, 10_001)
    assert heard.after() == ["mandate.pending", "mandate.rejected"]
    assert (heard.said[-1].reason_code, heard.said[-1].actor) == ("debtor_declined", "debtor")
    assert BOX.get_mandate(account, ref).state == "rejected"


def test_02_does_not_begin(account: Account, heard: Heard) -> None:
    for _ in range(2):
        with pytest.raises(Permanent):
            BOX.begin_mandate(account, mandate(10_002), "the-same-key")
    with pytest.raises(Permanent):
        BOX.begin_payment(account, payment(2), "another")
    assert heard.after() == []


def test_03_is_never_answered_and_expires_without_a_word(account: Account, heard: Heard) -> None:
    ref = begin(account, 10_003)
    assert heard.after(LINK - timedelta(seconds=1)) == ["mandate.pending"]
    assert BOX.get_mandate(account, ref).state == "pending"
    assert heard.after(timedelta(days=30)) == []
    assert BOX.get_mandate(account, ref).state == "expired"


def test_04_is_accepted_after_a_minute(account: Account, heard: Heard) -> None:
    ref = begin(account, 10_004)
    assert heard.after(timedelta(seconds=59)) == ["mandate.pending"]
    assert BOX.get_mandate(account, ref).state == "pending"
    assert heard.after(timedelta(seconds=1)) == ["mandate.active"]


def test_05_is_accepted_and_the_first_charge_fails_alone(account: Account, heard: Heard) -> None:
    ref = begin(account, 10_005)
    heard.after()
    first = BOX.schedule_charge(account, ref, charge(date(2026, 11, 5)), "first")
    second = BOX.schedule_charge(account, ref, charge(date(2026, 11, 6)), "second")
    assert heard.after(timedelta(days=3)) == ["charge.failed"]
    assert heard.after(timedelta(days=1)) == ["charge.charged"]
    assert BOX.get_charge(account, first.ref).reason_code == "insufficient_funds"
    assert BOX.get_charge(account, second.ref).state == "charged"


def test_05_fails_the_one_off_where_there_is_one(account: Account, heard: Heard) -> None:
    one_off = OneOff(reference=new_id().hex, amount=5_000)
    begun = BOX.begin_mandate(account, mandate(10_005, one_off=one_off), "k")
    assert heard.after() == ["mandate.pending", "mandate.active", "charge.failed"]
    assert heard.said[-1].ref == begun.charge_ref


def test_06_is_accepted_a_minute_after_it_has_expired(account: Account, heard: Heard) -> None:
    ref = begin(account, 10_006)
    assert heard.after(LINK + timedelta(seconds=59)) == ["mandate.pending"]
    assert BOX.get_mandate(account, ref).state == "pending"
    # Calling it back when it has expired comes too late to count.
    assert BOX.cancel_mandate(account, ref, "k", pending_only=True) == "cancelled"
    assert heard.after(timedelta(seconds=1)) == ["mandate.active"]


def test_06_that_is_called_back_in_time_is_not_accepted(account: Account, heard: Heard) -> None:
    ref = begin(account, 10_006)
    assert BOX.cancel_mandate(account, ref, "k", pending_only=True) == "cancelled"
    assert "mandate.active" not in heard.after(LINK * 2)


def test_07_is_told_twice_as_the_very_same_event(account: Account, heard: Heard) -> None:
    begin(account, 10_007)
    assert heard.after() == ["mandate.pending", "mandate.active", "mandate.active"]
    assert heard.said[1].event_id == heard.said[2].event_id


def test_08_tells_the_acceptance_before_the_beginning(account: Account, heard: Heard) -> None:
    begin(account, 10_008)
    assert heard.after() == ["mandate.active", "mandate.pending"]


def test_09_is_badly_signed_and_told_once(account: Account, heard: Heard) -> None:
    ref = begin(account, 10_009)
    assert heard.after(timedelta(days=2)) == ["mandate.pending"]
    assert heard.forged == 1
    assert BOX.get_mandate(account, ref).state == "active"


def test_10_is_not_told_and_found_by_asking(account: Account, heard: Heard) -> None:
    ref = begin(account, 10_010)
    assert heard.after(timedelta(days=2)) == ["mandate.pending"]
    assert BOX.get_mandate(account, ref).state == "active"


def test_11_is_stopped_by_the_debtor_after_thirty_days(account: Account, heard: Heard) -> None:
    ref = begin(account, 10_011)
    heard.after()
    later = BOX.schedule_charge(account, ref, charge(date(2026, 12, 20)), "k")
    assert heard.after(timedelta(days=29, hours=23)) == []
    assert heard.after(timedelta(hours=1)) == ["mandate.stopped", "charge.cancelled"]
    assert (heard.said[-2].actor, heard.said[-2].reason_code) == ("debtor", "cancelled_by_debtor")
    assert BOX.get_charge(account, later.ref).state == "cancelled"


@pytest.mark.parametrize(
    ("fate", "kinds", "state"),
    [
        ("00", ["charge.pending", "charge.charged"], "charged"),
        ("01", ["charge.pending", "charge.rejected"], "rejected"),
        ("05", ["charge.pending", "charge.reserved", "charge.failed"], "failed"),
        ("07", ["charge.pending", "charge.charged", "charge.charged"], "charged"),
        ("08", ["charge.charged", "charge.pending"], "charged"),
        ("10", ["charge.pending"], "charged"),
    ],
)
def test_single_payments_have_fates_too(
    account: Account, heard: Heard, fate: str, kinds: list[str], state: str
) -> None:
    ref = BOX.begin_payment(account, payment(20_000 + int(fate)), "k").ref
    assert heard.after() == kinds
    view = BOX.get_charge(account, ref)
    assert (view.state, view.charged > 0) == (state, state == "charged")


def test_11_of_a_single_payment_is_charged_back(account: Account, heard: Heard) -> None:
    BOX.begin_payment(account, payment(20_011), "k")
    heard.after()
    assert heard.after(timedelta(days=30)) == ["charge.chargeback"]


def test_03_of_a_single_payment_comes_to_nothing(account: Account, heard: Heard) -> None:
    ref = BOX.begin_payment(account, payment(20_003), "k").ref
    heard.after(LINK)
    assert BOX.get_charge(account, ref).state == "expired"


def test_the_metadata_goes_before_the_amount(account: Account, heard: Heard) -> None:
    begin(account, 10_001, metadata={"sandbox_fate": "07"})
    assert heard.after() == ["mandate.pending", "mandate.active", "mandate.active"]
    begin(account, None, metadata={"sandbox_fate": "01"})
    assert heard.after()[-1] == "mandate.rejected"
    # What is no fate overrides none.
    begin(account, 10_001, metadata={"sandbox_fate": "12"})
    assert heard.after()[-1] == "mandate.rejected"


@pytest.mark.parametrize(("fate", "fault"), [("01", Declined), ("02", Permanent)])
def test_acts_without_an_amount_have_the_metadatas_fate(
    account: Account, heard: Heard, fate: str, fault: type[Exception]
) -> None:
    ref = begin(account)
    heard.after()
    named = {"sandbox_fate": fate}
    with pytest.raises(fault):
        BOX.update_mandate(account, ref, MandateChange(currency="DKK", schedule="yearly", metadata=named), "a")
    with pytest.raises(fault):
        BOX.cancel_mandate(account, ref, "b", metadata=named)
    with pytest.raises(fault):
        BOX.update_mandate(account, ref, MandateChange(currency="DKK", amount=100 + int(fate)), "c")
    view = BOX.get_mandate(account, ref)
    assert (view.state, view.amount) == ("active", 10_000)
    assert heard.after() == []


# --- keys ---------------------------------------------------------------------------------------------


def test_a_key_that_was_used_for_something_else_is_refused(account: Account) -> None:
    asked = mandate()
    first = BOX.begin_mandate(account, asked, "key")
    for other in (replace(asked, amount=20_000), replace(asked, donor=replace(ASE, name="Bo"))):
        with pytest.raises(Permanent, match="key_reused"):
            BOX.begin_mandate(account, other, "key")
    with pytest.raises(Permanent, match="key_reused"):
        BOX.cancel_mandate(account, first.ref, "key")
    assert BOX.begin_mandate(account, asked, "key").ref == first.ref
    assert SandboxOrder.objects.count() == 1


def test_a_repetition_is_answered_alike_and_told_once(account: Account, heard: Heard) -> None:
    asked = mandate(one_off=OneOff(reference=new_id().hex, amount=5_000))
    first = BOX.begin_mandate(account, asked, "key")
    heard.after()
    assert BOX.begin_mandate(account, asked, "key") == first
    assert heard.after() == []
    assert BOX.cancel_mandate(account, first.ref, "stop") == BOX.cancel_mandate(account, first.ref, "stop")
    assert heard.after() == ["mandate.stopped"]


def test_another_accounts_things_are_not_there(account: Account, row: GatewayAccount) -> None:
    ref = begin(account)
    row.pk, row.slug = new_id(), "other"
    row.save(force_insert=True)
    other = account_of(row)
    assert other is not None
    with pytest.raises(Permanent, match="no_such"):
        BOX.get_mandate(other, ref)


# --- profiles -----------------------------------------------------------------------------------------


def test_a_mobile_wallet_has_ten_minutes_and_two_days_notice(account: Account, heard: Heard) -> None:
    begun = BOX.begin_mandate(account, mandate(method="mobile"), "k")
    assert begun.expires_at == NOON + timedelta(minutes=10)
    assert begun.redirect_url == "https://ringround.example/a/x"
    heard.after()
    assert BOX.get_mandate(account, begun.ref).instrument == "•••• 3456"
    with pytest.raises(InvalidData) as fault:
        BOX.schedule_charge(account, begun.ref, charge(date(2026, 11, 3)), "a")
    assert (fault.value.field, fault.value.code) == ("due_on", "too_soon")
    assert BOX.schedule_charge(account, begun.ref, charge(date(2026, 11, 4)), "b").state == "scheduled"


@pytest.mark.parametrize(
    ("method", "donor", "field"),
    [
        ("mobile", replace(ASE, msisdn=""), "donor.msisdn"),
        ("direct_debit", replace(ASE, national_id=""), "donor.national_id"),
        ("direct_debit", replace(ASE, national_id="12"), "donor.national_id"),
        ("direct_debit", replace(ASE, bank_account=""), "donor.bank_account"),
        ("direct_debit", replace(ASE, bank_account="12x4 123"), "donor.bank_account"),
    ],
)
def test_what_a_method_needs_is_asked_for_by_its_name(account: Account, method: str, donor: Donor, field: str) -> None:
    with pytest.raises(InvalidData) as fault:
        BOX.begin_mandate(account, mandate(method=method, donor=donor), "k")
    assert fault.value.field == field


def test_direct_debit_needs_no_device_keeps_a_cut_off_and_answers_days_later(account: Account, heard: Heard) -> None:
    begun = BOX.begin_mandate(account, mandate(method="direct_debit"), "k")
    assert begun.redirect_url == ""
    assert heard.after()[-1] == "mandate.active"
    with pytest.raises(InvalidData, match="past_cut_off"):
        BOX.schedule_charge(account, begun.ref, charge(date(2026, 11, 10)), "a")
    held = BOX.schedule_charge(account, begun.ref, charge(date(2026, 12, 1)), "b")
    assert heard.after(timedelta(days=29)) == []
    assert BOX.get_charge(account, held.ref).state == "submitted"
    # Under way at the bank: it cannot be called back any more.
    assert BOX.cancel_charge(account, held.ref, "c") == "already_active"
    assert heard.after(timedelta(days=2)) == ["charge.charged"]


def test_direct_debit_may_be_slow_to_say_yes(account: Account, heard: Heard) -> None:
    slow = replace(account, settings={"accept_days": 3})
    assert BOX.capabilities(slow, "direct_debit").accept_bank_days == 3
    begin(slow, method="direct_debit")
    assert heard.after(timedelta(days=2)) == ["mandate.pending"]
    assert heard.after(timedelta(days=1)) == ["mandate.active"]


def test_an_account_may_have_some_methods_only(account: Account) -> None:
    only = replace(account, settings={"methods": ["direct_debit"]})
    assert BOX.methods(only) == ("direct_debit",)
    with pytest.raises(InvalidData) as fault:
        begin(only)
    assert fault.value.field == "method"


def test_a_one_off_is_taken_with_the_acceptance_and_not_before(account: Account, heard: Heard) -> None:
    asked = mandate(10_004, one_off=OneOff(reference=new_id().hex, amount=5_000))
    begun = BOX.begin_mandate(account, asked, "k")
    assert BOX.get_charge(account, begun.charge_ref).charged == 0
    assert heard.after(timedelta(minutes=1)) == ["mandate.pending", "mandate.active", "charge.charged"]
    assert asked.one_off is not None
    assert (heard.said[-1].reference, heard.said[-1].amount) == (asked.one_off.reference, 5_000)
    assert BOX.get_mandate(account, begun.ref).charge_ref == begun.charge_ref


def test_a_one_off_of_a_mandate_that_is_declined_is_never_taken(account: Account, heard: Heard) -> None:
    begun = BOX.begin_mandate(account, mandate(10_001, one_off=OneOff(reference=new_id().hex, amount=5_000)), "k")
    heard.after(timedelta(days=30))
    view = BOX.get_charge(account, begun.charge_ref)
    assert (view.state, view.charged) == ("cancelled", 0)


def test_a_charge_waits_for_its_date(account: Account, heard: Heard) -> None:
    ref = begin(account)
    heard.after()
    BOX.schedule_charge(account, ref, charge(date(2026, 11, 4)), "k")
    assert heard.after(timedelta(days=1)) == []
    assert heard.after(timedelta(days=1)) == ["charge.charged"]


def test_money_goes_back_to_the_amount_that_came(account: Account, heard: Heard) -> None:
    ref = BOX.begin_payment(account, payment(20_000), "k").ref
    asked = RefundRequest(reference=new_id().hex, amount=500, currency="DKK", total=20_000, description="")
    with pytest.raises(Permanent, match="not_charged"):
        BOX.refund(account, ref, asked, "r0")
    heard.after()
    BOX.refund(account, ref, asked, "r1")
    assert heard.after() == ["charge.refunded"]
    assert heard.said[-1].amount == 500
    with pytest.raises(InvalidData) as fault:
        BOX.refund(account, ref, replace(asked, amount=19_501), "r2")
    assert fault.value.field == "amount"


# --- telling ------------------------------------------------------------------------------------------


def test_what_is_not_taken_is_told_again_later_and_given_up_at_last(account: Account, heard: Heard) -> None:
    begin(account)
    heard.status = 500
    assert heard.after() == []
    assert set(SandboxNotice.objects.values_list("said", flat=True)) == {"500"}
    heard.status = 200
    assert heard.after(timedelta(seconds=9)) == []
    assert heard.after(timedelta(seconds=1)) == ["mandate.pending", "mandate.active"]
    begin(account)
    heard.status = "unreachable"
    for _ in range(20):
        heard.after(timedelta(days=1))
    assert not SandboxNotice.objects.filter(next_at__isnull=False).exists()
    assert set(SandboxNotice.objects.filter(said="unreachable").values_list("tries", flat=True)) == {8}


def test_the_virtual_clock_is_told_when_something_is_due(account: Account, heard: Heard) -> None:
    assert (ticks.next_due(), ticks.idle(clock.now())) == (None, True)
    begin(account, 10_004)
    assert not ticks.idle(clock.now())
    heard.after()
    assert ticks.next_due() == NOON + timedelta(seconds=60)
    assert ticks.idle(clock.now())
    heard.after(timedelta(seconds=60))
    assert ticks.next_due() is None


def test_an_account_without_a_secret_says_nothing(row: GatewayAccount, account: Account, heard: Heard) -> None:
    begin(account)
    GatewayAccount.objects.filter(id=row.id).update(webhook_secrets="")
    assert heard.after() == []
    assert set(SandboxNotice.objects.values_list("said", flat=True)) == {"no_secret"}


def test_what_somebody_is_telling_is_left_to_them(account: Account, heard: Heard) -> None:
    begin(account)
    books.act_due(clock.now())
    SandboxNotice.objects.update(lease_until=clock.real_now() + timedelta(seconds=60))
    with sandbox.posting_by(heard.post):
        assert sandbox.tell_due(clock.now()) == 0
        SandboxNotice.objects.update(lease_until=clock.real_now() - timedelta(seconds=1))
        assert sandbox.tell_due(clock.now()) == 2


def test_no_personal_value_is_kept_or_told(account: Account, heard: Heard) -> None:
    said: list[bytes] = []

    def post(url: str, headers: Mapping[str, str], body: bytes) -> int:
        said.append(body)
        return 200

    BOX.begin_mandate(account, mandate(method="direct_debit"), "k")
    with sandbox.posting_by(post):
        while ticks.sandbox():
            pass
    kept = json.dumps([list(SandboxOrder.objects.values()), list(SandboxNotice.objects.values())], default=str)
    for secret in ("0101701234", "0012345678", "4520123456", "Åse"):
        assert secret not in kept
        assert secret not in b"".join(said).decode()


@pytest.fixture
def server() -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    got: list[tuple[dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((dict(self.headers.items()), body))
            self.send_response(202 if self.path.startswith("/api/v1/gateways/sandbox/demo-") else 404)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Nobody reads it."""

    made = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=made.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{made.server_address[1]}", got
    made.shutdown()
    made.server_close()
    thread.join()


def test_it_calls_our_own_address_by_http_though_that_is_inside(
    row: GatewayAccount, account: Account, server: tuple[str, list[tuple[dict[str, str], bytes]]]
) -> None:
    base, got = server
    begin(account)
    with override_settings(RINGROUND=replace(settings.RINGROUND, public_url=base, allow_private_targets=False)):
        while ticks.sandbox():
            pass
    assert set(SandboxNotice.objects.values_list("said", "next_at")) == {("202", None)}
    kinds = [
        event.kind
        for headers, body in got
        for event in BOX.verify_webhook(account, headers, body, base, clock.real_now())
    ]
    assert kinds == ["mandate.pending", "mandate.active"]


@pytest.mark.django_db(transaction=True)
def test_a_thread_that_had_no_connection_is_left_without_one(account: Account) -> None:
    found: list[object] = []

    def call(do: Callable[[], object]) -> None:
        found.extend([do(), connection.connection])

    thread = threading.Thread(target=call, args=(lambda: begin(account),))
    # The clock stands still in this process, threads included.
    thread.start()
    thread.join()
    assert str(found[0]).startswith("sbm_")
    assert found[1] is None


@pytest.mark.django_db(transaction=True)
def test_two_calls_with_one_key_at_once_begin_once(account: Account) -> None:
    asked, refs = mandate(), []
    gate = threading.Barrier(4)

    def call() -> None:
        gate.wait()
        refs.append(BOX.begin_mandate(account, asked, "key").ref)

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refs) == 4
    assert len(set(refs)) == 1


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        ({}, []),
        ({"methods": ["card"], "accept_days": 2, "settle_days": 0}, []),
        ({"methods": "card"}, ["unknown_choice"]),
        ({"methods": ["barter"]}, ["unknown_choice"]),
        ({"accept_days": 31}, ["out_of_range"]),
        ({"settle_days": True}, ["out_of_range"]),
        ({"colour": "red"}, ["unknown_field"]),
    ],
)
def test_its_settings_are_looked_at(given: dict[str, Any], codes: list[str]) -> None:
    assert [fault.code for fault in BOX.check(given, {})] == codes


# --- at our real webhook ----------------------------------------------------------------------------------


class OurDoor:
    """The real view, by its address."""

    def __init__(self) -> None:
        self.client = Client()
        self.answers: list[int] = []

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        found = self.client.generic(
            "POST", urlsplit(url).path, body, content_type=headers["Content-Type"],
            headers={name: value for name, value in headers.items() if name != "Content-Type"},
        )  # fmt: skip
        self.answers.append(found.status_code)
        return found.status_code


@pytest.mark.parametrize(
    ("fate", "kinds", "refused"),
    [
        ("00", ["mandate.pending", "mandate.active"], 0),
        ("01", ["mandate.pending", "mandate.rejected"], 0),
        ("07", ["mandate.pending", "mandate.active"], 0),
        ("08", ["mandate.active", "mandate.pending"], 0),
        ("09", ["mandate.pending"], 1),
        ("10", ["mandate.pending"], 0),
    ],
)
def test_what_it_says_comes_in_by_the_door_that_every_provider_uses(
    row: GatewayAccount, account: Account, fate: str, kinds: list[str], refused: int
) -> None:
    door = OurDoor()
    ref = begin(account, 10_000 + int(fate))
    with sandbox.posting_by(door.post):
        while ticks.sandbox():
            pass
    stored = GatewayEvent.objects.filter(account=row, ref=ref).order_by("received_at", "id")
    assert [event.kind for event in stored] == kinds
    assert door.answers.count(401) == refused
    assert set(door.answers) <= {200, 202, 204, 401}
    row.refresh_from_db()
    assert row.forged == refused
