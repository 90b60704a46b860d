"""The console by its pages: what stands there, what is swapped, and that nothing typed or held is lost."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ringround.campaigns import actions as campaigns
from ringround.campaigns.models import Campaign
from ringround.config.wiring import make_relay
from ringround.contacts.models import Contact, ContactList
from ringround.dialer import actions as dialer
from ringround.dialer.models import Presence
from ringround.infra import clock
from ringround.orgs.actor import Actor
from ringround.telephony.models import Call
from tests.integration.desk.scene import Scene, scene

pytestmark = pytest.mark.django_db
CONSOLE = "/desk/console"


def client(actor: Actor) -> Client:
    found = Client()
    assert actor.user is not None
    found.force_login(actor.user)
    return found


class Tab:
    """A browser's window with the console: knows which lead it shows, as the page does."""

    def __init__(self, actor: Actor) -> None:
        self.web = client(actor)
        self.shown = ""
        self.page = ""

    def open(self) -> str:
        answer = self.web.get(CONSOLE, follow=True)
        return self._see(answer.content.decode())

    def press(self, name: str, **data: Any) -> Any:
        answer = self.web.post(f"{CONSOLE}/{name}", {"shown": self.shown, **data}, HTTP_HX_REQUEST="true")
        self._see(answer.content.decode())
        return answer

    def pulse(self, **data: Any) -> Any:
        query = {"shown": self.shown, "mark": self._value("desk-mark"), **data}
        answer = self.web.get(f"{CONSOLE}/pulse", query, HTTP_HX_REQUEST="true")
        self._see(answer.content.decode())
        return answer

    def save(self, disposition: str, **data: Any) -> Any:
        key = re.search(r'name="key" value="([^"]+)"', self.page)
        assert key is not None
        lead = self.shown
        return self.press("disposition", lead=lead, key=key[1], disposition=disposition, **data)

    def _see(self, html: str) -> str:
        if 'id="desk-work"' in html:
            self.page = html
            self.shown = self._value("desk-shown")
        elif 'id="desk-bar"' in html:
            self.page += html
        return html

    def _value(self, element: str) -> str:
        found = re.findall(rf'id="{element}"[^>]*value="([^"]*)"', self.page)
        return found[-1] if found else ""


@pytest.fixture
def manual(monday_ten: datetime) -> Scene:
    return scene("manual")


@pytest.fixture
def preview(monday_ten: datetime) -> Scene:
    return scene("preview")


def running(scene: Scene) -> Tab:
    dialer.presence_join(actor=scene.agent, campaign_id=scene.campaign.id, console=True)
    tab = Tab(scene.agent)
    tab.open()
    return tab


def test_home_lists_the_campaigns_one_is_on(manual: Scene) -> None:
    assert "Forårskampagne manual" in client(manual.agent).get("/desk/").content.decode()


def test_home_without_a_campaign_says_what_will_come(manual: Scene) -> None:
    assert "No campaign for you yet" in client(manual.cast.magazine.junior).get("/desk/").content.decode()


def test_run_joins_and_opens_the_console(manual: Scene) -> None:
    web = client(manual.agent)
    answer = web.post(f"/desk/run/{manual.campaign.id}")
    assert (answer.status_code, answer.headers["Location"]) == (303, CONSOLE)
    assert "Get customer" in web.get(CONSOLE).content.decode()


def test_the_console_without_a_campaign_leads_home(manual: Scene) -> None:
    assert client(manual.agent).get(CONSOLE).headers["Location"] == "/desk/"


def test_looking_at_the_console_joins_nothing(manual: Scene) -> None:
    tab = running(manual)
    tab.press("next")
    Presence.objects.update(campaign=None, state="offline")
    page = tab.open()
    assert "You still have a contact in hand." in page
    assert Presence.objects.get().campaign_id is None
    assert f'action="/desk/run/{manual.campaign.id}"' in page


def test_get_customer_shows_the_contact_with_script_form_and_dispositions(manual: Scene) -> None:
    tab = running(manual)
    page = tab.press("next").content.decode()
    for words in ("Åse Ørum", 'href="tel:+4520123400"', "Nyt beløb om måneden", "Ja tak", "Nej tak", "Aarhus C"):
        assert words in page
    assert '<mark class="desk-merged">Åse Ørum</mark>' in page


