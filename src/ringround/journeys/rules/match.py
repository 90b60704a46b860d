"""Whether an event is what a trigger, a wait or a count asks for: total on any event."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from ringround.journeys.rules.catalogue import TRIGGERS, field_of
from ringround.journeys.rules.catalogue.words import AGREEMENT_CHANGES
from ringround.journeys.rules.values import Event, Scope, number, plain

Match = Callable[[Event, Scope], bool]


def any_event(event: Event, scope: Scope) -> bool:
    return True


def matcher(type: str, params: Mapping[str, Any]) -> Match:
    """Of a kind of the catalogue with parameters that the linter has found good. The event's type is looked at too."""
    types = frozenset(TRIGGERS[type].events)
    make = _MAKE.get(type)
    fits = make(params) if make is not None else any_event
    return lambda event, scope: event.type in types and fits(event, scope)


def _one_of(asked: Collection[Any], value: object) -> bool:
    """Nothing asked is anything."""
    return not asked or (isinstance(value, str) and value in asked)


def _added(params: Mapping[str, Any]) -> Match:
    by = params.get("by") or "anyone"
    if by == "anyone":
        return any_event
    return lambda event, scope: bool(event.cause and event.cause.get("journey")) is (by == "journey")


def _status(params: Mapping[str, Any]) -> Match:
    before, after = frozenset(params.get("from") or ()), frozenset(params.get("to") or ())
    return lambda event, scope: _one_of(before, event.data.get("from")) and _one_of(after, event.data.get("to"))


def _saved(params: Mapping[str, Any]) -> Match:
    kinds = frozenset(params.get("kinds") or ())
    return lambda event, scope: _one_of(kinds, event.data.get("kind"))


def _changed(params: Mapping[str, Any]) -> Match:
    """Of the lead by the names in the event; of the contact by its columns, which the engine adds where many came at
    once. Result data is told as one: which answer, the event does not say."""
    of_lead, of_contact = set(), set()
    for path in params.get("fields") or ():
        field = field_of(path)
        if field is not None and field.path == "contact.fields.":
            of_contact.add(path.removeprefix("contact.fields."))
        elif field is not None:
            of_lead.add(field.changing)

    def fits(event: Event, scope: Scope) -> bool:
        name, asked = ("fields", of_lead) if event.type == "campaigns.lead.updated" else ("columns", of_contact)
        told = event.data.get(name)
        return isinstance(told, list | tuple) and any(isinstance(one, str) and one in asked for one in told)

    return fits


def _deactivated(params: Mapping[str, Any]) -> Match:
    def fits(event: Event, scope: Scope) -> bool:
        told = event.data.get("fields")
        return isinstance(told, list | tuple) and "active" in told and scope.get(("lead", "active")) is False

    return fits


def _attempts(params: Mapping[str, Any]) -> Match:
    """The very attempt with that number. For the most that the campaign allows also those beyond it, which a promised
    callback may take: how often the journey is for, its re-entry says."""
    asked = params.get("attempts") or "max"

    def fits(event: Event, scope: Scope) -> bool:
        had = number(event.data.get("attempts"))
        if asked != "max":
            return had is not None and had == asked
        most = number(scope.get(("campaign", "max_attempts")))
        return had is not None and most is not None and had >= most

    return fits


def _call(params: Mapping[str, Any]) -> Match:
    outcomes, nth = frozenset(params.get("outcomes") or ()), params.get("attempts")

    def fits(event: Event, scope: Scope) -> bool:
        return _one_of(outcomes, event.data.get("outcome")) and (nth is None or event.data.get("attempts") == nth)

    return fits


def _callback(params: Mapping[str, Any]) -> Match:
    kind = params.get("kind") or "any"
    if kind == "any":
        return any_event
    return lambda event, scope: bool(event.data.get("private")) is (kind == "private")


def _message(params: Mapping[str, Any]) -> Match:
    asked = {
        name: params[name]
        for name in ("channel", "template", "nth", "link")
        if params.get(name) is not None and params.get(name) != ""
    }
    if "link" in asked:
        asked["link"] -= 1  # people count from one, the event from nought
    machines = bool(params.get("machine"))

    def fits(event: Event, scope: Scope) -> bool:
        if event.data.get("machine") and not machines:
            return False
        return all(_equal(event.data.get(name), value) for name, value in asked.items())

    return fits


def _equal(value: object, asked: object) -> bool:
    if isinstance(asked, str):
        return value is not None and plain(value) == plain(asked)
    return value == asked and not isinstance(value, bool)


def _sms(params: Mapping[str, Any]) -> Match:
    words = tuple(plain(word) for word in params.get("words") or ())
    how = params.get("match") or "contains"

    def fits(event: Event, scope: Scope) -> bool:
        if event.data.get("channel") not in (None, "sms"):
            return False
        if not words:
            return True
        text = plain(event.text or "")
        match how:
            case "equals":
                return text in words
            case "starts":
                return text.startswith(words)
            case _:
                return any(word in text for word in words)

    return fits


def _session(params: Mapping[str, Any]) -> Match:
    told = {"to": "status", "intentions": "intention", "actions": "action", "payment_types": "payment_type"}
    asked = [(name, frozenset(params.get(param) or ())) for param, name in told.items()]
    return lambda event, scope: all(_one_of(wanted, event.data.get(name)) for name, wanted in asked)


def _agreement(params: Mapping[str, Any]) -> Match:
    types = frozenset(AGREEMENT_CHANGES[one][0] for one in params.get("what") or ())
    attempt = params.get("attempt")

    def fits(event: Event, scope: Scope) -> bool:
        return _one_of(types, event.type) and (attempt is None or _equal(event.data.get("attempt"), attempt))

    return fits


def _finished(params: Mapping[str, Any]) -> Match:
    journey, reasons = params.get("journey"), frozenset(plain(one) for one in params.get("reasons") or ())

    def fits(event: Event, scope: Scope) -> bool:
        if not _equal(event.data.get("journey"), str(journey)):
            return False
        told = (event.data.get("reason"), event.data.get("name"))
        return not reasons or any(isinstance(one, str) and plain(one) in reasons for one in told)

    return fits


def _emitted(params: Mapping[str, Any]) -> Match:
    name = params.get("name")
    return lambda event, scope: event.data.get("name") == name


_MAKE: dict[str, Callable[[Mapping[str, Any]], Match]] = {
    "added_to_campaign": _added,
    "status_changed": _status,
    "lead_saved": _saved,
    "field_changed": _changed,
    "lead_deactivated": _deactivated,
    "attempts_reached": _attempts,
    "call_ended": _call,
    "callback_scheduled": _callback,
    "sms_received": _sms,
    "session_changed": _session,
    "agreement_changed": _agreement,
    "journey_finished": _finished,
    "event_emitted": _emitted,
    **{f"message_{name}": _message for name in ("sent", "delivered", "opened", "clicked", "bounced", "failed")},
}
