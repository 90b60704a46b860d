"""Journeys and messages in the soak: six journeys over all that happens to the leads, whose timers race with it, and
what they send to `receivers`. What must hold of them in the end is in `audit_journeys`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from random import Random
from typing import Any

import httpx

from ringround.journeys import courier as journeys
from ringround.messaging import courier as messaging
from tests.e2e.product import Api
from tests.soak.receivers import MailServer, Receivers, Smsc
from tests.stand_in import StandIn, answers, says, standing_in

# What is under way, or is to be.
UNDER_WAY = """
SELECT 'run', min(node), count(*) FROM journeys_run HAVING count(*) > 0
UNION ALL SELECT 'intake', min(kind), count(*) FROM journeys_intake HAVING count(*) > 0
UNION ALL SELECT 'call', min(error), count(*) FROM journeys_outbox WHERE state = 'pending' HAVING count(*) > 0
UNION ALL SELECT 'message', min(reason), count(*) FROM messaging_message WHERE status = 'queued' HAVING count(*) > 0
UNION ALL SELECT 'event', min(type), count(*) FROM infra_event_out HAVING count(*) > 0
UNION ALL SELECT 'behind', o.name, r.seq - o.seq FROM infra_cursor r, infra_cursor o WHERE r.name = 'relay'
    AND o.name IN ('journeys', 'reactions') AND o.seq < r.seq
"""
# Of these, what waits for no time but for somebody to do it.
DUE = """
WITH at (now) AS (SELECT %s::timestamptz)
SELECT 'event' FROM infra_event_out
UNION ALL SELECT 'intake' FROM journeys_intake
UNION ALL SELECT 'call' FROM journeys_outbox WHERE state = 'pending'
UNION ALL SELECT 'timer' FROM journeys_timer, at WHERE due <= now
UNION ALL SELECT 'message' FROM messaging_message, at WHERE status = 'queued' AND next_at <= now
UNION ALL SELECT 'behind' FROM infra_cursor r, infra_cursor o WHERE r.name = 'relay'
    AND o.name IN ('journeys', 'reactions') AND o.seq < r.seq