def test_what_a_contact_is_called_is_never_markup(manual: Scene) -> None:
    tab = running(manual)
    tab.press("next")
    tab.press("contact", column="Navn", value="<script>alert(1)</script>")
    assert "<script>alert" not in tab.open()


def test_a_reload_shows_the_same_contact(manual: Scene) -> None:
    tab = running(manual)
    tab.press("next")
    again = Tab(manual.agent)
    again.open()
    assert again.shown == tab.shown != ""


def test_a_call_gives_the_link_and_keeps_the_form_as_it_is(manual: Scene) -> None:
    tab = running(manual)
    tab.press("next")
    answer = tab.press("call")
    assert '"desk:dial": {"link": "tel:+4520123400"}' in answer["HX-Trigger"]
    assert 'id="desk-save"' not in answer.content.decode()
    assert "Hung up" in answer.content.decode()


def test_saving_shows_what_is_next(manual: Scene) -> None:
    tab = running(manual)
    tab.press("next")
    answer = tab.save(manual.disposition("no_contact"), note="Prøv igen i aften")
    assert (answer.status_code, tab.shown) == (200, "")


def test_the_same_save_twice_happens_once_and_is_told_kindly(manual: Scene) -> None:
    tab, other = running(manual), Tab(manual.agent)
    tab.press("next")
    other.open()
    tab.save(manual.disposition("no_contact"))
    answer = other.save(manual.disposition("no_contact"))
    assert answer.status_code == 200
    assert "saved already" in answer.content.decode()
    assert Call.objects.count() == 1


def test_another_save_of_the_same_contact_in_a_second_tab_is_told_kindly(manual: Scene) -> None:
    tab, other = running(manual), Tab(manual.agent)
    tab.press("next")
    other.open()
    tab.save(manual.disposition("no_contact"))
    answer = other.save(manual.disposition("not_engaged"), note="noget andet")
    assert answer.status_code == 200
    assert "saved already, as “Intet svar”" in answer.content.decode()
    assert Call.objects.count() == 1


def test_a_note_that_came_too_late_for_its_save_is_offered_and_added(manual: Scene) -> None:
    tab, other = running(manual), Tab(manual.agent)
    tab.press("next")
    other.open()
    lead = tab.shown
    tab.save(manual.disposition("no_contact"), note="Optaget")
    assert (
        "Ring til kontoret" in other.save(manual.disposition("no_contact"), note="Ring til kontoret").content.decode()
    )
    tab.press(f"note/{lead}", note="Ring til kontoret")
    history = tab.web.get(f"{CONSOLE}/history/{lead}").content.decode()
    assert ("Optaget" in history, "Ring til kontoret" in history) == (True, True)


def test_a_note_that_was_saved_is_not_offered_again(manual: Scene) -> None:
    tab, other = running(manual), Tab(manual.agent)
    tab.press("next")
    other.open()
    tab.save(manual.disposition("no_contact"), note="Optaget")
    assert "desk-again-note" not in other.save(manual.disposition("not_engaged"), note="Optaget").content.decode()


def test_a_window_with_an_older_contact_does_not_hang_up_the_next(manual: Scene) -> None:
    tab, other = running(manual), Tab(manual.agent)
    tab.press("next")
    other.open()
    tab.save(manual.disposition("no_contact"))
    tab.press("next")
    tab.press("call")
    assert "finished in another window" in other.press("hangup").headers["HX-Trigger"]
    assert Call.objects.get(ended_at=None).hung_up_at is None


