"""What can start a journey, or be waited for. Triggers of rooms that are not built come with their room."""

from __future__ import annotations

from ringround.journeys.rules.catalogue.kinds import Option, Param, TriggerKind
from ringround.journeys.rules.catalogue.words import (
    AGREEMENT_CHANGES,
    CHANNELS,
    DAYS,
    DISPOSITION_KINDS,
    INTENTIONS,
    OUTCOMES,
    PAYMENT_TYPES,
    SESSION_ACTIONS,
    SESSION_STATUSES,
    STATUSES,
    TIME,
)
from ringround.kernel.messages import N_, Message

_CHANNEL = Param(name="channel", type="choice", label=N_("Channel"), options=CHANNELS)
_TEMPLATE = Param(name="template", type="template", label=N_("Template"), help=N_("Left empty: any."))
_NTH = Param(
    name="nth",
    type="int",
    label=N_("Which one"),
    least=1,
    most=1000,
    help=N_("1 is the first message of the template to this lead. Left empty: any."),
)
_MACHINE = Param(
    name="machine",
    type="bool",
    label=N_("Machines count too"),
    default=False,
    help=N_("Mail programs open and click by themselves; such are known and left out."),
)
_LINK = Param(
    name="link", type="int", label=N_("Which link"), least=1, most=1000, help=N_("1 is the first. Left empty: any.")
)
_MESSAGE_DATA = ("channel", "template", "nth", "reason", "machine", "link")


def _message(name: str, label: Message, help: Message, *more: Param) -> TriggerKind:
    return TriggerKind(
        type=f"message_{name}",
        section="messages",
        label=label,
        help=help,
        events=(f"messaging.message.{name}",),
        params=(_CHANNEL, _TEMPLATE, _NTH, *more),
        data=_MESSAGE_DATA,
    )


