"""What an organisation asks of its own messages: quiet hours, caps, tracking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from ringround.compliance.rules.messages import quiet_hours
from ringround.infra import audit, clock
from ringround.kernel.errors import Fault, Invalid
from ringround.kernel.messages import N_
from ringround.messaging.actions.transports import check_sender
from ringround.messaging.models import MessageSettings
from ringround.messaging.models.templates import CHANNELS
from ringround.orgs import permissions
from ringround.orgs.actor import Actor

MOST_CAPS, MOST_DAYS, MOST_MESSAGES = 10, 366, 1_000


@transaction.atomic
def message_settings_change(*, actor: Actor, **fields: Any) -> MessageSettings:
    """Change what is named: `quiet` ({"from", "to"} or None), `caps` ([{"channel", "most", "days"}]), `over_cap`,
    `track_opens`, `track_clicks`, `sms_sender` and `email_sender` (empty: the transport's). Counts for what is sent
    from now on, whenever it was written."""
    permissions.require(actor, "messaging.settings.change")
    now = clock.now()
    row, _made = MessageSettings.objects.select_for_update().get_or_create(
        organisation=actor.organisation, defaults={"updated_at": now}
    )
    if "quiet" in fields:
        quiet_hours(fields["quiet"])
        raw: Mapping[str, str] | None = fields["quiet"]
        row.quiet = {"from": raw["from"], "to": raw["to"]} if raw is not None else None
    if "caps" in fields:
        row.caps = _caps(fields["caps"])
    if "over_cap" in fields:
        if fields["over_cap"] not in ("skip", "wait"):
            raise Invalid.one("over_cap", "unknown_choice", N_("This is not one of the choices."))
        row.over_cap = fields["over_cap"]
    faults: list[Fault] = []
    for channel in CHANNELS:
        if (name := f"{channel}_sender") in fields:
            sender = str(fields[name]).strip()
            setattr(row, name, sender)
            faults += check_sender(channel, sender, loc=(name,)) if sender else []
    if faults:
        raise Invalid(faults)
    for name in ("track_opens", "track_clicks"):
        if name in fields:
            setattr(row, name, bool(fields[name]))
    row.updated_at = now
    row.save()
    audit.write(
        actor=actor, action="messaging.settings.changed", org_id=actor.org_id, subject_type="organisation",
        subject_id=actor.org_id, data={"fields": sorted(fields)},
    )  # fmt: skip
    return row


def _caps(raw: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    faults = []
    if len(raw) > MOST_CAPS:
        faults.append(Fault(("caps",), "too_long", N_("There are more caps than there may be.")))
    for at, one in enumerate(raw):
        if one.get("channel") not in CHANNELS:
            faults.append(Fault(("caps", at, "channel"), "unknown_channel", N_("There is no such channel.")))
        for name, most in (("most", MOST_MESSAGES), ("days", MOST_DAYS)):
            value = one.get(name)
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
                faults.append(Fault(("caps", at, name), "out_of_range", N_("This is out of range.")))
    if faults:
        raise Invalid(faults)
    return [{name: one[name] for name in ("channel", "most", "days")} for one in raw]
