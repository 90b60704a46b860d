"""Words of the signing room: statuses, phases, actions, methods, schedules, and why something ended as it did."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from ringround.kernel.messages import Message
from ringround.onboarding.rules import session as rules
from ringround.ui import tones

Text = str | Promise

STATUSES: dict[str, tuple[str, Text]] = {
    "New": ("info", pgettext_lazy("session", "New")),
    "Processing": ("accent", pgettext_lazy("session", "Processing")),
    "Complete": ("success", pgettext_lazy("session", "Complete")),
    "Rejected": ("warning", pgettext_lazy("session", "Rejected")),
    "Failed": ("danger", pgettext_lazy("session", "Failed")),
    "Expired": ("neutral", pgettext_lazy("session", "Expired")),
}
# What each status means, for who has not seen it before.
MEANINGS: dict[str, Text] = {
    "New": _("The session is submitted, and nothing has begun at the payment provider yet."),
    "Processing": _("It has begun at the payment provider, or is being done, and has not ended."),
    "Complete": _("It succeeded: the agreement is made, or changed."),
    "Rejected": _("The donor declined, or the agent did for them."),
    "Failed": _("The payment provider could not complete it, or what was to be done no longer applied."),
    "Expired": _("It was never completed, and its time is up."),
}
PHASES: dict[str, Text] = {
    "submitted": _("Submitted"),
    "link_sent": _("Link sent"),
    "link_opened": _("Link opened"),
    "at_gateway": _("At the payment provider"),
    "done": _("Ended"),
}
INTENTIONS: dict[str, Text] = {"signup": _("Sign-up"), "upgrade": _("Upgrade")}
PAYMENT_TYPES: dict[str, Text] = {"recurring": _("Recurring"), "single": _("Single payment")}
SERVICE_TYPES: dict[str, Text] = {
    "SignUpRecurring": _("Sign-up, recurring"),
    "SignUpSingle": _("Sign-up, single payment"),
    "UpgradeRecurring": _("Upgrade, recurring"),
    "UpgradeSingle": _("Upgrade, single payment"),
}
ACTIONS: dict[str, Text] = {
    "sign_up": pgettext_lazy("session", "Sign up"),
    "change_amount": _("Change the amount"),
    "change_frequency": _("Change the frequency"),
    "change_payment_method": _("Change the payment method"),
    "pause": _("Pause"),
    "restart": _("Restart"),
    "cancel": _("End the agreement"),
    "set_expiry": _("Set an end date"),
}
METHODS: dict[str, Text] = {
    "card": _("Payment card"),
    "mobile": _("Mobile payment"),
    "direct_debit": _("Direct debit"),
}
SCHEDULES: dict[str, Text] = {
    "monthly": _("Every month"),
    "quarterly": _("Every quarter"),
    "half_yearly": _("Every half year"),
    "yearly": _("Every year"),
    "single": _("Once"),
}
HOLDS: dict[str, Text] = {
    "indefinite": _("Until it is restarted"),
    "skip": _("Skip a number of payments"),
    "until": _("Until a date"),
}
STARTS: dict[str, Text] = {"next_possible": _("As soon as possible"), "fixed_day": _("On a day of the month")}
CHANNELS: dict[str, Text] = {"sms": _("SMS"), "email": _("E-mail"), "qr": _("QR code")}
SUBSCRIPTIONS: dict[str, tuple[str, Text]] = {
    "pending": ("info", _("Not begun")),
    "active": ("success", _("Active")),
    "on_hold": ("warning", _("On hold")),
    "inactive": ("neutral", _("Ended")),
    "expired": ("neutral", _("Run out")),
}
MANDATES: dict[str, tuple[str, Text]] = {
    "pending": ("info", _("Waits for the donor")),
    "active": ("success", _("Active")),
    "rejected": ("warning", pgettext_lazy("session", "Rejected")),
    "expired": ("neutral", _("Run out")),
    "failed": ("danger", pgettext_lazy("session", "Failed")),
    "stopped": ("neutral", _("Stopped")),
}
CHARGES: dict[str, tuple[str, Text]] = {
    "scheduled": ("info", _("Planned")),
    "submitted": ("accent", _("Handed in")),
    "charged": ("success", _("Collected")),
    "failed": ("danger", pgettext_lazy("session", "Failed")),
    "rejected": ("warning", pgettext_lazy("session", "Rejected")),
    "cancelled": ("neutral", _("Called back")),
}
REFUNDS: dict[str, tuple[str, Text]] = {
    "ordered": ("info", _("Ordered")),
    "refunded": ("success", _("Given back")),
    "failed": ("danger", pgettext_lazy("session", "Failed")),
}
KINDS: dict[str, Text] = {
    "sandbox": _("Sandbox (nothing is collected)"),
    "vipps": "Vipps MobilePay",
    "quickpay": "Quickpay",
}
# What a contact is asked for.
CONTACT_ROLES: dict[str, Text] = {
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "name": _("Whole name"),
    "company": _("Company"),
    "business_code": _("Business id"),
    "phone": _("Phone number"),
    "email": _("E-mail address"),
    "address": _("Address"),
    "address2": _("Address, second line"),
    "post_code": _("Post code"),
    "city": _("City"),
    "country": _("Country"),
    "birth_date": _("Date of birth"),
    "national_id": _("National id"),
    "external_id": _("External id"),
}
# What an upgrade is to change.
PARAMS: dict[str, Text] = {
    "amount": _("Amount"),
    "schedule": _("Frequency"),
    "method": _("Payment method"),
    "kind": _("Pause"),
    "count": _("Payments skipped"),
    "until": _("Until"),
    "date": _("End date"),
    "reason": _("Why"),
}
METADATA_TYPES: dict[str, Text] = {
    "text": _("Text"),
    "number": _("Figure"),
    "date": _("Date"),
    "bool": _("Yes or no"),
    "choice": _("Choice"),
}
# What a payment provider, or its debtor, gives as the reason (`gateways.port.REASONS`).
RAIL_REASONS: dict[str, Text] = {
    "debtor_declined": _("The donor said no at the payment provider."),
    "insufficient_funds": _("There was not enough money on the account."),
    "card_declined": _("The card was declined."),
    "card_expired": _("The card has expired."),
    "account_closed": _("The account is closed."),
    "no_such_account": _("There is no such account."),
    "limit_exceeded": _("The amount is above what the payment allows."),
    "authentication_failed": _("The donor was not approved by their bank."),
    "mandate_stopped": _("The permission to collect has been stopped."),
    "expired": _("Its time ran out at the payment provider."),
    "cancelled_by_debtor": _("The donor has cancelled it."),
    "cancelled_by_merchant": _("We have cancelled it."),
    "cancelled_by_gateway": _("The payment provider has cancelled it."),
    "fraud_suspected": _("The payment provider suspects fraud."),
    "technical": _("The payment provider had a technical fault."),
    "other": _("The payment provider gives no reason."),
}
# What ends charges, refunds, mandates and subscriptions beyond a provider's reasons; what the drawers refuse by.
ENDS: dict[str, Text] = {
    "cancelled": _("The agreement was ended."),
    "term": _("Its last day is over."),
    "called_back": _("It was called back before it was collected."),
    "chargeback": _("The donor's bank has taken the money back."),
    "collected_twice": _("Another try of this payment was collected too."),
    "unknown_outcome": _("What became of it at the payment provider is not known."),
    "given_up": _("The payment provider could not be reached for so long that it was given up."),
    "no_such": _("The payment provider does not know it."),
    "refused": _("The payment provider has refused it."),
    "key_reused": _("The payment provider has another payment under this reference."),
    "too_soon": _("The day was too near for the payment provider."),
    "past_cut_off": _("It came too late in the month for the payment provider."),
    "too_low": _("The amount is below what the payment provider takes."),
    "out_of_range": _("The amount is not one that the payment provider takes."),
    "invalid_data": _("The payment provider does not take what was given."),
    "already_final": _("It had ended at the payment provider already."),
    "at_gateway": _("It was given back at the payment provider itself."),
    "nothing_to_do": _("There was nothing left to do."),
    "closed": _("The work for the organisation is over."),
    "erased": _("The person was erased."),
    "not_active": _("The permission to collect was not active."),
    "not_charged": _("Nothing was collected that could be given back."),
    "credentials": _("The payment provider does not accept the account's keys."),
    "internal": _("The payment provider could not be asked: a fault of this program."),
    "unknown_kind": _("The payment provider cannot do this."),
}


def tone_words() -> None:
    """Say how states look; called when the app is ready."""
    tones.add("session", STATUSES)
    tones.add("subscription", SUBSCRIPTIONS)
    tones.add("mandate", MANDATES)
    tones.add("charge", CHARGES)
    tones.add("refund", REFUNDS)


def title_text(action: str, payment_type: str) -> Message:
    """A session's heading."""
    return rules.TITLES[rules.title_key(action, payment_type)]


def service_type_text(action: str, payment_type: str) -> Text:
    return SERVICE_TYPES[rules.service_type(action, payment_type)]


def reason_text(code: str) -> str:
    """Why a session ended, in words; the code itself where it is a provider's own."""
    return _said(code, rules.REASONS, RAIL_REASONS, ENDS)


def end_text(code: str) -> str:
    """Why a charge, a refund, a mandate or a subscription ended, in words; the code itself where it is a provider's
    own."""
    return _said(code, ENDS, RAIL_REASONS, rules.REASONS)


def _said(code: str, *tables: Mapping[str, object]) -> str:
    if not code:
        return ""
    words = next((table[code] for table in tables if code in table), None)
    return str(words) if words is not None else gettext("Reason: %(code)s") % {"code": code}


def stamp(moment: datetime | None, dashed: bool) -> str:
    """`2027-01-31 14:05:09` in the viewer's zone; dashed `2027-01-31 14-05-09`. Empty for none."""
    if moment is None:
        return ""
    return timezone.localtime(moment).strftime("%Y-%m-%d %H-%M-%S" if dashed else "%Y-%m-%d %H:%M:%S")
