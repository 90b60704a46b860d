"""The ten journeys that callers ask for first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ringround.journeys.rules.catalogue import Param
from ringround.journeys.rules.catalogue.words import CHANNELS, CLOSED
from ringround.kernel.messages import N_, Message

Given = Mapping[str, Any]

_CAMPAIGN = Param(name="campaign", type="campaign", label=N_("Campaign"), required=True)
_MONTHS = Param(name="months", type="int", label=N_("Months"), required=True, default=3, least=1, most=120)
_EMAIL = Param(name="template", type="template", of="email", label=N_("Template"), required=True)
_NOT_REACHED = ["no_answer", "busy", "machine"]
_REDIALS = ["common_redial", "private_redial"]


def _asks(path: str, op: str, value: Any) -> dict[str, Any]:
    return {"path": path, "op": op, "value": value}


def _node(id: str, type: str, row: int, column: int = 0, *, next: Given | None = None, **params: Any) -> dict[str, Any]:
    place = {"x": column * 280, "y": row * 140}
    return {"id": id, "type": type, "params": params, "next": dict(next or {}), "position": place}


def _status(to: str) -> dict[str, Any]:
    return {"type": "status_changed", "params": {"to": [to]}}


def _for(n: int, unit: str) -> dict[str, Any]:
    return {"n": n, "unit": unit}


def _reuse_not_interested(given: Given) -> dict[str, Any]:
    return {
        "trigger": _status("not_interested"),
        "settings": {"exit_when": _asks("lead.status", "ne", "not_interested")},
        "nodes": [
            _node("wait", "wait", 0, duration=_for(given["months"], "months"), next={"next": "reset"}),
            _node("reset", "reset", 1),
        ],
    }


def _reuse_by_reason(given: Given) -> dict[str, Any]:
    field = given["field"]
    cases = [
        {"out": "retry", "label": given["retry_value"][:100], "value": given["retry_value"]},
        {"out": "stop", "label": given["stop_value"][:100], "value": given["stop_value"]},
    ]
    return {
        "trigger": _status("not_interested"),
        "settings": {"exit_when": _asks("lead.status", "ne", "not_interested")},
        "nodes": [
            _node(
                "reason",
                "branch",
                0,
                field=field if field.startswith("lead.result.") else f"lead.result.{field}",
                cases=cases,
                next={"retry": "wait", "stop": "deactivate", "else": "leave"},
            ),
            _node("wait", "wait", 1, -1, duration=_for(given["months"], "months"), next={"next": "reset"}),
            _node("reset", "reset", 2, -1),
            _node("deactivate", "deactivate", 1),
            _node("leave", "exit", 1, 1, reason="no_reason"),
        ],
    }


def _max_attempts_to_campaign(given: Given) -> dict[str, Any]:
    return {
        "trigger": {"type": "attempts_reached", "params": {"attempts": "max"}},
        "entry": _asks("lead.status", "in", ["automatic_redial", "exhausted"]),
        "settings": {"reentry": "once"},
        "nodes": [_node("add", "add_to_campaign", 0, choose="fixed", campaign=given["target"], duplicate="skip")],
    }


def _campaign_per_agent(given: Given) -> dict[str, Any]:
    return {
        "trigger": _status("success"),
        "nodes": [
            _node(
                "add",
                "add_to_campaign",
                0,
                choose="table",
                field="lead.last_contacted_by",
                map=dict(given["map"]),
                otherwise="exit",
                days=given["days"],
                duplicate="skip",
            )
        ],
    }


def _first_no_answer(action: str) -> Callable[[Given], dict[str, Any]]:
    return lambda given: {
        "trigger": {"type": "call_ended", "params": {"outcomes": list(_NOT_REACHED), "attempts": 1}},
        "settings": {"reentry": "once"},
        "nodes": [_node("send", action, 0, template=given["template"])],
    }


def _close_expired(given: Given) -> dict[str, Any]:
    return {
        "trigger": {"type": "lead_expired", "params": {}},
        "entry": _asks("lead.status", "in", ["new", "automatic_redial", "common_redial"]),
        # While a lead is in a call the step waits, and what the call comes to may take it out.
        "settings": {"exit_when": _asks("lead.status", "nin", ["new", "automatic_redial", "common_redial"])},
        "nodes": [_node("close", "close", 0, status=given["status"])],
    }


def _speed_up_on_open(given: Given) -> dict[str, Any]:
    opened = {"type": "message_opened", "params": {"channel": "email", "template": given["template"]}}
    return {
        "trigger": {"type": "call_ended", "params": {"outcomes": list(_NOT_REACHED), "attempts": 1}},
        "settings": {"reentry": "once", "exit_when": _asks("lead.open", "eq", False)},
        "nodes": [
            _node("send", "send_email", 0, template=given["template"], on_skip="exit", next={"next": "opened"}),
            _node("opened", "wait_event", 1, event=opened, next={"happened": "waiting"}),
            _node(
                "waiting",
                "gate",
                2,
                condition=_asks("lead.status", "eq", "automatic_redial"),
                next={"yes": "sooner"},
            ),
            _node("sooner", "fast_forward", 3),
        ],
    }


def _callback_on_open(given: Given) -> dict[str, Any]:
    return {
        "trigger": {"type": "message_opened", "params": {"channel": "email"}},
        "entry": _asks("lead.status", "eq", "private_redial"),
        "settings": {"reentry": "once"},
        "nodes": [
            _node(
                "move",
                "next_contact",
                0,
                when="in",
                duration=_for(given["minutes"], "minutes"),
                keep="earliest",
                next={"next": "note"},
            ),
            _node("note", "note", 1, text=given["note"], console=True),
        ],
    }


def _remind_before_callback(given: Given) -> dict[str, Any]:
    before = _for(given["hours"], "hours")
    return {
        "trigger": {"type": "callback_scheduled", "params": {"kind": "any"}},
        "settings": {"exit_when": _asks("lead.status", "nin", list(_REDIALS))},
        "nodes": [
            _node(
                "wait",
                "wait_date",
                0,
                field="lead.next_contact_at",
                direction="before",
                offset=before,
                past="skip",
                follow=True,
                # As late as this it is no reminder any more: the callback's own time has come.
                late="skip",
                late_after=before,
                next={"next": "still"},
            ),
            _node("still", "gate", 1, condition=_asks("lead.status", "in", list(_REDIALS)), next={"yes": "send"}),
            _node("send", f"send_{given['channel']}", 2, template=given["template"]),
        ],
    }


_Row = tuple[str, Message, Message, tuple[Param, ...], Callable[[Given], dict[str, Any]]]
ALL: tuple[_Row, ...] = (
    (
        "reuse_not_interested",
        N_("Reuse not interested after some months"),
        N_("A lead that was not interested is new again after some months, unless its status changes meanwhile."),
        (_CAMPAIGN, _MONTHS),
        _reuse_not_interested,
    ),
    (
        "reuse_by_reason",
        N_("Reuse not interested by the reason given"),
        N_("One answer to a question of the form is tried again after some months, another one never."),
        (
            _CAMPAIGN,
            Param(
                name="field",
                type="text",
                label=N_("The question's key"),
                required=True,
                most=100,
                help=N_("Of a question of the campaign's form with choices."),
            ),
            Param(name="retry_value", type="text", label=N_("The answer to try again"), required=True, most=200),
            Param(name="stop_value", type="text", label=N_("The answer to stop at"), required=True, most=200),
            _MONTHS,
        ),
        _reuse_by_reason,
    ),
    (
        "max_attempts_to_campaign",
        N_("Attempts used up: on to another campaign"),
        N_("A lead that has had the most attempts is added to another campaign, once; here it stays as it is."),
        (_CAMPAIGN, Param(name="target", type="campaign", label=N_("To the campaign"), required=True)),
        _max_attempts_to_campaign,
    ),
    (
        "campaign_per_agent",
        N_("Sold: on to the agent's own campaign"),
        N_("A lead that was won is added to the campaign of the agent who won it, callable after some days."),
        (
            _CAMPAIGN,
            Param(
                name="map",
                type="campaign_map",
                of="user",
                label=N_("Agents and their campaigns"),
                required=True,
                most=1000,
            ),
            Param(name="days", type="int", label=N_("Callable in so many days"), default=30, least=0, most=3650),
        ),
        _campaign_per_agent,
    ),
    (
        "sms_first_no_answer",
        N_("SMS at the first unanswered call"),
        N_("When the first call is not answered, busy or answered by a machine; once per lead."),
        (_CAMPAIGN, Param(name="template", type="template", of="sms", label=N_("Template"), required=True)),
        _first_no_answer("send_sms"),
    ),
    (
        "email_first_no_answer",
        N_("E-mail at the first unanswered call"),
        N_("When the first call is not answered, busy or answered by a machine; once per lead."),
        (_CAMPAIGN, _EMAIL),
        _first_no_answer("send_email"),
    ),
    (
        "close_expired",
        N_("Close expired leads"),
        N_("An open lead that expires is closed; one that is kept for its agent is left."),
        (
            _CAMPAIGN,
            Param(
                name="status",
                type="choice",
                label=N_("Status"),
                options=CLOSED,
                default="unqualified",
                required=True,
            ),
        ),
        _close_expired,
    ),
    (
        "speed_up_on_open",
        N_("Call sooner who opens the e-mail"),
        N_("An e-mail at the first unanswered call; a lead that waits to be tried again and opens it is called now."),
        (_CAMPAIGN, _EMAIL),
        _speed_up_on_open,
    ),
    (
        "callback_on_open",
        N_("Move the callback when the e-mail is opened"),
        N_("A callback that is kept for its agent comes at once, with a note in the agent's console."),
        (
            _CAMPAIGN,
            Param(name="minutes", type="int", label=N_("Minutes"), required=True, default=1, least=0, most=1440),
            Param(name="note", type="long_text", label=N_("Note"), required=True, most=2000),
        ),
        _callback_on_open,
    ),
    (
        "remind_before_callback",
        N_("Reminder before a booked callback"),
        N_("An SMS or e-mail some hours before the callback; it follows when the callback is moved."),
        (
            _CAMPAIGN,
            Param(name="hours", type="int", label=N_("Hours before"), required=True, default=2, least=1, most=720),
            Param(
                name="channel",
                type="choice",
                label=N_("Channel"),
                options=CHANNELS,
                default="sms",
                required=True,
            ),
            Param(name="template", type="template", label=N_("Template"), required=True),
        ),
        _remind_before_callback,
    ),
)
