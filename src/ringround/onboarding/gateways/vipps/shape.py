"""What an account with Vipps MobilePay is set up with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ringround.kernel import targets
from ringround.kernel.errors import Fault
from ringround.kernel.messages import N_

SETTINGS = ("client_id", "merchant_serial_number", "agreement_url", "pricing", "test", "url")
SECRETS = ("client_secret", "subscription_key")


def check(settings: Mapping[str, Any], secrets: Mapping[str, str]) -> list[Fault]:
    """What is wrong with these settings."""
    faults = []
    needed = N_("This is needed.")
    for name in ("client_id", "merchant_serial_number", "agreement_url"):
        value = settings.get(name)
        if not isinstance(value, str) or not value:
            faults.append(Fault(("settings", name), "required", needed))
        elif len(value) > 1024 or not value.isascii() or not value.isprintable():
            faults.append(Fault(("settings", name), "bad_format", N_("This has plain letters and signs only.")))
    for name in SECRETS:
        if not secrets.get(name):
            faults.append(Fault(("secrets", name), "required", needed))
        elif not secrets[name].isascii() or not secrets[name].isprintable():
            # They travel in headers.
            faults.append(Fault(("secrets", name), "bad_format", N_("This has plain letters and signs only.")))
    for name in ("agreement_url", "url"):
        value = settings.get(name)
        if isinstance(value, str) and value:
            try:
                targets.parse(value)
            except targets.BadTarget:
                faults.append(Fault(("settings", name), "bad_url", N_("This is not an address of the web.")))
    if settings.get("pricing", "fixed") not in ("fixed", "variable"):
        options = {"options": ("fixed", "variable")}
        faults.append(Fault(("settings", "pricing"), "unknown_choice", N_("This is not one of the choices."), options))
    if not isinstance(settings.get("test", False), bool):
        faults.append(Fault(("settings", "test"), "wrong_type", N_("This is yes or no.")))
    unknown = [str(name) for name in settings if name not in SETTINGS]
    words = N_("There is no such setting.")
    return faults + [Fault(("settings", name), "unknown_field", words) for name in unknown]
