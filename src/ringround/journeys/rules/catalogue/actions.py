"""Nodes that do something: to the lead, to whom it concerns, or elsewhere. Each becomes an effect for the engine."""

from __future__ import annotations

from ringround.journeys.rules.catalogue.kinds import Kind, Option, Out, Param
from ringround.journeys.rules.catalogue.waits import NEXT
from ringround.journeys.rules.catalogue.words import CLOSED, SETTABLE, TEMPLATE
from ringround.kernel.messages import N_, Message

ERROR = Out("error", N_("failed"), True)
_ON_SKIP = Param(
    name="on_skip",
    type="choice",
    label=N_("When it cannot be done"),
    default="continue",
    help=N_("No address, suppressed, there already: it is counted as skipped, with the reason."),
    options=(Option("continue", N_("go on")), Option("exit", N_("end the run"))),
)
_TABLE = (
    Param(
        name="choose",
        type="choice",
        label=N_("Which campaign"),
        default="fixed",
        options=(Option("fixed", N_("this one")), Option("table", N_("by a table"))),
    ),
    Param(name="campaign", type="campaign", label=N_("Campaign"), required=True, shown_if=("choose", ("fixed",))),
    Param(
        name="field",
        type="path",
        of="any",
        label=N_("By the field"),
        required=True,
        default="lead.last_contacted_by",
        shown_if=("choose", ("table",)),
    ),
    Param(
        name="map",
        type="campaign_map",
        label=N_("Table"),
        required=True,
        most=1000,
        help=N_("A value of the field, and the campaign for it."),
        shown_if=("choose", ("table",)),
    ),
    Param(
        name="otherwise",
        type="choice",
        label=N_("When the table has no such value"),
        default="exit",
        options=(Option("exit", N_("end the run")), Option("skip", N_("go on without"))),
        shown_if=("choose", ("table",)),
    ),
    Param(
        name="days",
        type="int",
        label=N_("Callable in so many days"),
        least=0,
        most=3650,
        help=N_("At the same time of day where the lead is. Left empty: at once."),
    ),
    Param(
        name="duplicate",
        type="choice",
        label=N_("When it is there already"),
        default="skip",
        options=(
            Option("skip", N_("leave it")),
            Option("update", N_("update it")),
            Option("reset", N_("reset it")),
        ),
    ),
)


def _kind(type: str, section: str, label: Message, help: Message, *params: Param) -> Kind:
    return Kind(
        type=type,
        group="action",
        section=section,
        label=label,
        help=help,
        params=(*params, _ON_SKIP),
        outs=(NEXT, ERROR),
    )


