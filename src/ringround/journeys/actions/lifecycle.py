"""Publishing journeys, holding them, putting them away; taking runs over to a new version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from ringround.infra import audit, clock, sql
from ringround.infra import events as log
from ringround.journeys import events
from ringround.journeys.actions.writing import journey_create
from ringround.journeys.engine.alone import alone
from ringround.journeys.engine.sweeps import FIRST_ID, next_of
from ringround.journeys.models import Journey, Run, Sweep, Version
from ringround.journeys.queries.journeys import checked, journey_get, loaded_of
from ringround.journeys.rules.document import dump
from ringround.kernel.errors import Conflict, Fault, Invalid
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require


@transaction.atomic
def journey_publish(
    *, actor: Actor, journey_id: UUID, revision: int | None = None, targets: Mapping[str, str] | None = None
) -> Version:
    """Make a version of the draft, which whoever enters from now on gets; Invalid with every error of the document.

    Who has looked at an older draft (`revision`) is told: 409 `changed_meanwhile`; and so is the second of two who
    publish the same one: 409 `published_already`. The first time leads that match now are let in where the document
    says so; runs go over where it says so, with `targets`.
    """
    journey = _locked(actor, journey_id)
    if journey.state == Journey.State.ARCHIVED:
        raise Conflict("wrong_state", _("This journey is archived."), allowed=["draft", "published", "paused"])
    if revision is not None and revision != journey.revision:
        raise Conflict("changed_meanwhile", _("Somebody else has changed this journey meanwhile."))
    document = checked(actor=actor, document=journey.draft).require()
    now = clock.now()
    last = Version.objects.filter(journey=journey).order_by("-number").first()
    if last is not None and last.document == dump(document):
        raise Conflict("published_already", _("This is published already."))
    version = Version.objects.create(
        journey=journey, number=last.number + 1 if last else 1, document=dump(document), published_at=now,
        published_by_id=actor.user_id,
    )  # fmt: skip
    journey.version = version
    if journey.state == Journey.State.DRAFT:
        journey.state = Journey.State.PUBLISHED
    journey.next_at = next_of(loaded_of(actor, journey.name, version.document), now)
    journey.updated_at = now
    journey.save(update_fields=["version", "state", "next_at", "updated_at"])
    if last is None and document.settings.backfill == "matching":
        _backfill(journey, version)
    if last is not None and document.settings.edit_policy == "migrate":
        _migrate(journey, version, targets)
    elif targets:
        _checked(journey, version, targets)
    _begin()
    _tell(actor, journey, "published", events.PUBLISHED, version=version.number)
    return version


@transaction.atomic
def journey_pause(*, actor: Actor, journey_id: UUID) -> Journey:
    """Nobody enters, and nothing moves: what falls due is held until it is resumed; what happens meanwhile is not
    heard by runs that wait for it."""
    alone()
    journey = _locked(actor, journey_id)
    _move(journey, {"published"}, Journey.State.PAUSED)
    _tell(actor, journey, "paused", events.PAUSED)
    return journey


@transaction.atomic
def journey_resume(*, actor: Actor, journey_id: UUID) -> Journey:
    """Goes on: what fell due meanwhile is taken now, the oldest first."""
    alone()
    journey = _locked(actor, journey_id)
    _move(journey, {"paused"}, Journey.State.PUBLISHED)
    versions = list(Version.objects.filter(journey=journey).values_list("id", flat=True))
    sql.run("journeys", "timers_give_back", versions=versions)
    if journey.version is not None:
        journey.next_at = next_of(loaded_of(actor, journey.name, journey.version.document), clock.now())
        journey.save(update_fields=["next_at"])
    _tell(actor, journey, "resumed", events.RESUMED)
    return journey


@transaction.atomic
def journey_archive(*, actor: Actor, journey_id: UUID) -> Journey:
    """Put away: nobody enters, and its runs end."""
    journey = _locked(actor, journey_id)
    _move(journey, {"draft", "published", "paused"}, Journey.State.ARCHIVED)
    journey.next_at = None
    journey.save(update_fields=["next_at"])
    versions = list(Version.objects.filter(journey=journey).values_list("id", flat=True))
    if versions:
        # Those that are already being let in are let go first: a sweep looks whether its version is still current.
        Sweep.objects.create(
            journey=journey, version_id=versions[-1], kind="stop", at=clock.now(), after=FIRST_ID,
            params={"versions": versions, "reason": "archived"},
        )  # fmt: skip
    _tell(actor, journey, "archived", events.ARCHIVED)
    return journey


@transaction.atomic
def runs_migrate(
    *, actor: Actor, journey_id: UUID, targets: Mapping[str, str] | None = None, version: int | None = None
) -> int:
    """Take the runs on older versions over to the newest, once; how many there are. `targets`: where those go on whose
    node is gone ({node: node}); without one they end. Who has looked at what becomes of them under another `version` is
    told: 409 `changed_meanwhile`; and who asks for it a second time while it goes on: 409 `taken_over_already`."""
    journey = _locked(actor, journey_id)
    if journey.version is None or journey.state not in (Journey.State.PUBLISHED, Journey.State.PAUSED):
        raise Conflict("wrong_state", _("This journey is not published."), allowed=["published", "paused"])
    if version is not None and version != journey.version.number:
        raise Conflict("changed_meanwhile", _("Somebody else has published another version meanwhile."))
    going = Sweep.objects.filter(journey=journey, kind="migrate", version_id=journey.version.id, state="running")
    if going.exists():
        raise Conflict("taken_over_already", _("Runs are being taken over to this version already."))
    count = _migrate(journey, journey.version, targets)
    audit.write(
        actor=actor, action="journeys.journey.migrated", org_id=journey.organisation_id, subject_type="journey",
        subject_id=journey.id, data={"count": count, "version": journey.version.number},
    )  # fmt: skip
    return count


@transaction.atomic
def backfill(*, actor: Actor, journey_id: UUID) -> Sweep:
    """Let in the leads that match now, a batch at a time."""
    journey = _locked(actor, journey_id)
    if journey.version is None or journey.state != Journey.State.PUBLISHED:
        raise Conflict("wrong_state", _("This journey is not published."), allowed=["published"])
    made = _backfill(journey, journey.version)
    audit.write(
        actor=actor, action="journeys.journey.backfilled", org_id=journey.organisation_id, subject_type="journey",
        subject_id=journey.id, data={"version": journey.version.number},
    )  # fmt: skip
    return made


def _backfill(journey: Journey, version: Version) -> Sweep:
    return Sweep.objects.create(journey=journey, version_id=version.id, kind="backfill", at=clock.now(), after=FIRST_ID)


def _migrate(journey: Journey, version: Version, targets: Mapping[str, str] | None) -> int:
    _checked(journey, version, targets or {})
    older = list(Version.objects.filter(journey=journey).exclude(id=version.id).values_list("id", flat=True))
    count = Run.objects.filter(version_id__in=older).count()
    if count:
        Sweep.objects.create(
            journey=journey, version_id=version.id, kind="migrate", at=clock.now(), after=FIRST_ID,
            params={"versions": older, "targets": dict(targets or {})},
        )  # fmt: skip
    return count


def _checked(journey: Journey, version: Version, targets: Mapping[str, str]) -> None:
    """Invalid where a target leads from a node that no older version has, or to one that the new version has not: the
    run would end, which nobody has asked for."""
    if not targets:
        return
    older = Version.objects.filter(journey=journey).exclude(id=version.id).values_list("document", flat=True)
    before = {node["id"] for one in older for node in one["nodes"]}
    after = {node["id"] for node in version.document["nodes"]}
    wrong = [
        Fault(("targets", node), "unknown_node", _("There is no such step."))
        for node, to in targets.items()
        if node not in before or to not in after
    ]
    if wrong:
        raise Invalid(wrong)


def _locked(actor: Actor, journey_id: UUID) -> Journey:
    journey_get(actor=actor, journey_id=journey_id)
    require(actor, "journeys.publish")
    return Journey.objects.select_for_update(of=("self",)).select_related("version").get(id=journey_id)


def _move(journey: Journey, allowed: set[str], to: Journey.State) -> None:
    if journey.state not in allowed:
        raise Conflict("wrong_state", _("This journey is in another state."), allowed=sorted(allowed))
    journey.state, journey.updated_at = to, clock.now()
    journey.save(update_fields=["state", "updated_at"])


def _begin() -> None:
    """The engine's cursor begins at the end of the log: what happened before the first journey is nobody's."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO infra_cursor (name, seq) SELECT 'journeys', coalesce((SELECT seq FROM infra_cursor"
            " WHERE name = 'relay'), 0) ON CONFLICT (name) DO NOTHING"
        )


def _tell(actor: Actor, journey: Journey, what: str, event: str, **data: Any) -> None:
    sql.run("journeys", "plan_changed")
    journey.event_no += 1
    journey.save(update_fields=["event_no"])
    log.record_all(
        [
            log.Record(
                org_id=journey.organisation_id, type=event, subject_type="journey", subject_id=journey.id,
                subject_no=journey.event_no, data=data,
            )
        ]
    )  # fmt: skip
    audit.write(
        actor=actor, action=f"journeys.journey.{what}", org_id=journey.organisation_id, subject_type="journey",
        subject_id=journey.id, data=data,
    )  # fmt: skip


@transaction.atomic
def journey_make(*, actor: Actor, name: str, document: Mapping[str, Any], publish: bool = False) -> Journey:
    """A new journey, published at once where that is asked for: then it is there whole, or not at all."""
    made = journey_create(actor=actor, name=name, document=document)
    if publish:
        journey_publish(actor=actor, journey_id=made.id)
        made.refresh_from_db()
    return made
