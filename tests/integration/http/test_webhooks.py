"""Webhooks, against a real server that behaves as well or badly as it is told to."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import override_settings
from standardwebhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from ringround.http import actions, rules
from ringround.http import courier as couriers
from ringround.http.courier import Courier, fan_out
from ringround.http.models import Delivery, Webhook
from ringround.infra import clock, outbound
from ringround.infra.models import Event
from ringround.orgs import reactions
from ringround.orgs.models import AgencyLink
from tests import factories, stand_in
from tests.integration.http.calling import Caller
from tests.integration.http.test_feed import JOINED, happened, number
from tests.processes import environment
from tests.stand_in import StandIn, answers

pytestmark = pytest.mark.django_db
# For what other processes do; they may begin slowly.
PATIENCE_S = 120.0


class Later:
    """Real time, which stands still and goes on when it is told to: no pause is over because the machine was slow."""

    def __init__(self) -> None:
        self.began, self.ahead = datetime.now(UTC), timedelta(0)

    def __call__(self) -> datetime:
        return self.began + self.ahead


@pytest.fixture
def target(settings: Any) -> Iterator[StandIn]:
    stand_in.allow_private(settings)
    with stand_in.standing_in() as server:
        yield server


@pytest.fixture(autouse=True)
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    made = Later()
    monkeypatch.setattr(clock, "real_now", made)
    return made


@pytest.fixture
def courier(later: Later) -> Courier:
    return Courier(now=later)


def told(courier: Courier) -> None:
    """What has happened is numbered, made into deliveries and sent."""
    number()
    while fan_out():
        pass
    courier.drain()


def made(call: Caller, target: StandIn, **more: Any) -> dict[str, Any]:
    response = call("POST", "/webhooks", {"url": target.url, **more})
    assert response.status_code == 201, response.json()
    return response.json()


def log(call: Caller, hook: dict[str, Any], query: str = "") -> list[dict[str, Any]]:
    return call("GET", f"/webhooks/{hook['id']}/deliveries{query}").json()["items"]


def subject(request: stand_in.Request) -> str:
    return str(json.loads(request.body)["subject"]["id"])


def test_an_event_arrives_signed_as_it_stands_in_the_feed(
    cast: factories.Cast, call: Caller, target: StandIn, courier: Courier
) -> None:
    hook = made(call, target)
    happened(cast.charity.org)
    told(courier)
    (request,) = target.requests
    body = Verifier(hook["secret"]).verify(request.body, request.headers)
    (event,) = call("GET", "/events").json()["items"]
    assert body == {**event, "timestamp": event["at"]}
    assert request.headers["webhook-id"] == event["id"]
    assert request.headers["content-type"] == "application/json"
    (delivery,) = log(call, hook)
    assert (delivery["status"], delivery["code"], delivery["answer"], delivery["tries"]) == (
        "delivered",
        200,
        "thanks",
        1,
    )


def test_the_secret_is_shown_once_and_kept_encrypted(call: Caller, target: StandIn) -> None:
    hook = made(call, target)
    assert hook["secret"].startswith("whsec_")
    for path in ("/webhooks", f"/webhooks/{hook['id']}"):
        assert hook["secret"] not in call("GET", path).content.decode()
    assert hook["secret"][6:] not in Webhook.objects.get().secret


def test_only_wanted_types_and_only_what_happens_after_it_was_made(
    cast: factories.Cast, call: Caller, target: StandIn, courier: Courier
) -> None:
    happened(cast.charity.org)
    number()
    made(call, target, types=["orgs.user.deactivated"])
    happened(cast.charity.org, type="orgs.user.deactivated", data={})
    happened(cast.charity.org, type=JOINED)
    told(courier)
    assert [json.loads(one.body)["type"] for one in target.requests] == ["orgs.user.deactivated"]


def test_a_type_that_does_not_exist_is_refused(call: Caller, target: StandIn) -> None:
    response = call("POST", "/webhooks", {"url": target.url, "types": ["campaigns.laed.created"]})
    assert (response.status_code, response.json()["code"]) == (422, "unknown_event_type")


def test_an_agencys_webhook_gets_what_is_shared_with_it_while_the_link_lives(
    cast: factories.Cast, calling: Any, target: StandIn, courier: Courier
) -> None:
    call = calling(cast.agency.owner)
    hook = made(call, target)
    happened(cast.magazine.org)
    happened(cast.charity.org, also=cast.agency.org)  # no link
    (shared,) = happened(cast.magazine.org, also=cast.agency.org)
    told(courier)
    assert [json.loads(one.body)["subject"]["id"] for one in target.requests] == [str(shared)]
    # What waits when the link ends is not sent any more.
    happened(cast.magazine.org, also=cast.agency.org)
    number()
    fan_out()
    AgencyLink.objects.update(revoked_at=clock.real_now())
    courier.drain()
    assert len(target.requests) == 1
    assert [one["status"] for one in log(call, hook)] == ["withheld", "delivered"]


def test_what_is_refused_is_tried_again_with_the_same_id_until_it_is_taken(
    cast: factories.Cast, call: Caller, target: StandIn, courier: Courier, later: Later
) -> None:
    target.first = [answers(500, b"oops"), answers(503)]
    hook = made(call, target)
    happened(cast.charity.org)
    told(courier)
    (delivery,) = log(call, hook)
    assert (delivery["status"], delivery["code"], delivery["error"], delivery["answer"]) == (
        "pending",
        500,
        "refused",
        "oops",
    )
    courier.drain()
    assert len(target.requests) == 1, "tried again without a pause"
    for _ in range(2):
        later.ahead += timedelta(minutes=1)
        courier.drain()
    assert len({one.headers["webhook-id"] for one in target.requests}) == 1
    (delivery,) = log(call, hook)
    assert (delivery["status"], delivery["tries"]) == ("delivered", 3)
    assert [one["status"] for one in delivery["log"]] == [500, 503, 200]
    assert call("GET", f"/webhooks/{hook['id']}").json()["failing_since"] is None


def test_a_subjects_events_come_in_order_and_others_do_not_wait_for_it(
    cast: factories.Cast, call: Caller, target: StandIn, courier: Courier, later: Later
) -> None:
    made(call, target)
    (one,) = happened(cast.charity.org)
    target.first, target.about = [answers(500)], lambda request: subject(request) == str(one)
    number()
    happened(cast.charity.org)
    number()
    Event.objects.update(subject_id=one)
    (other,) = happened(cast.charity.org)
    told(courier)
    assert {subject(request) for request in target.requests} == {str(one), str(other)}
    assert len(target.requests) == 2
    later.ahead += timedelta(minutes=1)
    courier.drain()
    mine = [request.headers["webhook-id"] for request in target.requests if subject(request) == str(one)]
    events = call("GET", "/events").json()["items"]
    assert mine == [events[0]["id"], events[0]["id"], events[1]["id"]]


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        (stand_in.hangs, "timeout"),
        (stand_in.drips, "timeout"),
        (stand_in.says(b""), "garbled"),
        (stand_in.says(b"\x00\xff nothing like HTTP \r\n\r\n"), "garbled"),
        (answers(404, b"\x00\xff"), "refused"),
        (answers(302, Location="http://169.254.169.254/latest/meta-data/"), "redirect"),
        (answers(307, Location="/elsewhere"), "redirect"),
    ],
    ids=["hangs", "drips", "hangs up", "garbage", "404 with garbage", "redirect inside", "redirect to itself"],
)
def test_a_target_that_behaves_badly_fails_and_nothing_else(
    cast: factories.Cast,
    call: Caller,
    target: StandIn,
    courier: Courier,
    monkeypatch: pytest.MonkeyPatch,
    behaviour: stand_in.Behaviour,
    error: str,
) -> None:
    if error == "timeout":
        monkeypatch.setitem(outbound.send.__kwdefaults__, "deadline_s", 0.5)
    target.then = behaviour
    hook = made(call, target)
    happened(cast.charity.org)
    told(courier)
    (delivery,) = log(call, hook)
    assert (delivery["status"], delivery["error"], len(target.requests)) == ("pending", error, 1)
    assert delivery["log"][0]["ms"] < stand_in.PATIENCE_S * 1000, "the target, and not the deadline, ended it"


def test_a_body_without_end_is_a_good_answer_of_which_the_beginning_is_kept(
    cast: factories.Cast, call: Caller, target: StandIn, courier: Courier
) -> None:
    target.then = stand_in.never_ends
    hook = made(call, target)
    happened(cast.charity.org)
    told(courier)
    (delivery,) = log(call, hook)
    assert delivery["status"] == "delivered"
    assert set(delivery["answer"]) == {"a"}
    assert len(delivery["answer"]) <= outbound.FIRST_BYTES


def test_a_hanging_target_keeps_nobody_elses_events_waiting(
    cast: factories.Cast,
    calling: Any,
    target: StandIn,
    courier: Courier,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(outbound.send.__kwdefaults__, "deadline_s", stand_in.PATIENCE_S)
    target.then = stand_in.hangs
    made(calling(cast.charity.owner), target)
    happened(cast.charity.org, 40)
    with stand_in.standing_in() as well:
        made(calling(cast.magazine.owner), well)
        happened(cast.magazine.org, 5)
        number()
        fan_out()
        while len(well.requests) < 5:
            assert courier.step(wait_s=2.0)
        assert len(target.requests) <= rules.EACH, "the hanging one took more than its share"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "https://10.0.0.1/", "http://[::1]/", "http://localhost:5432/", "http://2130706433/"]
)
def test_an_address_that_is_plainly_inside_is_refused_when_it_is_written(call: Caller, url: str) -> None:
    response = call("POST", "/webhooks", {"url": url})
    assert (response.status_code, response.json()["code"]) == (422, "private_target")


def test_a_name_that_leads_inside_is_found_at_each_connection(
    cast: factories.Cast, call: Caller, courier: Courier, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stand_in.standing_in() as target:
        answer: list[Any] = []

        def resolves(host: str, port: int, **more: Any) -> list[Any]:
            answer.append((host, port))
            address = ("127.0.0.1", target.port)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address)]

        monkeypatch.setattr("ringround.infra.outbound.socket.getaddrinfo", resolves)
        hook = call("POST", "/webhooks", {"url": "https://rebound.example/"}).json()
        assert not answer, "a name is not looked up when it is written"
        happened(cast.charity.org)
        told(courier)
        later.ahead += timedelta(minutes=1)
        courier.drain()
        (delivery,) = log(call, hook)
        assert (delivery["error"], delivery["tries"], len(answer)) == ("private_target", 2, 2)
        assert target.requests == []


def test_one_private_address_among_public_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 443)) for one in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr("ringround.infra.outbound.socket.getaddrinfo", lambda *a, **k: both)
    with pytest.raises(outbound.Unsent, match="private_target"):
        outbound.send("GET", "https://two.example/", headers={})


def test_both_secrets_sign_for_a_day_after_a_rotation(
    cast: factories.Cast, call: Caller, target: StandIn, courier: Courier, later: Later
) -> None:
    hook = made(call, target)
    fresh = call("POST", f"/webhooks/{hook['id']}/rotate").json()
    assert fresh["secret"] != hook["secret"]
    happened(cast.charity.org)
    told(courier)
    for secret in (hook["secret"], fresh["secret"]):
        Verifier(secret).verify(target.requests[0].body, target.requests[0].headers)
    Webhook.objects.update(old_secret_until=clock.real_now())
    happened(cast.charity.org)
    told(courier)
    Verifier(fresh["secret"]).verify(target.requests[1].body, target.requests[1].headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(hook["secret"]).verify(target.requests[1].body, target.requests[1].headers)


def test_what_waits_behind_a_try_is_not_looked_at_before_it_is_due(
    cast: factories.Cast, call: Caller, target: StandIn, courier: Courier, later: Later
) -> None:
    hook = made(call, target)
    other, *_rest = happened(cast.charity.org, 3)
    number()
    Event.objects.update(subject_id=other)
    target.then = answers(500)
    told(courier)

    def due() -> int:
        return Delivery.objects.filter(state="pending", next_at__lte=later()).count()

    assert (len(target.requests), due()) == (1, 0)
    # So it is with what happens meanwhile, and after the next try.
    happened(cast.charity.org, 2)
    number()
    Event.objects.update(subject_id=other)
    told(courier)
    assert (len(target.requests), due()) == (1, 0)
    later.ahead += timedelta(seconds=6)
    courier.drain()
    assert (len(target.requests), due()) == (2, 0)
    # Sent by hand before its time, and good: all of them go at once, in order.
    target.then = answers(200)
    first = log(call, hook)[-1]
    assert call("POST", f"/webhooks/{hook['id']}/deliveries/{first['id']}/redeliver").status_code == 202
    courier.drain()
    assert Delivery.objects.filter(state="delivered").count() == 5
    sent = [json.loads(one.body)["id"] for one in target.requests]
    assert sent[:3] == sent[:1] * 3
    assert sent[2:] == [str(one) for one in Event.objects.order_by("seq").values_list("id", flat=True)][-5:]


def test_what_waits_behind_a_try_that_is_given_up_goes_on(
    cast: factories.Cast, call: Caller, target: StandIn, courier: Courier, later: Later
) -> None:
    made(call, target)
    (subject, _second) = happened(cast.charity.org, 2)
    number()
    Event.objects.update(subject_id=subject)
    target.then = answers(500)
    told(courier)
    Delivery.objects.filter(tries=1).update(tries=len(rules.PAUSES_S))
    target.then, target.first = answers(200), [answers(500)]
    later.ahead += timedelta(seconds=6)
    courier.drain()
    assert list(Delivery.objects.order_by("seq").values_list("state", flat=True)) == ["failed", "delivered"]


def test_redelivery_sends_it_again_with_its_id(
    cast: factories.Cast, call: Caller, target: StandIn, courier: Courier
) -> None:
    hook = made(call, target)
    happened(cast.charity.org)
    told(courier)
    (delivery,) = log(call, hook)
    response = call("POST", f"/webhooks/{hook['id']}/deliveries/{delivery['id']}/redeliver")
    assert (response.status_code, response.json()["status"]) == (202, "pending")
    courier.drain()
    first, second = target.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert [one["status"] for one in log(call, hook)[0]["log"]] == [200, 200]


def test_a_webhook_that_fails_for_three_days_is_off_and_its_owner_is_told(
    cast: factories.Cast, call: Caller, target: StandIn, courier: Courier, later: Later
) -> None:
    target.then = answers(500)
    hook = made(call, target)
    happened(cast.charity.org)
    told(courier)
    later.ahead = timedelta(days=3, minutes=1)
    courier.drain()
    actions.deliveries_settle()
    found = call("GET", f"/webhooks/{hook['id']}").json()
    assert (found["state"], found["off_reason"]) == ("off", "failing")
    assert log(call, hook)[0]["error"] == "switched_off"
    number()
    event = Event.objects.get(type="http.webhook.switched_off")
    assert event.data == {"reason": "failing"}
    _mail_about(event)
    assert [one.to for one in mail.outbox] == [[cast.charity.owner.user.email]]  # type: ignore[union-attr]
    assert "127.0.0.1" in mail.outbox[0].body
    # Switched on again it gets what happens from then on.
    target.then = answers(200)
    happened(cast.charity.org)
    number()
    fan_out()
    assert call("PATCH", f"/webhooks/{hook['id']}", {"state": "on"}).json()["state"] == "on"
    (fresh,) = happened(cast.charity.org)
    told(courier)
    assert json.loads(target.requests[-1].body)["subject"]["id"] == str(fresh)
    assert len(target.requests) == 3


def test_a_target_that_says_it_is_gone_is_believed(
    cast: factories.Cast, call: Caller, target: StandIn, courier: Courier
) -> None:
    target.then = answers(410)
    hook = made(call, target)
    happened(cast.charity.org)
    told(courier)
    assert call("GET", f"/webhooks/{hook['id']}").json()["off_reason"] == "gone"


def test_a_dead_target_rests_as_a_whole(
    cast: factories.Cast, call: Caller, target: StandIn, courier: Courier, later: Later
) -> None:
    target.then = answers(500)
    made(call, target)
    happened(cast.charity.org, 200)
    told(courier)
    assert len(target.requests) < 30


def test_events_are_made_into_deliveries_once(cast: factories.Cast, call: Caller, target: StandIn) -> None:
    made(call, target)
    happened(cast.charity.org, 3)
    number()
    fan_out()
    with connection.cursor() as cursor:
        # As after a restore, or a cursor that was lost.
        cursor.execute("UPDATE infra_cursor SET seq = 0 WHERE name = 'webhooks'")
    fan_out()
    assert Delivery.objects.count() == 3


def test_nobody_but_the_owner_has_webhooks(cast: factories.Cast, calling: Any) -> None:
    assert calling(cast.charity.manager)("GET", "/webhooks").status_code == 403
    body = {"url": "https://example.org/"}
    assert calling(cast.charity.supervisor)("POST", "/webhooks", body).status_code == 403


def test_a_deleted_webhook_is_gone_with_its_log(
    cast: factories.Cast, call: Caller, target: StandIn, courier: Courier
) -> None:
    hook = made(call, target)
    happened(cast.charity.org)
    told(courier)
    assert call("DELETE", f"/webhooks/{hook['id']}").status_code == 204
    assert call("GET", f"/webhooks/{hook['id']}").status_code == 404
    assert call("GET", f"/webhooks/{hook['id']}/deliveries").status_code == 404
    assert call("GET", "/webhooks").json()["items"] == []
    assert Webhook.objects.get().secret == ""
    happened(cast.charity.org)
    told(courier)
    assert len(target.requests) == 1
    actions.deliveries_settle()
    assert not Delivery.objects.exists()
    assert not Webhook.objects.exists()


def test_a_long_log_is_cleared_away_in_parts(
    cast: factories.Cast, call: Caller, target: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "CLEAR_BATCH", 2)
    monkeypatch.setattr(actions, "SETTLE_BATCH", 2)
    hook = made(call, target)
    happened(cast.charity.org, 5)
    number()
    fan_out()
    call("DELETE", f"/webhooks/{hook['id']}")
    assert Delivery.objects.count() == 5, "nobody waits for it"
    turns = 1
    while actions.deliveries_settle():
        turns += 1
    assert (turns, Delivery.objects.count(), Webhook.objects.count()) == (3, 0, 0)


def test_what_waits_when_a_webhook_is_switched_off_is_not_sent_when_it_is_on_again(
    cast: factories.Cast, call: Caller, target: StandIn, courier: Courier
) -> None:
    hook = made(call, target)
    (one,) = happened(cast.charity.org)
    number()
    fan_out()
    for state in ("off", "on"):
        assert call("PATCH", f"/webhooks/{hook['id']}", {"state": state}).json()["state"] == state
    # Of the same subject: what is not sent keeps nobody waiting.
    happened(cast.charity.org)
    number()
    Event.objects.update(subject_id=one)
    told(courier)
    assert len(target.requests) == 1
    actions.deliveries_settle()
    assert [(each["status"], each["error"]) for each in log(call, hook)] == [
        ("delivered", None),
        ("failed", "switched_off"),
    ]


def test_slow_targets_of_one_organisation_leave_room_for_all_others(
    cast: factories.Cast, calling: Any, target: StandIn, courier: Courier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They answer in the end, so nothing puts them off: there are as many of them as would fill every place."""
    monkeypatch.setitem(outbound.send.__kwdefaults__, "deadline_s", stand_in.PATIENCE_S)
    target.then = stand_in.hangs
    slow = calling(cast.charity.owner)
    for _ in range(couriers.AT_ONCE // rules.EACH):
        made(slow, target)
    happened(cast.charity.org, 2 * couriers.AT_ONCE)
    number()
    fan_out()
    assert courier.step(wait_s=0.0)
    with stand_in.standing_in() as well:
        made(calling(cast.magazine.owner), well)
        happened(cast.magazine.org, 12)
        number()
        fan_out()
        while len(well.requests) < 12:
            assert courier.step(wait_s=2.0)
    assert len(target.requests) <= rules.EACH_ORG


def test_a_webhook_that_has_just_failed_has_one_under_way_by_all_couriers_together(
    cast: factories.Cast, call: Caller, target: StandIn, courier: Courier, later: Later
) -> None:
    made(call, target)
    happened(cast.charity.org, 6)
    number()
    fan_out()
    Webhook.objects.update(failures=1, failing_since=later())
    assert [len(Courier(now=later)._claim()) for _ in range(3)] == [1, 0, 0]
    later.ahead += couriers.LEASE + timedelta(seconds=1)
    assert len(Courier(now=later)._claim()) == 1


def test_a_webhook_has_its_share_under_way_by_all_couriers_together(
    cast: factories.Cast, call: Caller, target: StandIn, later: Later
) -> None:
    made(call, target)
    happened(cast.charity.org, 12)
    number()
    fan_out()
    assert [len(Courier(now=later)._claim()) for _ in range(3)] == [rules.EACH, 0, 0]


def test_a_key_that_is_missing_for_a_while_uses_up_no_tries(
    cast: factories.Cast, call: Caller, target: StandIn, courier: Courier, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = made(call, target)
    happened(cast.charity.org)
    number()
    fan_out()
    kept = Webhook.objects.get().secret
    Webhook.objects.update(secret="of a key that is gone")
    for _ in range(3):
        courier.drain()
        later.ahead += couriers.LEASE + timedelta(seconds=1)
    assert log(call, hook)[0]["tries"] == 0
    Webhook.objects.update(secret=kept)
    courier.drain()
    assert (log(call, hook)[0]["status"], log(call, hook)[0]["tries"]) == ("delivered", 1)


def test_who_was_killed_while_sending_is_followed_by_one_who_sends_it_again(
    cast: factories.Cast, call: Caller, target: StandIn, courier: Courier, later: Later
) -> None:
    made(call, target)
    happened(cast.charity.org)
    number()
    fan_out()
    killed = Courier(now=later)
    (parcel,) = killed._claim()
    couriers.carry(parcel)
    courier.drain()
    assert len(target.requests) == 1, "what another has in hand is not sent"
    later.ahead += couriers.LEASE + timedelta(seconds=1)
    courier.drain()
    assert [one.headers["webhook-id"] for one in target.requests] == [parcel.headers["webhook-id"]] * 2
    assert Delivery.objects.get().state == "delivered"


RUN = """
import django; django.setup()
from dataclasses import replace
from threading import Event
from django.conf import settings
from ringround.http import courier
settings.RINGROUND = replace(settings.RINGROUND, allow_private_targets=True)
courier.Courier().run(Event())
"""


@pytest.mark.django_db(transaction=True)
def test_nothing_is_lost_with_sigkill(cast: factories.Cast, call: Caller, target: StandIn, later: Later) -> None:
    target.first = [stand_in.hangs]
    made(call, target)
    happened(cast.charity.org)
    number()
    fan_out()
    for turn in (1, 2):
        target.came.clear()
        worker = subprocess.Popen(
            [sys.executable, "-c", RUN], env=environment(DJANGO_SETTINGS_MODULE="ringround.config.settings")
        )
        try:
            assert target.came.wait(PATIENCE_S), f"worker {turn} sent nothing"
            if turn == 2:
                _until(lambda: Delivery.objects.filter(state="delivered").exists())
        finally:
            worker.kill()
            worker.wait()
        # Its lease has run out: not while it lives, or it would take up again what it has in hand.
        Delivery.objects.filter(state="pending").update(next_at=later(), sending_until=later())
    assert len({one.headers["webhook-id"] for one in target.requests}) == 1


def _until(true: Any) -> None:
    import time

    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def _mail_about(event: Event) -> None:
    """The reaction, and the jobs that it puts into the queue."""
    from ringround.orgs import tasks

    reactions.webhook_switched_off(event)  # type: ignore[arg-type]
    with connection.cursor() as cursor:
        cursor.execute("SELECT args FROM procrastinate_jobs WHERE task_name = %s", [reactions.WEBHOOK_OFF_MAIL])
        jobs = [args for (args,) in cursor.fetchall()]
    with override_settings(ROOT_URLCONF="ringround.config.urls"):
        for args in jobs:
            tasks.webhook_off_mail(**(json.loads(args) if isinstance(args, str) else args))


def test_an_owner_whom_the_mail_server_does_not_take_is_told_later(
    cast: factories.Cast, call: Caller, target: StandIn, courier: Courier, settings: Any
) -> None:
    from ringround.orgs import mails, tasks

    target.then = answers(410)
    made(call, target)
    happened(cast.charity.org)
    told(courier)
    number()
    event = Event.objects.get(type="http.webhook.switched_off")
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = "django.core.mail.backends.smtp.EmailBackend", "127.0.0.1"
    settings.EMAIL_PORT = 1
    with pytest.raises(mails.NotSent):
        _mail_about(event)
    retry = tasks.webhook_off_mail.retry_strategy
    assert retry is not None
    assert retry.max_attempts > 1


def test_the_feeds_types_are_the_webhooks(call: Caller, target: StandIn) -> None:
    assert made(call, target, types=[JOINED])["types"] == [JOINED]
    assert made(call, target, types=["*"])["types"] == []