ACTIONS = (
    _kind(
        "reset",
        "lead",
        N_("Reset the lead"),
        N_("New again: attempts, next contact and owner empty, active; answers are kept in its history."),
    ),
    _kind("deactivate", "lead", N_("Deactivate the lead"), N_("It is not called until it is activated.")),
    _kind("activate", "lead", N_("Activate the lead"), N_("It may be called again.")),
    _kind(
        "close",
        "lead",
        N_("Close the lead"),
        N_("With a closed status."),
        Param(name="status", type="choice", label=N_("Status"), required=True, options=CLOSED),
    ),
    _kind(
        "set_status",
        "lead",
        N_("Set the status"),
        N_("Open or closed. A new lead is made by a reset."),
        Param(name="status", type="choice", label=N_("Status"), required=True, options=SETTABLE),
    ),
    _kind(
        "next_contact",
        "lead",
        N_("Set the next contact"),
        N_("When the lead is to be called."),
        Param(
            name="when",
            type="choice",
            label=N_("When"),
            default="in",
            options=(
                Option("in", N_("in a while")),
                Option("at", N_("at a time")),
                Option("field", N_("by a field")),
            ),
        ),
        Param(name="duration", type="duration", label=N_("How long"), required=True, shown_if=("when", ("in",))),
        Param(name="at", type="moment", label=N_("Time"), required=True, shown_if=("when", ("at",))),
        Param(name="field", type="path", of="moment", label=N_("Field"), required=True, shown_if=("when", ("field",))),
        Param(
            name="keep",
            type="choice",
            label=N_("When one is set already"),
            default="set",
            options=(Option("set", N_("set this one")), Option("earliest", N_("keep the earlier"))),
        ),
    ),
    _kind(
        "fast_forward",
        "lead",
        N_("Call it sooner"),
        N_("Ends the quarantine now. Never later than it was, and only within the hours; attempts stay."),
    ),
    _kind(
        "assign",
        "lead",
        N_("Assign the lead"),
        N_("To an agent of the campaign."),
        Param(name="user", type="user", label=N_("Agent"), required=True),
    ),
    _kind("release", "lead", N_("Release the lead"), N_("Whoever holds it gives it back, and it is anybody's.")),
    _kind(
        "set_field",
        "lead",
        N_("Set a field"),
        N_("Of the result data or of the contact's columns."),
        Param(name="field", type="path", of="settable", label=N_("Field"), required=True),
        Param(
            name="source",
            type="choice",
            label=N_("To"),
            default="value",
            options=(Option("value", N_("this value")), Option("field", N_("what another field says"))),
        ),
        Param(name="value", type="value", label=N_("Value"), shown_if=("source", ("value",))),
        Param(name="from", type="path", of="any", label=N_("Field"), required=True, shown_if=("source", ("field",))),
    ),
    _kind(
        "priority",
        "lead",
        N_("Set the priority"),
        N_("Higher goes first, where the campaign orders its new leads by priority."),
        Param(name="value", type="int", label=N_("Priority"), required=True, default=50, least=0, most=100),
    ),
    _kind(
        "urgent",
        "lead",
        N_("Make it urgent"),
        N_("Urgent leads go first, after callbacks."),
        Param(name="on", type="bool", label=N_("Urgent"), default=True),
    ),
    _kind(
        "note",
        "lead",
        N_("Write a note"),
        N_("On the lead's timeline."),
        Param(name="text", type="long_text", label=N_("Text"), required=True, most=2000),
        Param(name="console", type="bool", label=N_("Show it in the agent's console"), default=True),
    ),
    _kind(
        "snooze",
        "lead",
        N_("Snooze the lead"),
        N_("It is not called for so long."),
        Param(name="duration", type="duration", label=N_("How long"), required=True),
    ),
    _kind(
        "suppress",
        "lead",
        N_("Suppress the contact"),
        N_("It must not be contacted any more."),
        Param(
            name="channel",
            type="choice",
            label=N_("Channel"),
            default="any",
            options=(
                Option("any", N_("Every channel")),
                Option("phone", N_("Phone and SMS")),
                Option("sms", N_("SMS alone")),
                Option("email", N_("E-mail")),
            ),
        ),
        Param(
            name="scope",
            type="choice",
            label=N_("Where"),
            default="organisation",
            options=(Option("organisation", N_("Everywhere")), Option("campaign", N_("On this campaign"))),
        ),
    ),
    _kind(
        "add_to_campaign",
        "campaigns",
        N_("Add to a campaign"),
        N_("The contact becomes a lead there too; this lead stays as it is."),
        *_TABLE,
    ),
    _kind(
        "move_to_campaign",
        "campaigns",
        N_("Move to a campaign"),
        N_("The contact becomes a lead there, and this lead is closed as unqualified."),
        *_TABLE,
    ),
    _kind(
        "send_sms",
        "messages",
        N_("Send an SMS"),
        N_("To the number last called, else to the first that can take one."),
        TEMPLATE["sms"],
    ),
    _kind("send_email", "messages", N_("Send an e-mail"), N_("To the contact's address."), TEMPLATE["email"]),
    _kind(
        "call_url",
        "other",
        N_("Call an address"),
        N_("Tells another program. Nothing personal is sent but the fields named here."),
        Param(name="url", type="url", label=N_("Address"), required=True, most=2000),
        Param(
            name="method",
            type="choice",
            label=N_("Method"),
            default="post",
            options=(Option("post", N_("POST")), Option("put", N_("PUT")), Option("get", N_("GET"))),
        ),
        Param(name="send", type="paths", of="any", label=N_("Fields"), most=50),
    ),
    _kind(
        "notify_user",
        "other",
        N_("Notify a user"),
        N_("On their screen."),
        Param(
            name="who",
            type="choice",
            label=N_("Whom"),
            default="user",
            options=(
                Option("user", N_("this one")),
                Option("owner", N_("the lead's owner")),
                Option("last_contacted_by", N_("who called last")),
            ),
        ),
        Param(name="user", type="user", label=N_("User"), required=True, shown_if=("who", ("user",))),
        Param(name="text", type="text", label=N_("Text"), required=True, most=500),
    ),
    _kind(
        "emit_event",
        "other",
        N_("Emit an event"),
        N_("For webhooks and for other journeys."),
        Param(name="name", type="name", label=N_("Name"), required=True),
    ),
    _kind(
        "start_journey",
        "other",
        N_("Start a journey"),
        N_("For the same lead, where that journey lets it in."),
        Param(name="journey", type="journey", label=N_("Journey"), required=True),
    ),
    _kind(
        "stop_journey",
        "other",
        N_("Stop a journey"),
        N_("The lead's run of it ends."),
        Param(name="journey", type="journey", label=N_("Journey"), required=True),
    ),
)
