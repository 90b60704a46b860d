"""What statuses and reasons are called."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.utils import translation

from ringround.onboarding import texts
from ringround.onboarding.gateways.port import METHODS, REASONS
from ringround.onboarding.rules import session as rules
from ringround.ui import tones

_ROOM = Path(texts.__file__).parent
_CODE = (
    r'(?:charge_cancel\([^"\n]*|Permanent\(|Outcome\(kind="[a-z]+", code=|_end\([^"\n]*reason=|'
    r'subscription_end\([^"\n]*reason=|\.ended_reason, row\.ended_at = |Refund\.objects\.create\([^\n]*reason=|'
    r'InvalidData\("(?:amount|due_on)", )"([a-z_]+)"'
)


def _written() -> set[str]:
    """The codes that the room writes of charges, refunds, mandates and subscriptions."""
    sources = [*(_ROOM / "actions").rglob("*.py"), *(_ROOM / "gateways").rglob("*.py"), _ROOM / "courier.py"]
    found = {code for one in sources for code in re.findall(_CODE, one.read_text())}
    assert {"called_back", "unknown_outcome", "given_up", "term", "cancelled", "at_gateway", "refused"} <= found
    # A state, not a reason: what a mandate brings back to life.
    return found - {"active"}


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("New", "Ny"), ("Processing", "Behandles"), ("Complete", "Gennemført"), ("Rejected", "Afvist"),
        ("Failed", "Fejlet"), ("Expired", "Udløbet"),
    ],
)  # fmt: skip
def test_statuses_have_their_danish_words(status: str, words: str) -> None:
    with translation.override("da"):
        assert str(tones.look("session", status)[1]) == words


def test_every_status_has_words_and_a_meaning() -> None:
    assert list(texts.STATUSES) == list(texts.MEANINGS) == [one.value for one in rules.Status]
    assert list(texts.PHASES) == [one.value for one in rules.Phase]
    assert list(texts.ACTIONS) == [one.value for one in rules.Action]


@pytest.mark.parametrize("code", [*rules.REASONS, *REASONS])
def test_every_reason_is_said_in_words_in_both_languages(code: str) -> None:
    with translation.override("en"):
        english = texts.reason_text(code)
    with translation.override("da"):
        danish = texts.reason_text(code)
    assert code != english
    assert not english.startswith("Reason:")
    assert danish != english


@pytest.mark.parametrize("code", sorted(_written()))
def test_every_code_that_ends_a_charge_or_an_agreement_is_said_in_words_in_both_languages(code: str) -> None:
    with translation.override("en"):
        english = texts.end_text(code)
    with translation.override("da"):
        danish = texts.end_text(code)
    assert not english.startswith("Reason:")
    assert danish != english


def test_an_agreement_that_was_ended_is_not_a_session_that_was_cancelled() -> None:
    assert texts.end_text("cancelled") != texts.reason_text("cancelled")


def test_a_code_of_a_providers_own_is_shown_as_it_is() -> None:
    with translation.override("en"):
        assert texts.reason_text("E-4711") == "Reason: E-4711"


def test_every_method_of_a_rail_has_words() -> None:
    assert set(texts.METHODS) == set(METHODS)


@pytest.mark.parametrize(
    ("action", "payment_type", "title"),
    [
        ("sign_up", "recurring", "Session om fast aftale"),
        ("sign_up", "single", "Session om enkeltdonation"),
        ("change_payment_method", "recurring", "Session om skift af betalingsmetode"),
        ("change_amount", "recurring", "Session om ændring af beløb"),
        ("change_frequency", "recurring", "Session om ændring af frekvens"),
        ("pause", "recurring", "Session om pause"),
        ("restart", "recurring", "Session om genstart"),
        ("cancel", "recurring", "Session om opsigelse"),
        ("set_expiry", "recurring", "Session om slutdato"),
    ],
)
def test_headings_come_from_the_action(action: str, payment_type: str, title: str) -> None:
    with translation.override("da"):
        assert str(texts.title_text(action, payment_type)) == title
