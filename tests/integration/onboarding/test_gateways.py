"""A merchant's payment accounts, and what their providers tell us."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection
from django.test import Client

from ringround.infra import clock
from ringround.infra.jointly import Jointly
from ringround.infra.models import AuditPending
from ringround.onboarding import doctor
from ringround.onboarding.accounts import account_for, account_of, methods_for, unseal
from ringround.onboarding.actions import gateways, intake
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.gateways.port import GatewayError, Permanent
from ringround.onboarding.gateways.port import GatewayEvent as Told
from ringround.onboarding.models import GatewayAccount, GatewayEvent, GatewayOrder, Mandate
from tests import factories
from tests.integration.http.calling import token_for
from tests.integration.onboarding.agreed import subscription_of
from tests.integration.onboarding.rail import Rail, signed, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def rail(monkeypatch: pytest.MonkeyPatch) -> Rail:
    made = Rail()
    monkeypatch.setitem(DRAWERS, "sandbox", made)
    monkeypatch.setattr(intake, "_kept", {})
    return made


@pytest.fixture
def cast() -> factories.Cast:
    return factories.cast()


@pytest.fixture
def owner(cast: factories.Cast) -> Any:
    return cast.charity.owner


@pytest.fixture
def account(rail: Rail, owner: Any) -> GatewayAccount:
    return gateways.gateway_create(
        actor=owner, name="Sandkassen", kind="sandbox", slug="demo", webhook_secret="s1", secrets={"token": "hush"}
    )


class Caller:
    """Somebody's program."""

    def __init__(self, actor: Any) -> None:
        self.headers = {"Authorization": f"Bearer {token_for(actor)}"}

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        raw = json.dumps(body) if body is not None else ""
        return Client().generic(method, f"/api/v1{path}", raw, "application/json", headers=self.headers)


def call(told: list[dict[str, Any]] | bytes, *, secret: str = "s1", path: str = "sandbox/demo") -> Any:
    raw = told if isinstance(told, bytes) else json.dumps(told).encode()
    return Client().generic(
        "POST", f"/api/v1/gateways/{path}/webhook", raw, "application/json",
        headers={"Signature": signed(secret, raw)},
    )  # fmt: skip


# --- accounts -------------------------------------------------------------------------------------


def test_an_account_is_made_listed_changed_and_its_secrets_are_never_shown(rail: Rail, owner: Any) -> None:
    api = Caller(owner)
    body = {"name": "Kort", "kind": "sandbox", "account": "kort", "secrets": {"token": "hush"}, "methods": ["card"]}
    made = api("POST", "/gateways", body)
    assert made.status_code == 201, made.content
    shown = made.json()
    assert (shown["account"], shown["secrets"], shown["methods"]) == ("kort", ["token"], ["card"])
    assert shown["webhook_url"].endswith("/api/v1/gateways/sandbox/kort/webhook")
    assert "hush" not in made.content.decode()
    path = f"/gateways/{shown['id']}"
    assert api("GET", "/gateways").json()["items"] == [shown]
    assert api("GET", path).json() == shown
    changed = api("PATCH", path, {"name": "Kortene", "methods": ["card", "mobile"], "priority": 5}).json()
    assert (changed["name"], changed["methods"], changed["priority"]) == ("Kortene", ["card", "mobile"], 5)
    assert api("PATCH", path, {"secrets": {"token": None}}).json()["secrets"] == []
    actions = AuditPending.objects.filter(subject_type="gateway_account").values_list("action", flat=True)
    assert set(actions) == {"onboarding.gateway.created", "onboarding.gateway.changed"}
    assert "hush" not in str(list(AuditPending.objects.values_list("data", flat=True)))


