"""Sets the stage of the soak in the running product's own database, by the product's actions: so many agents with a
token each. `python -m tests.soak.stage <organisation> <agents>` prints them as JSON.
"""

from __future__ import annotations

import json
import sys

import django


def main(organisation: str, count: str) -> None:
    django.setup()
    from ringround.config.demo.cast import _quick_passwords
    from ringround.orgs import actions as orgs
    from ringround.orgs.actor import Actor, system
    from ringround.orgs.models import Organisation

    where = Organisation.objects.get(id=organisation)
    made = []
    with _quick_passwords():
        for number in range(int(count)):
            user = orgs.user_create(
                actor=system(where), email=f"soak{number}@example.org", name=f"Agent {number}", role="senior_agent",
                password="soak-soak-soak-1", language="en",
            )  # fmt: skip
            agent = Actor(user=user, organisation=where, home=where, role="senior_agent")
            made.append({"id": str(user.id), "token": orgs.token_create(actor=agent, name="soak")[1]})
    print(json.dumps(made))


if __name__ == "__main__":
    main(*sys.argv[1:])
