"""One agent's process for `test_handout_killed.py`: asks, skips and dispositions until its time is up or it dies.

`python -m tests.property.campaigns.worker <user> <org> <campaign> <seed> <seconds>`
`RINGROUND_TEST_DIE="before 7"` ends it by SIGKILL right before its seventh COMMIT is sent, `"after 7"` right after the
server has answered it.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from random import Random
from typing import Any
from uuid import UUID


def die_at_commit() -> None:
    """Only here, in the tests: the connection that Django uses ends its own process at a commit boundary."""
    when, _, number = os.environ.get("RINGROUND_TEST_DIE", "").partition(" ")
    if not when:
        return
    from ringround.infra.database.base import DatabaseWrapper

    real = DatabaseWrapper._commit
    left = [int(number)]

    def commit(self: Any) -> Any:
        left[0] -= 1
        if left[0] == 0 and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        done = real(self)
        if left[0] == 0 and when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    DatabaseWrapper._commit = commit  # type: ignore[method-assign]


def main(user: str, org: str, campaign: str, seed: str, seconds: str) -> None:
    import django

    django.setup()
    from django.db import transaction

    from ringround.campaigns import actions
    from ringround.campaigns.actions import Handout
    from ringround.campaigns.models import Disposition
    from ringround.kernel.errors import Conflict
    from ringround.orgs.actor import Actor
    from ringround.orgs.models import Organisation, User

    die_at_commit()
    where = Organisation.objects.get(id=org)
    agent = Actor(user=User.objects.get(id=user), organisation=where, home=where, role="senior_agent")
    says = dict(Disposition.objects.filter(campaign=campaign).values_list("kind", "id"))
    dice, until = Random(int(seed)), time.monotonic() + float(seconds)
    print("ready", flush=True)
    while time.monotonic() < until:
        # In a transaction, as the console asks: so that the claim, too, has a commit to die at.
        with transaction.atomic():
            found = actions.lead_next(actor=agent, campaign_id=UUID(campaign))
        if not isinstance(found, Handout):
            time.sleep(0.02)
            continue
        try:
            match dice.randrange(10):
                case 0 | 1 | 2:
                    actions.lead_skip(actor=agent, lead_id=found.lead_id)
                case 3:
                    actions.leads_release_held(actor=agent)
                case 4:
                    actions.disposition_save(actor=agent, lead_id=found.lead_id, disposition=says["no_contact"])
                case _:
                    actions.disposition_save(actor=agent, lead_id=found.lead_id, disposition=says["not_engaged"])
        except Conflict:
            pass  # the lease has run out meanwhile


if __name__ == "__main__":
    main(*sys.argv[1:])