def test_a_form_that_must_be_answered_comes_back_with_what_was_typed(manual: Scene) -> None:
    tab = running(manual)
    tab.press("next")
    answer = tab.save(manual.disposition("engaged"), note="Vil gerne", **{"a-belob": "mange"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="mange"' in page
    assert "Vil gerne" in page
    assert 'aria-invalid="true"' in page


def test_answers_become_the_leads_result(manual: Scene) -> None:
    tab = running(manual)
    tab.press("next")
    lead = tab.shown
    tab.save(
        manual.disposition("engaged"),
        **{"a-belob": "250", "a-nyhedsbrev": "true", "a-adresse": "a@example.org", "a-hvorfor": ["Børn", "Sult"]},
    )
    assert manual.lead(lead).result == {  # type: ignore[arg-type]
        "belob": 250,
        "nyhedsbrev": True,
        "adresse": "a@example.org",
        "hvorfor": ["Børn", "Sult"],
    }


def test_nothing_chosen_is_asked_for(manual: Scene) -> None:
    tab = running(manual)
    tab.press("next")
    answer = tab.save("")
    assert answer.status_code == 422
    assert "Choose what happened." in answer.content.decode()


def test_a_finer_result_is_told_in_the_note(manual: Scene) -> None:
    tab = running(manual)
    tab.press("next")
    lead = tab.shown
    chosen = manual.disposition("not_engaged")
    tab.save(chosen, **{f"sub-{chosen}": "Økonomi"})
    history = tab.web.get(f"{CONSOLE}/history/{lead}").content.decode()
    assert "Økonomi" in history


def test_a_finer_result_is_still_chosen_after_a_refusal(manual: Scene) -> None:
    tab = running(manual)
    tab.press("next")
    chosen = manual.disposition("not_engaged")
    answer = tab.save(chosen, **{f"sub-{chosen}": "Økonomi", "a-belob": "mange"})
    assert answer.status_code == 422
    assert "<option selected>Økonomi</option>" in answer.content.decode()


def test_a_callback_outside_hours_is_refused_with_the_nearest_time(manual: Scene) -> None:
    tab = running(manual)
    tab.press("next")
    answer = tab.save(manual.disposition("callback_private"), callback_at="2026-03-03T07:00", callback_private="yes")
    assert answer.status_code == 422
    assert 'data-value="2026-03-03T09:00"' in answer.content.decode()
    check = tab.web.get(f"{CONSOLE}/callback", {"lead": tab.shown, "callback_at": "2026-03-03T07:00"})
    assert 'data-value="2026-03-03T09:00"' in check.content.decode()


def test_a_callback_is_booked_in_the_leads_own_time(manual: Scene) -> None:
    tab = running(manual)
    tab.press("next")
    lead = tab.shown
    tab.save(manual.disposition("callback_private"), callback_at="2026-03-03T10:30", callback_private="yes")
    found = manual.lead(lead)  # type: ignore[arg-type]
    assert (found.status, found.owner_id) == ("private_redial", manual.agent.user_id)
    assert found.next_contact_at.isoformat() == "2026-03-03T09:30:00+00:00"  # type: ignore[union-attr]
    assert "Åse Ørum" in tab.web.get(f"{CONSOLE}/customers").content.decode()


def booked(scene: Scene) -> tuple[Tab, UUID]:
    """An agent with nothing in hand and a callback of their own tomorrow at half past ten."""
    tab = running(scene)
    tab.press("next")
    lead = tab.shown
    tab.save(scene.disposition("callback_private"), callback_at="2026-03-03T10:30", callback_private="yes")
    return tab, UUID(lead)


def test_a_callback_of_ones_own_is_opened_and_moved(manual: Scene) -> None:
    tab, lead = booked(manual)
    page = tab.web.get(f"{CONSOLE}/customers/{lead}").content.decode()
    assert 'value="2026-03-03T10:30"' in page
    refused = tab.press(f"customers/{lead}/move", callback_at="2026-03-03T06:00", callback_note="")
    assert refused.status_code == 422
    assert 'data-value="2026-03-03T09:00"' in refused.content.decode()
    moved = tab.press(f"customers/{lead}/move", callback_at="2026-03-04T11:00", callback_note="efter frokost")
    assert "efter frokost" in moved.content.decode()
    assert manual.lead(lead).next_contact_at.isoformat() == "2026-03-04T10:00:00+00:00"  # type: ignore[union-attr]


def test_a_callback_of_ones_own_is_called_before_its_time(manual: Scene) -> None:
    tab, lead = booked(manual)
    tab.press(f"customers/{lead}/call")
    assert tab.shown == str(lead)
    found = manual.lead(lead)
    assert (found.reserved_by_id, found.status) == (manual.agent.user_id, "private_redial")
    assert tab.press("call").status_code == 200


def test_a_callback_is_not_called_with_another_contact_in_hand(manual: Scene) -> None:
    tab, lead = booked(manual)
    tab.press("next")
    held = tab.shown
    assert "Finish it first" in tab.web.get(f"{CONSOLE}/customers/{lead}").content.decode()
    tab.press(f"customers/{lead}/call")
    assert manual.lead(lead).reserved_by_id is None
    assert manual.lead(UUID(held)).reserved_by_id == manual.agent.user_id


def test_outside_the_hours_a_callback_is_not_called_and_says_why(manual: Scene) -> None:
    tab, lead = booked(manual)
    with clock.frozen(datetime(2026, 3, 2, 20, 30, tzinfo=UTC)):
        dialer.presence_seen(actor=manual.agent)
        page = tab.web.get(f"{CONSOLE}/customers/{lead}").content.decode()
        assert "disabled" in page
        tab.press(f"customers/{lead}/call")
    assert manual.lead(lead).reserved_by_id is None


def test_a_colleagues_callback_is_not_found(manual: Scene) -> None:
    _tab, lead = booked(manual)
    dialer.presence_join(actor=manual.agent2, campaign_id=manual.campaign.id, console=True)
    other = Tab(manual.agent2)
    assert other.web.get(f"{CONSOLE}/customers/{lead}").status_code == 404
    assert other.press(f"customers/{lead}/move", callback_at="2026-03-04T11:00").status_code == 404
    other.press(f"customers/{lead}/call")
    assert manual.lead(lead).reserved_by_id is None


def test_a_correction_is_saved_in_its_place_and_in_the_script(manual: Scene) -> None:
    tab = running(manual)
    tab.press("next")
    page = tab.press("contact", column="Navn", value="Åse Ørum Lund").content.decode()
    assert '<mark class="desk-merged">Åse Ørum Lund</mark>' in page


def test_a_correction_that_is_none_comes_back_with_why(manual: Scene) -> None:
    tab = running(manual)
    tab.press("next")
    answer = tab.press("contact", column="E-mail", value="ikke en adresse")
    assert (answer.status_code, "ikke en adresse" in answer.content.decode()) == (422, True)


def test_a_national_id_is_on_no_console(manual: Scene) -> None:
    tab = running(manual)
    tab.press("next")
    contact = manual.lead(UUID(tab.shown)).contact_id
    Contact.objects.filter(id=contact).update(fields={"Navn": "Åse Ørum", "CPR": "010203-1234"})
    for found in ContactList.objects.all():
        found.columns = [*found.columns, {"name": "CPR", "type": "text", "role": "national_id"}]
        found.save()
    Campaign.objects.update(script="{{CPR}}")
    page = tab.open()
    assert ("Åse Ørum" in page, "010203-1234" in page) == (True, False)


def test_preview_asks_for_the_next_by_itself(preview: Scene) -> None:
    assert 'data-auto="0.05"' in running(preview).page


def test_after_a_save_preview_counts_wrap_up_down(preview: Scene) -> None:
    tab = running(preview)
    tab.press("next")
    page = tab.save(preview.disposition("no_contact")).content.decode()
    assert "Next contact in" in page
    assert 'data-auto="15.15"' in page


def test_skipping_gives_it_back(preview: Scene) -> None:
    tab = running(preview)
    tab.press("next")
    tab.press("skip", reason="kender hende")
    assert tab.shown == ""


def test_outside_hours_it_says_when_it_goes_on(preview: Scene) -> None:
    tab = running(preview)
    clock.advance(timedelta(hours=13))
    page = tab.press("next").content.decode()
    assert "Outside the calling hours" in page
    assert "09:00" in page
    assert 'data-auto="10"' in page


def test_a_campaign_that_pauses_says_so_and_asks_no_more(preview: Scene) -> None:
    tab = running(preview)
    campaigns.campaign_pause(actor=preview.supervisor, campaign_id=preview.campaign.id)
    with CaptureQueriesContext(connection) as seen:
        page = tab.pulse().content.decode()
    assert "This campaign is paused." in page
    assert "data-auto" not in page
    assert not [one for one in seen.captured_queries if "FROM campaigns_lead k" in one["sql"]], "no lead is counted"


def test_a_break_and_its_end(manual: Scene) -> None:
    tab = running(manual)
    assert "Break: Frokost" in tab.press("pause", reason="Frokost").content.decode()
    assert "Get customer" in tab.press("resume").content.decode()


def test_a_pulse_without_news_is_nothing(manual: Scene) -> None:
    tab = running(manual)
    tab.press("next")
    assert tab.pulse().status_code == 204


def test_a_lead_taken_back_is_told_and_what_was_typed_is_kept(preview: Scene) -> None:
    tab = running(preview)
    tab.press("next")
    campaigns.lead_change(actor=preview.supervisor, lead_id=tab.shown, reservation=None)  # type: ignore[arg-type]
    page = tab.pulse().content.decode()
    assert "A supervisor has taken this contact back" in page
    assert tab.shown == ""


def test_what_is_told_of_a_lead_that_went_outlives_what_follows_it(preview: Scene) -> None:
    tab = running(preview)
    tab.press("next")
    campaigns.lead_change(actor=preview.supervisor, lead_id=tab.shown, reservation=None)  # type: ignore[arg-type]
    tab.pulse()
    # The agent's state follows in a moment of its own, and the middle is drawn once more.
    make_relay().drain()
    page = tab.pulse(idle="another", mark="another", gone=tab._value("desk-gone")).content.decode()
    assert "A supervisor has taken this contact back" in page
    # It is the last word only as long as nothing else is asked for.
    assert "taken this contact back" not in tab.press("next").content.decode()


def test_a_lead_whose_time_ran_out_is_told(preview: Scene) -> None:
    tab = running(preview)
    tab.press("next")
    clock.advance(timedelta(seconds=601))
    campaigns.turn_due(now=clock.now())
    assert "ran out" in tab.pulse().content.decode()


def test_a_late_save_is_told_and_changes_nothing(preview: Scene) -> None:
    tab = running(preview)
    tab.press("next")
    lead = tab.shown
    clock.advance(timedelta(seconds=601))
    answer = tab.save(preview.disposition("engaged"), **{"a-belob": "100"})
    assert answer.status_code == 200
    assert preview.lead(lead).status == "new"  # type: ignore[arg-type]
    # The browser keeps the draft, as the words on the screen say.
    assert answer["Draft"] == "keep"


def test_leaving_goes_home(manual: Scene) -> None:
    assert running(manual).press("leave")["HX-Redirect"] == "/desk/"


def test_leaving_with_a_lead_needs_the_word(manual: Scene) -> None:
    tab = running(manual)
    tab.press("next")
    assert tab.press("leave").status_code == 409
    assert tab.press("leave", release="yes")["HX-Redirect"] == "/desk/"


def test_the_sign_of_life_tells_a_console_that_was_given_up(manual: Scene) -> None:
    tab = running(manual)
    assert tab.press("seen").status_code == 204
    Presence.objects.update(seen_at=clock.real_now() - timedelta(seconds=20))
    dialer.lapse_silent()
    assert tab.press("seen").status_code == 205


def test_the_campaigns_information_is_there(manual: Scene) -> None:
    tab = running(manual)
    assert "Hjælpen" in tab.web.get(f"{CONSOLE}/campaign").content.decode()


@pytest.mark.parametrize("name", ["next", "skip", "call", "hangup", "pause", "resume"])
def test_without_a_campaign_no_button_does_anything(manual: Scene, name: str) -> None:
    answer = Tab(manual.agent).press(name, reason="x")
    assert answer.status_code in (204, 404, 409)
    assert not Call.objects.exists()


def test_another_organisation_cannot_look_at_the_history(manual: Scene) -> None:
    lead = manual.leads()[0].id
    assert client(manual.cast.magazine.junior).get(f"{CONSOLE}/history/{lead}").status_code == 404


def test_who_may_not_be_an_agent_has_no_console(manual: Scene) -> None:
    assert client(manual.cast.charity.viewer).get("/desk/").status_code == 403


def test_it_speaks_danish(manual: Scene) -> None:
    assert manual.agent.user is not None
    manual.agent.user.language = "da"
    manual.agent.user.save()
    assert "Hent kunde" in running(manual).page


def test_a_call_longer_than_the_reservation_is_saved_by_its_console(manual: Scene) -> None:
    tab = running(manual)
    tab.press("next")
    lead = manual.lead(UUID(tab.shown))
    tab.press("call", number=lead.numbers[0])
    clock.advance(timedelta(hours=2))
    make_relay().drain()
    tab.press("hangup")
    tab.save(manual.disposition("no_contact"))
    assert (manual.lead(lead.id).attempts, Call.objects.get().outcome) == (1, "no_answer")
