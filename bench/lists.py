"""Lists at a million leads: the list of a campaign's leads, the search among contacts, and one lead's page.

One campaign of a million leads (`--quick`: 100,000) of as many contacts with names, numbers and external ids; two fifths
of the leads have been worked and have a history. Asked is the product's own page, in this process: middleware, session,
permissions, view, database, template. The time is from the request to the last byte of the answer, of one request at a
time, as many of each kind, in an order that is drawn by a seeded die.

- `list_p95_ms`: `/campaigns/leads` of a supervisor: the newest, by status (common and rare), by agent, by nobody, by text
  (a common name, a rare one, part of a number, an id), by attempts, by last contact, by what came of a call, by several of
  these; the first page and those after it.
- `search_p95_ms`: `/contacts/search`: a common name, two words, a rare one, the beginning of a name, a whole number, part
  of one, an external id, and what is nobody's.
- `lead_page_p95_ms`: `/campaigns/leads/<id>`, of leads with a history and without.

Each kind's own 95th percentile is in the notes. The rows are copies of one contact and one lead that the product's actions
made, with names, numbers, states and a history of their own. `*_cpu_ms`: the processor time of this process alone.
"""

from __future__ import annotations

import random
import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from uuid import UUID

import psycopg

from bench._leads import AGENT, FIRST, NOW, load
from bench.harness import Bench, Goal, arguments, database

GOALS = {"list_p95_ms": Goal(most=150), "search_p95_ms": Goal(most=150), "lead_page_p95_ms": Goal(most=150)}
AGENTS = 60
FIRST_NAMES = ("Anne", "Peter", "Mette", "Lars", "Kirsten", "Søren", "Hanne", "Jens", "Maja", "Ole", "Åse", "Jørgen", "Lærke",
               "Bo", "Ingrid", "Torben", "Ida", "Rasmus", "Ellen", "Knud", "Sofie", "Emil", "Freja", "Oscar", "Signe")  # fmt: skip
# The first are the most frequent: one in eleven is a Nielsen.
LAST_NAMES = ("Nielsen", "Jensen", "Hansen", "Pedersen", "Sørensen", "Møller", *(
    f"{first}{last}"
    for first in ("Lund", "Bak", "Dal", "Kirke", "Skov", "Sø", "Øster", "Vester", "Nør", "Brand", "Holm", "Kær", "Ager", "Å")
    for last in ("gaard", "bjerg", "holt", "toft", "strup", "mark", "sted", "ballegård", "vig", "lev", "by", "næs")
))  # fmt: skip
# A lead of these was worked; of the newest, which are new, none was.
WORKED = (("automatic_redial", 50), ("not_interested", 25), ("success", 12), ("exhausted", 8), ("common_redial", 3),
          ("invalid", 1), ("private_redial", 1))  # fmt: skip


