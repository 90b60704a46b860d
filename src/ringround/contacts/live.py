"""Who may hear how an import gets on: its organisation."""

from __future__ import annotations

from ringround.contacts import queries
from ringround.kernel.errors import RingroundError
from ringround.orgs.actor import Actor


def may_see(actor: Actor, id: str) -> bool:
    try:
        queries.import_get(actor=actor, import_id=id)
    except RingroundError:
        return False
    return True


ALLOWED = {"import": may_see}
