"""A session: its table, the gateway's words, time running out, who may begin, headings."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ringround.kernel.errors import Conflict, Invalid
from ringround.onboarding.rules import session
from ringround.onboarding.rules.session import Action, Command, Phase, Standing, Status, Submitting

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_a_link_moves_the_phase_and_leaves_the_session_new() -> None:
    sent = session.step(session.SUBMITTED, Command.SEND_LINK)
    opened = session.step(sent, Command.OPEN_LINK)
    assert (sent, opened) == (Standing(Status.NEW, Phase.LINK_SENT), Standing(Status.NEW, Phase.LINK_OPENED))
    assert session.step(opened, Command.SEND_LINK) == sent


def test_a_session_that_the_gateway_accepts_is_complete_and_final() -> None:
    done = session.step(session.step(session.SUBMITTED, Command.BEGIN), Command.ACCEPT)
    assert done == Standing(Status.COMPLETE, Phase.DONE)
    for command in Command:
        with pytest.raises(Conflict) as refused:
            session.step(done, command)
        assert refused.value.code == "wrong_state"


def test_an_acceptance_after_expiry_completes_and_is_marked_late() -> None:
    expired = session.step(session.SUBMITTED, Command.EXPIRE)
    assert session.step(expired, Command.ACCEPT_LATE) == Standing(Status.COMPLETE, Phase.DONE, late=True)


def test_a_refused_command_names_the_statuses_from_which_it_is_legal() -> None:
    with pytest.raises(Conflict) as refused:
        session.step(session.SUBMITTED, Command.ACCEPT)
    assert refused.value.allowed == (Status.PROCESSING,)


# --- the gateway's word -----------------------------------------------------------------------


def test_an_acceptance_that_overtakes_the_beginning_goes_through_processing() -> None:
    assert session.heard("New", "accepted").commands == (Command.BEGIN, Command.ACCEPT)


@pytest.mark.parametrize("status", ["Rejected", "Failed"])
def test_an_acceptance_after_a_no_is_stopped_at_the_gateway(status: str) -> None:
    said = session.heard(status, "accepted")
    assert (said.commands, said.stop_mandate, said.alert) == ((), True, True)


def test_an_acceptance_after_expiry_alerts() -> None:
    said = session.heard("Expired", "accepted")
    assert (said.commands, said.reason, said.alert) == ((Command.ACCEPT_LATE,), "late", True)


def test_an_acceptance_after_expiry_of_somebody_who_was_erased_is_stopped_at_the_gateway() -> None:
    said = session.heard("Expired", "accepted", erased=True)
    assert (said.commands, said.stop_mandate, said.alert) == ((), True, True)


def test_the_same_word_twice_is_ignored() -> None:
    assert session.heard("Complete", "accepted") == session.Heard()
    assert session.heard("Processing", "begun") == session.Heard()


def test_a_gateway_that_will_not_begin_fails_a_new_session() -> None:
    said = session.heard("New", "failed")
    assert (said.commands, said.reason) == ((Command.REFUSE,), "cannot_begin")


@pytest.mark.parametrize(
    ("kind", "payment_type", "word"),
    [
        ("mandate.active", "recurring", "accepted"),
        ("mandate.stopped", "recurring", "rejected"),
        ("charge.charged", "recurring", None),
        ("charge.charged", "single", "accepted"),
        ("charge.failed", "single", "failed"),
        ("charge.pending", "single", "begun"),
        ("charge.scheduled", "single", "accepted"),
        ("charge.expired", "single", "expired"),
        ("charge.refunded", "single", None),
    ],
)
def test_a_recurring_session_waits_for_the_mandate_and_a_single_one_for_the_payment(
    kind: str, payment_type: str, word: str | None
) -> None:
    assert session.word_of(kind, payment_type) == word


def test_a_state_that_was_asked_for_says_what_its_event_would_have_said() -> None:
    assert session.word_of_state("active", "recurring") == "accepted"
    assert session.word_of_state("reserved", "single") == "accepted"
    assert session.word_of_state("pending", "single") == "begun"


# --- time -------------------------------------------------------------------------------------


def test_a_session_that_never_began_expires_with_its_link() -> None:
    said = session.time_up("New", begun=False, answer=None)
    assert (said.commands, said.reason) == ((Command.EXPIRE,), "link_expired")


def test_a_session_that_began_does_not_expire_until_the_gateway_has_answered() -> None:
    assert session.time_up("Processing", begun=True, answer=None) == session.Heard()
    assert session.time_up("New", begun=True, answer=None) == session.Heard()


def test_a_session_that_the_gateway_accepted_as_its_time_ran_out_completes_and_is_not_late() -> None:
    said = session.time_up("Processing", begun=True, answer="accepted")
    assert said.commands == (Command.ACCEPT,)
    assert not said.alert


def test_nothing_accepted_in_time_is_expired() -> None:
    assert session.time_up("Processing", begun=True, answer="nothing").reason == "gateway_expired"


def test_who_declines_after_accepting_has_an_agreement() -> None:
    assert session.cancel_said("Processing", "already_active").commands == (Command.ACCEPT,)
    assert session.cancel_said("Processing", "cancelled").commands == (Command.REJECT,)
    assert session.cancel_said("Processing", "already_final").commands == ()


# --- beginning --------------------------------------------------------------------------------

SIGN_UP = Submitting(
    intention="signup", action="sign_up", campaign_state="running", starts_at=None, ends_at=None, lead="lead"
)
UPGRADE = replace(SIGN_UP, intention="upgrade", action="pause", subscription="sub", lead=None)


def test_a_running_campaign_takes_sessions() -> None:
    session.check_submit(SIGN_UP, NOW)
    session.check_submit(UPGRADE, NOW)


@pytest.mark.parametrize("state", ["unapproved", "approved", "paused", "completed", "archived"])
def test_a_campaign_that_does_not_run_takes_none(state: str) -> None:
    with pytest.raises(Conflict) as refused:
        session.check_submit(replace(SIGN_UP, campaign_state=state), NOW)
    assert (refused.value.code, refused.value.allowed) == ("campaign_not_running", ("running",))


@pytest.mark.parametrize(
    ("starts_at", "ends_at"), [(NOW + timedelta(seconds=1), None), (None, NOW), (None, NOW - timedelta(days=1))]
)
def test_a_campaign_out_of_its_period_takes_none(starts_at: datetime | None, ends_at: datetime | None) -> None:
    with pytest.raises(Conflict) as refused:
        session.check_submit(replace(SIGN_UP, starts_at=starts_at, ends_at=ends_at), NOW)
    assert refused.value.code == "campaign_not_in_period"


@pytest.mark.parametrize(
    ("asked", "place", "code"),
    [
        (replace(SIGN_UP, lead=None), "external_lead_id", "required"),
        (replace(SIGN_UP, needs_external_id=True), "external_lead_id", "required"),
        (replace(SIGN_UP, subscription="sub"), "subscription", "not_for_sign_up"),
        (replace(UPGRADE, subscription=None), "subscription", "required"),
        (replace(SIGN_UP, action="pause", subscription="sub"), "action", "wrong_intention"),
        (replace(UPGRADE, action="give"), "action", "not_an_option"),
    ],
)
def test_what_is_missing_or_does_not_fit_is_named(asked: Submitting, place: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        session.check_submit(asked, NOW)
    assert [(fault.loc, fault.code) for fault in refused.value.errors] == [((place,), code)]


# --- names ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "payment_type", "service", "title"),
    [
        ("sign_up", "recurring", "SignUpRecurring", "Session to set up a recurring agreement"),
        ("sign_up", "single", "SignUpSingle", "Session for a single donation"),
        ("change_payment_method", "recurring", "UpgradeRecurring", "Session to change payment method"),
        ("cancel", "single", "UpgradeSingle", "Session to end the agreement"),
    ],
)
def test_service_type_and_heading_come_from_action_and_payment(
    action: str, payment_type: str, service: str, title: str
) -> None:
    assert session.service_type(action, payment_type) == service
    assert str(session.TITLES[session.title_key(action, payment_type)]) == title


def test_every_action_has_a_heading() -> None:
    keys = {session.title_key(action, paid) for action in Action for paid in session.PaymentType}
    assert keys == set(session.TITLES)


def test_only_a_sign_up_and_a_change_of_method_need_the_donor() -> None:
    assert {action for action in Action if not session.is_local(action)} == {"sign_up", "change_payment_method"}
    assert session.may_submit_payment("sign_up", needs_device=False)
    assert not session.may_submit_payment("sign_up", needs_device=True)
    assert not session.may_submit_payment("pause", needs_device=False)