def fill(admin: str, leads: int) -> UUID:
    """The campaign of the hand-out's measurement, with people one can look for and leads that were worked."""
    from ringround.kernel.text import fold, sort_key

    def words(values: tuple[str, ...]) -> tuple[str, str, str]:
        found = values, tuple(map(fold, values)), tuple(sort_key(one).split("\x01")[0] for one in values)
        shown, folded, sorted_ = (f"(ARRAY[{','.join(repr(word) for word in one)}])" for one in found)
        return shown, folded, sorted_

    die = "abs(hashint8extended(n, {seed}))"
    # Which of the names, the first far more often than the last.
    first, last = (
        f"1 + floor(pow({die.format(seed=seed)} % 100000 / 100000.0, 2) * {len(names)})::int"
        for seed, names in ((1, FIRST_NAMES), (2, LAST_NAMES))
    )
    name, folded, sorted_ = (
        f"({one}[{first}] || ' ' || {other}[{last}])"
        for one, other in zip(words(FIRST_NAMES), words(LAST_NAMES), strict=True)
    )
    number = "'452' || lpad((n::bigint * 7919 % 10000000)::text, 7, '0')"
    member = "'M' || lpad(n::text, 7, '0')"
    worked = f"(n <= {leads * 2 // 5})"
    states = [status for status, parts in WORKED for _ in range(parts)]
    status = f"CASE WHEN {worked} THEN (ARRAY{states!r})[1 + {die.format(seed=3)} % 100] ELSE 'new' END"
    agent = f"('{AGENT}' || ({FIRST} + {die.format(seed=4)} % {AGENTS}))"
    campaign = load(
        admin, leads, AGENTS,
        contact=f", 'name', {name}, 'sort_name', {sorted_} || chr(1) || {name}, 'external_id', {member},"
        f" 'search', {folded} || ' ' || lower({member}) || ' ' || {number},"
        f" 'fields', jsonb_build_object('name', {name})",
        lead=f", 'status', {status}, 'numbers', jsonb_build_array('+' || {number}),"
        f" 'attempts', CASE WHEN {worked} THEN 1 + {die.format(seed=5)} % 6 ELSE 0 END,"
        f" 'external_lead_id', 'L' || n,"
        f" 'assigned_to_id', CASE WHEN {die.format(seed=6)} % 5 = 0 THEN {agent} END,"
        f" 'owner_id', CASE WHEN ({status}) = 'private_redial' THEN {agent} END,"
        f" 'last_contacted_by_id', CASE WHEN {worked} THEN {agent} END,"
        f" 'last_contacted_at', CASE WHEN {worked} THEN '{NOW}'::timestamptz - make_interval(secs => n % 2000000) END,"
        " 'queue', CASE WHEN n % 3 > 0 THEN 1 END, 'turn_at', NULL",
    )  # fmt: skip
    contact_id, lead_id = (f"('01900000-0000-7000-{kind}000-' || lpad(n::text, 12, '0'))::uuid" for kind in "ac")
    with psycopg.connect(admin, autocommit=True) as db:
        db.execute("SET session_replication_role = replica")
        db.execute("SET synchronous_commit = off")
        db.execute(
            "INSERT INTO contacts_number (id, contact_id, organisation_id, position, label, e164, written, type, valid, suppressed)"
            f" SELECT gen_random_uuid(), {contact_id}, c.organisation_id, 0, 'mobile', '+' || {number}, substr({number}, 3),"
            " 'mobile_or_fixed', true, false"
            f" FROM generate_series(2, {leads}) AS n, (SELECT organisation_id FROM contacts_contact LIMIT 1) AS c"
        )
        for turn in (1, 2):
            db.execute(
                "INSERT INTO campaigns_timeline (id, lead_id, at, kind, key, params, text, ref_type, by_id)"
                f" SELECT gen_random_uuid(), {lead_id}, '{NOW}'::timestamptz - make_interval(secs => n % 2000000 + {turn} * 90000),"
                f" 'note', '', '{{}}', 'Ring igen', '', {agent}::uuid FROM generate_series(2, {leads * 2 // 5}) AS n"
            )
        db.execute(
            "INSERT INTO campaigns_attempt (id, lead_id, campaign_id, user_id, disposition_id, number, outcome, counted, engaged,"
            " at, attempts, verdict)"
            f" SELECT gen_random_uuid(), {lead_id}, '{campaign}', {agent}::uuid, d.ids[1 + n % cardinality(d.ids)], '',"
            " (ARRAY['no_answer', 'no_answer', 'no_answer', 'busy', 'answered'])[1 + n % 5], true, false,"
            f" '{NOW}'::timestamptz - make_interval(secs => n % 2000000), 1, '{{}}'"
            f" FROM generate_series(2, {leads * 2 // 5}) AS n,"
            f" (SELECT array_agg(id ORDER BY position) AS ids FROM campaigns_disposition WHERE campaign_id = '{campaign}') AS d"
        )
        db.execute("VACUUM (ANALYZE)")
        db.execute("CHECKPOINT")
    return campaign


