"""Workflows on their screens: built, changed by two at once, and nothing that was typed is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from ringround.onboarding import actions, queries
from ringround.onboarding.forms.builder import FIRST, Builder
from ringround.onboarding.models import Workflow, WorkflowVersion
from tests import factories
from tests.integration.onboarding.screens import come, posted
from tests.integration.onboarding.workflows import SIGNUP, UPGRADE, make

if TYPE_CHECKING:
    from tests.integration.campaigns.rig import Rig

pytestmark = pytest.mark.django_db
NEW = "/onboarding/workflows/new/signup"


@pytest.fixture
def staff() -> factories.Staff:
    return factories.cast().charity


def filled(**more: Any) -> dict[str, Any]:
    """A new workflow with one product, as its form posts it."""
    form = posted(Builder.of(FIRST["signup"]))
    return {
        **form, "g-name": "Månedlig", "g-approval_message": "Færdiggør her:", "p0-name": "Fast støtte",
        "p0-amount_rule": "choice", "p0-amount_choices": "50 100,50", "p0-methods": ["card", "mobile"],
        "do": "save", **more,
    }  # fmt: skip


def definition(workflow: Workflow) -> dict[str, Any]:
    return WorkflowVersion.objects.get(workflow=workflow, number=workflow.version).definition


@pytest.mark.parametrize("said", [SIGNUP, UPGRADE])
def test_what_is_saved_without_a_change_is_the_same(staff: factories.Staff, said: dict[str, Any]) -> None:
    made = make(staff.manager, definition=said)
    before = definition(made)
    form = posted(Builder.of({**before, "name": made.name}))
    answer = come(staff.manager).post(f"/onboarding/workflows/{made.id}", {**form, "version": "1", "do": "save"})
    made.refresh_from_db()
    assert (answer.status_code, made.version) == (303, 2)
    assert definition(made) == before


def test_a_manager_builds_a_workflow(staff: factories.Staff) -> None:
    answer = come(staff.manager).post(NEW, filled())
    made = Workflow.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/onboarding/workflows/{made.id}")
    (product,) = definition(made)["products"]
    assert product["key"] == "fast-stoette"
    assert product["amount"] == {"rule": "choice", "value": None, "choices": [5000, 10050], "min": None, "max": None}
    assert product["methods"] == ["card", "mobile"]
    assert [one["role"] for one in definition(made)["contact_fields"]] == ["first_name", "last_name", "phone", "email"]


def test_a_new_workflow_requires_names_of_who_is_not_known_yet_alone() -> None:
    asked = {
        intention: {one.role: one["ask"].value() for one in Builder.of(FIRST[intention]).fields if one["ask"].value()}
        for intention in ("signup", "upgrade")
    }
    first = dict.fromkeys(("first_name", "last_name", "phone"), "required")
    assert asked["signup"] == {**first, "email": "optional"}
    assert asked["upgrade"] == dict.fromkeys(asked["signup"], "optional")


def test_an_upgrade_is_built_role_by_role(staff: factories.Staff) -> None:
    form = posted(Builder.of(FIRST["upgrade"]))
    form |= {"g-name": "Ændringer", "u-cancel-role": "", "u-pause-role": "manager", "u-pause-kinds": ["skip"]}
    come(staff.manager).post("/onboarding/workflows/new/upgrade", {**form, "do": "save"})
    acts = definition(Workflow.objects.get())["upgrade"]
    assert "cancel" not in acts
    assert acts["pause"] == {"role": "manager", "kinds": ["skip"]}


def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(staff: factories.Staff) -> None:
    answer = come(staff.manager).post(
        NEW, filled(**{"p0-amount_choices": "mange", "g-approval_message": "Tak, Åse", "g-sms_sender": "Hjælpen"})
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert not Workflow.objects.exists()
    assert "Write an amount, as 150 or 99.50." in page
    assert 'value="mange"' in page
    assert "Tak, Åse" in page
    assert 'value="Hjælpen"' in page


def test_what_the_rules_refuse_is_said_at_its_field(staff: factories.Staff) -> None:
    answer = come(staff.manager).post(NEW, filled(**{"g-sms_sender": "Hjælpen"}))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="id_g-sms_sender_error"' in page


def test_a_choice_without_amounts_is_refused_at_the_choices(staff: factories.Staff) -> None:
    page = come(staff.manager).post(NEW, filled(**{"p0-amount_choices": ""})).content.decode()
    assert 'id="id_p0-amount_choices_error"' in page


def test_amounts_outside_of_their_bounds_are_said_in_money_people_read(staff: factories.Staff) -> None:
    page = come(staff.manager).post(NEW, filled(**{"p0-amount_min": "75"})).content.decode()
    assert "This is outside of the least and the most." in page


def test_a_name_that_is_taken_is_said_at_the_name(staff: factories.Staff) -> None:
    make(staff.manager, name="Månedlig")
    page = come(staff.manager).post(NEW, filled()).content.decode()
    assert 'id="id_g-name_error"' in page


def test_a_product_is_added_without_saving_or_losing_anything(staff: factories.Staff) -> None:
    answer = come(staff.manager).post(NEW, filled(do="add-product"))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert not Workflow.objects.exists()
    assert 'value="50 100,50"' in page
    assert 'name="product" value="p1"' in page
    assert "is-invalid" not in page


def test_a_row_never_gets_the_name_of_one_that_was_taken_away(staff: factories.Staff) -> None:
    form = filled(do="add-product", product=["p0", "p4"], next="5")
    page = come(staff.manager).post(NEW, {**form, "do": "drop-p4"}).content.decode()
    assert 'value="p4"' not in page
    assert 'name="next" value="5"' in page


def test_rows_change_places(staff: factories.Staff) -> None:
    form = filled(product=["p0", "p1"], **{"p1-name": "Enkelt"})
    page = come(staff.manager).post(NEW, {**form, "do": "up-p1"}).content.decode()
    assert page.index('name="product" value="p1"') < page.index('name="product" value="p0"')


def test_two_products_of_one_name_get_names_for_programs_of_their_own(staff: factories.Staff) -> None:
    second = {key.replace("p0-", "p1-"): value for key, value in filled().items() if key.startswith("p0-")}
    come(staff.manager).post(NEW, filled(product=["p0", "p1"], **second))
    keys = [one["key"] for one in definition(Workflow.objects.get())["products"]]
    assert keys == ["fast-stoette", "fast-stoette-2"]


def test_of_two_managers_at_once_the_second_is_told_and_loses_nothing(staff: factories.Staff) -> None:
    made = make(staff.manager)
    form = posted(Builder.of({**definition(made), "name": made.name}))
    actions.workflow_version_add(actor=staff.manager2, workflow_id=made.id, definition=definition(made), expected=1)
    typed = {**form, "version": "1", "g-approval_message": "Mit bud", "do": "save"}
    answer = come(staff.manager).post(f"/onboarding/workflows/{made.id}", typed)
    page = answer.content.decode()
    made.refresh_from_db()
    assert (answer.status_code, made.version) == (409, 2)
    assert "Mia Manager" in page
    assert "Mit bud" in page
    assert 'name="version" value="2"' in page


def test_saved_again_after_the_conflict_it_is_the_newest(staff: factories.Staff) -> None:
    made = make(staff.manager)
    form = posted(Builder.of({**definition(made), "name": made.name}))
    actions.workflow_version_add(actor=staff.manager2, workflow_id=made.id, definition=definition(made), expected=1)
    answer = come(staff.manager).post(f"/onboarding/workflows/{made.id}", {**form, "version": "2", "do": "save"})
    made.refresh_from_db()
    assert (answer.status_code, made.version) == (303, 3)


def test_the_preview_shows_what_is_typed_and_saves_nothing(staff: factories.Staff) -> None:
    answer = come(staff.manager).post(NEW, filled(do="preview"), headers={"HX-Request": "true"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert not Workflow.objects.exists()
    assert "Færdiggør her:" in page
    assert "DKK 50 or DKK 100.50" in page
    assert "Hjælpen" in page


def test_a_preview_of_half_a_form_is_drawn(staff: factories.Staff) -> None:
    answer = come(staff.manager).post(NEW, {"do": "preview", "product": "p0", "p0-amount_value": "x"})
    assert answer.status_code == 200


def test_an_old_version_is_shown_as_it_was(staff: factories.Staff) -> None:
    made = make(staff.manager)
    newer = {**definition(made), "approval_message": "Helt anden tekst"}
    actions.workflow_version_add(actor=staff.manager, workflow_id=made.id, definition=newer)
    page = come(staff.viewer).get(f"/onboarding/workflows/{made.id}/versions/1").content.decode()
    assert "Tak for snakken" in page
    assert "Helt anden tekst" not in page
    assert '<fieldset class="rr-stack" disabled>' in page


def test_versions_are_listed_newest_first(staff: factories.Staff) -> None:
    made = make(staff.manager)
    actions.workflow_version_add(actor=staff.manager2, workflow_id=made.id, definition=definition(made))
    page = come(staff.viewer).get(f"/onboarding/workflows/{made.id}/versions").content.decode()
    assert page.index("Version 2") < page.index("Version 1")
    assert "Mia Manager" in page


def test_who_may_only_read_gets_no_buttons_and_cannot_save(staff: factories.Staff) -> None:
    made = make(staff.manager)
    client = come(staff.viewer)
    page = client.get(f"/onboarding/workflows/{made.id}").content.decode()
    form = posted(Builder.of({**definition(made), "name": made.name}))
    answer = client.post(f"/onboarding/workflows/{made.id}", {**form, "version": "1", "do": "save"})
    made.refresh_from_db()
    assert "Save as a new version" not in page
    assert (answer.status_code, made.version) == (403, 1)


@pytest.mark.parametrize("path", [NEW, "/onboarding/workflows/new/upgrade"])
def test_agents_make_no_workflows(staff: factories.Staff, path: str) -> None:
    assert come(staff.junior).get(path).status_code == 403


def test_an_unknown_intention_is_not_found(staff: factories.Staff) -> None:
    assert come(staff.manager).get("/onboarding/workflows/new/other").status_code == 404


def test_anothers_workflow_is_not_found(staff: factories.Staff) -> None:
    made = make(staff.manager)
    client = come(factories.member(factories.organisation("Fremmed"), "owner"))
    for path in ("", "/versions", "/versions/1"):
        assert client.get(f"/onboarding/workflows/{made.id}{path}").status_code == 404


def test_an_agency_reads_the_workflow_of_a_campaign_that_it_has(agency_rig: Rig) -> None:
    agency = agency_rig.cast.agency
    made = make(agency_rig.staff.manager)
    client = come(agency.supervisor)
    assert client.get(f"/onboarding/workflows/{made.id}").status_code == 404
    agency_rig.campaign(agency=agency, workflow=str(made.id))
    page = client.get(f"/onboarding/workflows/{made.id}").content.decode()
    assert "Save as a new version" not in page
    assert made.name in client.get(reverse("onboarding:workflows")).content.decode()
    assert "Mads Manager" not in client.get(f"/onboarding/workflows/{made.id}/versions").content.decode()


def test_an_empty_list_says_what_to_do(staff: factories.Staff) -> None:
    page = come(staff.manager).get(reverse("onboarding:workflows")).content.decode()
    assert "No workflows yet" in page
    assert NEW in page


def test_it_is_put_away_and_taken_back_out(staff: factories.Staff) -> None:
    made = make(staff.manager)
    client = come(staff.manager)
    client.post(f"/onboarding/workflows/{made.id}/archive")
    assert made.name not in client.get(reverse("onboarding:workflows")).content.decode().replace("is put away", "")
    assert made.name in client.get(reverse("onboarding:workflows") + "?archived=1").content.decode()
    client.post(f"/onboarding/workflows/{made.id}/archive", {"back": "1"})
    made.refresh_from_db()
    assert made.archived_at is None
    assert queries.workflow_list(actor=staff.manager).items == [made]


def test_it_is_danish_for_who_reads_danish(staff: factories.Staff) -> None:
    page = come(staff.manager, "da").get(NEW).content.decode()
    assert "Produkter" in page
    assert "The payment" not in page
