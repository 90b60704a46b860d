"""`ringround reactions list|retry|drop`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from ringround.cli_commands._runtime import Trouble, database, json_option, show

if TYPE_CHECKING:
    from ringround.infra.models import ParkedReaction


@click.group(short_help="What failed after a change: list, retry, drop.")
def command() -> None:
    """What one change should have brought about elsewhere and could not. All of it is tried again by itself."""


@command.command(name="list")
@json_option
def list_(as_json: bool) -> None:
    """List what waits, first things first. What has no error waits behind one of the same subject that has."""
    with database():
        from ringround.infra.models import ParkedReaction

        rows = [_shown(one) for one in ParkedReaction.objects.order_by("seq", "reaction")]
    lines = [
        f"{one['id']}  event {one['seq']} {one['type']}  {one['reaction']}  tries {one['tries']}  "
        f"{one['error'] or 'waits for the one before it'}"
        for one in rows
    ]
    show(rows, as_json=as_json, text="\n".join(lines) or "Nothing waits.")


@command.command(name="retry")
@click.argument("parked", nargs=-1, type=click.UUID)
@json_option
def retry_(parked: tuple[UUID, ...], as_json: bool) -> int:
    """Try those named, or all, now. The exit code is 1 when some still fail."""
    with database():
        from ringround.config import wiring
        from ringround.infra.models import ParkedReaction
        from ringround.infra.relay.reactions import retry

        for one in parked:
            _find(one)
        reactions, done = wiring.reactions(), 0
        wanted = list(parked) or list(ParkedReaction.objects.values_list("id", flat=True))
        # Each round tries the first of each subject; what stood behind one that worked has its turn in the next.
        while some := retry(reactions, ids=wanted, most=len(wanted)):
            done += some
        left = ParkedReaction.objects.filter(id__in=wanted).count()
    show({"done": done, "left": left}, as_json=as_json, text=f"{done} done, {left} left.")
    return 1 if left else 0


@command.command()
@click.argument("parked", type=click.UUID)
def drop(parked: UUID) -> None:
    """Give one up for good, by the id that `list` shows: what it should have brought about will not happen."""
    with database():
        from django.db import transaction

        from ringround.infra import audit
        from ringround.orgs.actor import system
        from ringround.orgs.models import Organisation

        one = _find(parked)
        with transaction.atomic():
            audit.write(
                actor=system(Organisation.objects.get(id=one.org_id)),
                action="infra.reaction.dropped",
                org_id=one.org_id,
                subject_type="event",
                subject_id=one.id,
                data={"event": one.seq, "reaction": one.reaction},
            )
            one.delete()
    click.echo(f"Dropped {one.reaction} on event {one.seq}.")


def _find(parked: UUID) -> ParkedReaction:
    from ringround.infra.models import ParkedReaction

    found = ParkedReaction.objects.filter(id=parked).first()
    if found is None:
        raise Trouble(f"nothing with the id {parked} waits: see `ringround reactions list`")
    return found


def _shown(one: ParkedReaction) -> dict[str, Any]:
    names = ("id", "seq", "type", "reaction", "subject_id", "error", "tries", "parked_at", "next_at")
    return {name: getattr(one, name) for name in names}