def kinds(campaign: UUID, leads: int, dice: random.Random) -> dict[str, dict[str, Callable[[], str]]]:
    """What is asked, by figure and kind: each time another address."""
    from ringround.campaigns.models import Disposition

    dispositions = [str(one) for one in Disposition.objects.filter(campaign=campaign).values_list("id", flat=True)]

    def lead(low: int, high: int) -> str:
        return f"/campaigns/leads/01900000-0000-7000-c000-{dice.randint(low, high):012d}"

    def listed(said: str, **more: str) -> str:
        return f"/campaigns/leads?campaign={campaign}&{said}" if said else f"/campaigns/leads?campaign={campaign}"

    def agent() -> str:
        return f"{AGENT}{FIRST + dice.randrange(AGENTS)}"

    def member() -> str:
        return f"M{dice.randint(2, leads):07d}"

    def digits(count: int) -> str:
        return "".join(str(dice.randrange(10)) for _ in range(count))

    def rare() -> str:
        return dice.choice(LAST_NAMES[-60:])

    return {
        "list": {
            "newest": lambda: listed(""),
            "everywhere": lambda: "/campaigns/leads",
            "status new": lambda: listed("status=new"),
            "status common": lambda: listed("status=automatic_redial"),
            "status rare": lambda: listed("status=private_redial"),
            "status, agent": lambda: listed(f"status=success&assigned_to={agent()}"),
            "agent": lambda: listed(f"assigned_to={agent()}"),
            "nobody": lambda: listed("assigned_to=none&size=100"),
            "common name": lambda: listed(f"q={dice.choice(LAST_NAMES[:3])}"),
            "common name, status": lambda: listed(f"q={dice.choice(LAST_NAMES[:3])}&status=success"),
            "two names": lambda: listed(f"q={dice.choice(FIRST_NAMES)}+{dice.choice(LAST_NAMES)}"),
            "rare name": lambda: listed(f"q={rare()}"),
            "part of a number": lambda: listed(f"q={digits(5)}"),
            "external id": lambda: listed(f"q={member()}"),
            "nobody's name": lambda: listed("q=Xerxes"),
            "attempts": lambda: listed("attempts_min=3&attempts_max=4"),
            "attempts of none": lambda: listed("attempts_min=40"),
            "last contact": lambda: listed("last_contact_after=2026-02-25&last_contact_before=2026-03-01"),
            "outcome": lambda: listed("outcome=busy"),
            "disposition": lambda: listed(f"disposition={dice.choice(dispositions)}"),
            "held": lambda: listed("reserved=1"),
        },
        "search": {
            "all": lambda: "/contacts/search",
            "common name": lambda: f"/contacts/search?q={dice.choice(LAST_NAMES[:3])}",
            "two names": lambda: f"/contacts/search?q={dice.choice(FIRST_NAMES)}+{dice.choice(LAST_NAMES)}",
            "rare name": lambda: f"/contacts/search?q={rare()}",
            "part of a name": lambda: f"/contacts/search?q={rare()[1:-1]}",
            "beginning": lambda: f"/contacts/search?q={dice.choice(FIRST_NAMES)[:2]}",
            "number": lambda: f"/contacts/search?q=2{dice.randrange(leads) * 7919 % 10**7:07d}",
            "part of a number": lambda: f"/contacts/search?q={digits(dice.randint(3, 6))}",
            "external id": lambda: f"/contacts/search?q={member()}",
            "nobody's name": lambda: "/contacts/search?q=Xerxes+Nielsen",
        },
        "lead_page": {
            "worked": lambda: lead(2, leads * 2 // 5),
            "new": lambda: lead(leads * 2 // 5 + 1, leads),
        },
    }  # fmt: skip


_NEXT = re.compile(rb'[?&;]after=([^"&]+)')


def measure(bench: Bench, campaign: UUID, leads: int, each: int, run: int) -> dict[str, dict[str, list[float]]]:
    """Each kind so many times, in an order drawn; milliseconds by figure and kind."""
    from django.test import Client

    from ringround.cli_commands._web import GARBAGE
    from ringround.infra import clock
    from ringround.infra.garbage import settle
    from ringround.orgs.models import Membership

    dice = random.Random(run)
    client = Client(SERVER_NAME="localhost")
    client.force_login(Membership.objects.get(role="owner").user)
    took: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    cpu: dict[str, list[float]] = defaultdict(list)
    asked = kinds(campaign, leads, dice)
    order = [
        (figure, kind)
        for figure, them in asked.items()
        for kind in them
        for _ in range(each if len(them) > 2 else 5 * each)
    ]
    dice.shuffle(order)

    def get(figure: str, kind: str, address: str) -> bytes:
        begun, spent = time.perf_counter(), time.process_time()
        answer = client.get(address)
        assert answer.status_code == 200, (address, answer.status_code)
        said = bytes(answer.content)
        if run:
            took[figure][kind].append((time.perf_counter() - begun) * 1000)
            cpu[figure].append((time.process_time() - spent) * 1000)
        return said

    if run:
        # As a web process does, which has loaded everything by then.
        settle(*GARBAGE)
    with clock.frozen(NOW):
        for figure, kind in order:
            address = asked[figure][kind]()
            said = get(figure, kind, address)
            if figure != "lead_page" and (after := _NEXT.search(said)):
                both = "&" if "?" in address else "?"
                get(figure, f"{kind}, the next page", f"{address}{both}after={after[1].decode()}")
    for figure, them in took.items():
        bench.add(f"{figure}_p95_ms", _p95([one for each in them.values() for one in each]))
        bench.add(f"{figure}_cpu_ms", sum(cpu[figure]) / len(cpu[figure]))
    return took


def _p95(values: list[float]) -> float:
    return sorted(values)[max(0, int(len(values) * 0.95 + 0.5) - 1)]


def main() -> int:
    asked = arguments(__doc__ or "")
    bench = Bench("lists", GOALS, asked.quick)
    leads, runs, each = (100_000, 1, 3) if asked.quick else (1_000_000, 5, 8)
    with database(keep=asked.keep) as server:
        bench.say(f"loading {leads:,} leads")
        campaign = fill(server.dsn_for("ringround", admin=True), leads)
        bench.note(leads=leads, requests_of_a_kind=each, postgres=server.programs.version)
        kept: dict[str, dict[str, list[float]]] = {}
        for run in range(runs + 1):
            # The first fills caches.
            found = measure(bench, campaign, leads, each if run else 1, run)
            for figure, them in found.items():
                for kind, values in them.items():
                    kept.setdefault(figure, {}).setdefault(kind, []).extend(values)
        by_kind = {
            figure: {
                kind: round(_p95(values), 1) for kind, values in sorted(them.items(), key=lambda one: -_p95(one[1]))
            }
            for figure, them in kept.items()
        }
        bench.note(p95_ms_by_kind=by_kind)
        for figure, slow in by_kind.items():
            bench.say(f"{figure}: " + ", ".join(f"{kind} {ms:g}" for kind, ms in slow.items()))
    return bench.finish()


if __name__ == "__main__":
    sys.exit(main())