@pytest.mark.parametrize(
    ("more", "loc"),
    [
        ({"settings": {"colour": "red"}}, "settings.colour"),
        ({"secrets": {"other": "x"}}, "secrets.other"),
        ({"account": "demo"}, "slug"),
        ({"account": "-a"}, "slug"),
        ({"kind": "vipps"}, "kind"),
    ],
)
def test_a_bad_account_says_what_is_wrong(
    rail: Rail, account: GatewayAccount, owner: Any, monkeypatch: pytest.MonkeyPatch, more: Any, loc: str
) -> None:
    monkeypatch.delitem(DRAWERS, "vipps", raising=False)
    answer = Caller(owner)("POST", "/gateways", {"name": "x", "kind": "sandbox", **more})
    assert answer.status_code == 422
    assert [".".join(map(str, one["loc"])).removeprefix("body.") for one in answer.json()["errors"]] == [loc]
    assert GatewayAccount.objects.count() == 1


def test_only_the_owner_makes_and_changes_accounts(rail: Rail, account: GatewayAccount, cast: factories.Cast) -> None:
    manager, supervisor = Caller(cast.charity.manager), Caller(cast.charity.supervisor)
    assert manager("GET", f"/gateways/{account.id}").status_code == 200
    assert manager("PATCH", f"/gateways/{account.id}", {"name": "x"}).status_code == 403
    assert manager("POST", "/gateways", {"name": "x", "kind": "sandbox"}).status_code == 403
    assert supervisor("GET", "/gateways").status_code == 403
    account.refresh_from_db()
    assert account.name == "Sandkassen"


def test_the_first_active_account_that_serves_a_method_is_used(rail: Rail, account: GatewayAccount, owner: Any) -> None:
    second = gateways.gateway_create(actor=owner, name="B", kind="sandbox", methods=["mobile"], priority=1)
    merchant = owner.org_id
    assert account_for(merchant_id=merchant, method="mobile") == second
    assert account_for(merchant_id=merchant, method="card") == account
    assert methods_for(merchant_id=merchant) == ("card", "mobile", "direct_debit")
    gateways.gateway_change(actor=owner, account_id=second.id, active=False)
    assert account_for(merchant_id=merchant, method="mobile") == account
    assert account_for(merchant_id=factories.organisation("Other").id, method="mobile") is None


def test_a_secret_is_exchanged_with_both_believed_until_the_old_one_is_forgotten(
    rail: Rail, account: GatewayAccount, owner: Any
) -> None:
    api, path = Caller(owner), f"/gateways/{account.id}"
    assert api("PATCH", path, {"webhook_secret": "s2"}).json()["webhook_secrets"] == 2
    assert call([told("mandate.active", "a")], secret="s1").status_code == 200
    assert call([told("mandate.active", "b")], secret="s2").status_code == 200
    assert api("PATCH", path, {"forget_before": True}).json()["webhook_secrets"] == 1
    intake._kept.clear()
    assert call([told("mandate.active", "c")], secret="s1").status_code == 401
    assert call([told("mandate.active", "d")], secret="s2").status_code == 200
    rotated = api("POST", f"{path}/rotate").json()
    assert rotated["webhook_secrets"] == 2
    account.refresh_from_db()
    assert unseal(account.webhook_secrets)["before"] == "s2"


def test_a_fresh_secret_is_believed_at_once_although_the_account_was_just_read(
    rail: Rail, account: GatewayAccount, owner: Any
) -> None:
    assert call([told("mandate.active", "a")]).status_code == 200
    gateways.gateway_change(actor=owner, account_id=account.id, webhook_secret="s2")
    assert call([told("mandate.active", "b")], secret="s2").status_code == 200


def test_a_check_says_what_the_provider_says(rail: Rail, account: GatewayAccount, owner: Any) -> None:
    api = Caller(owner)
    assert api("POST", f"/gateways/{account.id}/check").json() == {"ok": True, "fault": None}
    rail.wrong = "credentials"
    assert api("POST", f"/gateways/{account.id}/check").json() == {"ok": False, "fault": "credentials"}
    assert api("GET", f"/gateways/{account.id}").json()["fault"] == "credentials"