LIMIT 1
"""
# Leases that nobody has any more: of couriers that died at that time.
_LEASES = {
    (
        "UPDATE messaging_message SET lease_until = now() WHERE status = 'queued' AND lease_until > now()"
        " AND lease_until - %s <= %s"
    ): messaging.LEASE,
    (
        "UPDATE journeys_outbox SET next_at = now() WHERE state = 'pending' AND next_at > now()"
        " AND next_at - %s <= %s"
    ): journeys.LEASE,
}  # fmt: skip
_RESTS = "UPDATE messaging_transport SET rests_until = now() WHERE rests_until > now()"
# What they are called. The audit wants runs of each.
JOURNEYS = ("begun", "welcome", "race", "rounds", "reuse", "remind")
REDIALS = ["common_redial", "private_redial"]
_TEXT = "Hej {{ contact.member_no }} ({{ campaign.name }})"


class Conductor:
    """The journeys on the running product, and everybody whom they reach."""

    def __init__(self, seed: int, smsc: Smsc, mails: MailServer, hook: StandIn) -> None:
        self.seed, self.smsc, self.mails, self.hook = seed, smsc, mails, hook
        self.receivers: Receivers | None = None

    def set(self, api: Api, campaigns: Sequence[str], shares: dict[str, int]) -> None:
        """Transports, templates, and the journeys, published before there is any lead. `shares`: of new leads, how
        many get an SMS, a mail, nothing."""
        api.patch("messaging/settings", {"quiet": None, "caps": [], "track_opens": True})
        here = {"host": "127.0.0.1"}
        api.post("transports", {
            "name": "SMSC", "kind": "smpp", "channel": "sms", "sender": "Charity", "priority": 0,
            "settings": {**here, "port": self.smsc.port, "system_id": "charity"}, "secrets": {"password": "good"},
        })  # fmt: skip
        api.post("transports", {
            "name": "Mail", "kind": "smtp", "channel": "email", "sender": "Charity <hej@charity.example>",
            "priority": 0, "settings": {**here, "port": self.mails.port, "tls": "none"},
        })  # fmt: skip
        sms, reminder = (
            api.post("templates", {"name": name, "channel": "sms", "text": f"{name}: {_TEXT}"})["id"]
            for name in ("Velkomst", "Husk")
        )
        text = {"subject": "Velkommen", "text": _TEXT, "html": f"<p>{_TEXT}</p>"}
        mail = api.post("templates", {"name": "Velkomst", "channel": "email", **text})["id"]
        begun = self._publish(api, journey("begun", campaigns, "by_hand", {}, {}, node("begun_note", "note")))
        for one in (
            welcome(campaigns, sms, mail, self.hook.url, shares), race(campaigns), rounds(campaigns),
            reuse(campaigns, begun), remind(campaigns, reminder),
        ):  # fmt: skip
            self._publish(api, one)

    @staticmethod
    def _publish(api: Api, document: dict[str, Any]) -> str:
        return str(api.post("journeys", {"name": document["name"], "document": document, "publish": True})["id"])

    def people(self, client: httpx.AsyncClient) -> Receivers:
        self.receivers = Receivers(self.smsc, self.mails, client, Random(self.seed))
        return self.receivers

    @property
    def busy(self) -> bool:
        return self.receivers is not None and self.receivers.busy

    def hurry(self, run: Callable[..., Any], died_at: datetime | None) -> None:
        """What was on its way when the worker died goes again when its lease is over; now it is. So is the rest of a
        transport that had its bad moments."""
        for text, lease in _LEASES.items() if died_at is not None else ():
            run(text, lease, died_at)
        run(_RESTS)

    def told(self) -> dict[str, Any]:
        """What came to whom, for the audit."""
        assert self.receivers is not None
        sms = Counter((one.to, one.text) for one in self.smsc.taken)
        return {
            "mails": Counter(one.key for one in self.mails.taken),
            "sms": [[*facts, count] for facts, count in sms.items()],
            "sms_ids": [one.named for one in self.smsc.taken],
            "written": [[*facts, len(hours)] for facts, hours in self.receivers.written.items()],
            "called": Counter(request.headers["idempotency-key"] for request in self.hook.requests),
            "journeys": JOURNEYS,
        }

    def report(self, read: Callable[..., Any]) -> dict[str, Any]:
        assert self.receivers is not None
        arrows = read("SELECT node || ' ' || out, count(*) FROM journeys_log WHERE out <> '' GROUP BY 1 ORDER BY 1")
        late = read("SELECT sum(doubts) FROM messaging_message WHERE direction = 'out'")
        return {
            "arrows": dict(arrows), "doubts": int(late[0][0] or 0),
            "sms": len(self.smsc.taken), "mails": len(self.mails.taken), "calls": len(self.hook.requests),
            "smsc": dict(self.smsc.moods), "mail_server": dict(self.mails.moods),
            "answered": len(self.receivers.written), "receipts": self.receivers.receipts,
            "opened": self.receivers.opened,
        }  # fmt: skip


@contextmanager
def conducting(seed: int) -> Iterator[Conductor]:
    """The neighbours, until the end of the block."""
    dice = Random(seed)
    smsc, mails = Smsc(Random(dice.random())), MailServer(Random(dice.random()))
    try:
        with standing_in() as hook:
            moods = {answers(200): 8, answers(503): 1, says(b""): 1}
            hook.first = dice.choices(list(moods), list(moods.values()), k=10_000)
            yield Conductor(seed, smsc, mails, hook)
    finally:
        smsc.close()
        mails.close()


# --- the journeys ---------------------------------------------------------------------------------


def node(id: str, type: str, next: dict[str, str] | None = None, **params: Any) -> dict[str, Any]:
    """A note says which node it is of."""
    text = {"text": f"journey: {id}", "console": False} if type == "note" else {}
    return {"id": id, "type": type, "params": {**text, **params}, "next": next or {}}


def journey(
    name: str, campaigns: Sequence[str], trigger: str, params: dict[str, Any], settings: dict[str, Any], *nodes: Any
) -> dict[str, Any]:
    return {
        "format": "journey.v1", "name": name, "scope": {"campaigns": list(campaigns)},
        "trigger": {"type": trigger, "params": params}, "settings": {"reentry": "always", **settings},
        "start": nodes[0]["id"], "nodes": list(nodes),
    }  # fmt: skip


def _for(n: int, unit: str = "seconds") -> dict[str, Any]:
    return {"n": n, "unit": unit}


def welcome(
    campaigns: Sequence[str], sms: str, mail: str, url: str, shares: dict[str, int]
) -> dict[str, Any]:  # fmt: skip
    """Each lead once: an SMS and its answer, or a mail and its opening; and where nobody opens it, a call of ours."""
    paths = [{"out": name, "label": name, "weight": weight} for name, weight in shares.items()]
    written, opened = {"type": "sms_received", "params": {}}, {"type": "message_opened", "params": {"channel": "email"}}
    return journey(
        "welcome", campaigns, "lead_created", {}, {},
        node("share", "split", {"sms": "pause", "mail": "mail", "none": "none"}, paths=paths),
        node("pause", "wait", {"next": "sms"}, duration=_for(5)),
        node("sms", "send_sms", {"next": "answer"}, template=sms),
        node(
            "answer", "wait_event", {"happened": "answered", "timeout": "silent"},
            event=written, timeout=_for(15, "minutes"),
        ),
        node("answered", "note"),
        node("silent", "note"),
        node("mail", "send_email", {"next": "opened"}, template=mail),
        node(
            "opened", "wait_event", {"happened": "sooner", "timeout": "call"}, event=opened,
            timeout=_for(10, "minutes"),
        ),
        node("sooner", "fast_forward", {"next": "read"}),
        node("read", "note"),
        node("call", "call_url", {"next": "called", "error": "not_called"}, url=url, method="post", send=[]),
        node("called", "note"),
        node("not_called", "note"),
        node("none", "exit"),
    )  # fmt: skip


def race(campaigns: Sequence[str]) -> dict[str, Any]:
    """Each change of status starts one: the next change against its timer."""
    changed = {"type": "status_changed", "params": {}}
    return journey(
        "race", campaigns, "status_changed", {}, {},
        node("next", "wait_event", {"happened": "changed", "timeout": "stayed"}, event=changed, timeout=_for(20)),
        node("changed", "note"),
        node("stayed", "note"),
    )  # fmt: skip


def rounds(campaigns: Sequence[str]) -> dict[str, Any]:
    """Round and round, three times."""
    return journey(
        "rounds", campaigns, "lead_saved", {"kinds": ["no_contact", "not_engaged"]}, {"reentry": "after_exit"},
        node("turn", "note", {"next": "minute"}),
        node("minute", "wait", {"next": "again"}, duration=_for(1, "minutes")),
        node("again", "goto", {"again": "turn", "done": "over"}, max=3),
        node("over", "exit"),
    )  # fmt: skip


def reuse(campaigns: Sequence[str], begun: str) -> dict[str, Any]:
    """Closed leads are new again after a while, and another journey is begun; unless they are opened meanwhile."""
    opened = {"path": "lead.open", "op": "eq", "value": True}
    to = ["not_interested", "unqualified", "invalid", "success"]
    return journey(
        "reuse", campaigns, "status_changed", {"to": to}, {"exit_when": opened, "reentry": "after_exit"},
        node("rest", "wait", {"next": "reset"}, duration=_for(2, "minutes")),
        node("reset", "reset", {"next": "begin"}),
        node("begin", "start_journey", journey=begun),
    )  # fmt: skip


def remind(campaigns: Sequence[str], sms: str) -> dict[str, Any]:
    """An SMS before a callback, whose time moves."""
    still = {"path": "lead.status", "op": "in", "value": REDIALS}
    over = {"path": "lead.status", "op": "nin", "value": REDIALS}
    return journey(
        "remind", campaigns, "callback_scheduled", {"kind": "any"}, {"exit_when": over, "reentry": "after_exit"},
        node(
            "before", "wait_date", {"next": "still"}, field="lead.next_contact_at", direction="before",
            offset=_for(3), past="skip", follow=True,
        ),
        node("still", "gate", {"yes": "remind"}, condition=still),
        node("remind", "send_sms", template=sms),
    )  # fmt: skip
