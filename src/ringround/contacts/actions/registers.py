"""Hits in registers by name and address that somebody looks at, and registers that are taken away."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from ringround.contacts import events
from ringround.contacts.actions._common import lock_marks
from ringround.contacts.actions.register_columns import is_read
from ringround.contacts.actions.register_import import entries_go
from ringround.contacts.actions.rematch import hits_set
from ringround.contacts.models import Register, RegisterEntry, RegisterHit
from ringround.infra import audit
from ringround.infra import events as log
from ringround.kernel.errors import Conflict, Invalid, NotFound
from ringround.kernel.ids import parse_id
from ringround.kernel.messages import N_
from ringround.orgs import permissions
from ringround.orgs.actor import Actor

MOST_HITS = 500
DECISIONS = (RegisterHit.State.ACCEPTED, RegisterHit.State.REFUSED, RegisterHit.State.OPEN)


def hit_decide(*, actor: Actor, hit_id: UUID | str, state: str) -> None:
    """Say whether a hit is the contact (`accepted`: it is barred), is not (`refused`), or is to be looked at (`open`).

    An exact hit that is open again bars by itself.
    """
    wanted = parse_id(hit_id)
    if wanted is None or not RegisterHit.objects.filter(organisation=actor.org_id, id=wanted).exists():
        raise NotFound("register_hit")
    hits_decide(actor=actor, hit_ids=[wanted], state=state)


def hits_decide(*, actor: Actor, hit_ids: Sequence[UUID], state: str) -> int:
    """The same of several; how many it changed. Those that are another organisation's are passed over."""
    permissions.require(actor, "contacts.suppressions.change")
    if state not in DECISIONS:
        raise Invalid.one("state", "unknown_state", N_("Say accepted, refused or open."))
    if not hit_ids:
        raise Invalid.one("ids", "empty_selection", N_("Choose at least one."))
    if len(hit_ids) > MOST_HITS:
        raise Invalid.one("ids", "too_many", N_("At most %(limit)s at a time.", limit=MOST_HITS))
    with transaction.atomic():
        lock_marks(actor.org_id, shared=False)
        return hits_set(actor=actor, hits=RegisterHit.objects.filter(id__in=hit_ids), state=RegisterHit.State(state))


def register_remove(*, actor: Actor, register_id: UUID | str) -> None:
    """Take a register away: nobody is barred by it any more, and what was decided of its hits is forgotten.

    409 `import_running` while an issue of it is read.
    """
    wanted = parse_id(register_id)
    found = Register.objects.filter(organisation=actor.org_id, id=wanted).first() if wanted is not None else None
    if found is None:
        raise NotFound("register")
    permissions.require(actor, "contacts.suppressions.change")
    with transaction.atomic():
        lock_marks(actor.org_id, shared=False)
        register = Register.objects.select_for_update().filter(id=found.id).first()
        if register is None:
            raise NotFound("register")
        if is_read(register):
            raise Conflict("import_running", N_("An issue of the register is being read. Try again when it is done."))
        there = RegisterEntry.objects.filter(register=register).order_by("import_id")
        for issue in list(there.values_list("import_id", flat=True).distinct()):
            last = None
            while (last := entries_go(register, issue=issue, after=last)) is not None:
                pass
        log.record_all([events.of(register, events.REGISTER_REMOVED, {})])
        audit.write(
            actor=actor, action="contacts.register.removed", org_id=actor.org_id, subject_type="register",
            subject_id=register.id, data={},
        )  # fmt: skip
        register.delete()