_ALL = (
    TriggerKind(
        type="lead_created",
        section="lead",
        label=N_("Lead created"),
        help=N_("A contact becomes a lead of the campaign: by import, by hand, by a program or by a journey."),
        events=("campaigns.lead.created",),
    ),
    TriggerKind(
        type="added_to_campaign",
        section="lead",
        label=N_("Added to campaign"),
        help=N_("As lead created, told apart by who did it."),
        events=("campaigns.lead.created",),
        params=(
            Param(
                name="by",
                type="choice",
                label=N_("Added by"),
                default="anyone",
                options=(
                    Option("anyone", N_("Anyone")),
                    Option("journey", N_("A journey")),
                    Option("others", N_("People, imports and programs")),
                ),
            ),
        ),
    ),
    TriggerKind(
        type="status_changed",
        section="lead",
        label=N_("Status changed"),
        help=N_("A lead has another status. Left empty: from any, to any."),
        events=("campaigns.lead.status_changed",),
        params=(
            Param(name="from", type="choices", label=N_("From"), options=STATUSES),
            Param(name="to", type="choices", label=N_("To"), options=STATUSES),
        ),
        data=("from", "to"),
    ),
    TriggerKind(
        type="lead_saved",
        section="lead",
        label=N_("Lead saved"),
        help=N_("An agent has saved what came of a call."),
        events=("campaigns.lead.attempted",),
        params=(Param(name="kinds", type="choices", label=N_("Disposition"), options=DISPOSITION_KINDS),),
        data=("outcome", "attempts", "disposition", "kind", "engaged"),
    ),
    TriggerKind(
        type="field_changed",
        section="lead",
        label=N_("Field changed"),
        help=N_("One of these fields of the lead or its contact has another value."),
        events=("campaigns.lead.updated", "contacts.contact.changed", "contacts.list.contacts_changed"),
        params=(Param(name="fields", type="paths", label=N_("Fields"), required=True, of="changing"),),
    ),
    TriggerKind(
        type="lead_expired",
        section="lead",
        label=N_("Lead expired"),
        help=N_("An open lead's expiry has passed; one in a call expires after it."),
        events=("campaigns.lead.expired",),
        data=("status",),
    ),
    TriggerKind(
        type="lead_deactivated",
        section="lead",
        label=N_("Lead deactivated"),
        help=N_("The lead was switched off."),
        events=("campaigns.lead.updated",),
    ),
    TriggerKind(
        type="attempts_reached",
        section="calls",
        label=N_("Attempts reached"),
        help=N_(
            "A call was saved, and with it the lead has had so many attempts; or the most that its campaign allows."
        ),
        events=("campaigns.lead.attempted",),
        params=(
            Param(
                name="attempts",
                type="int_or_max",
                label=N_("Attempts"),
                required=True,
                default="max",
                least=1,
                most=1000,
            ),
        ),
        data=("outcome", "attempts", "disposition", "kind", "engaged"),
    ),
    TriggerKind(
        type="call_ended",
        section="calls",
        label=N_("Call ended"),
        help=N_("A call was saved. Left empty: any result."),
        events=("campaigns.lead.attempted",),
        params=(
            Param(name="outcomes", type="choices", label=N_("Call result"), options=OUTCOMES),
            Param(
                name="attempts",
                type="int",
                label=N_("Only at attempt number"),
                least=1,
                most=1000,
                help=N_("This call included. Left empty: any."),
            ),
        ),
        data=("outcome", "attempts", "disposition", "kind", "engaged"),
    ),
    TriggerKind(
        type="callback_scheduled",
        section="calls",
        label=N_("Callback booked"),
        help=N_("A callback was booked."),
        events=("campaigns.callback.scheduled",),
        params=(
            Param(
                name="kind",
                type="choice",
                label=N_("Kept for"),
                default="any",
                options=(
                    Option("any", N_("Anyone")),
                    Option("private", N_("Its agent")),
                    Option("common", N_("Any agent of the campaign")),
                ),
            ),
        ),
        data=("at", "private"),
    ),
    _message("sent", N_("Message sent"), N_("A message to the lead has left the house.")),
    _message("delivered", N_("Message delivered"), N_("A message has reached the lead.")),
    _message("opened", N_("Message opened"), N_("An e-mail was opened."), _MACHINE),
    _message("clicked", N_("Link clicked"), N_("A link in an e-mail was clicked."), _LINK),
    _message("bounced", N_("Message bounced"), N_("An e-mail came back: there is no such address.")),
    _message("failed", N_("Message failed"), N_("A message could not be sent or delivered.")),
    TriggerKind(
        type="sms_received",
        section="messages",
        label=N_("SMS received"),
        help=N_("The lead has answered by SMS. Left empty: any text."),
        events=("messaging.message.received",),
        params=(
            Param(
                name="match",
                type="choice",
                label=N_("The text"),
                default="contains",
                options=(
                    Option("contains", N_("contains")),
                    Option("starts", N_("starts with")),
                    Option("equals", N_("is exactly")),
                ),
            ),
            Param(
                name="words",
                type="texts",
                label=N_("Any of these words"),
                most=50,
                help=N_("Capital and small letters are the same."),
            ),
        ),
    ),
    TriggerKind(
        type="session_changed",
        section="agreements",
        label=N_("Session changed"),
        help=N_("A session of the lead has another status; being submitted, it is new. Left empty: any."),
        events=tuple(
            f"onboarding.session.{verb}"
            for verb in ("created", "processing", "completed", "rejected", "failed", "expired")
        ),
        params=(
            Param(name="to", type="choices", label=N_("Status"), options=SESSION_STATUSES),
            Param(name="intentions", type="choices", label=N_("Intention"), options=INTENTIONS),
            Param(name="actions", type="choices", label=N_("What is to be done"), options=SESSION_ACTIONS),
            Param(name="payment_types", type="choices", label=N_("Payment"), options=PAYMENT_TYPES),
        ),
        data=(
            "status",
            "intention",
            "action",
            "payment_type",
            "service_type",
            "subscription",
            "agent",
            "reason",
            "late",
        ),
    ),
    TriggerKind(
        type="agreement_changed",
        section="agreements",
        label=N_("Agreement changed"),
        help=N_("An agreement of the lead's contact, or what is collected by it, has changed. Left empty: in any way."),
        events=tuple(event for event, _label in AGREEMENT_CHANGES.values()),
        params=(
            Param(
                name="what",
                type="choices",
                label=N_("What happened"),
                options=tuple(Option(name, label) for name, (_event, label) in AGREEMENT_CHANGES.items()),
            ),
            Param(
                name="attempt",
                type="int",
                label=N_("Only at try number"),
                least=1,
                most=100,
                help=N_("Of a charge: 1 is the first. Left empty: any."),
            ),
        ),
        data=(
            "state",
            "version",
            "subscription",
            "agreement",
            "reason",
            "fields",
            "until",
            "amount",
            "currency",
            "due_on",
            "attempt",
            "retry_on",
            "refunded",
        ),
    ),
    TriggerKind(
        type="webhook",
        section="other",
        label=N_("Webhook"),
        help=N_("Another program calls this journey's own address. What it sends says which lead is meant."),
        events=("journeys.hook.received",),
        awaited=False,
        params=(
            Param(
                name="match",
                type="choice",
                label=N_("The lead is found by"),
                required=True,
                default="external_lead_id",
                options=(
                    Option("lead", N_("Lead id")),
                    Option("external_lead_id", N_("External lead ID")),
                    Option("phone", N_("Phone number")),
                    Option("email", N_("E-mail address")),
                ),
            ),
            Param(
                name="from",
                type="text",
                label=N_("Where it stands"),
                required=True,
                most=200,
                help=N_("The place in the JSON that is sent: customer.phone."),
            ),
            Param(
                name="mapping",
                type="mapping",
                label=N_("Fields"),
                most=50,
                help=N_("A name for each value that the journey is to know, and its place in the JSON."),
            ),
        ),
    ),
    TriggerKind(
        type="schedule",
        section="other",
        label=N_("By the calendar"),
        help=N_("On these days at this time, for each lead that the audience fits."),
        awaited=False,
        params=(
            TIME,
            DAYS,
            Param(
                name="month_days",
                type="ints",
                label=N_("Only on these days of the month"),
                least=1,
                most=31,
                help=N_("31 is the last day of a shorter month. Left empty: any."),
            ),
            Param(name="audience", type="condition", label=N_("Audience"), help=N_("Left empty: every lead.")),
        ),
    ),
    TriggerKind(
        type="journey_finished",
        section="other",
        label=N_("Journey finished"),
        help=N_("Another journey has come to its end for the lead."),
        events=("journeys.run.finished",),
        params=(
            Param(name="journey", type="journey", label=N_("Journey"), required=True),
            Param(
                name="reasons",
                type="texts",
                label=N_("Reasons"),
                most=20,
                help=N_("The reasons of its exits. Left empty: any."),
            ),
        ),
        data=("journey", "reason"),
    ),
    TriggerKind(
        type="event_emitted",
        section="other",
        label=N_("Own event"),
        help=N_("A journey has emitted an event of this name."),
        events=("journeys.event.emitted",),
        params=(Param(name="name", type="name", label=N_("Name"), required=True),),
        data=("name",),
    ),
    TriggerKind(
        type="by_hand",
        section="other",
        label=N_("By hand"),
        help=N_("Somebody chooses leads and starts the journey for them."),
        awaited=False,
    ),
)
TRIGGERS: dict[str, TriggerKind] = {one.type: one for one in _ALL}
