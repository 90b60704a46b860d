"""What is told of sessions: to webhooks with the standard signature, in the change feed to who may read it, and in the
sealed log, which shows that nobody has touched it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from standardwebhooks import Webhook as Verifier

from ringround.campaigns import actions as campaigns
from ringround.http.courier import Courier, fan_out
from ringround.infra import audit, clock
from ringround.infra.models import EventOut
from ringround.infra.relay.numbering import number_events
from ringround.journeys.models import Notice
from ringround.journeys.reactions import REACTIONS
from ringround.onboarding import actions
from ringround.onboarding.actions.intake import events_add
from ringround.onboarding.gateways.port import GatewayEvent as Told
from ringround.orgs.actor import Actor
from ringround.orgs.models import AgencyLink
from tests import stand_in
from tests.integration.campaigns.plan_setup import browser
from tests.integration.campaigns.rig import Rig
from tests.integration.http.calling import Caller, token_for
from tests.integration.onboarding.scene import Scene
from tests.integration.onboarding.test_session_ends import fate

pytestmark = pytest.mark.django_db
COMPLETED = "onboarding.session.completed"


def completed(scene: Scene) -> Any:
    """A session that the sandbox has accepted."""
    session = scene.at_gateway()
    scene.settle(seconds=5)
    assert scene.stands(session) == ("Complete", "done")
    while len(number_events()):
        pass
    return session


def feed(actor: Actor) -> list[tuple[str, str]]:
    told = Caller(token_for(actor))("GET", "/events?size=500").json()["items"]
    return [(one["type"], one["subject"]["id"]) for one in told if one["type"].startswith("onboarding.session.")]


def test_a_webhook_of_a_completed_session_is_signed_by_the_standard(scene: Scene, settings: Any) -> None:
    stand_in.allow_private(settings)
    with stand_in.standing_in() as target:
        call = Caller(token_for(scene.merchant.owner))
        hook = call("POST", "/webhooks", {"url": target.url, "types": [COMPLETED]}).json()
        session = completed(scene)
        while fan_out():
            pass
        Courier(now=clock.real_now).drain()
        (request,) = target.requests
    body = Verifier(hook["secret"]).verify(request.body, request.headers)
    assert (body["type"], body["subject"]) == (COMPLETED, {"type": "session", "id": str(session.id)})
    assert (body["data"]["status"], body["data"]["service_type"]) == ("Complete", "SignUpRecurring")
    # Nothing of the person.
    assert not any(word in request.body.decode() for word in ("Åse", "Ørum", "20123456", "aase@"))


def test_the_change_feed_tells_sessions_to_merchant_and_agency_alone(agency_rig: Rig) -> None:
    cast = agency_rig.cast
    session = completed(Scene(agency_rig, agency=cast.agency))
    verbs = ("created", "advanced", "advanced", "processing", "completed")
    wanted = [(f"onboarding.session.{verb}", str(session.id)) for verb in verbs]
    assert feed(cast.magazine.owner) == wanted
    assert feed(cast.agency.owner) == wanted
    for stranger in (cast.charity.owner, cast.agency2.owner, cast.outsider):
        assert feed(stranger) == []
    # The agency's view ends with its link.
    AgencyLink.objects.filter(merchant=cast.magazine.org, agency=cast.agency.org).update(revoked_at=clock.real_now())
    assert (feed(cast.agency.owner), feed(cast.magazine.owner)) == ([], wanted)


def test_a_sessions_log_is_sealed_and_a_line_that_somebody_changed_is_found(scene: Scene) -> None:
    session = completed(scene)
    while audit.seal_pending():
        pass
    count, faults = audit.verify()
    assert (count > 0, faults) == (True, [])
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE infra_audit SET data = data || '{\"touched\": 1}' WHERE seq ="
            " (SELECT min(seq) FROM infra_audit WHERE subject_id = %s)",
            [session.id],
        )
        assert cursor.rowcount == 1
    _, faults = audit.verify()
    assert [one.problem for one in faults] == ["altered"]


def notices(scene: Scene) -> dict[Any, str]:
    """What people were told beside any journey, told twice for once."""
    for event in EventOut.objects.filter(type__in=list(REACTIONS)).order_by("id"):
        for _ in range(2):
            REACTIONS[event.type](event)  # type: ignore[arg-type]
    return {one.user_id: one.text for one in Notice.objects.all()}


def test_who_called_and_their_supervisors_are_told_of_a_permission_that_came_late(scene: Scene) -> None:
    supervisor = scene.merchant.supervisor
    assert supervisor.user is not None
    supervisor.user.language = "da"
    supervisor.user.save(update_fields=["language"])
    campaigns.supervisors_put(
        actor=scene.merchant.manager, campaign_id=scene.campaign.id, users=[str(supervisor.user_id)]
    )
    session = scene.at_gateway(**fate(6))
    scene.settle(days=2)
    scene.due()
    assert notices(scene) == {}
    scene.settle(minutes=2)
    assert scene.stands(session)[0] == "Complete"
    told = notices(scene)
    assert set(told) == {supervisor.user_id, scene.agent.user_id}
    assert told[scene.agent.user_id].startswith("The donor gave the permission after the session had expired.")
    assert told[supervisor.user_id].startswith("Giveren gav tilladelsen, efter at sessionen var udløbet.")
    client = browser(scene.agent)
    assert "after the session had expired" in client.get("/journeys/notices").content.decode()
    (shown,) = Caller(token_for(scene.agent))("GET", "/notices").json()["items"]
    assert (shown["journey"], shown["lead"]) == (None, str(session.lead_id))


def test_who_called_is_told_of_a_permission_that_came_after_a_no(scene: Scene) -> None:
    session = scene.at_gateway(**fate(3))
    actions.session_decline(actor=scene.agent, session_id=session.id)
    told = Told(event_id="late", kind="mandate.active", ref=scene.see(session).gateway_ref, occurred_at=clock.now())
    events_add(account_id=scene.account.id, told=[told], now=clock.now())
    scene.settle()
    (text,) = notices(scene).values()
    assert text.startswith("The donor gave the permission after the session had ended with a no.")
    assert scene.told(session.id)[-1] == "onboarding.session.unwanted"
    assert EventOut.objects.filter(type="journeys.notice.written").count() == 1


def test_a_permission_in_time_is_told_to_nobody(scene: Scene) -> None:
    completed(scene)
    assert notices(scene) == {}
