"""What happened at the demo's organisations, told in order: people, files, campaigns, a week of work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from ringround.campaigns.actions import plan
from ringround.config.demo import barred, files, plans, week
from ringround.config.demo import cast as casting
from ringround.config.demo.cast import Cast
from ringround.config.demo.letters import Letters
from ringround.config.demo.plans import ALWAYS, Running
from ringround.config.demo.settling import settle
from ringround.config.demo.signing import Signing
from ringround.contacts import actions as contacts
from ringround.infra import clock
from ringround.orgs.actor import Actor

SEED = 20
# The week begins this long ago; the organisations a little earlier.
WEEK = timedelta(days=8)


def tell(*, empty: bool, say: Callable[[str], None]) -> dict[str, Any]:
    """Make everything; what `demo --json` tells beside the address."""
    now = clock.now()
    begin = (now - WEEK).replace(minute=0, second=0, microsecond=0)
    with clock.frozen(begin - timedelta(hours=6)):
        say("making two merchants, an agency and their people …")
        cast = casting.make()
    if empty:
        settle()
        return cast.told()
    with clock.frozen(begin - timedelta(hours=4)):
        say("importing 5,000 contacts …")
        givers = _list(cast.charity.owner, "Tidligere givere", files.GIVERS, {}, files.givers(2200, 1, "G"))
        faithful = _list(cast.charity.owner, "Faste støtter 2023", files.GIVERS, {}, files.givers(800, 2, "F"))
        readers = _list(
            cast.magazine.owner,
            "Tidligere abonnenter",
            files.SUBSCRIBERS,
            files.SUBSCRIBERS_MAPPING,
            files.subscribers(1600, 3, "K"),
        )
        trial = _list(
            cast.magazine.owner,
            "Prøveabonnenter",
            files.SUBSCRIBERS,
            files.SUBSCRIBERS_MAPPING,
            files.subscribers(400, 4, "P"),
        )
    with clock.frozen(begin - timedelta(hours=3)):
        barred.registers(cast, clock.now())
    with clock.frozen(begin - timedelta(hours=2)):
        say("planning campaigns …")
        running = _campaigns(cast, givers, faithful, readers, trial)
        settle()
        letters = Letters(cast, SEED)
        signing = Signing(cast, begin)
    say("working through a week …")
    worked = week.play(running, begin, now, SEED, settle, calls_a_day=6, letters=letters, signing=signing)
    with clock.frozen(now):
        signing.until(now)
        letters.deliver()
        barred.wishes(cast, running)
        _ends(cast, faithful, trial)
        settle()
    say(f"{worked} leads have been worked.")
    return cast.told()


def _list(owner: Actor, name: str, columns: list[dict[str, Any]], mapping: dict[str, str], file: bytes) -> UUID:
    made = contacts.contact_list_create(actor=owner, name=name, region="DK", columns=columns)
    started = contacts.import_start(
        actor=owner,
        list_id=made.id,
        file=[file],
        file_name=f"{name}.csv",
        options={"match": ["external_id"], "mapping": mapping},
        queue=False,
    )
    contacts.import_run(import_id=started.id)
    return made.id


def _campaigns(cast: Cast, givers: UUID, faithful: UUID, readers: UUID, trial: UUID) -> list[Running]:
    """The campaigns that are worked during the week."""
    charity, magazine, agency = cast.charity, cast.magazine, cast.agency
    manager, second = charity["manager"], charity["manager2"]
    team, others = charity.agents[:6], charity.agents[6:10]

    steady = plans.make(
        manager,
        "Fast støtte, forår",
        "preview",
        lists=[givers],
        agents=team,
        supervisors=[charity["supervisor"]],
        target=250,
        script=plans.SCRIPT,
        settings={"wrap_up_s": 20, "quarantine_s": 7200, "new_per_retried": 3},
        description="Tidligere givere spørges om en fast månedlig støtte.",
    )
    again = plans.make(
        manager,
        "Faste støtter – tak og forhøjelse",
        "manual",
        lists=[faithful],
        agents=others,
        supervisors=[charity["supervisor"]],
        target=60,
        script=plans.SCRIPT,
        settings={"skip": "reason"},
        description="Et opkald for at sige tak.",
    )
    always = plans.make(
        manager,
        "Døgnkampagne",
        "manual",
        lists=[],
        agents=charity.agents,
        supervisors=[charity["supervisor"]],
        target=100,
        hours=ALWAYS,
        holidays=None,
        settings={"fed_by_others": True},
        description="Åben hele døgnet, alle ugens dage.",
    )
    offer = plans.make(
        magazine.owner,
        "Velkommen tilbage",
        "preview",
        lists=[readers],
        agents=agency.agents,
        supervisors=[agency["supervisor"]],
        agency=str(agency.owner.org_id),
        target=300,
        script=plans.MAGAZINE_SCRIPT,
        settings={"deactivation_column": "Aktiv", "lead_order": "random", "preview_countdown_s": 0},
        description="Tidligere abonnenter får et tilbud om tre numre.",
    )
    thanks = plans.make(
        magazine.owner,
        "Efter prøvetiden",
        "manual",
        lists=[trial],
        agents=magazine.agents,
        supervisors=[magazine["supervisor"]],
        target=80,
        script=plans.MAGAZINE_SCRIPT,
    )
    found = []
    for campaign, creator, approver, staff, agents, share in (
        (steady, manager, second, charity, team, 0.22),
        (again, manager, second, charity, others, 0.35),
        (always, manager, second, charity, [], 0.2),
        (offer, magazine.owner, magazine.owner, magazine, agency.agents, 0.18),
        (thanks, magazine.owner, magazine.owner, magazine, magazine.agents, 0.25),
    ):
        plans.approve_and_start(creator, approver, campaign)
        found.append(Running(campaign, staff, agents, share, plans.dispositions(campaign)))
    settle()
    plan.preassign(actor=manager, campaign_id=again, strategy="proportional", order="random", seed="7")
    for number in range(len(charity.agents)):
        _feed(manager, always, givers, number)
    return found


def _feed(manager: Actor, campaign_id: UUID, list_id: UUID, number: int) -> None:
    """A few leads for each agent on the campaign that is always open: added through the API by another system."""
    from ringround.campaigns.actions import NewLead, leads_add
    from ringround.contacts import queries

    ids = queries.contact_ids_of_list(list_id=list_id, after=None, size=1200)[number * 30 : number * 30 + 30]
    leads_add(
        actor=manager,
        campaign_id=campaign_id,
        leads=[NewLead(contact_id=one, external_lead_id=f"crm-{number + 1:02d}{n:03d}") for n, one in enumerate(ids)],
    )


def _ends(cast: Cast, faithful: UUID, trial: UUID) -> None:
    """The campaigns in the other states, so that each can be looked at."""
    charity, magazine = cast.charity, cast.magazine
    manager, second = charity["manager"], charity["manager2"]

    def one(name: str, mode: str = "manual", **fields: Any) -> UUID:
        return plans.make(
            manager,
            name,
            mode,
            lists=[faithful],
            agents=charity.agents[2:5],
            supervisors=[charity["supervisor"]],
            **fields,
        )

    one("Arv og testamente (kladde)", "preview", description="Venter på at blive godkendt.")
    waiting = one("Juleindsamling", "preview", starts_at=_at(clock.now() + timedelta(days=12)), target=400)
    plan.campaign_approve(actor=second, campaign_id=waiting)
    paused = one("Katastrofehjælp", target=50)
    plans.approve_and_start(manager, second, paused)
    plan.campaign_pause(actor=manager, campaign_id=paused)
    done = one("Sommerkampagne", target=40)
    plans.approve_and_start(manager, second, done)
    plan.campaign_complete(actor=manager, campaign_id=done)
    old = one("Pilotprojekt 2024")
    plan.campaign_archive(actor=manager, campaign_id=old)
    later = plans.make(
        magazine.owner,
        "Sæsonstart",
        "preview",
        lists=[trial],
        agents=cast.agency.agents[:4],
        supervisors=[cast.agency["supervisor"]],
        agency=str(cast.agency.owner.org_id),
    )
    plan.campaign_approve(actor=magazine.owner, campaign_id=later)


def _at(at: datetime) -> datetime:
    return at.replace(hour=8, minute=0, second=0, microsecond=0)
