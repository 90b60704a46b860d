"""Two million sessions, and the lists of them: over HTTP, by the product as it is served, one request at a time on a
connection that is kept; on the screens (ten rows) and by the API (fifty), as the merchant's owner and as the agency's
supervisor."""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import psycopg

from bench._leads import _copies, _hasten, _take_down
from bench._signed import Ground, clear, id_of
from bench.harness import Bench
from bench.http_cycles import served
from bench.live import Line

# How long ago the first was made, and what has become of them, in parts of a thousand.
PAST = timedelta(days=720)
STATUSES = (("Complete", 420), ("Expired", 260), ("Rejected", 250), ("Failed", 68), ("Processing", 1), ("New", 1))
SUBSCRIPTIONS, AGENTS, ON_ONE_LEAD = 50_000, 60, 200
_LIVE = ("New", "Processing")


def fill(db: psycopg.Connection[Any], ground: Ground, many: int, now: datetime) -> None:
    """So many sessions over the years, evenly on the campaigns, most of them the second try on somebody; the last of all on
    one lead. Of those that succeeded some share a subscription."""
    _hasten(db)
    indexes = _take_down(db, ("onboarding_session",))
    die = "abs(hashint8extended(n, {seed}))"
    for table, changes in (
        ("onboarding_agreement", {}),
        ("onboarding_mandate", {"ref": "'sbm_' || n"}),
        ("onboarding_subscription", {"agreement_id": id_of("onboarding_agreement", "n"),
                                     "mandate_id": id_of("onboarding_mandate", "n")}),
    ):  # fmt: skip
        _copies(db, table, 1, SUBSCRIPTIONS, {"id": id_of(table, "n"), **changes})
    users = [str(one) for one in _people(ground)]
    states = [status for status, parts in STATUSES for _ in range(parts)]
    # Who still waits is of the last days.
    of_late, before = (
        f"(ARRAY{list(_LIVE)!r})[1 + n % 2]",
        f"(ARRAY{states!r})[1 + {die.format(seed=1)} % {len(states)}]",
    )
    status = f"CASE WHEN n > {many} - {many // 500} THEN {of_late} ELSE {before} END"
    at = f"'{now.isoformat()}'::timestamptz - ({many} - n) * interval '{PAST.total_seconds() / many:.6f} s'"
    one_lead = f"n > {many} - {ON_ONE_LEAD}"
    campaign = f"(ARRAY{[str(one) for one in ground.campaigns]!r})[CASE WHEN {one_lead} THEN 1 ELSE 1 + (n / 2) % {len(ground.campaigns)} END]::uuid"
    complete = f"({status}) = 'Complete'"
    open_ = f"({status}) IN ('New', 'Processing')"
    lead = "('01900001-0000-7000-8900-' || lpad((n / 2)::text, 12, '0'))::uuid"
    changes = {
        "id": id_of("onboarding_session", "n"),
        "form_key": "NULL::uuid",
        "campaign_id": campaign,
        "user_id": f"(ARRAY{users!r})[1 + {die.format(seed=2)} % {len(users)}]::uuid",
        "external_lead_id": f"CASE WHEN {one_lead} THEN 'crm-one' ELSE 'crm-' || n / 2 END",
        "lead_id": f"CASE WHEN {one_lead} THEN t.lead_id ELSE {lead} END",
        "status": status,
        "phase": f"CASE WHEN {open_} THEN CASE WHEN ({status}) = 'New' THEN 'link_sent' ELSE 'at_gateway' END ELSE 'done' END",
        "gateway_ref": "'sbm_' || n",
        "created_at": at,
        "completed_at": f"CASE WHEN {complete} THEN {at} + interval '2 minutes' END",
        "ended_at": f"CASE WHEN NOT {open_} THEN {at} + interval '2 minutes' END",
        "expires_at": f"{at} + interval '2 days'",
        "look_at": "NULL::timestamptz",
        "subscription_id": f"CASE WHEN {complete} THEN {id_of('onboarding_subscription', f'1 + n % {SUBSCRIPTIONS}')} END",
    }  # fmt: skip
    _copies(db, "onboarding_session", 1, many, changes)
    for index in indexes:
        db.execute(index)
    db.execute("VACUUM (ANALYZE)")
    db.execute("CHECKPOINT")


def _people(ground: Ground) -> list[UUID]:
    """Who submitted them: the agency's agents."""
    from ringround.orgs.models import Membership, User

    made = [ground.agent.user_id]
    for n in range(AGENTS):
        user, new = User.objects.get_or_create(email=f"agent{n}@example.org", defaults={"name": f"Agent {n}"})
        if new:
            Membership.objects.create(organisation=ground.agency, user=user, role="senior_agent")
        made.append(user.id)
    return made


Address = Callable[[str], str]


