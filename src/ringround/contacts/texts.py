"""What types, meanings and states are called on screen."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ringround.ui import tones

Text = str | Promise

ENCODINGS: dict[str, Text] = {"utf-8": "UTF-8", "cp1252": "Windows-1252", "xlsx": _("Excel workbook")}

TYPES: dict[str, Text] = {
    "text": _("Text"),
    "long_text": _("Long text"),
    "phone": _("Phone number"),
    "email": _("E-mail address"),
    "number": _("Figure"),
    "date": _("Date"),
    "datetime": _("Date and time"),
    "choice": _("Choice"),
    "multi_choice": _("Several choices"),
    "bool": _("Yes or no"),
    "url": _("Web address"),
    "external_id": _("External id"),
}

ROLES: dict[str, Text] = {
    "": _("None in particular"),
    "name": _("Whole name"),
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "company": _("Company"),
    "phone": _("Phone number"),
    "email": _("E-mail address"),
    "address": _("Address"),
    "address2": _("Address, second line"),
    "post_code": _("Post code"),
    "city": _("City"),
    "country": _("Country"),
    "birth_date": _("Date of birth"),
    "national_id": _("National id"),
    "timezone": _("Time zone"),
}

MATCH: dict[str, Text] = {
    "phone": _("Phone number"),
    "external_id": _("External id"),
    "email": _("E-mail address"),
}

ON_MATCH: dict[str, Text] = {
    "update": _("Update the contact"),
    "skip": _("Leave the contact as it is"),
    "allow": _("Make another contact"),
}

INVALID_NUMBERS: dict[str, Text] = {
    "reject": _("Reject the row"),
    "keep": _("Import it without a number"),
}

DELIMITERS: dict[str, Text] = {
    ",": _("Comma"),
    ";": _("Semicolon"),
    "\t": _("Tab"),
    "|": _("Vertical bar"),
}

# Why a contact stayed when its import was taken back.
KEPT: dict[str, Text] = {
    "worked": _("Worked on a campaign since"),
    "changed": _("Changed since"),
    "registered": _("In a later file too"),
}

# By what a contact was changed.
VIA: dict[str, Text] = {
    "person": _("On screen"),
    "api": _("By a program"),
    "agent": _("While calling"),
    "import": _("From a file"),
    "revert": _("File taken back"),
}

INVALID_VALUES: dict[str, Text] = {
    "leave_out": _("Take the row without it"),
    "reject": _("Reject the row"),
}

CHANNELS: dict[str, Text] = {
    "any": _("All channels"),
    "phone": _("Phone"),
    "email": _("E-mail"),
}
# Of one suppression: to be called is something else than to be written to.
BARRED: dict[str, Text] = {
    "any": _("All channels"),
    "phone": _("Calls and SMS"),
    "sms": _("SMS alone"),
    "email": _("E-mail"),
}
# What comes of it when that one is lifted.
AGAIN: dict[str, Text] = {
    "any": _("Campaigns will call it where it is a lead."),
    "phone": _("Campaigns will call it where it is a lead."),
    "sms": _("It will be sent SMS again."),
    "email": _("It will be sent e-mails again."),
}
# Where a suppression is from, where we have made it ourselves; whatever else stands there somebody has written.
SOURCES: dict[str, Text] = {
    "Person erased": _("Person erased"),
    "STOP (SMS)": _("STOP by SMS"),
    "Unsubscribe link": _("Unsubscribe link"),
}

RELATIONS: dict[str, Text] = {
    "donor": _("Donor"),
    "member": _("Member"),
    "customer": _("Customer"),
    "none": _("No relation"),
}

KINDS: dict[str, Text] = {
    "phone": _("Phone number"),
    "email": _("E-mail address"),
    "contact": _("Contact"),
}

# What is said below each count: while the file is read, when it was taken, and after a try, which took nothing.
COUNTS: dict[str, tuple[str, Text, tuple[Text, Text, Text]]] = {
    "rows": ("neutral", _("Rows"), (_("read so far"), _("in the file"), _("in the file"))),
    "new": ("success", _("Added"), (_("contacts made"), _("contacts made"), _("would be made"))),
    "updated": ("info", _("Updated"), (_("contacts changed"), _("contacts changed"), _("would be changed"))),
    "duplicate": ("neutral", _("Duplicates"), (_("said nothing new"), _("said nothing new"), _("say nothing new"))),
    "suppressed": (
        "warning",
        _("Suppressed"),
        (_("imported, will not be called"), _("imported, will not be called"), _("would come in, and not be called")),
    ),
    "near": ("warning", _("Near hits"), (_("to be looked at"), _("to be looked at"), _("to be looked at"))),
    "left_out": (
        "warning",
        _("Incomplete"),
        (
            _("taken without a cell that cannot be read"),
            _("taken without a cell that cannot be read"),
            _("would come in without a cell that cannot be read"),
        ),
    ),
    "rejected": (
        "danger",
        _("Rejected"),
        (_("not taken; see the file"), _("not taken; see the file"), _("cannot be taken; see the file")),
    ),
}
# Of a file of numbers and addresses that must not be contacted.
COUNTS_OF_SUPPRESSIONS: dict[str, tuple[Text, Text, Text]] = {
    "new": (_("bar something new"), _("bar something new"), _("would bar something new")),
    "duplicate": (_("were there already"), _("were there already"), _("are there already")),
}


# The same of a register by name and address.
COUNTS_OF_REGISTERS: dict[str, tuple[Text, Text, Text]] = {
    "new": (_("not in the issue before"), _("not in the issue before"), _("not in the issue before")),
    "duplicate": (
        _("in the issue before, or twice"),
        _("in the issue before, or twice"),
        _("in the issue before, or twice"),
    ),
    "suppressed": (_("contacts barred"), _("contacts barred"), _("contacts would be barred")),
    "near": (_("contacts to be looked at"), _("contacts to be looked at"), _("contacts would have to be looked at")),
}
# What a hit in a register is.
HITS: dict[str, Text] = {
    "open": _("To be looked at"),
    "exact": _("The same name and address"),
    "accepted": _("Is the contact"),
    "refused": _("Somebody else"),
}
BY: dict[str, Text] = {
    "": _("Seen from the columns"),
    "value": _("Numbers and e-mail addresses"),
    "name_address": _("Names and addresses"),
}


def tone_words() -> None:
    """Say how states of this room look; called once, when Django is ready."""
    tones.add(
        "import",
        {
            "draft": ("neutral", _("Draft")),
            "queued": ("info", _("Waiting")),
            "running": ("accent", _("Running")),
            "done": ("success", _("Done")),
            "failed": ("danger", _("Refused")),
            "reverted": ("neutral", _("Taken back")),
        },
    )
    tones.add(
        "register_hit",
        {
            "open": ("warning", _("To be looked at")),
            "exact": ("danger", _("Barred")),
            "accepted": ("danger", _("Barred")),
            "refused": ("neutral", _("Somebody else")),
        },
    )


def source_text(source: str) -> Text:
    """Where a suppression is from, in the reader's words."""
    return SOURCES.get(source, source)
