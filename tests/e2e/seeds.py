"""Campaigns with leads, made by the API as a manager's program would."""

from __future__ import annotations

import itertools
import secrets
from dataclasses import dataclass
from typing import Any

from tests.e2e.product import Product

WHOLE_WEEK = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
COLUMNS = [
    {"name": "Navn", "type": "text", "role": "name"},
    {"name": "Mobil", "type": "phone"},
    {"name": "By", "type": "text", "role": "city", "editable": True},
    {"name": "Bidrag", "type": "number", "editable": True},
]
DISPOSITIONS = [
    {"name": "Ja tak", "kind": "engaged", "status": "success", "opens_form": True, "hotkey": "1"},
    {"name": "Nej tak", "kind": "not_engaged", "status": "not_interested", "hotkey": "2"},
    {"name": "Intet svar", "kind": "no_contact", "status": "automatic_redial", "hotkey": "3"},
]
FORM = [
    {"key": "amount", "label": "Beløb pr. måned", "type": "number", "required": True},
    {"key": "why", "label": "Hvorfor", "type": "text", "required": False},
]
# For signing up: a recurring product and a single one.
WORKFLOW: dict[str, Any] = {
    "intention": "signup",
    "approval_message": "Tak for snakken. Færdiggør her:",
    "contact_fields": [
        {"role": "name"},
        {"role": "phone", "required": True},
        {"role": "email"},
        {"role": "national_id", "sensitive": True},
    ],
    "metadata_fields": [{"key": "segment", "label": "Segment", "type": "choice", "options": ["A", "B"]}],
    "terms": {"version": "2026-11", "text": "Du kan altid sige nej igen.\nVi trækker kun det aftalte."},
    "products": [
        {
            "key": "fast", "name": "Fast støtte", "payment_type": "recurring", "agreement_name": "Fast støtte",
            "agreement_description": "Hver måned til børn i nød.",
            "amount": {"rule": "free", "value": 10000, "choices": [10000, 15000], "min": 5000},
            "schedule": {"rule": "choice", "choices": ["monthly", "yearly"]}, "methods": ["card", "mobile"],
        },
        {
            "key": "once", "name": "En enkelt gave", "payment_type": "single", "agreement_name": "Gave",
            "amount": {"rule": "choice", "choices": [20000, 50000]}, "methods": ["card"],
        },
    ],
}  # fmt: skip
NAMES = (
    "Åse Ørum", "Bent Kjær", "Camilla Dahl", "Dorte Æbelø", "Erik Holst", "Frida Lund", "Gorm Friis", "Helle Toft",
    "Ib Mørk", "Jytte Bak", "Karl Vang", "Lis Høj",
)  # fmt: skip


@dataclass(frozen=True)
class Planned:
    """A running campaign: its id and name, and its leads in the order in which they are handed out."""

    id: str
    name: str
    leads: list[dict[str, Any]]


def running_campaign(
    product: Product,
    name: str,
    agents: list[str],
    *,
    organisation: str = "charity",
    leads: int = 3,
    mode: str = "manual",
    target: int | None = None,
    agency: str | None = None,
    settings: dict[str, Any] | None = None,
    form: list[dict[str, Any]] = FORM,
    script: str = "Goddag, det er {{agent}}. Taler jeg med **{{Navn}}**?",
) -> Planned:
    """A list, its contacts, a campaign on it around the clock; approved and started. `agents` by e-mail address."""
    # Named and numbered apart, so that a test may be run again on the same product.
    name = f"{name} {secrets.token_hex(2)}"
    api = product.api(product.told["orgs"][organisation]["owner"])
    of_list = api.post("contact-lists", {"name": f"Liste: {name}", "region": "DK", "columns": COLUMNS})
    made = api.post(
        "campaigns",
        {
            "name": name,
            "mode": mode,
            "lists": [],
            "hours": WHOLE_WEEK,
            "holidays": None,
            "target": target,
            "script": script,
            "settings": {"fed_by_others": True, "wrap_up_s": 0, **(settings or {})},
            **({"agency": agency} if agency else {}),
        },
    )
    at = f"campaigns/{made['id']}"
    api.put(f"{at}/dispositions", {"dispositions": DISPOSITIONS})
    api.put(f"{at}/form", {"form": form})
    api.put(f"{at}/agents", {"users": agents})
    rows = [
        {"Navn": one, "Mobil": f"{20120000 + number}", "By": "Aarhus"}
        for number, one in enumerate(NAMES[:leads], next(_numbers) * 100)
    ]
    added = api.post(f"{at}/leads", {"leads": [{"contact": {"list": of_list["id"], "fields": row}} for row in rows]})
    api.post(f"{at}/approve")
    api.post(f"{at}/start")
    return Planned(made["id"], name, sorted(added["created"], key=lambda one: int(one["position"])))


# No number may be on two campaigns: while one is called, the other's lead is held back.
_numbers = itertools.count(secrets.randbelow(60))