def kinds(ground: Ground, many: int, now: datetime, dice: random.Random) -> dict[str, dict[str, Address]]:
    """What is asked, by figure and kind: each time another address, on the face of the product that is named."""
    from ringround.kernel.cursors import encode_at

    def days(said: dict[str, Any], face: str) -> dict[str, str]:
        """`since` and `until` are days ago, the latter not any more."""
        found = {name: value for name, value in said.items() if name not in ("since", "until")}
        names = {"since": "first", "until": "last"} if face == "screen" else {"since": "from", "until": "to"}
        for name, ago in said.items():
            if name in names:
                at = now - timedelta(days=ago + (face == "screen" and name == "until"))
                found[names[name]] = at.date().isoformat() if face == "screen" else at.isoformat()
        return found

    def listed(make: Callable[[], dict[str, Any]]) -> Address:
        roots = {"screen": "/onboarding/sessions", "api": "/api/v1/sessions"}
        return lambda face: f"{roots[face]}?{urlencode(days(make(), face), doseq=True)}"

    def overview(make: Callable[[], dict[str, Any]]) -> Address:
        roots = {"screen": "/onboarding/leads", "api": "/api/v1/onboarding/leads"}
        attempted = {"screen": {"attempted": "1"}, "api": {"attempted": "true"}}

        def address(face: str) -> str:
            said = make()
            more = attempted[face] if said.pop("attempted", False) else {}
            return f"{roots[face]}?{urlencode({**said, **more})}"

        return address

    def page(make: Callable[[], str]) -> Address:
        return lambda face: f"{'' if face == 'screen' else '/api/v1'}/onboarding/leads/{make()}"

    def window(length: int) -> dict[str, int]:
        since = dice.randrange(length, PAST.days)
        return {"since": since, "until": since - length}

    def campaign() -> str:
        return str(dice.choice(ground.campaigns))

    def deep() -> str:
        n = dice.randrange(many // 10, many // 2)
        return encode_at(now - (many - n) * (PAST / many), UUID(id_of("onboarding_session", n)))

    def person() -> str:
        return id_of("onboarding_session", dice.randrange(1, many - ON_ONE_LEAD))

    return {
        "session_list": {
            "newest": listed(dict),
            "campaign": listed(lambda: {"campaign": campaign()}),
            "status common": listed(lambda: {"status": "Complete"}),
            "status rare": listed(lambda: {"status": "Processing"}),
            "campaign, status": listed(lambda: {"campaign": campaign(), "status": "Failed"}),
            "campaign, status rare": listed(lambda: {"campaign": campaign(), "status": "New"}),
            "a month": listed(lambda: window(30)),
            "a day, status": listed(lambda: {"status": "Complete", **window(1)}),
            "campaign, a month": listed(lambda: {"campaign": campaign(), **window(30)}),
            "long ago, status rare": listed(lambda: {"status": "Processing", "until": 360}),
            "deep": listed(lambda: {"after": deep()}),
            "campaign, deep": listed(lambda: {"campaign": campaign(), "after": deep()}),
            "status, deep": listed(lambda: {"status": "Expired", "after": deep()}),
            "who was won": overview(dict),
            "who was attempted": overview(lambda: {"attempted": True}),
            "who was won, campaign": overview(lambda: {"campaign": campaign()}),
            "who was won, deep": overview(lambda: {"after": deep()}),
        },
        "lead_page": {"of 200": page(lambda: id_of("onboarding_session", many))},
        "short_lead_page": {"of two": page(person)},
    }  # fmt: skip


def measure(bench: Bench, db: psycopg.Connection[Any], ground: Ground) -> None:
    """Each kind so many times as each viewer, in an order that is drawn; ms by figure."""
    from django.test import Client

    from ringround.infra import clock
    from ringround.orgs import actions as orgs

    many, runs, each = (100_000, 1, 1) if bench.quick else (2_000_000, 5, 4)
    now = clock.now()
    bench.say(f"loading {many:,} sessions")
    fill(db, ground, many, now)
    heads: dict[tuple[str, str], str] = {}
    for who, actor in (("merchant", ground.owner), ("agency", ground.supervisor)):
        web = Client()
        web.force_login(actor.user)
        heads["screen", who] = f"Cookie: sessionid={web.cookies['sessionid'].value}\r\n"
        heads["api", who] = f"Authorization: Bearer {orgs.token_create(actor=actor, name='bench')[1]}\r\n"
    by_kind: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    with served() as (port, _process):
        lines = {viewer: Line(port, head) for viewer, head in heads.items()}
        for run in range(runs + 1):
            # The first fills caches.
            dice = random.Random(run)
            asked = kinds(ground, many, now, dice)
            order = [
                (figure, kind, viewer)
                for figure, them in asked.items() for kind in them for viewer in lines
                for _ in range((each if len(them) > 2 else 5 * each) if run else 1)
            ]  # fmt: skip
            dice.shuffle(order)
            took: dict[str, list[float]] = defaultdict(list)
            for figure, kind, viewer in order:
                spent = _ask(lines[viewer], asked[figure][kind](viewer[0]))
                if run:
                    took[figure].append(spent)
                    by_kind[figure][f"{kind} ({' '.join(viewer)})"].append(spent)
            for figure, values in took.items():
                bench.add(f"{figure}_p95_ms", _p95(values))
    said = {
        figure: {kind: round(_p95(values), 1) for kind, values in sorted(them.items(), key=lambda one: -_p95(one[1]))}
        for figure, them in by_kind.items()
    }
    bench.note(sessions=many, sessions_on_one_lead=ON_ONE_LEAD, sessions_p95_ms_by_kind=said)
    for figure, slow in said.items():
        bench.say(f"{figure}: " + ", ".join(f"{kind} {ms:g}" for kind, ms in slow.items()))
    clear(db)


def _ask(line: Line, address: str) -> float:
    begun = time.perf_counter()
    line.ask(address, "GET", address)
    while (answer := line.answered()) is None:
        pass
    took = (time.perf_counter() - begun) * 1000
    if answer[1] != 200:
        raise RuntimeError(f"{address}: {answer[1]} {answer[2][:300]!r}")
    return took


def _p95(values: list[float]) -> float:
    return sorted(values)[max(0, int(len(values) * 0.95 + 0.5) - 1)]
