"""The donor's own pages, by the link that they were sent."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils.formats import date_format

from ringround.infra import clock
from ringround.onboarding.accounts import unseal
from ringround.onboarding.actions.gateways import gateway_create
from ringround.onboarding.actions.sessions import DonorPage
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.gateways.port import Capabilities, InvalidData, MandateRef, Transient
from ringround.onboarding.models import ApprovalLink, GatewayAccount, Session
from ringround.onboarding.queries.promised import promise_of_session
from ringround.onboarding.views.donor.words import stands
from tests.integration.campaigns.rig import Rig
from tests.integration.onboarding.agreed import subscription_of
from tests.integration.onboarding.rail import Rail
from tests.integration.onboarding.scene import Scene
from tests.integration.onboarding.workflows import SIGNUP

CPR = "2110625629"
TERMS = {"terms": {"version": "2026-11", "text": "Du kan altid sige nej igen."}}


@pytest.fixture
def terms(rig: Rig) -> Scene:
    return Scene(rig, definition={**SIGNUP, **TERMS})


def words(page: Any) -> str:
    return html.unescape(page.content.decode())


def link(scene: Scene, **more: Any) -> str:
    return f"/a/{scene.link(scene.submit(**more))}"


def confirm(client: Client, at: str, **given: str) -> Any:
    """Yes, and on to where that leads."""
    return client.post(at, given)


# --- looking --------------------------------------------------------------------------------------


def test_the_donor_sees_what_was_agreed_in_their_language(scene: Scene) -> None:
    page = Client().get(link(scene, language="da"))
    assert page.status_code == 200
    assert '<html lang="da">' in words(page)
    for said in ("Fast støtte", "100", "hver måned", "Åse Ørum"):
        assert said in words(page)
    english = Client().get(link(scene, external_lead_id="crm-2", language="da") + "?lang=en")
    assert "every month" in words(english)


def test_the_donor_is_told_until_when_the_link_works_on_the_clock_of_the_merchant(scene: Scene) -> None:
    session = scene.submit()
    at = f"/a/{scene.link(session)}?lang=en"
    ends = min(ApprovalLink.objects.get().expires_at, Session.objects.get().expires_at)
    there = ends.astimezone(ZoneInfo(scene.merchant.org.timezone))
    assert there.utcoffset() != timedelta()
    assert f"works until {date_format(there, 'DATETIME_FORMAT')}." in words(Client().get(at))


def test_the_page_is_kept_by_nobody_found_by_nobody_and_tells_nobody_where_one_comes_from(scene: Scene) -> None:
    at = link(scene)
    for address in (at, f"{at}/decline", "/a/unknown"):
        page = Client().get(address)
        assert page["Cache-Control"] == "no-store"
        assert page["Referrer-Policy"] == "no-referrer"
        assert "noindex" in page["X-Robots-Tag"]
        assert "script-src 'self'" in page["Content-Security-Policy"]
        assert "<script" not in words(page)
        assert not page.cookies


def test_its_style_stands_in_the_page_and_the_policy_lets_in_that_alone(scene: Scene) -> None:
    page = Client().get(link(scene))
    (style,) = re.findall(r"<style>(.+?)</style>", words(page), re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'self' 'sha256-{digest}';" in page["Content-Security-Policy"]
    assert "stylesheet" not in words(page)


def test_nothing_comes_from_elsewhere(scene: Scene) -> None:
    page = words(Client().get(link(scene)))
    found = re.findall(r'(?:href|src|action)="([^"#?]*)', page)
    assert [one for one in found if urlsplit(one).netloc] == []


def test_whoever_is_signed_in_here_is_no_part_of_the_page(scene: Scene) -> None:
    client = Client()
    client.force_login(scene.agent.user)
    assert scene.agent.user.email not in words(client.get(link(scene)))


def test_looking_takes_the_link_from_nobody_and_the_agent_sees_it_opened(scene: Scene) -> None:
    session = scene.submit()
    at = f"/a/{scene.link(session)}"
    assert Client().get(at).status_code == Client().get(at).status_code == 200
    assert scene.stands(session) == ("New", "link_opened")
    assert ApprovalLink.objects.get().holder_hash == ""


@pytest.mark.parametrize("token", ["x", "a_guessed", "a_" + "x" * 43, "x" * 5000, "%00", "é", "a.b"])
def test_a_link_that_never_was_and_one_that_was_guessed_are_answered_alike(scene: Scene, token: str) -> None:
    link(scene)
    page = Client().get(f"/a/{token}")
    assert page.status_code in (404, 400)
    if token != "%00":
        assert "<h1>" in words(page)
        assert words(page) == words(Client().get("/a/another"))


def test_whoever_guesses_on_is_stopped(scene: Scene) -> None:
    client = Client()
    codes = [client.get(f"/a/guess-{number}").status_code for number in range(30)]
    assert codes[0] == 404
    assert codes[-1] == 429


def test_a_machine_that_asks_whether_the_link_is_there_does_not_open_it(scene: Scene) -> None:
    session = scene.submit()
    at = f"/a/{scene.link(session)}"
    for address in (at, f"{at}/decline"):
        assert Client().head(address).status_code == 200
    assert scene.stands(session) == ("New", "link_sent")
    assert ApprovalLink.objects.get().opened_at is None


# --- going on -------------------------------------------------------------------------------------


def test_the_donor_goes_on_to_the_gateway_by_a_page_of_ours(scene: Scene) -> None:
    session = scene.submit()
    client, at = Client(), f"/a/{scene.link(session)}"
    answer = confirm(client, at)
    assert answer.status_code == 303
    assert answer["Location"].startswith(at)
    assert scene.stands(session) == ("Processing", "at_gateway")
    told = client.get(answer["Location"])
    assert told.status_code == 200


def test_a_national_id_is_typed_kept_sealed_and_never_sent_back(scene: Scene) -> None:
    session = scene.submit()
    client, at = Client(), f"/a/{scene.link(session)}"
    wrong = confirm(client, at, national_id="310299-1234")
    assert wrong.status_code == 422
    assert "310299" not in words(wrong)
    assert 'aria-invalid="true"' in words(wrong)
    confirm(client, at, national_id="211062-5629")
    assert unseal(scene.see(session).secrets)["national_id"] == CPR
    assert CPR not in str(scene.see(session).given)


def test_what_was_chosen_stands_there_again_beside_the_faults(scene: Scene) -> None:
    session = scene.submit(payment_method=None)
    page = confirm(Client(), f"/a/{scene.link(session)}", method="mobile", national_id="1")
    assert page.status_code == 422
    assert re.search(r'value="mobile"[^>]* checked', words(page))
    none = confirm(Client(), f"/a/{scene.link(session)}")
    assert none.status_code == 422
    assert 'href="#method"' in words(none)


def test_terms_are_accepted_by_their_version(terms: Scene) -> None:
    session = terms.submit()
    client, at = Client(), f"/a/{terms.link(session)}"
    assert "Du kan altid sige nej igen." in words(client.get(at))
    unread = confirm(client, at, terms_version="2026-11")
    assert unread.status_code == 422
    assert 'href="#terms"' in words(unread)
    assert confirm(client, at, terms="yes", terms_version="2025-01").status_code == 422
    assert confirm(client, at, terms="yes", terms_version="2026-11").status_code == 303
    assert terms.see(session).terms_version == "2026-11"


SCRIPT = '"><script>alert(1)</script>'


def test_a_script_in_what_a_donor_sees_is_text(scene: Scene) -> None:
    at = link(scene, contact={"first_name": SCRIPT, "phone": "+4520123456"})
    page = Client().get(at)
    assert SCRIPT in words(page)
    assert "<script" not in page.content.decode()
    again = confirm(Client(), at, national_id=SCRIPT, method=SCRIPT)
    assert "<script" not in again.content.decode()


# --- twice, by two, too late ----------------------------------------------------------------------


def test_pressed_twice_it_is_one_beginning(scene: Scene) -> None:
    session = scene.submit()
    client, at = Client(), f"/a/{scene.link(session)}"
    assert [confirm(client, at).status_code for _ in range(2)] == [303, 303]
    assert scene.log(session).count("processing") == 1


def test_who_sends_the_form_again_because_no_answer_came_is_no_other(scene: Scene) -> None:
    at = link(scene)
    found = re.search(r'name="mark" value="([^"]+)"', words(Client().get(at)))
    assert found is not None
    # The answers that would have brought the cookie are lost.
    assert [confirm(Client(), at, mark=found[1]).status_code for _ in range(2)] == [303, 303]
    assert confirm(Client(), at).status_code == 409
    assert confirm(Client(), at, mark="x" * 32).status_code == 409


def test_of_two_people_with_one_link_the_second_is_told(scene: Scene) -> None:
    session = scene.submit()
    at = f"/a/{scene.link(session)}"
    first, second = Client(), Client()
    second.get(at)
    confirm(first, at)
    late = confirm(second, at, national_id=CPR)
    assert late.status_code == 409
    for page in (late, second.get(at), second.get(f"{at}/decline"), second.post(f"{at}/decline")):
        assert "Fast støtte" not in words(page)
        assert "Åse" not in words(page)
    assert scene.see(session).status == "Processing"


def test_a_link_that_was_used_shows_what_came_of_it_to_who_used_it(scene: Scene) -> None:
    session = scene.submit()
    client, at = Client(), f"/a/{scene.link(session)}"
    confirm(client, at)
    waiting = client.get(f"{at}?back=1")
    assert "data-again-s" in words(waiting)
    assert "Se igen" in words(waiting)
    assert "http-equiv" not in words(waiting)
    scene.settle(seconds=120)
    assert scene.see(session).status == "Complete"
    done = client.get(f"{at}?back=1")
    assert "data-again-s" not in words(done)
    assert "d-good" in words(done)
    assert confirm(client, at).status_code == 409


def test_a_link_that_has_run_out_says_so_and_takes_nothing(scene: Scene) -> None:
    session = scene.submit()
    client, at = Client(), f"/a/{scene.link(session)}"
    clock.advance(timedelta(days=3))
    assert client.get(at).status_code == 200
    assert "<form" not in words(client.get(at))
    assert confirm(client, at).status_code == 409
    assert scene.see(session).status in ("New", "Expired")


def test_a_link_whose_place_another_took_is_over(scene: Scene) -> None:
    session = scene.submit()
    old, new = f"/a/{scene.link(session)}", f"/a/{scene.link(session)}"
    assert confirm(Client(), old).status_code == 409
    assert confirm(Client(), new).status_code == 303


# --- no -------------------------------------------------------------------------------------------


def test_no_is_asked_once_more_and_then_ends_it(scene: Scene) -> None:
    session = scene.submit()
    client, at = Client(), f"/a/{scene.link(session)}"
    assert "<form" in words(client.get(f"{at}/decline"))
    assert scene.see(session).status == "New"
    assert client.post(f"{at}/decline").status_code == 303
    assert scene.see(session).status == "Rejected"
    assert scene.see(session).reason == "donor_declined"
    assert confirm(client, at).status_code == 409
    # Who says it twice is told that it is said.
    assert client.post(f"{at}/decline").status_code == 200


def test_who_says_no_to_another_way_of_paying_is_told_that_the_agreement_stays(scene: Scene) -> None:
    session = scene.submit()
    at = f"/a/{scene.link(session)}"
    Session.objects.filter(id=session.id).update(
        action="change_payment_method",
        intention="upgrade",
        subscription=subscription_of(scene.account),
        params={"method": "card"},
    )
    client = Client()
    asked = words(client.get(f"{at}/decline?lang=en"))
    assert ("your agreement stays as it was" in asked, "nothing is collected" in asked) == (True, False)
    client.post(f"{at}/decline")
    told = words(client.get(f"{at}?lang=en"))
    assert ("Your agreement stays as it was" in told, "nothing is collected" in told) == (True, False)


@pytest.mark.parametrize("status", ["Failed", "Expired"])
def test_what_did_not_come_of_another_way_of_paying_leaves_the_agreement(status: str) -> None:
    text = stands(DonorPage(state=status.lower(), language="en", merchant="Hj", action="change_payment_method"))[2]
    assert ("stays as it was" in text, "collected" in text) == (True, False)


def test_who_changes_an_agreement_that_has_ended_meanwhile_is_told_so() -> None:
    page = DonorPage(
        state="failed", language="en", merchant="Hj", action="change_payment_method", reason="not_applicable"
    )
    text = stands(page)[2]
    assert ("has ended" in text, "stays as it was" in text) == (True, False)


@pytest.mark.parametrize(("method", "when"), [("card", "With your approval"), ("direct_debit", "As soon as it can be")])
def test_a_payment_at_the_start_is_told_as_the_rail_takes_it(scene: Scene, method: str, when: str) -> None:
    session = scene.submit(payment_method=method)
    Session.objects.filter(id=session.id).update(agreed={**session.agreed, "one_off": True})
    page = words(Client().get(f"/a/{scene.link(session)}?lang=en"))
    told = promise_of_session(scene.see(session))
    assert when in page
    assert ("when the donor approves" in told, "as soon as it can be" in told) == (method == "card", method != "card")


# --- what a method asks for -----------------------------------------------------------------------


def names_of(page: Any) -> set[str]:
    """The fields that there are to type in."""
    found = re.findall(r'<input class="d-input"[^>]* name="([^"]+)"', page.content.decode())
    assert len(found) == len(set(found))
    return set(found)


def test_what_a_method_asks_for_stands_below_it_before_anything_is_sent(scene: Scene) -> None:
    page = Client().get(link(scene, payment_method=None) + "?lang=en")
    assert names_of(page) == {"national_id", "direct_debit-bank_account"}
    assert "only needed for: Direct debit" in words(page)
    below = words(page).partition('id="way-direct_debit"')[2]
    assert below.index("d-of-way") < below.index('name="direct_debit-bank_account"')
    # None of them holds the form back, for those of other methods are not seen.
    typed = re.findall(r'<input class="d-input"[^>]*>', words(page))
    assert [one for one in typed if " required" in one] == []
    assert sum('aria-required="true"' in one for one in typed) == 1


def test_each_way_of_paying_says_when_it_collects_first(scene: Scene) -> None:
    # A card today, the telephone in two days, the bank in the month after: its cut-off has passed.
    at = link(scene, payment_method=None)
    said = re.findall(r"First payment on ([^<]+)\.</span>", words(Client().get(at + "?lang=en")))
    days = [date(2026, 3, 2), date(2026, 3, 4), date(2026, 4, 1)]
    assert said == [date_format(day, "DATE_FORMAT") for day in days]
    # Where all of them collect on one day, that is among what was agreed.
    GatewayAccount.objects.update(methods=["card"])
    page = words(Client().get(at + "?lang=en"))
    assert "First payment on" not in page
    assert date_format(days[0], "DATE_FORMAT") in page


def test_how_one_has_chosen_to_pay_is_told_once_it_is_chosen(scene: Scene) -> None:
    client, at = Client(), link(scene, payment_method=None) + "?lang=en"
    assert "<dt>Payment</dt>" not in words(client.get(at))
    confirm(client, at, national_id=CPR, method="mobile")
    assert "<dt>Payment</dt><dd>Mobile payment</dd>" in words(client.get(at))


def test_what_belongs_to_the_chosen_method_is_taken_and_no_other(scene: Scene) -> None:
    typed = {"national_id": CPR, "direct_debit-bank_account": "0040 0440116243"}
    for number, (method, kept) in enumerate(
        [("card", {"national_id": CPR}), ("direct_debit", {"national_id": CPR, "bank_account": "00400440116243"})]
    ):
        session = scene.submit(payment_method=None, external_lead_id=f"crm-{number}")
        token = scene.link(session)
        Session.objects.filter(id=session.id).update(metadata={"sandbox_fate": "03"})
        confirm(Client(), f"/a/{token}", method=method, **typed)
        assert scene.see(session).status == "Processing"
        assert unseal(scene.see(session).secrets) == kept


def test_what_is_missing_for_the_chosen_method_is_said_at_its_field(scene: Scene) -> None:
    session = scene.submit(payment_method=None)
    page = confirm(Client(), f"/a/{scene.link(session)}", method="direct_debit", national_id=CPR)
    assert page.status_code == 422
    assert 'href="#f-direct_debit-bank_account"' in words(page)
    assert 'id="f-direct_debit-bank_account-fault"' in words(page)
    assert 'id="f-national_id-fault"' not in words(page)
    assert re.search(r'id="way-direct_debit"[^>]* checked', words(page))
    assert scene.see(session).status == "New"


def test_where_there_is_one_method_its_fields_are_asked_for_at_once(scene: Scene) -> None:
    GatewayAccount.objects.update(methods=["direct_debit"])
    page = Client().get(link(scene, payment_method=None))
    assert names_of(page) == {"national_id", "bank_account"}
    assert 'name="method"' not in words(page)


# --- what the rail refuses ------------------------------------------------------------------------


@pytest.fixture
def rail(monkeypatch: pytest.MonkeyPatch) -> Rail:
    """Takes no telephone but one."""
    made = Rail(needs=frozenset({"msisdn"}))

    def begin(key: str, asked: Any) -> MandateRef:
        if asked.donor.msisdn != "+4528123456":
            raise InvalidData("donor.msisdn", "invalid_data")
        return MandateRef(ref="m-1")

    made.on["begin_mandate"] = begin
    monkeypatch.setitem(DRAWERS, "sandbox", made)
    return made


def test_a_telephone_that_the_rail_refuses_is_asked_for_again_and_with_another_key(scene: Scene, rail: Rail) -> None:
    session = scene.submit(payment_method="mobile")
    client, at = Client(), f"/a/{scene.link(session)}"
    assert "phone" not in names_of(client.get(at))
    page = confirm(client, at, method="mobile")
    assert page.status_code == 422
    assert 'href="#f-phone"' in words(page)
    assert 'id="f-phone-fault"' in words(page)
    # The same browser, and the page opened anew.
    assert "phone" in names_of(client.get(at))
    again = confirm(client, at, method="mobile")
    assert again.status_code == 422
    assert len(rail.asked) == 1
    answer = confirm(client, at, method="mobile", phone="28 12 34 56")
    assert answer.status_code == 303
    assert scene.see(session).given["phone"] == "+4528123456"
    assert [key for _name, key, _asked in rail.asked] == [str(session.id), f"{session.id}-1"]


def test_what_is_refused_and_not_needed_may_be_left_out(scene: Scene, rail: Rail) -> None:
    rail.caps = Capabilities()
    rail.on["begin_mandate"] = lambda key, asked: refuse_any(asked.donor.msisdn)
    session = scene.submit(payment_method="mobile")
    client, at = Client(), f"/a/{scene.link(session)}"
    page = confirm(client, at, method="mobile")
    assert (page.status_code, "may be left out" in words(client.get(at + "?lang=en"))) == (422, True)
    assert confirm(client, at, method="mobile").status_code == 303
    assert [asked.donor.msisdn for _name, _key, asked in rail.asked] == ["+4520123456", ""]
    # What the merchant knows of the donor is still known.
    assert scene.see(session).given["phone"] == "+4520123456"


@pytest.fixture
def card_elsewhere(scene: Scene, rail: Rail) -> GatewayAccount:
    """Mobile payment with one provider, which refuses it, and cards with another."""
    GatewayAccount.objects.filter(id=scene.account.id).update(methods=["mobile"])

    def begin(key: str, asked: Any) -> MandateRef:
        if asked.method == "mobile":
            raise InvalidData("donor.msisdn")
        return MandateRef(ref="m-1")

    rail.on["begin_mandate"] = begin
    made = gateway_create(actor=scene.merchant.owner, name="Kort", kind="sandbox", slug="kort")
    GatewayAccount.objects.filter(id=made.id).update(methods=["card"])
    return made


def test_whom_one_provider_refuses_pays_by_another(scene: Scene, rail: Rail, card_elsewhere: GatewayAccount) -> None:
    rail.caps = Capabilities()
    session = scene.submit(payment_method=None)
    client, at = Client(), f"/a/{scene.link(session)}"
    assert confirm(client, at, method="mobile").status_code == 422
    assert scene.see(session).account is None
    assert confirm(client, at, method="card").status_code == 303
    assert scene.see(session).account == card_elsewhere


def test_an_account_that_was_switched_off_after_a_refusal_begins_nothing_more(
    scene: Scene, rail: Rail, card_elsewhere: GatewayAccount
) -> None:
    rail.caps = Capabilities()
    GatewayAccount.objects.filter(id=card_elsewhere.id).update(methods=["mobile"], priority=200)
    session = scene.submit(payment_method="mobile")
    client, at = Client(), f"/a/{scene.link(session)}"
    assert confirm(client, at).status_code == 422
    GatewayAccount.objects.filter(id=scene.account.id).update(active=False)
    rail.on["begin_mandate"] = lambda key, asked: MandateRef(ref="m-1")
    assert confirm(client, at).status_code == 303
    assert scene.see(session).account == card_elsewhere


def test_who_chooses_again_while_the_first_provider_is_silent_is_told_and_free_once_it_has_refused(
    scene: Scene, rail: Rail, card_elsewhere: GatewayAccount
) -> None:
    def silent(key: str, asked: Any) -> MandateRef:
        raise Transient("timeout")

    rail.caps = Capabilities()
    refusing = rail.on["begin_mandate"]
    rail.on["begin_mandate"] = silent
    session = scene.submit(payment_method=None)
    client, at = Client(), f"/a/{scene.link(session)}"
    assert confirm(client, at, method="mobile").status_code == 409
    page = confirm(client, at + "?lang=en", method="card")
    assert page.status_code == 409
    assert "The payment provider that you chose first has not answered yet." in words(page)
    rail.on["begin_mandate"] = refusing
    assert confirm(client, at, method="card").status_code == 303
    assert scene.see(session).account == card_elsewhere


def refuse_any(msisdn: str) -> MandateRef:
    if msisdn:
        raise InvalidData("donor.msisdn", "invalid_data")
    return MandateRef(ref="m-1")


def test_whoever_could_not_go_on_because_the_rail_was_silent_still_holds_the_link(scene: Scene, rail: Rail) -> None:
    def silent(key: str, asked: Any) -> MandateRef:
        raise Transient("timeout")

    rail.on["begin_mandate"] = silent
    session = scene.submit(payment_method="mobile")
    client, at = Client(), f"/a/{scene.link(session)}"
    assert confirm(client, at, method="mobile").status_code == 409
    rail.on["begin_mandate"] = lambda key, asked: MandateRef(ref="m-1")
    assert confirm(client, at, method="mobile").status_code == 303
    assert scene.see(session).gateway_ref == "m-1"