class Asking(Rail):
    """Gives its secret when it is asked to call us."""

    fault: GatewayError | None = None

    def register_webhook(self, account: Any) -> str:
        if self.fault is not None:
            raise self.fault
        return "from-them"


def test_a_provider_that_gives_its_secret_by_a_call_is_asked(
    rail: Rail, account: GatewayAccount, owner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = Asking()
    monkeypatch.setitem(DRAWERS, "sandbox", asking)
    gateways.gateway_rotate(actor=owner, account_id=account.id)
    account.refresh_from_db()
    view = account_of(account)
    assert view is not None
    assert view.webhook_secrets == ("from-them", "s1")
    asking.fault = Permanent("no_rights")
    answer = Caller(owner)("POST", f"/gateways/{account.id}/rotate")
    assert (answer.status_code, answer.json()["code"]) == (409, "gateway_refused")


def test_doctor_names_the_account_that_is_refused(rail: Rail, account: GatewayAccount) -> None:
    assert [one.level for one in doctor.accounts(None)] == ["ok"]
    rail.wrong = "credentials"
    assert [one.level for one in doctor.accounts(None)] == ["fault"]


def test_doctor_names_what_could_not_be_stopped_until_it_is(account: GatewayAccount) -> None:
    one = subscription_of(account).mandate
    assert one is not None
    GatewayOrder.objects.create(
        account=account, what="cancel_mandate", subject_id=one.id, lane_id=one.id, key="k", state="failed",
        created_at=clock.now(), next_at=clock.now(), done_at=clock.now(),
    )  # fmt: skip
    (finding,) = doctor.unstopped(None)
    assert (finding.level, str(one.id) in finding.text) == ("fault", True)
    Mandate.objects.update(state="stopped")
    assert [found.level for found in doctor.unstopped(None)] == ["ok"]


# --- webhooks -------------------------------------------------------------------------------------


def test_what_a_provider_says_is_kept_once(rail: Rail, account: GatewayAccount) -> None:
    one = told("mandate.active", "m1", amount=10000, currency="DKK", raw={"odd": "a\0b"})
    for _ in range(2):
        assert call([one]).status_code == 200
    assert call([one, told("mandate.stopped", "m1"), told("mandate.stopped", "m1")]).status_code == 200
    rows = list(GatewayEvent.objects.order_by("id").values_list("kind", "ref", "state"))
    assert rows == [("mandate.active", "m1", "received"), ("mandate.stopped", "m1", "received")]
    assert GatewayEvent.objects.order_by("id")[0].data == {"amount": 10000, "currency": "DKK", "raw": {"odd": "ab"}}


def test_a_wrong_signature_is_401_and_leaves_nothing_but_the_count(rail: Rail, account: GatewayAccount) -> None:
    answer = call([told("mandate.active", "m1")], secret="guessed")
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_signature")
    account.refresh_from_db()
    assert account.forged == 1
    assert not GatewayEvent.objects.exists()


def test_an_unknown_account_is_404_and_a_body_that_is_too_large_413(rail: Rail, account: GatewayAccount) -> None:
    assert call([], path="sandbox/other").status_code == 404
    assert call([], path="nothing/demo").status_code == 404
    assert call(b"[" + b" " * 5000 + b"]").status_code == 413
    assert Client().get("/api/v1/gateways/sandbox/demo/webhook").status_code == 405
    assert not GatewayEvent.objects.exists()


class Ear:
    """Hears what is applied; told what to answer by ref."""

    def __init__(self, **answers: Any) -> None:
        self.answers, self.heard = answers, list[str]()

    def __call__(self, *, row: GatewayEvent, now: Any) -> bool | None:
        self.heard.append(row.event_id)
        answer = self.answers.get(row.ref, True)
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[no-any-return]


@pytest.fixture
def ear(monkeypatch: pytest.MonkeyPatch) -> Ear:
    made = Ear()
    monkeypatch.setattr(intake, "HEARERS", [made])
    return made


def drain() -> None:
    while intake.events_apply(now=clock.now()):
        pass


def states() -> dict[str, str]:
    return dict(GatewayEvent.objects.values_list("event_id", "state"))


def test_events_of_one_thing_are_applied_in_the_order_in_which_they_came(
    rail: Rail, account: GatewayAccount, ear: Ear
) -> None:
    with clock.frozen(clock.now()):
        for number in range(4):
            call([told("mandate.pending", "m1", f"{number}"), told("mandate.pending", "m2", f"x{number}")])
        drain()
    assert [one for one in ear.heard if len(one) == 1] == ["0", "1", "2", "3"]
    assert [one for one in ear.heard if len(one) == 2] == ["x0", "x1", "x2", "x3"]
    assert set(states().values()) == {"applied"}


def test_what_changes_nothing_is_ignored(rail: Rail, account: GatewayAccount, ear: Ear) -> None:
    ear.answers["m1"] = False
    call([told("mandate.active", "m1", "one")])
    drain()
    assert states() == {"one": "ignored"}


def test_an_event_that_comes_too_early_is_tried_again_for_a_while(
    rail: Rail, account: GatewayAccount, ear: Ear
) -> None:
    ear.answers["m1"] = None
    with clock.frozen(clock.now()):
        call([told("mandate.active", "m1", "early")])
        drain()
        assert states() == {"early": "received"}
        ear.answers["m1"] = True
        clock.advance(timedelta(seconds=3))
        drain()
        assert states() == {"early": "applied"}
        call([told("mandate.active", "m3", "strange")])
        ear.answers["m3"] = None
        for _ in range(80):
            drain()
            clock.advance(timedelta(hours=1))
        assert states()["strange"] == "ignored"
        assert GatewayEvent.objects.get(event_id="strange").data["unknown"] is True


def test_an_event_that_breaks_fails_alone_and_keeps_only_its_own_waiting(
    rail: Rail, account: GatewayAccount, ear: Ear
) -> None:
    ear.answers["m1"] = ValueError("poison")
    with clock.frozen(clock.now()):
        call([told("mandate.active", "m1", "poison"), told("mandate.active", "m1", "after"),
              told("mandate.active", "m2", "other")])  # fmt: skip
        drain()
        assert states() == {"poison": "received", "after": "received", "other": "applied"}
        for _ in range(intake.MOST_TRIES):
            clock.advance(timedelta(hours=1))
            drain()
            if states()["poison"] == "failed":
                ear.answers["m1"] = True
        drain()
    assert states() == {"poison": "failed", "after": "applied", "other": "applied"}


def test_taking_in_costs_one_statement_once_the_account_is_known(
    rail: Rail, account: GatewayAccount, django_assert_num_queries: Any
) -> None:
    call([told("mandate.active", "m0")])
    raw = json.dumps([told("mandate.active", "m1")]).encode()
    headers = {"Signature": signed("s1", raw)}
    with django_assert_num_queries(0):
        # The insert goes by the shortest way, which Django does not count.
        intake.webhook_called(
            kind="sandbox", slug="demo", headers=headers, raw=raw, path="/", now=clock.now(), real=clock.real_now()
        )
    assert GatewayEvent.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_calls_that_come_at_the_same_moment_only_those_fail_whose_account_is_gone(
    account: GatewayAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "_taken", Jointly(intake._events_write, wait_s=0.5))
    accounts = {"a": account.id, "b": uuid4(), "c": account.id}
    failed: set[str] = set()
    ready = threading.Barrier(len(accounts))

    def take(name: str) -> None:
        try:
            ready.wait()
            one = Told(event_id=name, kind="mandate.active", ref=name, occurred_at=clock.now())
            intake.events_add(account_id=accounts[name], told=[one], now=clock.now())
            assert GatewayEvent.objects.filter(event_id=name).exists()
        except IntegrityError:
            failed.add(name)
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=(name,)) for name in accounts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert failed == {"b"}
    assert set(GatewayEvent.objects.values_list("event_id", flat=True)) == {"a", "c"}
